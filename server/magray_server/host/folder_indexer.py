"""Keeps one workspace folder indexed, in a child process, so that no parsing or model run ever blocks a
keystroke.

The child is the shell's own `magray index --watch --events`. When another server holds the folder, this one
reads what that one writes and takes over when it goes. Of many folders, all are searchable by words first;
their meaning follows, a few folders at a time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
from collections import deque
from typing import TYPE_CHECKING

from magray_memory.errors import VaultLocked
from magray_memory.values import IndexerLock
from magray_server.host import subprocesses
from magray_server.host.jobs import EmbeddingSlots, Job, Outcome, Report, State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from magray_memory.indexing.events import Event
    from magray_memory.values import Home

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.2
"""Debounce: saves in quick succession are one run."""
HOLDER_SECONDS = 0.5
"""How often a reader looks whether the folder's indexer is gone, and what it has committed."""
MISSING_SECONDS = 1.0
"""How often is looked whether a folder that is not there has come back."""
SLOT_SECONDS = 0.2
BACK_OFF_SECONDS = (1.0, 2.0, 5.0, 15.0, 60.0)
STEADY_SECONDS = 60.0
"""A child that lived this long did not die of its start."""


class FolderIndexer:
    """The indexer of one folder. Everything here runs on the event loop; `close` may be called from
    anywhere.
    """

    def __init__(
        self,
        root: Path,
        home: Home,
        environment: Mapping[str, str],
        on_event: Callable[[FolderIndexer, Event | None], None],
        slots: EmbeddingSlots | None = None,
    ) -> None:
        """`on_event` gets each event of the indexer, and None when only `report` changed."""
        self.root = root
        self.report = Report()
        self._home = home
        self._environment = dict(environment)
        self._on_event = on_event
        self._slots = slots or EmbeddingSlots()
        self._has_slot = False
        self._wake = asyncio.Event()
        self._due = True
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopped_by_person = False
        self._jobs: deque[tuple[Job, asyncio.Future[tuple[Outcome, Event | None]]]] = deque()
        self._ended_by_us = False
        self._failures = 0

    def start(self) -> None:
        """Begin with a run over the whole folder."""
        self._task = asyncio.get_running_loop().create_task(self._live())

    def changed(self) -> None:
        """Files changed. A watching child sees it by itself; where none is, as after a cancel, one begins."""
        if self.report.state not in (State.READY, State.INDEXING):
            self._due = True
            self._wake.set()

    async def run(self, job: Job) -> tuple[Outcome, Event | None]:
        """One run more, after the one that is under way; its outcome and its report. Cancelling it stops
        the run.
        """
        done: asyncio.Future[tuple[Outcome, Event | None]] = asyncio.get_running_loop().create_future()
        self._jobs.append((job, done))
        self._wake.set()
        if self._process is not None:
            self._ended_by_us = True
            self._kill(signal.SIGTERM)
        try:
            return await done
        except asyncio.CancelledError:
            if (job, done) not in self._jobs:
                self.stop_run()
            raise

    async def run_alone(self, job: Job) -> tuple[Outcome, Event | None]:
        """One run of a folder that is not watched."""
        if IndexerLock(self._home.vault_path(self.root)).holder() is not None:
            return Outcome.LOCKED, None
        try:
            return await self._run(job, watch=False), self.report.last
        finally:
            self.close()

    def configure(self, environment: Mapping[str, str]) -> None:
        """Use other settings from now on."""
        if dict(environment) == self._environment:
            return
        self._environment = dict(environment)
        self.changed()
        if self._process is not None:
            self._ended_by_us = True
            self._kill(signal.SIGTERM)

    def stop_run(self) -> None:
        """The person cancelled it: end this run, keep what it did, begin again at the next change."""
        self._stopped_by_person = True
        self._kill(signal.SIGINT)

    def close(self) -> None:
        """End the child now."""
        if self._task is not None:
            self._task.cancel()
        self._kill(subprocesses.END)

    async def gone(self) -> None:
        """Wait until the child has ended after `close`."""
        if self._process is not None:
            await self._process.wait()

    def _kill(self, number: int) -> None:
        subprocesses.end(self._process, number)

    async def _live(self) -> None:
        while True:
            try:
                await self._round()
            except Exception as error:
                log.exception("the indexer of %s failed", self.root)
                self.report.message = f"{type(error).__name__}; the log has the details"
                await self._failed()

    async def _round(self) -> None:
        """Wait for something to do, and do it once."""
        await self._work()
        if not self.root.is_dir():
            await self._miss()
            return
        if not self._jobs:
            await asyncio.sleep(PAUSE_SECONDS if self.report.last is not None else 0)
            await self._wait_for_turn()
        began = time.monotonic()
        outcome = await (self._run_job() if self._jobs else self._keep())
        if outcome is not Outcome.FAILED or time.monotonic() - began > STEADY_SECONDS:
            self._failures = 0
        if outcome is Outcome.LOCKED:
            self._due = True
            self._become(State.READING)
            await asyncio.sleep(HOLDER_SECONDS)
        elif outcome is Outcome.FAILED:
            await self._failed()
        elif outcome is Outcome.STOPPED:
            self._become(State.STOPPED)
        elif not self._jobs and not self._due:
            self._become(State.READY)

    async def _failed(self) -> None:
        """Say so, and wait before the next attempt, each time longer."""
        self._failures += 1
        self.report.restarts += 1
        self._due = True
        self._become(State.FAILED)
        await asyncio.sleep(BACK_OFF_SECONDS[min(self._failures, len(BACK_OFF_SECONDS)) - 1])

    async def _work(self) -> None:
        """Wait until there is something to do."""
        while not self._due and not self._jobs:
            self._wake.clear()
            await self._wake.wait()

    async def _miss(self) -> None:
        """The folder is not there: fail the jobs, and wait a while."""
        while self._jobs:
            _, done = self._jobs.popleft()
            if not done.done():
                done.set_result((Outcome.FAILED, None))
        self.report.message = f"the folder {self.root.name} does not exist"
        self._due = True
        self._become(State.MISSING)
        await asyncio.sleep(MISSING_SECONDS)

    async def _keep(self) -> Outcome:
        """Watch the folder. Where others are embedded now, its words come first, its meaning in turn."""
        self._due = True  # a watcher that ends is started again
        self._has_slot = self._slots.acquire()
        try:
            if not self._has_slot:
                outcome = await self._run(Job(flags=("--lexical",)), watch=False)
                if outcome is not Outcome.DONE or not await self._wait_for_slot():
                    return outcome
                outcome = await self._run(Job(), watch=False)  # its memory goes with the process
                if outcome is not Outcome.DONE or self._jobs:
                    return outcome
                self._release_slot()
            return await self._run(Job(), watch=True)
        finally:
            self._release_slot()

    async def _wait_for_slot(self) -> bool:
        """Whether there is room to embed the folder; not when a run that was asked for goes first."""
        while not self._jobs:
            if self._slots.acquire():
                self._has_slot = True
                return True
            await asyncio.sleep(SLOT_SECONDS)
        return False

    def _release_slot(self) -> None:
        if self._has_slot:
            self._has_slot = False
            self._slots.release()

    async def _run_job(self) -> Outcome:
        job, done = self._jobs.popleft()
        if done.cancelled():
            return Outcome.DONE
        outcome = Outcome.FAILED
        try:
            outcome = await self._run(job, watch=False)
        finally:
            if not done.done():
                done.set_result((outcome, self.report.last))
        return Outcome.DONE if outcome is Outcome.FAILED else outcome

    async def _wait_for_turn(self) -> None:
        """Wait while another process indexes the folder; what it commits is seen by every search at once."""
        from magray_memory.indexing.events import Changed

        vault = self._home.vault_path(self.root)
        lock = IndexerLock(vault)
        seen = _written(vault)
        while not self._jobs and (holder := lock.holder()) is not None:
            self.report.pid = holder or None
            self._become(State.READING)
            await asyncio.sleep(HOLDER_SECONDS)
            if (now := _written(vault)) != seen:
                seen = now
                self._on_event(self, Changed(0, 0))

    async def _run(self, job: Job, *, watch: bool) -> Outcome:
        self._stopped_by_person = False
        self.report.message = self.report.trouble = None
        self._become(State.INDEXING)
        command = ["--home", str(self._home.path), "--workspace", str(self.root), "index", "--events"]
        command += [*(["--watch"] if watch else []), *job.flags]
        command += ["--", *(str(self.root / path) for path in job.paths or ())]
        try:
            process = await subprocesses.start(command, self.root, self._environment)
        except OSError as error:
            self.report.message = f"the indexer could not be started: {error.strerror}"
            return Outcome.FAILED
        self._process = process
        self.report.pid = process.pid
        try:
            return await self._follow(process, watch)
        finally:
            self._kill(subprocesses.END)
            self._process = None
            self.report.pid = None

    async def _follow(self, process: asyncio.subprocess.Process, watch: bool) -> Outcome:
        from magray_memory.indexing.events import Failed, decode

        error: Failed | None = None
        assert process.stdout is not None and process.stderr is not None
        complaint = asyncio.create_task(subprocesses.last_line(process.stderr))
        with contextlib.suppress(ValueError):  # a line beyond all measure: the run counts by its exit code
            async for line in process.stdout:
                event = decode(line)
                if event is None:
                    continue
                self.report.last = event
                if isinstance(event, Failed):
                    error = event
                if watch:
                    self._become(self._state_after(event))
                self._on_event(self, event)
        code = await process.wait()
        if self._stopped_by_person:
            self._due = False
            self.report.message = "indexing was stopped; it resumes with the next change"
            return Outcome.STOPPED
        if self._ended_by_us:
            self._ended_by_us = False
            return Outcome.DONE
        if code in (0, 3) and not watch:
            return Outcome.DONE
        locked = error is not None and error.code == VaultLocked.code
        if locked or IndexerLock(self._home.vault_path(self.root)).holder() is not None:
            return Outcome.LOCKED
        last_line = await complaint
        message = last_line if error is None else error.message
        self.report.message = message or f"the indexer ended with code {code}"
        log.warning("indexer of %s: %s", self.root, self.report.message)
        return Outcome.FAILED

    def _state_after(self, event: Event) -> State:
        """What an event of the watching child says of its state."""
        from magray_memory.indexing.events import Done, Progress, SemanticReady, Start, Warned

        report = self.report
        match event:
            case Done() | SemanticReady():
                self._release_slot()
                report.message = report.trouble = None
                return State.READY
            case Warned() if event.code is not None:
                report.message = report.trouble = event.message
                return State.FAILED
            case Warned() if event.path is None and not self.root.is_dir():
                report.message = f"the folder {self.root.name} does not exist"
                asyncio.get_running_loop().call_later(MISSING_SECONDS, self._look_for_return)
                return State.MISSING
            case Start() | Progress() if report.trouble is None:
                return State.INDEXING
            case _:
                return report.state

    def _look_for_return(self) -> None:
        """The watching child goes on by itself when the folder is back, and says nothing if all is as it
        was.
        """
        if self.report.state is not State.MISSING or self._process is None:
            return
        if self.root.is_dir():
            self.report.message = None
            self._become(State.READY)
        else:
            asyncio.get_running_loop().call_later(MISSING_SECONDS, self._look_for_return)

    def _become(self, state: State) -> None:
        if self.report.state is not state:
            self.report.state = state
            self._on_event(self, None)


def _written(vault: Path) -> list[tuple[int, int]]:
    """Changes whenever something is committed to the vault."""
    seen: list[tuple[int, int]] = []
    for file in (vault, vault.with_name(f"{vault.name}-wal")):
        try:
            found = file.stat()
        except OSError:
            continue
        seen.append((found.st_size, found.st_mtime_ns))
    return seen
