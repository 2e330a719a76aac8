"""Maintenance of a long-lived host: optimizes when it is asked to, and once a day while the host is idle;
moves records to their layers once an hour.

The work is the shell's own commands in child processes: they end at any moment without harm, and what is done
by then is done.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from typing import TYPE_CHECKING, Any

from magray_memory.config import load_settings
from magray_memory.values import RUN_SECONDS, Schedule, begin_daily, begin_hourly, start_daily_backup
from magray_server.host import subprocesses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from magray_memory.values import Home

Json = dict[str, Any]
log = logging.getLogger(__name__)

CHECK_SECONDS = 30.0
"""How often the schedule is checked."""


class OptimizeError(Exception):
    """The child did not finish; the text is one sentence for the person."""


class Maintenance:
    """On the event loop, `close` apart."""

    def __init__(
        self,
        home: Home,
        environment: Callable[[], Mapping[str, str]],
        allowed: Callable[[], bool],
    ) -> None:
        """`environment`: variables of the child; `allowed`: whether it may be done in the background now."""
        self._home = home
        self._environment = environment
        self._allowed = allowed
        self._schedule = Schedule(home.path)
        self._lock = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._background: asyncio.Task[None] | None = None
        self._layers: asyncio.Task[None] | None = None
        self._layers_process: asyncio.subprocess.Process | None = None
        self._active = time.monotonic()

    def begin(self) -> None:
        """Check the schedule from now on."""
        asyncio.get_running_loop().call_later(CHECK_SECONDS, self._check)

    def busy(self) -> None:
        """The host is not idle: what is done in the background ends at once."""
        self._active = time.monotonic()
        if self._background is not None:
            self._background.cancel()
            subprocesses.end(self._process)

    def close(self) -> None:
        """End the children now. Called from any thread, more than once."""
        subprocesses.end(self._process)
        subprocesses.end(self._layers_process)

    async def optimize(self, *, dry_run: bool = False, on_step: Callable[[str], None] | None = None) -> Json:
        """What `magray optimize --json` prints. Cancelling it ends the child and keeps what it did. Raises
        OptimizeError.

        `on_step` gets what is being done, in a few words.
        """
        async with self._lock:
            return await self._run(["--dry-run"] if dry_run else [], on_step)

    async def _run(self, flags: list[str], on_step: Callable[[str], None] | None = None) -> Json:
        self._home.ensure()
        command = ["--home", str(self._home.path), "optimize", "--events", *flags]
        try:
            process = await subprocesses.start(command, self._home.path, self._environment())
        except OSError as error:
            raise OptimizeError(f"It could not be started: {error.strerror}.") from error
        self._process = process
        assert process.stdout is not None and process.stderr is not None
        complaint = asyncio.create_task(subprocesses.last_line(process.stderr))
        try:
            result = await _result(process.stdout, on_step)
            await process.wait()
            if result is None:
                log.warning("optimize ended early: %s", await complaint)
                raise OptimizeError("Optimizing was not finished; completed steps are saved: it ended early")
            return result
        finally:
            complaint.cancel()
            subprocesses.end(process)
            self._process = None

    def _check(self) -> None:
        self.begin()
        if self._background is None and not self._lock.locked() and self._allowed():
            self._background = asyncio.get_running_loop().create_task(self._in_background())
            self._background.add_done_callback(self._ended)
        if self._layers is None:
            self._layers = asyncio.get_running_loop().create_task(self._run_layers())
            self._layers.add_done_callback(self._layers_ended)

    async def _in_background(self) -> None:
        idle = time.monotonic() - self._active
        if not await asyncio.to_thread(self._schedule.due, idle):
            return
        async with self._lock:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RUN_SECONDS):
                    done = await self._run([])
                    log.info("optimized: %s bytes in %s s", done.get("bytes"), done.get("seconds"))
                    await asyncio.to_thread(self._schedule.record)

    async def _run_layers(self) -> None:
        if not await asyncio.to_thread(self._layers_due):
            return
        only_records = [] if await asyncio.to_thread(begin_daily, self._home.path) else ["--records"]
        for command in (["promote"], ["clean", *only_records]):
            arguments = ["--home", str(self._home.path), "--quiet", *command]
            process = await subprocesses.start(arguments, self._home.path, self._environment())
            self._layers_process = process
            assert process.stdout is not None and process.stderr is not None
            try:
                # Its stdin stays open: the child ends with it.
                complaint, _ = await asyncio.gather(
                    subprocesses.last_line(process.stderr), subprocesses.last_line(process.stdout)
                )
                if await process.wait():
                    log.warning("%s ended early: %s", command[0], complaint)
            finally:
                subprocesses.end(process)
                self._layers_process = None

    def _layers_due(self) -> bool:
        environment = {**os.environ, **self._environment()}
        settings = load_settings(self._home.path, environ=environment).settings
        start_daily_backup(self._home.path, settings)
        return settings.layers.automatic and begin_hourly(self._home.path)

    def _layers_ended(self, task: asyncio.Task[None]) -> None:
        self._layers = None
        if not task.cancelled() and task.exception() is not None:
            log.warning("records were not moved to their layers: %s", task.exception())

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._background = None
        if not task.cancelled() and task.exception() is not None:
            log.warning("optimizing in the background failed: %s", task.exception())
            self._active = time.monotonic()


async def _result(stream: asyncio.StreamReader, on_step: Callable[[str], None] | None) -> Json | None:
    """The result that the child's events end with; None where there is none. Raises OptimizeError."""
    from magray_memory.indexing.events import Failed, Result, Step, decode

    result: Json | None = None
    failure: Failed | None = None
    with contextlib.suppress(ValueError):  # a line beyond all measure
        async for line in stream:
            match decode(line):
                case Step(message) if on_step is not None:
                    on_step(message)
                case Result(value):
                    result = value
                case Failed() as failure:
                    pass
                case _:
                    pass
    if failure is not None:
        raise OptimizeError(failure.message)
    return result
