"""Reading of one file that the walk found, which may have become a link, a pipe or a giant since.

Nothing here can hang or follow a link: the file is opened without following its last name and without
waiting, and what was opened is looked at before a byte is read.
"""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
)
_ATTEMPTS = 3
_SNIFF = 8000


class Vanished(Exception):  # noqa: N818 - a finding about the file, not a failure
    """The file is gone, or is no regular file any more."""


class Unreadable(Exception):  # noqa: N818
    """The file is there and cannot be read; the system's `reason` in a few words, and what it was."""

    def __init__(self, reason: str, size: int = 0, mtime_ns: int = 0) -> None:
        self.reason = reason
        self.size = size
        self.mtime_ns = mtime_ns
        super().__init__(reason)


class Contents(NamedTuple):
    """The bytes of a file, and its state when they were read.

    `whole` is False for a file beyond the limit: then `data` is only its beginning.
    """

    data: bytes
    size: int
    mtime_ns: int
    whole: bool


def read_file(path: str, limit: int) -> Contents:
    """The bytes of the file, at most `limit` of them. Raises Vanished or Unreadable.

    A file that is written to meanwhile is read again, so that bytes and state belong together; one that never
    holds still is given as it was last, with a state that the next run will find changed.
    """
    contents, steady = _read_once(path, limit)
    for _ in range(_ATTEMPTS - 1):
        if steady:
            return contents
        contents, steady = _read_once(path, limit)
    return contents if steady else contents._replace(mtime_ns=contents.mtime_ns - 1)


def _read_once(path: str, limit: int) -> tuple[Contents, bool]:
    """The contents, and whether they were the same from beginning to end."""
    try:
        descriptor = os.open(path, _FLAGS)
    except (FileNotFoundError, NotADirectoryError):
        raise Vanished from None
    except OSError as error:
        try:
            status = os.lstat(path)
        except OSError:
            raise Vanished from None
        if not stat.S_ISREG(status.st_mode):
            raise Vanished from None
        raise Unreadable(_why(error), status.st_size, status.st_mtime_ns) from error
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise Vanished
        whole = before.st_size <= limit
        data = _read(descriptor, before.st_size + 1 if whole else _SNIFF)
        after = os.fstat(descriptor)
    except OSError as error:
        raise Unreadable(_why(error)) from error
    finally:
        os.close(descriptor)
    if not whole:
        return Contents(data, before.st_size, before.st_mtime_ns, False), True
    steady = (len(data), after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    return Contents(data[:limit], len(data), before.st_mtime_ns, True), steady


def _read(descriptor: int, count: int) -> bytes:
    parts: list[bytes] = []
    while count > 0:
        part = os.read(descriptor, min(count, 1 << 20))
        if not part:
            break
        parts.append(part)
        count -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _why(error: OSError) -> str:
    return error.strerror or str(error)
