"""Resources: memory and cores of this machine, profiles of how much a process takes, memory pressure.

Containers count: a control group's limits of memory and cores are the machine's. Where a system does not
say, nothing is guessed: the middle profile holds, and memory is never short.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import math
import os
import sys
import threading
import time
from dataclasses import replace
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from magray_memory.config import Settings

_GROUPS = Path("/sys/fs/cgroup")
_NO_LIMIT = 1 << 60
_GIGABYTE = 1_000_000_000
_MEGABYTE = 1_000_000
_NICE = 10
"""A tenth of the processor's time beside somebody who wants all of it, all of it beside nobody."""
_log = logging.getLogger(__name__)


class Machine(NamedTuple):
    """`memory` in bytes, None where the system does not say; `cores` that this process may use."""

    memory: int | None
    cores: int


class Profile(NamedTuple):
    """What one process may take. `threads` of the model, each with a text of its own where passages are
    embedded; cache sizes in entries.

    `graph_mb` bounds the graph of hnsw, which holds a copy of every vector in memory: 1.8 KB each.
    """

    name: str
    threads: int
    query_vectors: int
    answers: int
    vector_cache_mb: int
    graph_mb: int
    ef: int

    def as_json(self) -> dict[str, Any]:
        """As `status --json` shows it."""
        return self._asdict()


# hnsw at 100,000 × 384: recall@10 .990 in 0.09 ms at ef 32, .9995 in 0.14 ms at ef 64.
PROFILES = {
    "minimal": Profile("minimal", 2, 64, 16, 128, 64, 32),
    "balanced": Profile("balanced", 8, 512, 128, 512, 512, 64),
    "performance": Profile("performance", 16, 4096, 512, 100_000, 4096, 128),
}


def cores() -> int:
    """Processor cores this process may use: affinity and a container's quota, not what the machine has."""
    affinity: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)
    count = len(affinity(0)) if affinity else os.cpu_count() or 1
    quota = _core_quota()
    return max(1, min(count, math.ceil(quota))) if quota else max(1, count)


def machine() -> Machine:
    """Memory and cores of this machine now."""
    limits = [limit for limit, _ in _memory_groups()]
    total = _meminfo("MemTotal:")
    known = [size for size in (total, *limits) if size]
    return Machine(min(known, default=None), cores())


def available_memory() -> int | None:
    """Bytes that this process can take without swapping or being killed; None where no system says."""
    free = [limit - used for limit, used in _memory_groups()]
    system = _meminfo("MemAvailable:")
    known = [*free, *([] if system is None else [system])]
    return max(0, min(known)) if known else None


def give_way() -> None:
    """Let other processes go first: for work in the background, while somebody types. For good."""
    if sys.platform == "win32":
        import ctypes

        below_normal = 0x4000
        ctypes.windll.kernel32.SetPriorityClass(ctypes.windll.kernel32.GetCurrentProcess(), below_normal)
        return
    with contextlib.suppress(OSError):
        os.nice(max(0, _NICE - os.nice(0)))  # who has given way already goes no further


def give_back() -> None:
    """Return freed memory to the system; glibc keeps most of a closed model otherwise."""
    gc.collect()
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)


def choose_profile(wanted: str, here: Machine) -> Profile:
    """The profile of that name, `auto` by the machine; never more threads than cores."""
    if wanted != "auto":
        profile = PROFILES[wanted]
    elif here.memory is not None and here.memory < 2 * _GIGABYTE:
        profile = PROFILES["minimal"]
    elif here.memory is not None and here.memory >= 16 * _GIGABYTE and here.cores >= 8:
        profile = PROFILES["performance"]
    else:
        profile = PROFILES["balanced"]
    return profile._replace(threads=max(1, min(profile.threads, here.cores)))


def effective_settings(settings: Settings, profile: Profile) -> Settings:
    """The settings with what they leave open filled in by the profile; what the person set stays."""
    embedding, vectors, storage = settings.embedding, settings.vectors, settings.storage
    return replace(
        settings,
        embedding=replace(embedding, threads=embedding.threads or profile.threads),
        vectors=replace(
            vectors,
            ef=vectors.ef or profile.ef,
            graph_mb=vectors.graph_mb or profile.graph_mb,
        ),
        storage=replace(storage, vector_cache_mb=min(storage.vector_cache_mb, profile.vector_cache_mb)),
    )


class Level(IntEnum):
    """How short memory is, and what the program does without."""

    EASE = 0
    SMALL_CACHES = 1
    SMALL_BATCHES = 2
    PAUSE = 3


_SHORT = {
    Level.SMALL_CACHES: (400 * _MEGABYTE, 0.10),
    Level.SMALL_BATCHES: (250 * _MEGABYTE, 0.06),
    Level.PAUSE: (120 * _MEGABYTE, 0.03),
}
"""Available memory below which a level begins: the smaller of bytes and a share of the machine's."""
_RECOVERY = 1.25
"""A level ends at so much more than it began, so that it does not flicker."""
_LOOK_SECONDS = 0.5


class Pressure:
    """Watches how much memory is left. `level` looks at most twice a second; safe in several threads."""

    def __init__(
        self,
        available: Callable[[], int | None] = available_memory,
        total: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.available: int | None = None
        self._read = available
        self._total = total
        self._clock = clock
        self._next = -math.inf
        self._level = Level.EASE
        self._guard = threading.Lock()

    @property
    def level(self) -> Level:
        """How short memory is now; EASE where the system does not say."""
        with self._guard:
            now = self._clock()
            if now < self._next:
                return self._level
            self._next = now + _LOOK_SECONDS
            self.available = self._read()
            before, self._level = self._level, self._judge(self.available)
        if self._level != before:
            self._log_change(before)
        return self._level

    def _judge(self, free: int | None) -> Level:
        if free is None:
            return Level.EASE
        if self._total is None:
            self._total = machine().memory or _NO_LIMIT
        reached = Level.EASE
        for level, (size, share) in _SHORT.items():
            limit = min(size, share * self._total)
            if free < limit * (_RECOVERY if self._level >= level else 1):
                reached = level
        return reached

    def _log_change(self, before: Level) -> None:
        free = (self.available or 0) / _MEGABYTE
        if self._level is Level.PAUSE:
            _log.warning("embedding waits: only %.0f MB of memory are left (try: close other programs)", free)
        elif before is Level.PAUSE:
            _log.warning("embedding goes on: %.0f MB of memory are left", free)
        else:
            _log.info("memory: %.0f MB left, %s", free, self._level.name.lower())

    def as_json(self) -> dict[str, Any]:
        """As `status --json` shows it: the level by name, and bytes available."""
        return {"level": self._level.name.lower(), "available": self.available}


def _meminfo(name: str) -> int | None:
    try:
        with Path("/proc/meminfo").open(encoding="ascii") as file:
            for line in file:
                if line.startswith(name):
                    return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        pass
    return None


def _memory_groups() -> Iterator[tuple[int, int]]:
    """(limit, used) in bytes of every control group around this process that has a limit."""
    if sys.platform != "linux":
        return
    for folder in _folders(""):
        limit, used = _number(folder / "memory.max"), _number(folder / "memory.current")
        if limit is not None and used is not None:
            yield limit, used - _reclaimable(folder / "memory.stat", "inactive_file ")
    for folder in _folders("memory"):
        limit, used = _number(folder / "memory.limit_in_bytes"), _number(folder / "memory.usage_in_bytes")
        if limit is not None and used is not None:
            yield limit, used - _reclaimable(folder / "memory.stat", "total_inactive_file ")


def _folders(controller: str) -> Iterator[Path]:
    """The folders of this process's control group and those around it; version 2 is the controller ""."""
    try:
        lines = Path("/proc/self/cgroup").read_text("utf-8", errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        _, _, rest = line.partition(":")
        names, _, path = rest.partition(":")
        if controller in names.split(","):
            base = _GROUPS / controller
            place = base / path.lstrip("/")
            yield from (folder for folder in (place, *place.parents) if folder.is_relative_to(base))


def _number(path: Path) -> int | None:
    try:
        text = path.read_text("ascii").strip()
    except (OSError, ValueError):
        return None
    return int(text) if text.isdecimal() and int(text) < _NO_LIMIT else None


def _reclaimable(path: Path, name: str) -> int:
    """Bytes of cached files, which the system gives back before it runs out."""
    try:
        with path.open(encoding="ascii") as file:
            return next((int(line.split()[1]) for line in file if line.startswith(name)), 0)
    except (OSError, ValueError, IndexError):
        return 0


def _core_quota() -> float | None:
    """Cores granted by control groups, version 2 or 1; None when there is no limit."""
    if sys.platform != "linux":
        return None
    found: list[float] = []
    for folder in _folders(""):
        try:
            quota, period = (folder / "cpu.max").read_text("ascii").split()
        except (OSError, ValueError):
            continue
        if quota.isdecimal() and period.isdecimal() and int(period):
            found.append(int(quota) / int(period))
    for folder in _folders("cpu"):
        quota_us, period_us = _number(folder / "cpu.cfs_quota_us"), _number(folder / "cpu.cfs_period_us")
        if quota_us and period_us:
            found.append(quota_us / period_us)
    return min(found, default=None)
