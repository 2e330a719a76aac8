"""A disk that loses power: from a trace of what a process wrote and synced, the files as they can be then.

A library that is preloaded (`disk_shim.c`, built by the C compiler of this machine) writes the trace. What
was synced is there; of what was not, any part may be: nothing, all, some of the writes, some sectors of a
write. A name (of a file that was made, renamed or removed) is on the disk when its folder was synced, not
before. The same library makes the Nth write fail, or ends the process there.
"""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

KIT = Path(__file__).parent
_HEAD = struct.Struct("=8Q")
_NEVER_READ = ("-shm",)
"""The index of a log is made again by the first who opens the vault."""


class NotHere(Exception):  # noqa: N818 - says what this machine lacks
    """What is needed to watch or harm a disk is not on this machine."""


@cache
def shim(folder: Path) -> Path:
    """The library to preload, built in this folder. Raises NotHere."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if sys.platform != "linux" or compiler is None:
        raise NotHere("needs Linux and a C compiler")
    library = folder / "disk_shim.so"
    command = [compiler, "-shared", "-fPIC", "-O1", "-o", library, KIT / "disk_shim.c", "-ldl", "-pthread"]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if built.returncode != 0:
        raise NotHere(f"the C compiler refuses: {built.stderr.strip()[-200:]}")
    return library


def watched(library: Path, root: Path, trace: Path | None = None, fault: str = "") -> dict[str, str]:
    """The environment of a process that is watched; `fault`, as `ENOSPC 7`, `EIO 7+` or `KILL 7`: whose 7th
    write fails, or all from the 7th on, or ends it.
    """
    env = {"LD_PRELOAD": str(library), "MAGRAY_DISK_ROOT": str(root)}
    if trace is not None:
        env["MAGRAY_DISK_TRACE"] = str(trace)
    if fault:
        env["MAGRAY_DISK_FAULT"] = fault
    return env


class Entry(NamedTuple):
    """One call, after it succeeded. `what`: Made, Written, Truncated, sync begun and Synced (s, S), Renamed,
    Unlinked, folder Made (M), or a note of the program (A).
    """

    what: str
    pid: int
    inode: int
    offset: int
    size: int
    path: str
    other: str
    data: bytes


def read_trace(path: Path) -> list[Entry]:
    """The entries of a trace, in order."""
    data, at, found = path.read_bytes(), 0, list[Entry]()
    while at + _HEAD.size <= len(data):
        what, pid, inode, offset, size, *lengths = _HEAD.unpack_from(data, at)
        parts, at = list[bytes](), at + _HEAD.size
        for length in lengths:
            parts.append(data[at : at + length])
            at += length
        paths = os.fsdecode(parts[0]), os.fsdecode(parts[1])
        found.append(Entry(chr(what), pid, inode, offset, size, *paths, parts[2]))
    return found


class _Write(NamedTuple):
    """Bytes at a place of a file, or the size that it was cut or grown to."""

    offset: int
    data: bytes | None


@dataclass
class _File:
    """What a file is for sure, and what was written since, the oldest first."""

    sure: bytearray = field(default_factory=bytearray)
    since: list[_Write] = field(default_factory=list)
    being_synced: int = 0

    def synced(self) -> None:
        for write in self.since[: self.being_synced]:
            _apply(self.sure, write)
        del self.since[: self.being_synced]
        self.being_synced = 0


class _Names(NamedTuple):
    """What one call changed in folders: each name, and the file that it then stood for (None: no name)."""

    changes: tuple[tuple[str, _File | None], ...]


_FOLDER = _File()
"""What a name stands for that is one of a folder."""


@dataclass
class Disk:
    """The files below a folder, as they are known to be and as they may be."""

    root: str
    files: dict[int, _File] = field(default_factory=dict)
    names: dict[str, _File | None] = field(default_factory=dict)
    """The names that are sure."""
    since: list[_Names] = field(default_factory=list)
    """Changes of names that no sync of their folder has made sure, the oldest first."""
    current: dict[str, _File] = field(default_factory=dict)
    """The names as a process sees them."""

    @classmethod
    def of(cls, root: Path) -> Disk:
        """A disk on which what is below this folder now has been for long."""
        disk = cls(str(root))
        for path in sorted(root.rglob("*")):
            if path.is_dir():
                disk.names[str(path)] = disk.current[str(path)] = _FOLDER
            elif path.is_file():
                file = disk.files[path.stat().st_ino] = _File(bytearray(path.read_bytes()))
                disk.names[str(path)] = disk.current[str(path)] = file
        return disk

    def take(self, entry: Entry) -> None:
        """Bring the disk to the moment after this call."""
        match entry.what:
            case "C" | "M" | "R" | "U":
                self._name(entry)
            case "W" | "T":
                write = _Write(entry.offset, entry.data) if entry.what == "W" else _Write(entry.size, None)
                self.files.setdefault(entry.inode, _File()).since.append(write)
            case "s" if entry.inode in self.files:
                self.files[entry.inode].being_synced = len(self.files[entry.inode].since)
            case "S" if entry.inode in self.files:
                self.files[entry.inode].synced()
            case "S":
                self._folder_synced(entry.path)
            case _:
                pass

    def _name(self, entry: Entry) -> None:
        made = self.current.pop(entry.path, None)
        changes: tuple[tuple[str, _File | None], ...] = ((entry.path, None),)
        if entry.what == "C":  # the inode may have been another file's
            made = self.files[entry.inode] = _File()
            changes = ((entry.path, made),)
        elif entry.what == "M":
            made = _FOLDER
            changes = ((entry.path, made),)
        elif entry.what == "R" and made is not None:
            changes = ((entry.path, None), (entry.other, made))
        if made is None:
            return
        self.current.update((name, file) for name, file in changes if file is not None)
        self.since.append(_Names(changes))

    def _folder_synced(self, folder: str) -> None:
        waiting = list[_Names]()
        for names in self.since:
            sure = [change for change in names.changes if _folder(change[0]) == folder]
            self.names.update(sure)
            rest = tuple(change for change in names.changes if change not in sure)
            if rest:
                waiting.append(_Names(rest))
        self.since = waiting

    def cut(self, chance: random.Random | None, *, whole: bool = False) -> dict[str, bytes]:
        """The files after the power is cut now, by their path below the root: nothing that is not sure is
        there, or all of it (`whole`), or by chance.
        """
        names = dict(self.names)
        for change in self.since:
            if whole or (chance is not None and chance.random() < 0.5):
                names.update(change.changes)
        found = dict[str, bytes]()
        for path, file in names.items():
            if file is None or file is _FOLDER or path.endswith(_NEVER_READ):
                continue
            name = PurePosixPath(os.path.relpath(path, self.root))
            above = [f"{self.root}/{folder}" for folder in name.parents if folder.name]
            if all(names.get(folder) is _FOLDER for folder in above):
                found[str(name)] = _content(file, chance, whole=whole)
        return found


def _folder(path: str) -> str:
    return str(PurePosixPath(path).parent)


def _content(file: _File, chance: random.Random | None, *, whole: bool) -> bytes:
    data = bytearray(file.sure)
    keep = 1.0 if whole else 0.0 if chance is None else chance.choice((0.2, 0.5, 0.8))
    for write in file.since:
        fate = 1.0 if chance is None else chance.random()
        if whole or (chance is not None and fate < keep):
            _apply(data, write)
        elif chance is not None and write.data is not None and fate > 0.85:
            for part in _torn(write, chance):
                _apply(data, part)
    return bytes(data)


def _torn(write: _Write, chance: random.Random) -> Iterator[_Write]:
    """The sectors of a write that reached the disk."""
    assert write.data is not None
    sector = chance.choice((512, 4096))
    start, end = write.offset, write.offset + len(write.data)
    while start < end:
        stop = min(end, (start // sector + 1) * sector)
        if chance.random() < 0.5:
            yield _Write(start, write.data[start - write.offset : stop - write.offset])
        start = stop


def _apply(data: bytearray, write: _Write) -> None:
    if write.data is None:
        if write.offset < len(data):
            del data[write.offset :]
        else:
            data.extend(bytes(write.offset - len(data)))
        return
    if write.offset > len(data):
        data.extend(bytes(write.offset - len(data)))
    data[write.offset : write.offset + len(write.data)] = write.data


def lay_out(files: dict[str, bytes], folder: Path) -> None:
    """Write the files of a cut disk below a folder."""
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
