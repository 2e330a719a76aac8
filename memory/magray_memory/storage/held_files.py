"""Held files: bytes of files that SQLite has open in this process, read beside it.

POSIX gives up every lock that a process has on a file as soon as the process closes any descriptor of it.
Without SQLite's locks others take the file for unused, and the last of them deletes the log. So a descriptor
stays open as long as its file has its name.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_guard = threading.Lock()
_held: dict[Path, tuple[tuple[int, int], int]] = {}
"""Device and inode of a file, and its descriptor."""


def read(path: Path, size: int) -> bytes:
    """The first bytes of a file, fewer where it is shorter, none where it cannot be read."""
    if sys.platform == "win32":  # where each descriptor has locks of its own
        with contextlib.suppress(OSError), path.open("rb", buffering=0) as file:
            return file.read(size)
        return b""
    with _guard, contextlib.suppress(OSError):
        return os.pread(_descriptor(path), size, 0)
    return b""


def write(path: Path, data: bytes) -> None:
    """Overwrite the first bytes of a file; nothing where it cannot be written."""
    if sys.platform != "win32":
        with _guard, contextlib.suppress(OSError):
            os.pwrite(_descriptor(path), data, 0)


def _descriptor(path: Path) -> int:
    for other in list(_held):
        _let_go(other)
    if path not in _held:
        try:
            descriptor = os.open(path, os.O_RDWR)
        except PermissionError:
            descriptor = os.open(path, os.O_RDONLY)
        found = os.fstat(descriptor)
        _held[path] = ((found.st_dev, found.st_ino), descriptor)
    return _held[path][1]


def _let_go(path: Path) -> None:
    """Close the descriptor of a file that has lost its name, so that nobody can open it again."""
    try:
        found = path.stat()
        identity = found.st_dev, found.st_ino
    except OSError:
        identity = 0, 0
    held, descriptor = _held[path]
    if held != identity:
        del _held[path]
        os.close(descriptor)
