"""Git index: which files of a repository git tracks, read from `.git/index` without running git.

An ignore rule of git's says nothing about a file that is tracked, so whoever applies those rules asks here.
The index is read when it is first asked about, and only the names in it are kept. Versions 2 to 4, SHA-1 and
SHA-256, split indexes; what a sparse index folds into a folder is not on disk and not known. The file may
belong to an untrusted workspace: one that is damaged, too large or of an unknown kind counts as absent.

Format: https://git-scm.com/docs/index-format
"""

from __future__ import annotations

import os
import stat
import sys
import unicodedata
from bisect import bisect_left
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.ignore.patterns import encoded
from magray_memory.lru_cache import LruCache
from magray_memory.regular_file import stamp_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from magray_memory.regular_file import Stamp

MAX_INDEX_BYTES = 100_000_000
"""Some eight hundred thousand files."""
_MAX_NAME_BYTES = 4096
_MAX_NAMES_BYTES = 200_000_000
"""Of all names together: version 4 can name a long path in few bytes."""
_HEADER = 12
_STAT_BYTES = 40
_EXTENDED = 0x4000
_LONG_NAME = 0x0FFF
_SLASH = ord("/")
"""The end of a folder's name in a sparse index."""
_UNDERSTOOD = (b"link", b"sdir")
"""Of the extensions that a reader must know."""


class _Snapshot(NamedTuple):
    stamp: Stamp | None
    names: tuple[bytes, ...]
    """Sorted; `/` between folders."""
    keys: tuple[bytes, ...]
    """The same as they are compared, sorted."""


class _Damaged(Exception):  # noqa: N818 - a finding about the file, not a failure
    pass


_snapshots: LruCache[tuple[str, bool], _Snapshot] = LruCache(4, float("inf"))


class TrackedFiles:
    """The files that one repository tracks, as of the moment when it is first asked."""

    def __init__(self, index: Path, hash_bytes: int = 20, *, fold: bool = False) -> None:
        """`index`: the index file, `hash_bytes`: the size of an object's name, `fold`: names in any case are
        the same.
        """
        self._index = index
        self._hash_bytes = hash_bytes
        self._fold = fold
        self._snapshot: _Snapshot | None = None

    def holds(self, path: str, is_dir: bool) -> bool:
        """Whether the file at `path` (from the top of the repository, `/`) is tracked; of a folder, whether
        one in it is, or whether it is a submodule.
        """
        if self._snapshot is None:
            self._snapshot = self._read()
        keys = self._snapshot.keys
        if not keys:
            return False
        if sys.platform == "darwin" and not path.isascii():
            path = unicodedata.normalize("NFC", path)  # git writes names so there
        key = self._key(encoded(path))
        return _first_from(keys, key) == key or (
            is_dir and _first_from(keys, key + b"/").startswith(key + b"/")
        )

    def changes(self) -> set[str]:
        """The paths that became tracked, or are no longer, since the index was read; then that is the state.

        Nothing while it was never asked about.
        """
        before = self._snapshot
        if before is None or _stamp(self._index) == before.stamp:
            return set()
        self._snapshot = self._read()
        return {os.fsdecode(name) for name in set(before.names) ^ set(self._snapshot.names)}

    def _read(self) -> _Snapshot:
        stamp = _stamp(self._index)
        key = (str(self._index), self._fold)
        known = _snapshots.get(key)
        if known is not None and known.stamp == stamp:
            return known
        try:
            names = read_names(self._index, self._hash_bytes) if stamp is not None else []
        except (OSError, _Damaged):
            names = []
        written = tuple(names)
        keys = tuple(sorted(self._key(name) for name in names)) if self._fold else written
        found = _Snapshot(stamp, written, keys)
        _snapshots.put(key, found)
        return found

    def _key(self, name: bytes) -> bytes:
        return name.lower() if self._fold else name


def read_names(index: Path, hash_bytes: int = 20) -> list[bytes]:
    """The names in an index file, sorted. Raises OSError, and _Damaged for what cannot be understood."""
    data = _data(index)
    names, end = _entries(data, hash_bytes)
    link = _link(data, end, hash_bytes)
    if link is not None:
        base, deleted = _base(index, link, hash_bytes)
        gone = set(_bits(deleted, len(base)))
        names = sorted({*names, *(name for number, name in enumerate(base) if number not in gone)})
    files = [name for name in names if name and name[-1] != _SLASH]
    if any(first > second for first, second in pairwise(files)):
        raise _Damaged
    return files


def _data(file: Path) -> bytes:
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(file, flags), "rb") as opened:
        status = os.fstat(opened.fileno())
        if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_INDEX_BYTES:
            raise _Damaged
        return opened.read(MAX_INDEX_BYTES)


def _entries(data: bytes, hash_bytes: int) -> tuple[list[bytes], int]:
    """The names of the entries, and where what follows them begins."""
    version, count = int.from_bytes(data[4:8], "big"), int.from_bytes(data[8:12], "big")
    fixed = _STAT_BYTES + hash_bytes + 2
    most = len(data) - hash_bytes
    if data[:4] != b"DIRC" or not 2 <= version <= 4 or count * fixed > most:
        raise _Damaged
    try:
        return _compressed(data, count, fixed, most) if version == 4 else _padded(data, count, fixed, most)
    except (IndexError, ValueError) as error:
        raise _Damaged from error


def _padded(data: bytes, count: int, fixed: int, most: int) -> tuple[list[bytes], int]:
    """Versions 2 and 3: each name whole, each entry filled up to a multiple of eight bytes."""
    names: list[bytes] = []
    at = _HEADER
    for _ in range(count):
        start = at + fixed
        flags = data[start - 2] << 8 | data[start - 1]
        if flags & _EXTENDED:
            start += 2
        length = flags & _LONG_NAME
        end = start + length if length < _LONG_NAME else data.index(b"\0", start)
        if end >= most or data[end]:
            raise _Damaged
        names.append(data[start:end])
        at += (end - at + 8) & ~7
    return names, at


def _compressed(data: bytes, count: int, fixed: int, most: int) -> tuple[list[bytes], int]:
    """Version 4: of each name only what differs from the end of the one before."""
    names: list[bytes] = []
    at, name, total = _HEADER, b"", 0
    for _ in range(count):
        at += fixed
        if data[at - 2] & _EXTENDED >> 8:
            at += 2
        byte = data[at]
        cut = byte & 0x7F
        while byte & 0x80:
            at += 1
            byte = data[at]
            cut = (cut + 1 << 7) + (byte & 0x7F)
        end = data.index(b"\0", at + 1)
        if cut > len(name) or end >= most:
            raise _Damaged
        name = name[: len(name) - cut] + data[at + 1 : end]
        total += len(name)
        if len(name) > _MAX_NAME_BYTES or total > _MAX_NAMES_BYTES:
            raise _Damaged
        names.append(name)
        at = end + 1
    return names, at


def _link(data: bytes, at: int, hash_bytes: int) -> bytes | None:
    """The extension that says which index this one continues; None where it stands alone."""
    link = None
    while at + 8 <= len(data) - hash_bytes:
        signature, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "big")
        at += 8
        if signature[:1].islower() and signature not in _UNDERSTOOD:
            raise _Damaged
        if signature == b"link":
            link = data[at : at + size]
        at += size
    return link


def _base(index: Path, link: bytes, hash_bytes: int) -> tuple[list[bytes], bytes]:
    """The names of the shared index, and the bitmap of those that are no longer tracked."""
    if len(link) < hash_bytes:
        raise _Damaged
    name, rest = link[:hash_bytes], link[hash_bytes:]
    if not any(name):
        return [], b""
    data = _data(index.parent / f"sharedindex.{name.hex()}")
    return _entries(data, hash_bytes)[0], rest


def _bits(bitmap: bytes, most: int) -> Iterator[int]:
    """The bits that are set in a bitmap with EWAH compression, of the first `most`."""
    words = [int.from_bytes(bitmap[at : at + 8], "big") for at in range(8, len(bitmap) - 7, 8)]
    words = words[: int.from_bytes(bitmap[4:8], "big")]
    at = bit = 0
    while at < len(words) and bit < most:
        marker = words[at]
        run = (marker >> 1 & 0xFFFFFFFF) * 64
        if marker & 1:
            yield from range(bit, min(bit + run, most))
        bit += run
        literals = words[at + 1 : at + 1 + (marker >> 33)]
        for word in literals:
            yield from (bit + position for position in range(64) if word >> position & 1)
            bit += 64
        at += 1 + len(literals)


def _stamp(file: Path) -> Stamp | None:
    try:
        return stamp_of(os.stat(file))  # noqa: PTH116 - asked every other second by a watcher
    except (OSError, ValueError):
        return None


def _first_from(keys: tuple[bytes, ...], key: bytes) -> bytes:
    at = bisect_left(keys, key)
    return keys[at] if at < len(keys) else b""
