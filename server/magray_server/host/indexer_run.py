"""Run of an indexer: one child process of `magray index --events`, from its start to its end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from magray_server.host import subprocesses

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from magray_memory.indexing.events import Done, Event, Failed
    from magray_memory.values import Home
    from magray_server.host.jobs import Job


class Ending(Enum):
    """Why a run was ended by its host; the child keeps what it did."""

    STOPPED = signal.SIGINT
    """The person, or the client, does not want it any more."""
    REPLACED = signal.SIGTERM
    """Another run takes its place."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended. `message`: what it said of a failure, empty where it said nothing."""

    code: int
    ending: Ending | None
    done: Done | None
    error: Failed | None
    message: str


class IndexerRun:
    """On the event loop; `kill` may be called from anywhere."""

    def __init__(self, job: Job, *, watch: bool, asked: bool) -> None:
        """`asked`: somebody waits for its outcome."""
        self.job = job
        self.watch = watch
        self.asked = asked
        self.ending: Ending | None = None
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, root: Path, home: Home, environment: Mapping[str, str]) -> int:
        """Start the child; returns its pid. Raises OSError."""
        command = ["--home", str(home.path), "--workspace", str(root), "index", "--events"]
        command += [*(["--watch"] if self.watch else []), *self.job.flags]
        command += ["--", *(str(root / path) for path in self.job.paths or ())]
        self._process = process = await subprocesses.start(command, root, environment)
        if self.ending is not None:  # it was ended while it was being started
            subprocesses.end(process, self.ending.value)
        return process.pid

    async def follow(self, on_event: Callable[[Event], None]) -> Ended:
        """Hand over each event of the child until it has ended."""
        from magray_memory.indexing.events import Done, Failed, decode

        process = self._process
        assert process is not None and process.stdout is not None and process.stderr is not None
        complaint = asyncio.create_task(subprocesses.last_line(process.stderr))
        done: Done | None = None
        error: Failed | None = None
        try:
            with contextlib.suppress(ValueError):  # a line beyond all measure: the exit code tells
                async for line in process.stdout:
                    event = decode(line)
                    if event is None:
                        continue
                    if isinstance(event, Done):
                        done = event
                    elif isinstance(event, Failed):
                        error = event
                    on_event(event)
            code = await process.wait()
            last_line = await complaint if error is None else ""
        finally:
            complaint.cancel()
            self.kill()
        return Ended(code, self.ending, done, error, last_line if error is None else error.message)

    def end(self, ending: Ending) -> None:
        """Have the child end soon, keeping what it did; a child that is still being started, too."""
        if self.ending is not Ending.STOPPED:
            self.ending = ending
        subprocesses.end(self._process, ending.value)

    def kill(self) -> None:
        """End the child now."""
        subprocesses.end(self._process)

    async def gone(self) -> None:
        """Wait until the child has ended."""
        if self._process is not None:
            await self._process.wait()
