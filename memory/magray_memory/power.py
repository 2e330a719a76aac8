"""Power and load of this machine: whether it runs on its battery, and how much of it other programs take.

Where a system does not say, nothing is guessed: then it has mains power, and nobody else is at work.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

SUPPLIES = Path("/sys/class/power_supply")
PROCESSOR = Path("/proc/stat")
_PMSET = "/usr/bin/pmset"
_PMSET_SECONDS = 2.0
_SHORTEST_SECONDS = 2.0
"""Over a shorter time a share of the processor says nothing."""


def on_battery(supplies: Path = SUPPLIES) -> bool:
    """Whether this machine runs on its battery, or on that of its uninterruptible power supply."""
    if sys.platform == "win32":
        return _battery_of_windows()
    if sys.platform == "darwin":
        return _battery_of_macos()
    return _is_discharging(supplies)


def _is_discharging(supplies: Path) -> bool:
    """By Linux: a battery gives power, and no adapter is online. Batteries of mice and headsets do not count,
    nor does a port that gives power to another device.
    """
    discharging = False
    try:
        folders = sorted(supplies.iterdir())
    except OSError:
        return False
    for folder in folders:
        kind = _word(folder / "type")
        if _word(folder / "scope") == "Device":
            continue
        if kind in ("Battery", "UPS"):
            discharging = discharging or _word(folder / "status") == "Discharging"
        elif _word(folder / "online") not in ("", "0"):
            return False
    return discharging


def _word(file: Path) -> str:
    try:
        return file.read_text("utf-8", errors="replace").strip()
    except OSError:
        return ""


def _battery_of_macos() -> bool:
    try:
        said = subprocess.run(
            [_PMSET, "-g", "ps"], capture_output=True, timeout=_PMSET_SECONDS, check=False
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return False
    return b"'Battery Power'" in said or b"'UPS Power'" in said


def _battery_of_windows() -> bool:
    if sys.platform != "win32":
        return False
    status = (ctypes.c_ubyte * 12)()
    offline = 0
    return bool(ctypes.windll.kernel32.GetSystemPowerStatus(ctypes.byref(status))) and status[0] == offline


class _Times(NamedTuple):
    """Processor seconds since some moment: `spent` by programs that are not in the background, `own` of this
    one and of its children that ended.
    """

    at: float
    spent: float
    own: float


class OtherPrograms:
    """How much of the processor other programs take, but for those that give way (nice).

    `clock` counts seconds; `processor` is Linux's file of processor times.
    """

    def __init__(
        self, processor: Path = PROCESSOR, clock: Callable[[], float] = time.monotonic, cores: int = 0
    ) -> None:
        self._processor = processor
        self._clock = clock
        self._cores = cores or os.cpu_count() or 1
        self._before = self._times()
        self._share = 0.0

    def share(self) -> float:
        """The share of all cores, 0…1, since the call before, or what that gave where it was just now."""
        before, now = self._before, self._times()
        if now is None or before is None:
            return 0.0
        passed = now.at - before.at
        if passed >= _SHORTEST_SECONDS:
            others = (now.spent - before.spent) - (now.own - before.own)
            self._share = min(1.0, max(0.0, others / (passed * self._cores)))
            self._before = now
        return self._share

    def _times(self) -> _Times | None:
        try:
            spent = _windows_seconds() if sys.platform == "win32" else _linux_seconds(self._processor)
        except (OSError, ValueError, IndexError, AttributeError):
            return None
        used = os.times()
        user = 0.0 if _gives_way() else used.user + used.children_user
        return _Times(self._clock(), spent, user + used.system + used.children_system)


def _linux_seconds(processor: Path) -> float:
    """The fields are user, nice, system, idle, iowait, irq, softirq, in ticks; `nice` is left out."""
    if sys.platform == "win32":
        raise OSError
    with processor.open(encoding="ascii") as file:
        fields = [int(field) for field in file.readline().split()[1:8]]
    return (fields[0] + fields[2] + fields[5] + fields[6]) / os.sysconf("SC_CLK_TCK")


def _windows_seconds() -> float:
    if sys.platform != "win32":
        raise OSError
    idle, kernel, user = ctypes.c_uint64(), ctypes.c_uint64(), ctypes.c_uint64()
    times = (ctypes.byref(idle), ctypes.byref(kernel), ctypes.byref(user))
    if not ctypes.windll.kernel32.GetSystemTimes(*times):
        raise OSError
    return (kernel.value - idle.value + user.value) / 1e7


def _gives_way() -> bool:
    if sys.platform == "win32":
        return False
    return os.nice(0) > 0
