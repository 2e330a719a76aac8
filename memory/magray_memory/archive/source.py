"""Import source: the files of a file, a folder, a zip or a tar archive, read one at a time.

Nothing is unpacked to disk. No link is followed, in a folder or in an archive. An archive that unpacks to far
more than it holds, or is encrypted, is refused.
"""

from __future__ import annotations

import io
import os
import tarfile
import time
import zipfile
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, cast

from magray_memory.errors import ArchiveError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

Kind = Literal["file", "folder", "zip", "tar"]

MAX_MEMBERS = 1_000_000
MAX_UNPACKED = 32 << 30
"""Bytes of all that an archive holds, at most."""
_SUSPECT_BYTES = 64 << 20
_SMALL_BYTES = 1 << 20
_MAX_RATIO = 200
"""Above both, a member is a bomb: chats and notes are packed to a tenth, and seldom to a fiftieth."""
_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file of a source: its path in there with `/`, its bytes, and when it was changed (UTC seconds)."""

    path: str
    size: int
    changed: float | None
    open: Callable[[], BinaryIO]
    """Raises OSError, ArchiveError."""

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def stem(self) -> str:
        """The name without its ending."""
        return self.name.rpartition(".")[0] or self.name

    def read(self, limit: int) -> bytes:
        """The beginning of the file, so many bytes at most. Raises OSError, ArchiveError."""
        with self.open() as stream:
            return stream.read(limit)


class Source:
    """What is imported. `path` is absolute; `name` is how it was given."""

    def __init__(self, path: Path, name: str, place: str = "") -> None:
        """`place`: where its items come from, in place of the path of a file that is there for now only.

        Raises UsageError where nothing is, or nothing that can be read.
        """
        self.path = path
        self.name = name
        self.kind = _kind(path, name)
        place = place or str(path)
        self.mark = blake2b(place.encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()
        """Tells the items of this place from those of another that are called the same."""
        self.done = self.total = 0
        """Bytes that were read or passed over, and of all files, as far as they are known."""

    def files(self, order: Callable[[SourceFile], int] | None = None) -> Iterator[SourceFile]:
        """Every file, by path, or by `order`; of a tar archive in its own, each to be read before the next.

        Raises OSError, ArchiveError.
        """
        self.done = 0
        for file in self._files(order or _no_order):
            before = self.done

            def opened(file: SourceFile = file) -> BinaryIO:
                return cast(BinaryIO, io.BufferedReader(_Counted(file.open(), self), 1 << 18))

            yield replace(file, open=opened)
            self.done = before + file.size

    def hidden(self, path: str) -> Iterator[tuple[str, bytes]]:
        """What hidden files of this path hold, each with the folder that it lies in, `/` at its end: that of
        a folder, or of an archive, where it may be one of its folders. Nothing of a tar archive.

        Raises OSError, ArchiveError.
        """
        if self.kind == "folder":
            found = self.path / path
            if found.is_file() and found.stat().st_size <= _SMALL_BYTES:
                yield "", found.read_bytes()
        elif self.kind == "zip":
            with _damage_named(self.name), zipfile.ZipFile(self.path) as archive:
                for member in archive.infolist():
                    if f"/{member.filename}".endswith(f"/{path}") and member.file_size <= _SMALL_BYTES:
                        yield member.filename.removesuffix(path), archive.read(member)

    def _files(self, order: Callable[[SourceFile], int]) -> Iterator[SourceFile]:
        if self.kind == "folder":
            found = list(_folder(self.path))
            self.total = sum(file.size for file in found)
            yield from sorted(found, key=order)
        elif self.kind == "zip":
            yield from self._zip(order)
        elif self.kind == "tar":
            yield from self._tar()
        else:
            status = self.path.stat()
            self.total = status.st_size
            yield SourceFile(self.path.name, status.st_size, status.st_mtime, lambda: self.path.open("rb"))

    def _zip(self, order: Callable[[SourceFile], int]) -> Iterator[SourceFile]:
        with _damage_named(self.name), zipfile.ZipFile(self.path) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            self.total = sum(member.file_size for member in members)
            _check_amount(self.name, len(members), self.total)
            found: list[SourceFile] = []
            for member in sorted(members, key=lambda member: member.filename):
                if member.flag_bits & 1:
                    raise ArchiveError(self.name, "it is encrypted", "unpack it, and import the folder")
                if _is_bomb(member.file_size, member.compress_size):
                    raise ArchiveError(self.name, f"{member.filename[:80]!r} unpacks to far too much")
                path = _member_path(member.filename)
                if path is not None and (member.external_attr >> 28) != 0o12:  # a symbolic link
                    opens = _opens(archive, member, self.name)
                    found.append(SourceFile(path, member.file_size, _zip_time(member), opens))
            yield from sorted(found, key=order)

    def _tar(self) -> Iterator[SourceFile]:
        with _damage_named(self.name), tarfile.open(self.path, "r|*") as archive:
            packed, unpacked = self.path.stat().st_size, 0
            for number, member in enumerate(archive):
                unpacked += member.size
                self.total = unpacked
                _check_amount(self.name, number, unpacked)
                if _is_bomb(unpacked, packed):
                    raise ArchiveError(self.name, "it unpacks to far too much")
                path = _member_path(member.name)
                stream = archive.extractfile(member) if member.isreg() and path is not None else None
                if stream is not None and path is not None:
                    yield SourceFile(path, member.size, float(member.mtime), _gives(stream, self.name))


def _no_order(_: SourceFile) -> int:
    return 0


class _Checked(io.RawIOBase):
    """A member of an archive whose damage is an error of ours."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._name = name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast("bytearray", buffer))
        with _damage_named(self._name):
            data = self._stream.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Counted(io.RawIOBase):
    """A file of a source whose bytes are counted as they are read."""

    def __init__(self, stream: BinaryIO, source: Source) -> None:
        self._stream = stream
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(cast("bytearray", buffer))
        data = self._stream.read(len(view))
        view[: len(data)] = data
        self._source.done += len(data)
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _opens(archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        with _damage_named(name):
            return _buffered(cast(BinaryIO, archive.open(member)), name)

    return opened


def _gives(stream: object, name: str) -> Callable[[], BinaryIO]:
    return lambda: _buffered(cast(BinaryIO, stream), name)


def _buffered(stream: BinaryIO, name: str) -> BinaryIO:
    return cast(BinaryIO, io.BufferedReader(_Checked(stream, name), 1 << 18))


@contextmanager
def _damage_named(name: str) -> Generator[None]:
    try:
        yield
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, NotImplementedError) as error:
        raise ArchiveError(name, f"it is damaged: {str(error)[:100] or 'it ends too early'}") from error
    except RuntimeError as error:  # what zipfile says of a member that is encrypted
        raise ArchiveError(name, str(error)[:100]) from error


def _kind(path: Path, name: str) -> Kind:
    try:
        if path.is_dir():
            return "folder"
        if not path.is_file():
            why = "it is no file and no folder" if path.exists() else "it is not there"
            raise UsageError(name, why)
        with path.open("rb") as stream:
            first = stream.read(512)
    except OSError as error:
        raise UsageError(name, error.strerror or str(error)) from error
    if first.startswith(_ZIP):
        return "zip"
    return "tar" if first.startswith(_GZIP) or first[257:262] == b"ustar" else "file"


def _folder(root: Path) -> Iterator[SourceFile]:
    """The files below a folder; hidden ones are left out, but for a name that says what wrote the folder."""
    folders = [root]
    while folders:
        folder = folders.pop()
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found:
            if entry.is_symlink() or entry.name.startswith("."):
                continue
            if entry.is_file(follow_symlinks=False):
                path = Path(entry.path)
                status = entry.stat(follow_symlinks=False)
                inside = path.relative_to(root).as_posix()
                yield SourceFile(inside, status.st_size, status.st_mtime, _opener(path))
        folders += [Path(entry.path) for entry in reversed(found) if _is_folder(entry)]


def _is_folder(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False) and not entry.name.startswith(".")


def _opener(path: Path) -> Callable[[], BinaryIO]:
    return lambda: path.open("rb")


def _member_path(name: str) -> str | None:
    """The path of a member; None for one that is hidden, or leads out of its archive."""
    parts = name.replace("\\", "/").removeprefix("./").split("/")
    if not all(parts) or any(part.startswith(".") or part == "__MACOSX" for part in parts):
        return None
    return "/".join(parts)


def _is_bomb(unpacked: int, packed: int) -> bool:
    return unpacked > _SUSPECT_BYTES and unpacked > _MAX_RATIO * max(packed, 1)


def _check_amount(name: str, members: int, unpacked: int) -> None:
    if members > MAX_MEMBERS or unpacked > MAX_UNPACKED:
        raise ArchiveError(name, "it unpacks to far too much")


def _zip_time(member: zipfile.ZipInfo) -> float | None:
    try:
        return time.mktime((*member.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return None
