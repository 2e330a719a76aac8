"""Shortage: failures of a moment without memory, threads, files or disk, told from failures that stay.

A native library says such a thing in words alone, and each in its own; what the system itself says has a
number. Whoever fails for a shortage tries again, and nothing is stored about it.
"""

from __future__ import annotations

import errno
import os
import sys

HINT = "close other programs or raise the limit (`ulimit -a`), then try again"

_MEMORY = "there is not enough memory"
_GPU_MEMORY = "the GPU has not enough memory"
_PROCESSES = "no more processes or threads can be started"
_FILES = "too many files are open"
_DISK = "the disk is full"
_FILE_SIZE = "files may not grow beyond a limit"
_NUMBERS = {
    errno.ENOMEM: _MEMORY,
    errno.EAGAIN: _PROCESSES,
    errno.EMFILE: _FILES,
    errno.ENFILE: _FILES,
    errno.ENOSPC: _DISK,
    errno.EDQUOT: _DISK,
    errno.EFBIG: _FILE_SIZE,
}
_SIGNS = {
    "gpu has not enough memory": _GPU_MEMORY,
    "failed to map segment": _MEMORY,
    "allocate memory": _MEMORY,
    "memory allocation": _MEMORY,
    "out of memory": _MEMORY,
    "bad_alloc": _MEMORY,
    "bad allocation": _MEMORY,
    "memoryerror": _MEMORY,
    "not enough memory": _MEMORY,
    "resource allocation failed": _GPU_MEMORY,
    "alloc_failed": _GPU_MEMORY,
    "not enough space": _MEMORY,
    "resource temporarily unavailable": _PROCESSES,
    "start new thread": _PROCESSES,
    "create thread": _PROCESSES,
    "pthread_create": _PROCESSES,
    "too many open files": _FILES,
    "no space left": _DISK,
    "quota exceeded": _DISK,
    "file too large": _FILE_SIZE,
}
_ADDRESS_BYTES = 450_000_000
"""Address space that the libraries and a small model reserve (275 MB, and as much again for threads): without
it they abort the process.
"""


def shortage(error: BaseException) -> str:
    """What was short when this error came up, in words; empty where it is another failure."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError):
            return _MEMORY
        number = cause.errno if isinstance(cause, OSError) else None
        found = _NUMBERS.get(number or 0) or shortage_in(str(cause))
        if found:
            return found
        cause = cause.__cause__ or cause.__context__
    return ""


def shortage_in(text: str) -> str:
    """The same from what a library printed."""
    lowered = text.lower()
    return next((what for sign, what in _SIGNS.items() if sign in lowered), "")


def address_limit() -> int | None:
    """Bytes of address space that this process may have, where that is limited at all."""
    if sys.platform == "win32":
        return None
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else limit


def too_little_address_space() -> str:
    """Why native libraries cannot be loaded under this process's limit; empty where they can."""
    limit = address_limit()
    if limit is None or limit - _reserved() >= _ADDRESS_BYTES:
        return ""
    return f"the address space is limited to {limit / 1e6:,.0f} MB (ulimit -v)"


def _reserved() -> int:
    if sys.platform != "linux":
        return 0
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - a file of the system
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
