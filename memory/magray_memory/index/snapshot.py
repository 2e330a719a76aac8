"""Snapshots of vector indexes: a payload in the engine's own format, and a small header that vouches for it.

The header names the payload, the vault, the embedding key, the change up to which it is complete and the
payload's checksum. A payload has a new name each time and is never written in place: a process may have the
old one mapped, and a mapped file that shrinks kills it. The header is replaced by one rename, so there is
always a whole snapshot or none. Native loaders crash on damaged files, so a payload is verified before one
sees it: by checksum, unless its size, time and inode are those it had when it was last found sound.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import time
from dataclasses import asdict, dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, cast

from magray_memory import atomic_file
from magray_memory.errors import IndexDamaged, StorageError
from magray_memory.storage.lock import FileLock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_MAGIC = "magray-vector-index"
_FORMAT = 2
_READ_BYTES = 1 << 20
_LOCK_SECONDS = 0.2
_verified: dict[str, tuple[int, int, int]] = {}


@dataclass(frozen=True, slots=True)
class Header:
    """What a snapshot is. `seq`: the last change it contains; `removed`: labels in the payload that are
    dead.
    """

    engine: str
    key: str
    dim: int
    seq: int
    vault: str
    removed: tuple[int, ...] = ()
    count: int = 0
    payload: str = ""
    bytes: int = 0
    checksum: str = ""
    stat: tuple[int, int, int] = (0, 0, 0)


def header_path(vault_path: Path, key: str, engine: str) -> Path:
    """Where the header of a vault's snapshot is."""
    return vault_path.with_name(f"{_prefix(vault_path, key)}.{engine}.snapshot")


def _prefix(vault_path: Path, key: str) -> str:
    return f"{vault_path.stem}.{blake2b(key.encode(), digest_size=4).hexdigest()}"


def save(vault_path: Path, header: Header, fill: Callable[[Path], int]) -> Header | None:
    """Write a snapshot: `fill` makes the payload under the path it gets and says how many
    vectors it holds. Old payloads are removed.

    Returns the header as stored, None when another process is saving at this moment. Raises StorageError.
    """
    lock = FileLock(vault_path.with_name(vault_path.name + ".snapshot.lock"))
    if not lock.try_acquire(_LOCK_SECONDS):
        return None
    prefix = _prefix(vault_path, header.key)
    payload = vault_path.with_name(f"{prefix}.{header.seq}-{secrets.token_hex(3)}.{header.engine}")
    try:
        with atomic_file.replacing(payload, durable=True) as draft:
            count = fill(draft)
            checksum = _checksum(draft)
        stored = replace(
            header,
            count=count,
            payload=payload.name,
            checksum=checksum,
            bytes=_stat(payload)[0],
            stat=_stat(payload),
        )
        _write_header(header_path(vault_path, header.key, header.engine), stored)
        _sweep(vault_path, header, keep=payload.name)
    except OSError as error:
        raise StorageError(
            f"the index snapshot {payload} cannot be written", error.strerror or str(error)
        ) from error
    finally:
        lock.release()
    return stored


def find(vault_path: Path, key: str, engine: str, vault_id: str) -> Header | None:
    """The header of a vault's snapshot, None when there is none or it is another vault's. Raises
    IndexDamaged.
    """
    path = header_path(vault_path, key, engine)
    try:
        header = read(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise IndexDamaged(f"the index snapshot {path} cannot be read", error.strerror or "") from error
    fits = (header.key, header.engine, header.vault) == (key, engine, vault_id)
    return header if fits else None


def verify(vault_path: Path, header: Header, *, note_stat: bool) -> Path:
    """The payload's path, once it is known to be what was written. Raises IndexDamaged.

    `note_stat`: write its time and inode into the header (after a copy or a restore they are others), so
    that the next process need not read it all.
    """
    path = vault_path.with_name(header.payload)
    try:
        stat = _stat(path)
        if stat[0] != header.bytes:
            raise IndexDamaged(f"the index snapshot {path} is damaged", "its size is wrong", _HINT)
        if stat != header.stat:
            if _verified.get(str(path)) != stat and _checksum(path) != header.checksum:
                raise IndexDamaged(f"the index snapshot {path} is damaged", "its checksum is wrong", _HINT)
            _verified[str(path)] = stat
            if note_stat:
                with contextlib.suppress(OSError):
                    _write_header(
                        header_path(vault_path, header.key, header.engine), replace(header, stat=stat)
                    )
    except OSError as error:
        raise IndexDamaged(
            f"the index snapshot {path} cannot be read", error.strerror or "", _HINT
        ) from error
    return path


def check(vault_path: Path, header: Header) -> None:
    """Read the whole payload and compare it with its checksum. Raises IndexDamaged."""
    path = vault_path.with_name(header.payload)
    try:
        sound = _stat(path)[0] == header.bytes and _checksum(path) == header.checksum
    except OSError as error:
        why = error.strerror or str(error)
        raise IndexDamaged(f"the index snapshot {path} cannot be read", why, _HINT) from error
    if not sound:
        raise IndexDamaged(f"the index snapshot {path} is damaged", "its checksum is wrong", _HINT)


def kinds(vault_path: Path, key: str) -> Iterator[tuple[str, float]]:
    """The kinds of snapshot that a vault has, with the time of the last save in seconds."""
    prefix = _prefix(vault_path, key) + "."
    with os.scandir(vault_path.parent) as entries:
        for entry in entries:
            if entry.name.startswith(prefix) and entry.name.endswith(".snapshot"):
                yield entry.name[len(prefix) :].removesuffix(".snapshot"), entry.stat().st_mtime


def forget(vault_path: Path, key: str, kind: str = "", *, dry_run: bool = False) -> int:
    """Remove the snapshots of a vector space, or those of one kind; returns the bytes of what is gone
    (with `dry_run`: would be).
    """
    prefix = _prefix(vault_path, key) + "."
    endings = (f".{kind}", f".{kind}.snapshot") if kind else ("",)
    with os.scandir(vault_path.parent) as entries:
        found = {
            entry.name: entry.stat().st_size
            for entry in entries
            if entry.name.startswith(prefix) and entry.name.endswith(endings)
        }
    if dry_run:
        return sum(found.values())
    freed = 0
    # Headers first: whoever finds one finds its payload.
    for name in sorted(found, key=lambda name: not name.endswith(".snapshot")):
        # Windows refuses while another process has it mapped; its name means nothing to anybody then.
        with contextlib.suppress(OSError):
            vault_path.with_name(name).unlink()
            freed += found[name]
    return freed


_HINT = "run `magray index`, which rebuilds it"


def _stat(path: Path) -> tuple[int, int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


def _checksum(path: Path) -> str:
    digest = blake2b(digest_size=32)
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _write_header(path: Path, header: Header) -> None:
    body = json.dumps({"magic": _MAGIC, "format": _FORMAT, **asdict(header)})
    checksum = blake2b(body.encode(), digest_size=32).hexdigest()
    atomic_file.write_text(path, f"{body}\n{checksum}\n", durable=True)


def read(path: Path) -> Header:
    """The header in a file. Raises IndexDamaged, OSError."""
    text = path.read_bytes().decode("utf-8", errors="replace")
    body, _, checksum = text.rstrip("\n").rpartition("\n")
    if blake2b(body.encode(), digest_size=32).hexdigest() != checksum:
        raise IndexDamaged(
            f"the index snapshot {path} is damaged", "its header is not what was written", _HINT
        )
    fields = cast("dict[str, Any]", json.loads(body))
    if fields.pop("magic", None) != _MAGIC or fields.pop("format", None) != _FORMAT:
        raise IndexDamaged(f"the index snapshot {path} has another format", "", _HINT)
    header = Header(**fields)
    header = replace(header, stat=tuple(header.stat), removed=tuple(header.removed))
    prefix = path.name.removesuffix(f".{header.engine}.snapshot")
    if "/" in header.payload or "\\" in header.payload or not header.payload.startswith(prefix + "."):
        raise IndexDamaged(f"the index snapshot {path} names a foreign file", header.payload, _HINT)
    return header


def _sweep(vault_path: Path, header: Header, keep: str) -> None:
    """Remove earlier payloads of this engine, those of other embedding keys, and drafts that a kill left
    behind.
    """
    prefix = _prefix(vault_path, header.key) + "."
    now = time.time()
    with os.scandir(vault_path.parent) as entries:
        for entry in entries:
            if entry.name == keep or not entry.name.lstrip(".").startswith(prefix):
                continue
            draft = atomic_file.is_draft(entry.name)
            old_draft = draft and now - entry.stat().st_mtime > atomic_file.STALE_SECONDS
            if old_draft or (not draft and entry.name.endswith("." + header.engine)):
                # Windows refuses while another process has it mapped; the next snapshot tries again.
                with contextlib.suppress(OSError):
                    vault_path.with_name(entry.name).unlink()
