"""`magray/optimize`, and the same in the background once a day while nobody asks or types.

The work is the shell's own command in a child process: it ends at any moment without harm, and what it has
done by then is done.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from typing import TYPE_CHECKING, Any, cast

from magray_memory.values import RUN_SECONDS, Schedule
from magray_server.host import subprocesses
from magray_server.host.jobs import State
from magray_server.lsp.errors import failed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from magray_memory.values import Home
    from magray_server.host.folder_indexer import FolderIndexer
    from magray_server.lsp.progress import ProgressBars, WorkDone
    from magray_server.lsp.settings import ClientSettings

Json = dict[str, Any]
log = logging.getLogger(__name__)

LOOK_SECONDS = 30.0
"""How often is looked whether maintenance is due."""
_AT_REST = frozenset((State.READY, State.READING, State.STOPPED, State.MISSING))


class Maintenance:
    """On the event loop, `close` apart."""

    def __init__(
        self,
        home: Home,
        settings: Callable[[], ClientSettings],
        bars: ProgressBars,
        indexers: Mapping[Path, FolderIndexer],
    ) -> None:
        self._home = home
        self._settings = settings
        self._bars = bars
        self._indexers = indexers
        self._schedule = Schedule(home.path)
        self._turn = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._aside: asyncio.Task[None] | None = None
        self._active = time.monotonic()

    def begin(self) -> None:
        """Look now and then whether there is time to optimize."""
        asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)

    def busy(self) -> None:
        """Someone wants something: what is done in the background ends at once."""
        self._active = time.monotonic()
        if self._aside is not None:
            self._aside.cancel()
            subprocesses.end(self._process)

    def close(self) -> None:
        """End the child now. Called from any thread, more than once."""
        subprocesses.end(self._process)

    async def optimize(self, given: Any) -> Json:
        """What `magray optimize` answers. Cancelling the request ends it and keeps what it did."""
        from magray_server.lsp.params import read_options
        from magray_server.operations.optimize import Optimize

        wanted = read_options(Optimize, given)
        bar = self._bars.open("magray: optimizing", self.close)
        bar.report("Looking at what is stored")
        try:
            async with self._turn:
                return await self._run(["--dry-run"] if wanted.dry_run else [], bar)
        finally:
            bar.end()

    async def _run(self, flags: list[str], bar: WorkDone | None = None) -> Json:
        home = self._home
        home.ensure()
        command = ["--home", str(home.path), "--json", "--verbose"]
        environment = self._settings().environment()
        try:
            process = await subprocesses.start([*command, "optimize", *flags], home.path, environment)
        except OSError as error:
            raise failed(f"It could not be started: {error.strerror}.") from error
        self._process = process
        assert process.stdout is not None and process.stderr is not None
        telling = asyncio.create_task(_follow(process.stderr, bar))
        try:
            said = await process.stdout.read()
            await process.wait()
            last = await telling
        finally:
            telling.cancel()
            subprocesses.end(process)
            self._process = None
        return _answer(said, last)

    def _look(self) -> None:
        self.begin()
        if self._aside is None and self._has_time():
            self._aside = asyncio.get_running_loop().create_task(self._in_background())
            self._aside.add_done_callback(self._ended)

    def _has_time(self) -> bool:
        return (
            self._settings().server.optimize
            and not self._turn.locked()
            and all(indexer.report.state in _AT_REST for indexer in self._indexers.values())
        )

    async def _in_background(self) -> None:
        idle = time.monotonic() - self._active
        if not await asyncio.to_thread(self._schedule.due, idle):
            return
        async with self._turn:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RUN_SECONDS):
                    done = await self._run([])
                    log.info("optimized: %s bytes in %s s", done.get("bytes"), done.get("seconds"))
                    await asyncio.to_thread(self._schedule.record)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._aside = None
        if not task.cancelled() and task.exception() is not None:
            log.warning("optimizing in the background failed: %s", task.exception())
            self._active = time.monotonic()


async def _follow(stream: asyncio.StreamReader, bar: WorkDone | None) -> str:
    """Show what the child says it does; returns its last line."""
    last = ""
    with contextlib.suppress(ValueError):
        async for line in stream:
            last = line.decode("utf-8", "replace").strip() or last
            if bar is not None and last.startswith("note: "):
                bar.report(last.removeprefix("note: ")[:200].capitalize())
    return last


def _answer(said: bytes, last: str) -> Json:
    """The value that the command printed. Raises its error."""
    try:
        answer = cast(Json, json.loads(said))
    except ValueError:
        why = last.removeprefix("error: ") if last.startswith("error: ") else "it ended early"
        raise failed(f"Optimizing was not finished, what was done is kept: {why}") from None
    if isinstance(answer.get("error"), dict):
        raise failed(str(answer["error"].get("message")))
    return answer
