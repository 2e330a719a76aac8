"""Regular files of a workspace: their stamps, and reading one that may have become a link, a pipe or a giant.

Nothing here can hang or follow a link: the file is opened without following its last name and without
waiting, and what was opened is looked at before a byte is read.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from hashlib import blake2b
from typing import NamedTuple

Stamp = tuple[int, int, int, int]
"""What the system says of a file besides its content: size, times of modification and change in nanoseconds,
inode. Programs set the size and the first time as they like; 0 for either of the last two: not known."""

_MOST = (1 << 63) - 1
"""The largest number of a database: inodes of some file systems are larger, and times after the year 2262."""
CHANGE_TIME = 2
INODE = 3
UNKNOWN_STAMP: Stamp = (0, 0, 0, 0)

_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_FOLDER_FLAGS = getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | _NO_LINK
_ATTEMPTS = 3
_TICK_NS, _COARSE_TICK_NS = 20_000_000, 2_000_000_000
"""Clocks of file systems stand still for so long: 10 ms of most, whole seconds of a few."""
_SNIFF = 8000


class Vanished(Exception):  # noqa: N818 - a finding about the file, not a failure
    """The file is gone, or is no regular file any more."""


class Unreadable(Exception):  # noqa: N818
    """The file is there and cannot be read; the system's `reason` in a few words, and what it was."""

    def __init__(self, reason: str, stamp: Stamp = UNKNOWN_STAMP) -> None:
        self.reason = reason
        self.stamp = stamp
        super().__init__(reason)


class Contents(NamedTuple):
    """The bytes of a file, and its stamp when they were read.

    `whole` is False for a file beyond the limit: then `data` is only its beginning.
    """

    data: bytes
    stamp: Stamp
    whole: bool


def content_hash(data: bytes) -> bytes:
    """16 bytes that name the content of a file."""
    return blake2b(data, digest_size=16).digest()


def stamp_of(status: os.stat_result) -> Stamp:
    """The stamp of a file by its status.

    On Windows the third number is the time of creation, which a file that takes another's place does not have
    either, and there is no inode: a listing of a folder does not give it.
    """
    if sys.platform == "win32":
        created: int = getattr(status, "st_birthtime_ns", status.st_ctime_ns)
        return status.st_size, min(status.st_mtime_ns, _MOST), created, 0
    modified = min(status.st_mtime_ns, _MOST)
    return status.st_size, modified, status.st_ctime_ns, status.st_ino & _MOST


def unchanged(stored: Stamp, now: Stamp) -> bool:
    """Whether a file is taken to hold what it held: its stamp is the one stored, as far as that is known."""
    return stored == now or (
        stored[:CHANGE_TIME] == now[:CHANGE_TIME]
        and stored[CHANGE_TIME] in (0, now[CHANGE_TIME])
        and stored[INODE] in (0, now[INODE])
    )


def without_fickle_inode(stored: Stamp, now: Stamp) -> Stamp:
    """The stamp to store of a file whose content is what it was when it had the stamp `stored`.

    Where nothing but the inode is another one, the file system makes inodes up, as those over a network do:
    then it does not count.
    """
    return (*now[:INODE], 0) if stored[INODE] and stored[:INODE] == now[:INODE] else now


def read_file(path: str, limit: int) -> Contents:
    """The bytes of the file, at most `limit` of them. Raises Vanished or Unreadable.

    A file that is written to meanwhile is read again, so that bytes and stamp belong together. One that never
    holds still, or could change once more within the same tick of the clock, is given a stamp that the next
    run will find changed.
    """
    contents, steady = _read_once(path, limit)
    for _ in range(_ATTEMPTS - 1):
        if steady:
            break
        contents, steady = _read_once(path, limit)
    if steady and not _just_changed(contents.stamp):
        return contents
    size, modified, changed, inode = contents.stamp
    return contents._replace(stamp=(size, modified, changed - 1, inode))


def read_below(root: str | os.PathLike[str], path: str, limit: int) -> bytes | None:
    """The beginning of a file of a workspace, as it is shown: at most `limit` bytes.

    `root` is canonical, `path` relative to it with `/`. No link is followed, wherever in the path it stands.
    None where there is no such regular file any more, or it cannot be read.
    """
    try:
        descriptor = _open_below(os.fspath(root), path)
    except (OSError, ValueError):  # ValueError: the locale has no such letters
        return None
    try:
        return _read(descriptor, limit) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
    except OSError:
        return None
    finally:
        os.close(descriptor)


def _open_below(root: str, path: str) -> int:
    """A descriptor of a file, opened folder by folder, so that none can become a link in between."""
    *folders, name = path.split("/")
    if ".." in (*folders, name):
        raise ValueError(path)
    if os.open not in os.supports_dir_fd:
        return _open_checked(root, folders, name)
    folder = os.open(root, _FOLDER_FLAGS & ~_NO_LINK)
    try:
        for part in folders:
            above, folder = folder, os.open(part, _FOLDER_FLAGS, dir_fd=folder)
            os.close(above)
        return os.open(name, _FLAGS, dir_fd=folder)
    finally:
        os.close(folder)


def _open_checked(root: str, folders: list[str], name: str) -> int:
    """Where no file can be opened relative to a folder: looked at first, opened then."""
    place = root
    for part in (*folders, name):
        place = os.path.join(place, part)  # noqa: PTH118 - bytes that are no text stay as they are
        status = os.lstat(place)
        reparse = getattr(status, "st_file_attributes", 0) & getattr(stat, "FILE_ATTRIBUTE_REPARSE_POINT", 0)
        if reparse or stat.S_ISLNK(status.st_mode):
            raise ValueError(place)
    return os.open(place, _FLAGS)


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
        raise Unreadable(_why(error), stamp_of(status)) from error
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
    stamp = stamp_of(before)
    if not whole:
        return Contents(data, stamp, False), True
    steady = len(data) == before.st_size and stamp_of(after) == stamp
    return Contents(data[:limit], (len(data), *stamp[1:]), True), steady


def _just_changed(stamp: Stamp) -> bool:
    """Whether the file could change once more and have the same times."""
    now = time.time_ns()
    return any(
        abs(now - moment) < (_TICK_NS if moment % 1_000_000_000 else _COARSE_TICK_NS)
        for moment in stamp[1:INODE]
    )


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
