"""Parser processes: they read and parse files side by side, and one that dies or hangs costs one file.

Parsers are native code that holds the interpreter lock, may run for long and may crash, so they never run in
the process that holds the vault. A worker is a bare interpreter with two pipes (nothing is forked, so threads
and open databases do no harm; nothing is imported from the current folder). What waits to be written is
bounded in bytes: workers pause when the writer is slower than they are.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from magray_memory.errors import MagrayError
from magray_memory.indexing.parse import Job, Outcome, Task, skipped
from magray_memory.indexing.parse_worker import READY, receive, send
from magray_memory.indexing.skip import Skip, SkipReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import BinaryIO

_PACKAGES = str(Path(__file__).resolve().parents[2])
_BOOT = (
    "import sys; sys.path.append(sys.argv[1]); from magray_memory.indexing.parse_worker import main; main()"
)
WORKER_COMMAND: tuple[str, ...] = (sys.executable, "-P", "-c", _BOOT, _PACKAGES)
"""-P: a workspace with a `marshal.py` in it must not get it imported."""

WAITING_BYTES = 24_000_000
"""Parsed but not yet written, over all workers."""
_BATCH_FILES = 48
_BATCH_BYTES = 400_000
_AHEAD_FILES = 400
_AHEAD_BYTES = 2_000_000
"""What a worker has been given and not answered, at most: a third of a second of work, more than the writer
is ever away for a commit.
"""
_GRACE_SECONDS = 10.0
_START_SECONDS = 60.0
_POLL_SECONDS = 0.05


class WorkersUnavailable(MagrayError):  # noqa: N818 - named like the errors beside it
    """No parser process can be started here."""

    code = "workers_unavailable"


class _Inbox:
    """What the workers sent, bounded in bytes: `put` waits while too much lies here."""

    def __init__(self) -> None:
        self._items: deque[tuple[_Worker, Any, int]] = deque()
        self._bytes = 0
        self._changed = threading.Condition()
        self._closed = False

    def put(self, worker: _Worker, value: Any, size: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._bytes < WAITING_BYTES)
            self._items.append((worker, value, size))
            self._bytes += size
            self._changed.notify_all()

    def get(self, seconds: float) -> tuple[_Worker, Any] | None:
        with self._changed:
            if not self._items and not self._changed.wait_for(lambda: bool(self._items), seconds):
                return None
            worker, value, size = self._items.popleft()
            self._bytes -= size
            self._changed.notify_all()
            return worker, value

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()


class _Worker:
    """One process, the thread that reads its answers, and the tasks it has not answered yet, in order."""

    def __init__(self, command: Sequence[str], inbox: _Inbox) -> None:
        group: dict[str, Any] = (
            {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
            if sys.platform == "win32"
            else {"process_group": 0}  # Ctrl-C reaches the parent alone, which ends its workers itself
        )
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **group
        )
        self.tasks: deque[Task] = deque()
        self.owed = 0
        self.ready = False
        self.employed = False
        self.timed_out = False
        self._answered_at = time.monotonic()
        self._reading = True
        self._inbox = inbox
        threading.Thread(target=self._read, name="parser-reader", daemon=True).start()

    def _read(self) -> None:
        pipe = cast("BinaryIO", self.process.stdout)
        while True:
            try:
                frame = receive(pipe)
            except (OSError, ValueError, EOFError, TypeError, MemoryError):
                frame = None
            self._reading = False
            self._inbox.put(self, *(frame or (None, 0)))
            self._answered_at = time.monotonic()
            self._reading = True
            if frame is None:
                pipe.close()  # not by `end`: a pipe that a thread reads from is closed by that thread
                return

    def give(self, value: Any) -> None:
        """Send a frame; the thread that reads notices a worker that died."""
        if not self.tasks:
            self._answered_at = time.monotonic()
        with contextlib.suppress(OSError, ValueError):
            send(self._stdin(), value)

    def silent(self) -> float:
        """Seconds for which it has owed an answer and given none."""
        owes = bool(self.tasks) or not self.ready
        return time.monotonic() - self._answered_at if owes and self._reading else 0.0

    def _stdin(self) -> BinaryIO:
        return cast("BinaryIO", self.process.stdin)

    def end(self) -> None:
        """Kill and reap the process; its other pipe is closed by the thread that reads it."""
        self.process.kill()
        self.process.wait()
        with contextlib.suppress(OSError, ValueError):
            self._stdin().close()


class ParsePool:
    """Up to `size` parser processes. `prepare` starts some early, `run` employs them, `close` ends them."""

    def __init__(
        self, size: int, *, command: Sequence[str] = WORKER_COMMAND, grace: float = _GRACE_SECONDS
    ) -> None:
        """`grace`: seconds that a file may take beyond the parser's own limit before its worker is killed."""
        self._size = max(1, size)
        self._command = command
        self._grace = grace
        self._inbox = _Inbox()
        self._workers: list[_Worker] = []
        self._job: Job | None = None
        self._retry: deque[Task] = deque()
        self._crashed: set[str] = set()
        self._starts_failed = 0

    def prepare(self, count: int) -> None:
        """Have `count` workers (at most `size`) starting, so that they are ready when there is work."""
        while len(self._workers) < min(count, self._size):
            try:
                self._workers.append(_Worker(self._command, self._inbox))
            except OSError as error:
                if self._workers:
                    return
                raise WorkersUnavailable(
                    "no parser process can be started", error.strerror or str(error)
                ) from error

    def run(self, tasks: Iterator[Task], job: Job, should_stop: Callable[[], bool]) -> Iterator[Outcome]:
        """The outcome of every task, in no order. Ends early when `should_stop` turns true.

        Raises WorkersUnavailable when workers die as soon as they start.
        """
        self._job = job
        pending = _batches(tasks)
        self.prepare(1)
        for worker in list(self._workers):
            self._feed(worker, pending)
        while any(worker.tasks for worker in self._workers) or self._retry:
            if should_stop():
                return
            message = self._inbox.get(_POLL_SECONDS)
            self._check_deadlines()
            if message is None:
                continue
            worker, value = message
            if value is None:
                yield from self._bury(worker, pending)
            elif value == READY:
                worker.ready = True
            else:
                worker.owed -= worker.tasks.popleft().size
                self._feed(worker, pending)
                yield Outcome(*value)

    def close(self) -> None:
        """End all workers, at once and whatever they do."""
        self._inbox.close()
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.end()

    def _feed(self, worker: _Worker, pending: Iterator[list[Task]]) -> None:
        """Keep a worker supplied; what is to be tried again comes first, and alone."""
        assert self._job is not None
        if not worker.employed:
            worker.employed = True
            worker.give(tuple(self._job._replace(gone=dict(self._job.gone))))
        while len(worker.tasks) < _AHEAD_FILES and worker.owed < _AHEAD_BYTES:
            batch = [self._retry.popleft()] if self._retry else next(pending, None)
            if batch is None:
                return
            worker.give([tuple(task) for task in batch])
            worker.tasks.extend(batch)
            worker.owed += sum(task.size for task in batch)

    def _check_deadlines(self) -> None:
        assert self._job is not None
        for worker in self._workers:
            limit = self._job.parse_seconds + self._grace if worker.ready else _START_SECONDS
            if not worker.timed_out and worker.silent() > limit:
                worker.timed_out = True
                worker.process.kill()

    def _bury(self, worker: _Worker, pending: Iterator[list[Task]]) -> Iterator[Outcome]:
        """A worker died: judge the file it was at, give the others to a new one."""
        worker.end()
        self._workers.remove(worker)
        left = list(worker.tasks)
        if not worker.ready:
            self._starts_failed += 1
            if self._starts_failed >= 3 or worker.timed_out:
                raise WorkersUnavailable(
                    "parser processes end as soon as they start", f"exit {worker.process.returncode}"
                )
        elif left:
            culprit = left.pop(0)
            if not worker.timed_out and culprit.path not in self._crashed:
                # It may have been innocent (the system ran out of memory): once more, in a fresh process.
                self._crashed.add(culprit.path)
                left.append(culprit)
            else:
                timeout = Skip(SkipReason.PARSE_TIMEOUT, f"{self._limit():.0f}")
                skip = timeout if worker.timed_out else Skip(SkipReason.PARSER_CRASH)
                yield skipped(culprit.path, culprit.stamp, skip)
        self._retry.extend(left)
        if not self._workers or self._retry:
            self.prepare(len(self._workers) + 1)
            self._feed(self._workers[-1], pending)

    def _limit(self) -> float:
        return self._grace + (self._job.parse_seconds if self._job else 0.0)


def worker_count(setting: int) -> int:
    """How many workers to use; 0 means one per core that this process may use, at most 8."""
    if setting > 0:
        return setting
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(1, min(cores, 8))


def _batches(tasks: Iterator[Task]) -> Iterator[list[Task]]:
    batch: list[Task] = []
    size = 0
    for task in tasks:
        batch.append(task)
        size += task.size
        if len(batch) >= _BATCH_FILES or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
