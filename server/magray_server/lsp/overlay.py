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
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from magray_memory.session import Session
    from magray_memory.values import Placed
    from magray_server.lsp.buffers import Buffer, Buffers
    from magray_server.lsp.folders import FolderFile, Folders
    from magray_server.lsp.session import CurrentSession

log = logging.getLogger(__name__)

WORDS_SECONDS = 0.02
"""Debounce: from a change to its words being indexed; quick keystrokes are one piece of work."""
MEANING_SECONDS = 0.2
"""Debounce: from the last change to its meaning being embedded."""
AGAIN_SECONDS = 5.0
"""A model that is still loading, or failed, is asked again after so long while a buffer waits for it."""
WARM_AGAIN_SECONDS = 60.0
"""Without a model: it may have been installed meanwhile."""


class Overlays:
    """The overlays of all folders. Called on the event loop; the work is done elsewhere."""

    def __init__(
        self,
        folders: Folders,
        buffers: Buffers,
        session: CurrentSession,
        workers: Workers,
        on_model: Callable[[Placed | None], None],
        on_change: Callable[[], None],
    ) -> None:
        """`on_model`: the session's model is open, and on which device; `on_change`: `degraded` may have
        changed.
        """
        self._folders = folders
        self._buffers = buffers
        self._session = session
        self._workers = workers
        self._on_model = on_model
        self._on_change = on_change
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

    def update(self, buffer: Buffer) -> None:
        """The buffer was opened, changed or saved: it is compared with its file after the debounce."""
        if buffer.path is None:
            return
        self._due[buffer.uri] = buffer
        self._soon()

    def closed(self, buffer: Buffer) -> None:
        """The buffer was closed, or its text is lost: the file is searched, or another buffer of it."""
        self._due.pop(buffer.uri, None)
        self._shown.pop(buffer.uri, None)
        file = self._file(buffer)
        if file is None:
            return
        other = self._latest(file)
        if other is not None:
            self.update(other)
        else:
            self._spawn(self._drop(file))

    def folders_changed(self) -> None:
        """Other folders are open: every buffer may belong to another one."""
        for buffer in self._buffers.all:
            self.update(buffer)

    def session_replaced(self) -> None:
        """A new session has empty overlays and no model yet."""
        self._shown.clear()
        for buffer in self._buffers.all:
            self.update(buffer)
        if self._began:
            self._spawn(self._warm())

    def words_ready(self) -> None:
        """Everything is found by words: what is open is embedded first."""
        for buffer in self._buffers.all:
            self.update(buffer)

    def index_changed(self) -> None:
        """The index knows more: buffers that it has caught up with need no overlay."""
        for buffer in list(self._shown.values()):
            self.update(buffer)

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
                file = self._file(buffer)
                latest = None if file is None else self._latest(file)
                if file is None or latest is None:
                    continue
                buffer = latest
                text, dirty = buffer.text, buffer.dirty
                try:
                    shown = await self._worker.run(lambda _, f=file, t=text, d=dirty: self._sync(f, t, d))
                except MagrayError as error:
                    log.warning("a buffer cannot be searched: %s", error)
                    continue
                except Exception:  # the next buffer is not to wait for ever
                    log.exception("a buffer cannot be searched")
                    continue
                if shown and self._latest(file) is not None:
                    self._shown[buffer.uri] = buffer
                elif not shown:
                    self._shown.pop(buffer.uri, None)
                else:
                    await self._drop(file)  # it was closed meanwhile
                self._embed_later()
        finally:
            self._busy = False

    def _sync(self, file: FolderFile, text: str, dirty: bool) -> bool:
        """Make the overlay show the text, or nothing where the file does; what of the file the model has not
        read goes first. In the worker.
        """
        session = self._session.get()
        session.search.want(file.folder.root, file.path)
        return session.overlays.put(file.folder.root, file.path, text, unsaved=dirty)

    async def _drop(self, file: FolderFile) -> None:
        root, path = file.folder.root, file.path
        await self._worker.run(lambda _: self._session.get().overlays.drop(root, path))

    def _embed_later(self, seconds: float = MEANING_SECONDS) -> None:
        if self._meaning is not None:
            self._meaning.cancel()
        loop = asyncio.get_running_loop()
        self._meaning = loop.call_later(seconds, lambda: self._spawn(self._embed()))

    async def _embed(self) -> None:
        self._meaning = None
        roots = {file.folder.root for buffer in self._shown.values() if (file := self._file(buffer))}
        for root in roots:
            try:
                await self._worker.run(lambda stop, r=root: self._embed_root(r, stop))
            except Interrupted:
                return  # more was typed: it is embedded after the next pause
            except EmbeddingUnavailable as error:
                log.info("buffers are found by words only: %s", error)
                self._embed_later(AGAIN_SECONDS)
                return
            except MagrayError as error:
                log.warning("buffers cannot be embedded: %s", error)

    def _embed_root(self, root: Path, stop: Stop) -> None:
        session = self._session.get()
        # Words that wait go first: between two batches the worker is free for them.
        session.overlays.embed(root, lambda: stop() or bool(self._due))

    async def _warm(self) -> None:
        """Ask for the model, so that it loads before the first search, and note why there is none.

        When one that failed is tried again is decided by its loader; this only asks now and then.
        """
        try:
            placed = await self._workers.run(lambda _: _warmed(self._session.get()))
            self.degraded = None
            self._on_model(placed)
        except EmbeddingUnavailable as error:
            self.degraded = f"Searching by words only: {error}"
            self._warm_again()
        except MagrayError as error:
            log.warning("the engine is not ready: %s", error)
        self._embed_later()
        self._on_change()

    def _warm_again(self) -> None:
        if self._warming is not None:
            self._warming.cancel()
        loop = asyncio.get_running_loop()
        self._warming = loop.call_later(WARM_AGAIN_SECONDS, lambda: self._spawn(self._warm()))

    def _latest(self, file: FolderFile) -> Buffer | None:
        """The open buffer of a file that was changed last, before all that were only opened."""
        place = (file.folder.root, file.path)
        found = [
            buffer
            for buffer in self._buffers.all
            if not buffer.lost
            and (other := self._file(buffer)) is not None
            and (other.folder.root, other.path) == place
        ]
        return next((buffer for buffer in reversed(found) if buffer.dirty), found[-1] if found else None)

    def _file(self, buffer: Buffer) -> FolderFile | None:
        return self._folders.locate(buffer.path) if buffer.path is not None else None

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
