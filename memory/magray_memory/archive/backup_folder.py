"""Backup folder: backups, which sort by name, and what is known of them without a passphrase."""

from __future__ import annotations

import contextlib
import os
import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magray_memory import atomic_file
from magray_memory.archive import container, encryption
from magray_memory.errors import ArchiveError, MagrayError
from magray_memory.storage import leftovers, scratch
from magray_memory.storage.lock import FileLock
from magray_memory.user_path import expand_user

if TYPE_CHECKING:
    from collections.abc import Generator

    from magray_memory.archive.manifest import Manifest
    from magray_memory.context import Context
    from magray_memory.storage.home import Home

LATEST = "latest"
_NAME = re.compile(r"magray-(?P<time>\d{8}T\d{6}Z)(?:_\d+)?(?P<safety>-safety)?\.zip(?:\.enc)?")
_TIME = "%Y%m%dT%H%M%SZ"
_LOCK = ".lock"
_LOCK_SECONDS = 30.0
_OURS = (".magray-", ".backup.", ".restore.", ".drill.", ".verify.", ".purge.")
"""How drafts of backups begin."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup file. `created_at` is UTC; `manifest` is None where it is encrypted or damaged, and `problem`
    says what is wrong with it.
    """

    path: Path
    created_at: datetime
    bytes: int
    encrypted: bool
    safety: bool
    manifest: Manifest | None = None
    problem: str = ""

    def as_json(self) -> dict[str, Any]:
        """`file`, `created`, `bytes`, `encrypted`, `reason`, `full`, `records`, `problem`."""
        known = self.manifest
        return {
            "file": str(self.path),
            "created": self.created_at.isoformat(),
            "bytes": self.bytes,
            "encrypted": self.encrypted,
            "reason": ("safety" if self.safety else None) if known is None else known.reason,
            "full": None if known is None else known.full,
            "records": None if known is None else known.counts.get("records"),
            "problem": self.problem or None,
        }


def folder_of(context: Context) -> Path:
    """The folder of the backups of a context."""
    return named_folder(context.home, context.settings.backup.folder)


def named_folder(home: Home, named: str) -> Path:
    """The folder of the backups that the settings name, relative to the home; else the one in the home."""
    return home.path / expand_user(named) if named else home.backups


def list_backups(folder: Path) -> list[Backup]:
    """The backups of a folder, the oldest first; their contents are not verified."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if _NAME.fullmatch(entry.name))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ArchiveError(f"the backups in {folder} cannot be listed", error.strerror or "") from error
    return sorted(
        (look(folder / name) for name in names), key=lambda backup: (backup.created_at, backup.path)
    )


def sizes(folder: Path) -> list[int]:
    """The bytes of each backup of a folder. Raises ArchiveError."""
    try:
        with os.scandir(folder) as entries:
            return [entry.stat().st_size for entry in entries if _NAME.fullmatch(entry.name)]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise ArchiveError(f"the backups in {folder} cannot be listed", error.strerror or "") from error


def look(path: Path) -> Backup:
    """What a backup says of itself. Never raises: what is wrong with it is its `problem`."""
    match = _NAME.fullmatch(path.name)
    size, manifest, problem, encrypted = 0, None, "", False
    changed = 0.0
    try:
        found = path.stat()
        size, changed = found.st_size, found.st_mtime
        encrypted = encryption.is_encrypted(path)
        if not encrypted:
            with container.opened(path, path.name, seal=False) as archive:
                manifest = archive.manifest
    except MagrayError as error:
        problem = error.message
    except OSError as error:
        problem = error.strerror or str(error)
    created = datetime.fromtimestamp(changed, UTC)
    with contextlib.suppress(ValueError):
        if manifest is not None:
            created = datetime.fromisoformat(manifest.created_at)
        elif match is not None:
            created = datetime.strptime(match["time"], _TIME).replace(tzinfo=UTC)
    safety = manifest.reason == "safety" if manifest else bool(match and match["safety"])
    return Backup(path, created, size, encrypted, safety, manifest, problem)


@dataclass(slots=True)
class NewBackup:
    """A backup that is being written as `draft`; `path` is its name once it is done."""

    draft: Path
    path: Path


@contextlib.contextmanager
def new_backup(target: Path, manifest: Manifest, *, encrypted: bool) -> Generator[NewBackup]:
    """A draft to write, which gets its name at the end: one of its own in a folder, or `target` itself where
    that is a file, or nothing yet and named like one. Raises OSError, ArchiveError.
    """
    file = not target.is_dir()
    if file:
        target = target.resolve() if target.is_symlink() else target  # the link stays
        refuse_stranger(target)
    folder = target.parent if file else target
    name = partial(_name, manifest, encrypted=encrypted)
    new = NewBackup(Path(), target if file else folder / name(1))
    new.draft = atomic_file.draft_path(new.path)
    try:
        new.draft.unlink(missing_ok=True)  # a killed writer of this thread's number
        yield new
        with new.draft.open("r+b") as written:
            os.fsync(written.fileno())
        if file:
            new.draft.replace(target)
        else:
            with _names(folder):
                number = 1
                while os.path.lexists(new.path):
                    number += 1
                    new.path = folder / name(number)
                new.draft.rename(new.path)
        atomic_file.sync_folder(folder)
    finally:
        new.draft.unlink(missing_ok=True)


def make(folder: Path) -> None:
    """Make the backup folder where it is missing, in a folder that is there: a disk that is not mounted has
    none. Raises OSError, ArchiveError.
    """
    require_parent(folder)
    atomic_file.make_private(folder)


def require_parent(path: Path) -> None:
    """Raises ArchiveError where the folder of a file or folder is missing."""
    if not path.parent.is_dir():
        raise ArchiveError("the backup was not made", f"there is no folder {path.parent}", "make it first")


def remove_drafts(folder: Path) -> None:
    """Remove what killed processes left of backups that they were writing. Never fails."""
    now = time.time()
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if atomic_file.is_draft(name) and name.startswith(_OURS) and not atomic_file.is_own(name):
                with contextlib.suppress(OSError):
                    age = now - entry.stat(follow_symlinks=False).st_mtime
                    if age >= atomic_file.STALE_SECONDS and not scratch.in_use(folder / name):
                        leftovers.remove(folder / entry.name)


def refuse_stranger(path: Path) -> None:
    """A backup takes the place of a backup alone: not of a device or a pipe, nor of a zip of somebody else.
    Raises ArchiveError, OSError.
    """
    if not path.exists() or path.is_dir():
        return
    if not path.is_file():
        raise ArchiveError(f"{path} is not replaced", "it is no regular file", "the name of a file or folder")
    if path.stat().st_size and look(path).problem:
        raise ArchiveError(f"{path} is not replaced", "it is no backup", "another name")


def newest(folder: Path) -> Backup:
    """The newest backup that can be opened, safety backups apart. Raises ArchiveError."""
    for backup in reversed(list_backups(folder)):
        if not backup.problem and not backup.safety:
            return backup
    raise ArchiveError(f"there is no backup in {folder}", "", "magray backup")


def _name(manifest: Manifest, number: int, *, encrypted: bool) -> str:
    time_ = datetime.fromisoformat(manifest.created_at).strftime(_TIME)
    parts = [
        f"magray-{time_}",
        f"_{number}" if number > 1 else "",  # which sorts behind the one without a number
        "-safety" if manifest.reason == "safety" else "",
        ".zip.enc" if encrypted else ".zip",
    ]
    return "".join(parts)


@contextlib.contextmanager
def _names(folder: Path) -> Generator[None]:
    """One process at a time chooses the name of a backup."""
    lock = FileLock(folder / _LOCK)
    if not lock.try_acquire(_LOCK_SECONDS):
        raise ArchiveError(f"no backup can be stored in {folder}", "another process has held it for too long")
    try:
        yield
    finally:
        lock.release()
