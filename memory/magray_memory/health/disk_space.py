"""Free disk space, and from where on it is too little."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.health.report import Severity

if TYPE_CHECKING:
    from pathlib import Path

_WARNING_BYTES = 500_000_000
_CRITICAL_BYTES = 50_000_000


class FreeSpace(NamedTuple):
    """Free bytes of a disk, and how bad that is."""

    bytes: int
    severity: Severity


def free_space(path: Path) -> FreeSpace | None:
    """The free space where a folder is, or will be; None where that cannot be seen."""
    while not path.exists() and path != path.parent:
        path = path.parent
    try:
        free = free_bytes(path)
    except OSError:
        return None
    if free < _CRITICAL_BYTES:
        return FreeSpace(free, Severity.CRITICAL)
    return FreeSpace(free, Severity.WARNING if free < _WARNING_BYTES else Severity.OK)


def free_bytes(path: Path) -> int:
    """As `shutil.disk_usage`, which takes two milliseconds of every `status` to load. Raises OSError."""
    if sys.platform == "win32":
        import shutil

        return shutil.disk_usage(path).free
    disk = os.statvfs(path)
    return disk.f_bavail * disk.f_frsize
