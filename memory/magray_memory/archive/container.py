"""Container: the file of a backup. A zip with the manifest first, sealed by a checksum over all of it.

The seal, the SHA-256 of every byte before it, is the zip's comment, so that any tool opens the file and no
byte of it can change unseen. Members are streamed both ways; none is ever unpacked under a name of its own.
"""

from __future__ import annotations

import contextlib
import hashlib
import stat
import zipfile
import zlib
from typing import TYPE_CHECKING, BinaryIO, Protocol, cast

from magray_memory.archive import manifest as manifests
from magray_memory.errors import ArchiveDamaged
from magray_memory.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from magray_memory.archive.manifest import Manifest, Member
    from magray_memory.progress import Progress

ZIP_MAGIC = b"PK\x03\x04"
_SEAL = 64
"""Bytes of the seal: 32 as hexadecimal digits."""
_BLOCK = 1 << 20
_TIME = (1980, 1, 1, 0, 0, 0)
_MOST_RATIO = 200
"""A member that unpacks to more than this, beyond 64 MB, is no notebook."""
_SMALL = 64 << 20


def digest_of(path: Path, progress: Progress = SILENT) -> str:
    """SHA-256 of a file, as hexadecimal digits."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
            progress.check()
    return found.hexdigest()


class Sink(Protocol):
    """Where an archive is written."""

    def write(self, data: bytes, /) -> int:
        """Take bytes; returns how many."""
        ...

    def flush(self) -> None:
        """Hand over what was taken."""
        ...


def write(out: Sink, manifest: Manifest, files: Mapping[str, Path], progress: Progress = SILENT) -> None:
    """Write an archive of these files, by the manifest's names. Raises OSError, Interrupted."""
    sink = _SealingSink(out)
    total = sum(member.bytes for member in manifest.members)
    done = 0
    with zipfile.ZipFile(cast(BinaryIO, sink), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.comment = b"0" * _SEAL
        with archive.open(_info(manifests.NAME), "w") as head:
            head.write(manifests.encode(manifest))
        for member in manifest.members:
            info = _info(member.name)
            with archive.open(info, "w", force_zip64=True) as target, files[member.name].open("rb") as source:
                while block := source.read(_BLOCK):
                    target.write(block)
                    done += len(block)
                    progress.report("writing the backup", done, total, "bytes")
                    progress.check()
    sink.seal()


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _TIME)
    info.external_attr = 0o600 << 16
    setattr(info, "compress_type", zipfile.ZIP_DEFLATED)  # noqa: B010
    return info


class _SealingSink:
    """A stream that passes on what is written but for the last bytes, in whose place the seal comes."""

    def __init__(self, out: Sink) -> None:
        self._out = out
        self._digest = hashlib.sha256()
        self._held = b""
        self._at = 0

    def write(self, data: bytes) -> int:
        rest = self._held + bytes(data)
        passed, self._held = rest[:-_SEAL], rest[-_SEAL:]
        self._digest.update(passed)
        self._out.write(passed)
        self._at += len(data)
        return len(data)

    def tell(self) -> int:
        return self._at

    def flush(self) -> None:
        self._out.flush()

    def seal(self) -> None:
        self._out.write(self._digest.hexdigest().encode("ascii"))


class ArchiveFile:
    """An archive that is open and whose seal and list of contents fit it."""

    def __init__(self, name: str, archive: zipfile.ZipFile, manifest: Manifest) -> None:
        self.name = name
        self.manifest = manifest
        self._zip = archive

    def extract(self, member: Member, target: Path, progress: Progress = SILENT) -> None:
        """Write a member to a new file. Raises ArchiveDamaged where it is not what the manifest says."""
        digest, left = hashlib.sha256(), member.bytes
        try:
            with self._zip.open(member.name) as source, target.open("xb") as out:
                while block := source.read(min(_BLOCK, left + 1)):
                    left -= len(block)
                    if left < 0:
                        break
                    digest.update(block)
                    out.write(block)
                    progress.report("unpacking", member.bytes - left, member.bytes, "bytes")
                    progress.check()
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            raise _damaged(self.name, f"{member.name} cannot be unpacked") from error
        if left or digest.hexdigest() != member.sha256:
            raise _damaged(self.name, f"{member.name} is not what was stored")


@contextlib.contextmanager
def opened(
    path: Path, name: str, progress: Progress = SILENT, *, seal: bool = True
) -> Generator[ArchiveFile]:
    """Open an archive; messages call it `name`. Without `seal`, only its list of contents is looked at.

    Raises ArchiveDamaged, ArchiveError, OSError.
    """
    with path.open("rb") as file:
        if file.read(len(ZIP_MAGIC)) != ZIP_MAGIC:
            raise manifests.not_ours(name)
        if seal:
            _check_seal(file, name, progress)
        file.seek(0)
        try:
            archive = zipfile.ZipFile(file)
        except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            raise _damaged(name, "it is cut short or altered") from error
        with archive:
            yield ArchiveFile(name, archive, _read_manifest(archive, name))


def _check_seal(file: BinaryIO, name: str, progress: Progress) -> None:
    left = file.seek(0, 2) - _SEAL
    file.seek(0)
    digest = hashlib.sha256()
    while left > 0:
        block = file.read(min(_BLOCK, left))
        digest.update(block)
        left -= len(block)
        progress.check()
        if not block:
            break
    if file.read(_SEAL) != digest.hexdigest().encode("ascii"):
        raise _damaged(name, "it is cut short, altered, or none of magray's")


def _read_manifest(archive: zipfile.ZipFile, name: str) -> Manifest:
    infos = archive.infolist()
    if not infos or infos[0].filename != manifests.NAME or infos[0].file_size > manifests.MAX_BYTES:
        raise manifests.not_ours(name)
    try:
        with archive.open(infos[0]) as file:
            data = file.read(manifests.MAX_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise _damaged(name, "its list of contents cannot be read") from error
    manifest = manifests.decode(data, name)
    if [info.filename for info in infos[1:]] != [member.name for member in manifest.members]:
        raise _damaged(name, "it does not hold what its list of contents names")
    for info, member in zip(infos[1:], manifest.members, strict=True):
        _check_member(info, member, name)
    return manifest


def _check_member(info: zipfile.ZipInfo, member: Member, name: str) -> None:
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind not in (0, stat.S_IFREG) or info.file_size != member.bytes or info.flag_bits & 1:
        raise _damaged(name, f"{member.name} is not what its list of contents says")
    if info.file_size > _SMALL and info.file_size > _MOST_RATIO * max(info.compress_size, 1):
        raise _damaged(name, f"{member.name} would unpack to {info.file_size:,} bytes")


def _damaged(name: str, why: str) -> ArchiveDamaged:
    return ArchiveDamaged(f"{name} cannot be used", why, "another backup: magray backup list")
