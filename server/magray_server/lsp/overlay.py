"""Decides when an open buffer is searched instead of its file: as soon as it differs, and until the index
has caught up.

Words of a change are found after a few milliseconds, its meaning after a pause in typing. All work is done
by one thread, one buffer after the other, so that a fast typist costs no more than one buffer at a time.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from magray_memory.errors import EmbeddingUnavailable, Interrupted, MagrayError
from magray_server.lsp.workers import Stop, Workers

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from magray_memory.session import Session
    from magray_memory.values import Placed
    from magray_server.lsp.buffers import Buffer
    from magray_server.lsp.folders import Place
    from magray_server.lsp.server import MagrayServer

log = logging.getLogger(__name__)

WORDS_SECONDS = 0.02
"""From a change to its words being indexed: a burst of keystrokes is one piece of work."""
MEANING_SECONDS = 0.2
"""From the last change to its meaning being embedded."""
AGAIN_SECONDS = 5.0
"""A model that is still loading, or failed, is asked again after so long while a buffer waits for it."""
WARM_AGAIN_SECONDS = 60.0
"""Without a model: it may have been installed meanwhile."""


class Overlays:
    """The overlays of all folders. Called on the event loop; the work is done elsewhere."""

    def __init__(self, server: MagrayServer) -> None:
        self._server = server
        self._worker = Workers(1, "magray-overlay")
        self._due: dict[str, Buffer] = {}
        self._shown: dict[str, Buffer] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._meaning: asyncio.TimerHandle | None = None
        self._warming: asyncio.TimerHandle | None = None
        self._busy = False
        self._began = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.degraded: str | None = None

    def begin(self) -> None:
        """Load the engine now, in the background, so that the first search finds it there."""
        self._began = True
        self._spawn(self._warm())
        if self._due:
            self._soon()

    def opened(self, buffer: Buffer) -> None:
        self._wants(buffer)

    def changed(self, buffer: Buffer) -> None:
        self._wants(buffer)

    def saved(self, buffer: Buffer) -> None:
        self._wants(buffer)

    def closed(self, buffer: Buffer) -> None:
        self._due.pop(buffer.uri, None)
        self._shown.pop(buffer.uri, None)
        place = self._place(buffer)
        if place is not None:
            self._spawn(self._drop(place))

    def folders_changed(self) -> None:
        """Other folders are open: every buffer finds its place again."""
        for buffer in self._server.documents.all:
            self._wants(buffer)

    def renewed(self) -> None:
        """A new session has empty overlays and no model yet."""
        self._shown.clear()
        for buffer in self._server.documents.all:
            self._wants(buffer)
        if self._began:
            self._spawn(self._warm())

    def index_moved(self) -> None:
        """The index knows more: buffers that it has caught up with need no overlay."""
        for buffer in list(self._shown.values()):
            self._wants(buffer)

    def _wants(self, buffer: Buffer) -> None:
        if buffer.path is None:
            return
        self._due[buffer.uri] = buffer
        self._soon()

    def _soon(self) -> None:
        if self._began and not self._busy and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(WORDS_SECONDS, self._run)

    def _run(self) -> None:
        self._timer = None
        self._spawn(self._work_off())

    async def _work_off(self) -> None:
        if self._busy:
            return
        self._busy = True
        try:
            while self._due:
                _, buffer = self._due.popitem()
                place = self._place(buffer)
                if place is None:
                    continue
                text, dirty = buffer.text, buffer.dirty
                try:
                    shown = await self._worker.run(lambda _, p=place, t=text, d=dirty: self._sync(p, t, d))
                except MagrayError as error:
                    log.warning("a buffer cannot be searched: %s", error)
                    continue
                except Exception:  # the next buffer is not to wait for ever
                    log.exception("a buffer cannot be searched")
                    continue
                if shown and self._server.documents.get(buffer.uri) is buffer:
                    self._shown[buffer.uri] = buffer
                elif not shown:
                    self._shown.pop(buffer.uri, None)
                else:
                    await self._drop(place)  # it was closed meanwhile
                self._meaning_later()
        finally:
            self._busy = False

    def _sync(self, place: Place, text: str, dirty: bool) -> bool:
        """Make the overlay show the text, or nothing where the file does. In the worker."""
        session = self._server.engine.session()
        return session.overlays.put(place.folder.root, place.path, text, unsaved=dirty)

    async def _drop(self, place: Place) -> None:
        root, path = place.folder.root, place.path
        await self._worker.run(lambda _: self._server.engine.session().overlays.drop(root, path))

    def _meaning_later(self, seconds: float = MEANING_SECONDS) -> None:
        if self._meaning is not None:
            self._meaning.cancel()
        loop = asyncio.get_running_loop()
        self._meaning = loop.call_later(seconds, lambda: self._spawn(self._embed()))

    async def _embed(self) -> None:
        self._meaning = None
        places = {place.folder.root for buffer in self._shown.values() if (place := self._place(buffer))}
        for root in places:
            try:
                await self._worker.run(lambda stop, r=root: self._embed_root(r, stop))
            except Interrupted:
                return  # more was typed: it is embedded after the next pause
            except EmbeddingUnavailable as error:
                log.info("buffers are found by words only: %s", error)
                self._meaning_later(AGAIN_SECONDS)
                return
            except MagrayError as error:
                log.warning("buffers cannot be embedded: %s", error)

    def _embed_root(self, root: Path, stop: Stop) -> None:
        session = self._server.engine.session()
        # Words that wait go first: between two batches the worker is free for them.
        session.overlays.embed(root, lambda: stop() or bool(self._due))

    async def _warm(self) -> None:
        try:
            placed = await self._server.workers.run(lambda _: _warmed(self._server.engine.session()))
            self.degraded = None
            self._server.devices.opened(placed)
        except EmbeddingUnavailable as error:
            self.degraded = f"Searching by words only: {error}"
            self._warm_again()
        except MagrayError as error:
            log.warning("the engine is not ready: %s", error)
        self._meaning_later()
        self._server.indexing.status_soon()

    def _warm_again(self) -> None:
        if self._warming is not None:
            self._warming.cancel()
        loop = asyncio.get_running_loop()
        self._warming = loop.call_later(WARM_AGAIN_SECONDS, lambda: self._spawn(self._warm()))

    def _place(self, buffer: Buffer) -> Place | None:
        return self._server.folders.place(buffer.path) if buffer.path is not None else None

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("work on open buffers failed", exc_info=task.exception())


def _warmed(session: Session) -> Placed | None:
    session.search.warm()
    return session.models.placed()
