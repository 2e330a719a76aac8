"""Locks between processes that the operating system frees when their holder dies.

On POSIX these are `fcntl` record locks: unlike `flock` they do not pass to a forked worker, so a killed
indexer never leaves its lock with a surviving child. They have one trap: closing any descriptor of the file
frees the lock for the whole process. So a process remembers what it holds and never opens such a file a
second time.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Self

from magray_memory import atomic_file
from magray_memory.errors import StorageError, VaultLocked

if TYPE_CHECKING:
    from pathlib import Path

_held: set[str] = set()
_guard = threading.Lock()
_PROBE_SECONDS = 0.1
_PAUSE = 0.01

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.lockf(descriptor, fcntl.LOCK_UN)


class FileLock:
    """An exclusive lock on one file; the file itself stays empty and is never removed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._key = os.path.realpath(path)
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor is not None

    def try_acquire(self, seconds: float = 0.0) -> bool:
        """Take the lock, trying for so many seconds. False when someone else keeps it.

        Raises StorageError when the lock file cannot be created or the file system has no locks.
        """
        deadline = time.monotonic() + seconds
        while not self._once():
            if time.monotonic() >= deadline:
                return False
            time.sleep(_PAUSE)
        return True

    def _once(self) -> bool:
        with _guard:
            if self._key in _held:
                return False
            try:
                descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            except OSError as error:
                raise StorageError(
                    f"cannot create the lock file {self.path}", error.strerror or ""
                ) from error
            try:
                _lock(descriptor)
            except (BlockingIOError, PermissionError):
                os.close(descriptor)
                return False
            except OSError as error:
                os.close(descriptor)
                raise StorageError(f"cannot lock {self.path}", error.strerror or str(error)) from error
            self._descriptor = descriptor
            _held.add(self._key)
            return True

    @property
    def lost(self) -> bool:
        """Whether the file of a held lock was removed or replaced, so that others can hold its like."""
        if self._descriptor is None:
            return False
        try:
            return not os.path.samestat(os.fstat(self._descriptor), self.path.stat())
        except OSError:
            return True

    def release(self) -> None:
        """Give the lock back; nothing happens when it is not held."""
        with _guard:
            if self._descriptor is None:
                return
            descriptor, self._descriptor = self._descriptor, None
            _held.discard(self._key)
            try:
                _unlock(descriptor)
            finally:
                os.close(descriptor)

    def taken(self) -> bool:
        """Whether anyone, this process included, holds the lock now. Never creates the file."""
        with _guard:
            if self._key in _held:
                return True
            try:
                descriptor = os.open(self.path, os.O_RDWR)
            except OSError:
                return False
            try:
                _lock(descriptor)
                _unlock(descriptor)
            except OSError:
                return True
            finally:
                os.close(descriptor)
            return False


class IndexerLock:
    """One indexer per vault: an OS lock on `<vault>.lock`, the holder's pid in `<vault>.pid` beside it."""

    def __init__(self, vault_path: Path, *, watching: bool = False) -> None:
        """`watching`: the holder does not release it, and the error of other processes says so."""
        self._lock = FileLock(vault_path.with_name(vault_path.name + ".lock"))
        self._note = f"{os.getpid()} watching\n" if watching else f"{os.getpid()}\n"
        self._pid_path = vault_path.with_name(vault_path.name + ".pid")

    def acquire(self) -> Self:
        """Take the lock at once or raise VaultLocked naming the process that has it."""
        # A probe by `holder` in another process takes the lock for an instant: that must not look like an
        # indexer.
        if not self._lock.try_acquire(_PROBE_SECONDS):
            pid, watching = self._holder()
            if watching:
                raise VaultLocked(
                    "this workspace is watched and kept up to date already",
                    f"by process {pid}",
                    "search it as it is, or stop that process first",
                )
            raise VaultLocked(
                "this workspace is being indexed already",
                f"by process {pid}" if pid else "by another process",
                "wait until it is done, or stop that process",
            )
        with contextlib.suppress(OSError):  # the pid only informs; the lock itself is held
            atomic_file.make_file(self._pid_path)
            self._pid_path.write_text(self._note, encoding="ascii")
        return self

    @property
    def lost(self) -> bool:
        """Whether it is held in name only: its file was removed or replaced."""
        return self._lock.lost

    def release(self) -> None:
        """Give the lock back; nothing happens when it is not held."""
        if self._lock.held:
            with contextlib.suppress(OSError):
                self._pid_path.unlink()
            self._lock.release()

    def holder(self) -> int | None:
        """The pid of the indexer at work, 0 when it is not known, None when there is none."""
        return self._holder()[0] if self._lock.taken() else None

    def is_watched(self) -> bool:
        """Whether the process that holds it watches the workspace, so that it does not give it back soon."""
        return self._lock.taken() and self._holder()[1]

    def _holder(self) -> tuple[int, bool]:
        """The pid (0: not known) and whether that process watches."""
        try:
            pid, *more = self._pid_path.read_text(encoding="ascii").split()
            return int(pid), "watching" in more
        except (OSError, ValueError):
            return 0, False

    def __enter__(self) -> Self:
        return self if self._lock.held else self.acquire()

    def __exit__(self, *exc: object) -> None:
        self.release()
