"""Schedule of background maintenance, which every host of a home asks, whatever process it is.

Optimizing is due at most once a day, only after something was stored, and only while the machine is idle. The
layers of records are due at most once an hour, a backup at most once a day.
"""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

from magray_memory import atomic_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

IDLE_SECONDS = 600.0
"""Nothing was asked, typed or indexed for so long: nobody waits for this machine."""
INTERVAL_SECONDS = 86_400.0
"""From the end of one run to the next, whichever process makes it."""
RUN_SECONDS = 900.0
"""A run in the background ends after so long; the next one continues."""
STAMP = "optimized"
"""A file in the home: its time is when a run in the background last ended, in any process."""

FILES_STAMP = "cleaned"
"""A file in the home: its time is when a run over its files last began, in any process."""

HOUR_SECONDS = 3_600.0
LAYERS_STAMP = "layers"
"""A file in the home: its time is when a run over the layers last began, in any process."""
BACKUP_STAMP = "backed-up"
"""A file in the home: its time is when a backup in the background last began, in any process."""


def is_due(*, now: float, last_run: float, last_write: float, idle: float) -> bool:
    """Whether maintenance should run. Times are seconds since the epoch, 0 for never; `idle` is seconds
    without activity.
    """
    return idle >= IDLE_SECONDS and now - last_run >= INTERVAL_SECONDS and last_write > last_run


class Schedule:
    """The schedule of one home, which all processes share. Reads and writes files: not for an event loop."""

    def __init__(self, home: Path, clock: Callable[[], float] = time.time) -> None:
        self._home = home
        self._clock = clock

    def due(self, idle: float) -> bool:
        """Whether maintenance should run now, after so many seconds without activity."""
        if idle < IDLE_SECONDS:
            return False
        last_write = max(self._writes(), default=0.0)
        return is_due(now=self._clock(), last_run=self._last_run(), last_write=last_write, idle=idle)

    def record(self) -> None:
        """A run has ended. A home that cannot be written keeps its old stamp."""
        _touch(self._home / STAMP, self._clock())

    def _last_run(self) -> float:
        return _time(self._home / STAMP)

    def _writes(self) -> Iterator[float]:
        for pattern in ("*.db", "workspaces/*.db", "workspaces/*.db-wal"):
            for file in self._home.glob(pattern):
                with contextlib.suppress(OSError):
                    yield file.stat().st_mtime


def begin_hourly(home: Path, clock: Callable[[], float] = time.time) -> bool:
    """Whether the layers are due: they are the caller's then, and nobody else's for an hour.

    A stamp of a time to come is of a clock that was wrong. Nothing is due without a notebook, and in a home
    that cannot be written.
    """
    now = clock()
    if 0 <= now - _time(home / LAYERS_STAMP) < HOUR_SECONDS or not (home / "notebook.db").is_file():
        return False
    return _touch(home / LAYERS_STAMP, now)


def begin_daily_backup(home: Path, clock: Callable[[], float] = time.time) -> bool:
    """Whether a backup is due: it is the caller's then, and nobody else's for a day.

    The first is due an hour after the first look, so that there is something to back up. Nothing is due
    without a notebook, and in a home that cannot be written.
    """
    now = clock()
    last = _time(home / BACKUP_STAMP)
    if 0 <= now - last < INTERVAL_SECONDS or not (home / "notebook.db").is_file():
        return False
    if not last:
        _touch(home / BACKUP_STAMP, now - INTERVAL_SECONDS + HOUR_SECONDS)
        return False
    return _touch(home / BACKUP_STAMP, now)


def retry_backup(home: Path, clock: Callable[[], float] = time.time) -> None:
    """Have the backup that is due today tried again in an hour."""
    _touch(home / BACKUP_STAMP, clock() - INTERVAL_SECONDS + HOUR_SECONDS)


def begin_daily(home: Path, clock: Callable[[], float] = time.time) -> bool:
    """Whether the files of a home are due to be cleaned: they are the caller's then, for a day."""
    now = clock()
    if 0 <= now - _time(home / FILES_STAMP) < INTERVAL_SECONDS:
        return False
    return _touch(home / FILES_STAMP, now)


def _time(stamp: Path) -> float:
    try:
        return stamp.stat().st_mtime
    except OSError:
        return 0.0


def _touch(stamp: Path, now: float) -> bool:
    with contextlib.suppress(OSError):
        atomic_file.make_file(stamp)
        os.utime(stamp, (now, now))
        return True
    return False
