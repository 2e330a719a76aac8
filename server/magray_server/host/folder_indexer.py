"""Keeps one workspace folder indexed, in a child process, so that no parsing or model run ever blocks a
keystroke.

The child is the shell's own `magray index --watch --events`. One server has one child for a folder at a time:
a run that somebody asks for takes the watching child's place, and gives it back. When another process holds
the folder, this one reads what that one writes and takes over when it goes. Of many folders, all are
searchable by words first; their meaning follows, a few folders at a time.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from typing import TYPE_CHECKING

from magray_memory.errors import VaultLocked
from magray_memory.values import IndexerLock
from magray_server.host.indexer_run import Ended, Ending, IndexerRun
from magray_server.host.jobs import EmbeddingSlots, Job, Outcome, Report, State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from magray_memory.indexing.events import Done, Event
    from magray_memory.values import Home

log = logging.getLogger(__name__)

PAUSE_SECONDS = 0.2
"""Debounce: saves in quick succession are one run."""
HOLDER_SECONDS = 0.5
"""How often a reader looks whether the folder's indexer is gone, and what it has committed."""
WATCHER_SECONDS = 2.0
"""How long a run that was asked for waits for another process's watcher, which may be about to end."""
MISSING_SECONDS = 1.0
"""How often is looked whether a folder that is not there has come back."""
SLOT_SECONDS = 0.2
BACK_OFF_SECONDS = (1.0, 2.0, 5.0, 15.0, 60.0)
STEADY_SECONDS = 60.0
"""A child that lived this long did not die of its start."""
BY_WORDS = "Embedding was stopped: new text is found by words only until the folder is indexed on request"

_LEXICAL = Job(flags=("--lexical",))


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
        self._kept = False
        self._by_words = False
        self._run: IndexerRun | None = None
        self._task: asyncio.Task[None] | None = None
        self._jobs: deque[tuple[Job, asyncio.Future[tuple[Outcome, Done | None]]]] = deque()
        self._running: asyncio.Future[tuple[Outcome, Done | None]] | None = None
        self._failures = 0
        self._failed_at = 0.0
        self._again = False

    @property
    def kept(self) -> bool:
        """Whether the folder is watched; else it is indexed on request alone."""
        return self._kept

    @property
    def by_words(self) -> bool:
        """Whether the person stopped the embedding: the folder is watched, and read, without it."""
        return self._by_words

    def keep(self, on: bool = True) -> None:
        """Watch the folder from now on, beginning with a run over all of it, or not any more."""
        if on == self._kept:
            return
        self._kept = on
        self._wake.set()
        if not on and self._run is not None and not self._run.asked:
            self._run.end(Ending.REPLACED)
        self._begin()

    def changed(self) -> None:
        """Files changed: a watching child sees it by itself; what failed is tried again now."""
        if self.report.state is State.FAILED and time.monotonic() - self._failed_at > BACK_OFF_SECONDS[0]:
            self._again = True
            self._wake.set()

    async def run(self, job: Job) -> tuple[Outcome, Done | None]:
        """One run more, after those that were asked for before; its outcome and its report. Cancelling it
        stops the run.
        """
        done: asyncio.Future[tuple[Outcome, Done | None]] = asyncio.get_running_loop().create_future()
        self._jobs.append((job, done))
        self._wake.set()
        if self._run is not None and not self._run.asked:
            self._run.end(Ending.REPLACED)
        self._begin()
        try:
            return await done
        except asyncio.CancelledError:
            if self._running is done and self._run is not None:
                self._run.end(Ending.STOPPED)
            raise

    def configure(self, environment: Mapping[str, str]) -> None:
        """Use other settings from now on; what is under way begins again with them."""
        if dict(environment) == self._environment:
            return
        self._environment = dict(environment)
        self._by_words = False
        if self._run is not None:
            self._run.end(Ending.REPLACED)

    def stop_run(self) -> None:
        """The person stopped it: end this run, keep what it did, and go on watching by words alone."""
        self._by_words = self._kept
        if self._run is not None:
            self._run.end(Ending.STOPPED)

    def close(self) -> None:
        """End the child now."""
        if self._task is not None:
            self._task.cancel()
        if self._run is not None:
            self._run.kill()

    async def gone(self) -> None:
        """Wait until the child has ended after `close`."""
        if self._run is not None:
            await self._run.gone()

    def _begin(self) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._live())

    async def _live(self) -> None:
        try:
            while True:
                try:
                    await self._round()
                except Exception as error:
                    log.exception("the indexer of %s failed", self.root)
                    self.report.message = f"{type(error).__name__}; the log has the details"
                    await self._failed()
        finally:
            self._fail_jobs()

    async def _round(self) -> None:
        """Wait for something to do, and do it once."""
        while not self._kept and not self._jobs:
            self._become(State.IDLE)
            self._wake.clear()
            await self._wake.wait()
        if not self.root.is_dir():
            await self._miss()
            return
        if not self._jobs:
            await self._rest(PAUSE_SECONDS if self.report.last is not None else 0)
        await self._wait_for_turn()
        if not self._jobs and not self._kept:
            return
        began = time.monotonic()
        outcome = await (self._run_job() if self._jobs else self._keep())
        if outcome is not Outcome.FAILED or time.monotonic() - began > STEADY_SECONDS:
            self._failures = 0
        if outcome is Outcome.LOCKED:
            self._become(State.READING)
            await self._rest(HOLDER_SECONDS)
        elif outcome is Outcome.FAILED:
            await self._failed()

    async def _rest(self, seconds: float) -> None:
        """Wait so long, or until a run is asked for or what failed is worth another attempt."""
        end = time.monotonic() + seconds
        self._again = False
        while not self._jobs and not self._again and (left := end - time.monotonic()) > 0:
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), left)
            except TimeoutError:
                return

    async def _failed(self) -> None:
        """Say so, and wait before the next attempt, each time longer."""
        self._failures += 1
        self._failed_at = time.monotonic()
        self.report.restarts += 1
        self._become(State.FAILED)
        await self._rest(BACK_OFF_SECONDS[min(self._failures, len(BACK_OFF_SECONDS)) - 1])

    async def _miss(self) -> None:
        """The folder is not there: fail the jobs, and wait a while."""
        self.report.message = f"the folder {self.root.name} does not exist"
        self._fail_jobs()
        self._become(State.MISSING)
        await self._rest(MISSING_SECONDS)

    def _fail_jobs(self) -> None:
        while self._jobs:
            _, done = self._jobs.popleft()
            if not done.done():
                done.set_result((Outcome.FAILED, None))

    async def _keep(self) -> Outcome:
        """Watch the folder. Where others are embedded now, its words come first, its meaning in turn."""
        if self._by_words:
            return await self._start(IndexerRun(_LEXICAL, watch=True, asked=False))
        self._has_slot = self._slots.acquire()
        try:
            if not self._has_slot:
                outcome = await self._start(IndexerRun(_LEXICAL, watch=False, asked=False))
                if outcome is not Outcome.DONE or not await self._wait_for_slot():
                    return outcome
                # Its memory goes with the process.
                outcome = await self._start(IndexerRun(Job(), watch=False, asked=False))
                if outcome is not Outcome.DONE or self._jobs:
                    return outcome
                self._release_slot()
            return await self._start(IndexerRun(Job(), watch=True, asked=False))
        finally:
            self._release_slot()

    async def _wait_for_slot(self) -> bool:
        """Whether there is room to embed the folder; not when a run that was asked for goes first."""
        while self._kept and not self._jobs:
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
        self._running = done
        outcome = Outcome.FAILED
        self.report.done = None
        try:
            outcome = await self._start(IndexerRun(job, watch=False, asked=True))
        finally:
            self._running = None
            if outcome is Outcome.REPLACED or (outcome is Outcome.LOCKED and not self._is_watched()):
                self._jobs.appendleft((job, done))
            elif not done.done():
                done.set_result((outcome, self.report.done))
        if outcome is Outcome.DONE and job == Job():
            self._by_words = False
        return Outcome.LOCKED if outcome is Outcome.LOCKED else Outcome.DONE

    async def _wait_for_turn(self) -> None:
        """Wait while another process indexes the folder; what it commits is seen by every search at once.

        A run that was asked for waits for another run, and not for a watcher, which does not end.
        """
        from magray_memory.indexing.events import Changed

        vault = self._home.vault_path(self.root)
        lock = IndexerLock(vault)
        seen = _written(vault)
        patience = time.monotonic() + WATCHER_SECONDS
        while (holder := lock.holder()) is not None:
            if self._jobs and lock.is_watched() and time.monotonic() > patience:
                return
            self.report.pid = holder or None
            self._become(State.READING)
            await asyncio.sleep(HOLDER_SECONDS)
            if (now := _written(vault)) != seen:
                seen = now
                self._on_event(self, Changed(0, 0))

    def _is_watched(self) -> bool:
        """Whether another process watches the folder."""
        return IndexerLock(self._home.vault_path(self.root)).is_watched()

    async def _start(self, run: IndexerRun) -> Outcome:
        """Start the run's child and follow it to its end."""
        self._run = run
        report = self.report
        report.message = report.trouble = None
        self._become(State.INDEXING)
        try:
            report.pid = await run.start(self.root, self._home, self._environment)
            return self._outcome(run, await run.follow(self._follow))
        except OSError as error:
            report.message = f"the indexer could not be started: {error.strerror}"
            return Outcome.FAILED
        finally:
            run.kill()
            self._run = None
            report.pid = None

    def _follow(self, event: Event) -> None:
        """An event of the child."""
        self.report.last = event
        if self._run is not None and self._run.watch:
            self._become(self._state_after(event))
        self._on_event(self, event)

    def _outcome(self, run: IndexerRun, ended: Ended) -> Outcome:
        self.report.done = ended.done
        if ended.ending is not None:
            return Outcome.STOPPED if ended.ending is Ending.STOPPED else Outcome.REPLACED
        if ended.code in (0, 3) and not run.watch:
            return Outcome.DONE
        locked = ended.error is not None and ended.error.code == VaultLocked.code
        if locked or IndexerLock(self._home.vault_path(self.root)).holder() is not None:
            return Outcome.LOCKED
        self.report.message = ended.message or f"the indexer ended with code {ended.code}"
        log.warning("indexer of %s: %s", self.root, self.report.message)
        return Outcome.FAILED

    def _state_after(self, event: Event) -> State:
        """What an event of the watching child says of its state."""
        from magray_memory.indexing.events import Done, Progress, SemanticReady, Start, Warned

        report = self.report
        match event:
            case Done() | SemanticReady():
                self._release_slot()
                report.trouble = None
                return self._settled()
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

    def _settled(self) -> State:
        """The state of a watching child that has nothing to do."""
        self.report.message = BY_WORDS if self._by_words else None
        return State.BY_WORDS if self._by_words else State.READY

    def _look_for_return(self) -> None:
        """The watching child goes on by itself when the folder is back, and says nothing if all is as it
        was.
        """
        if self.report.state is not State.MISSING or self._run is None:
            return
        if self.root.is_dir():
            self._become(self._settled())
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
