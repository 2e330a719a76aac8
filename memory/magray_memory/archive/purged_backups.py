"""Purged records leave the backups too: each backup that holds one is rewritten without it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from magray_memory import atomic_file
from magray_memory.archive import backup_folder, container
from magray_memory.archive.manifest import NOTEBOOK, Manifest, Member
from magray_memory.archive.passphrase import NO_PASSPHRASE
from magray_memory.archive.unpacked import unpacked
from magray_memory.errors import MagrayError
from magray_memory.storage import notebook_copy
from magray_memory.storage.scratch import scratch_folder
from magray_memory.storage.vault_files import size

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path


@dataclass(slots=True)
class PurgedBackups:
    """How many backups were rewritten, and those that were not, each with why."""

    folder: str
    rewritten: int = 0
    unreached: list[tuple[Path, str]] = field(default_factory=list["tuple[Path, str]"])


def purge(folder: Path, home: Path, uids: Collection[str]) -> PurgedBackups:
    """Take records out of every backup of a folder. Never raises for one backup."""
    done = PurgedBackups(str(folder))
    if not uids:
        return done
    for backup in backup_folder.list_backups(folder):
        if backup.encrypted:
            done.unreached.append((backup.path, "the backup is encrypted, and may hold it"))
            continue
        try:
            done.rewritten += _rewrite(backup.path, home, uids)
        except MagrayError as error:
            done.unreached.append((backup.path, f"the backup may hold it: {error.message}"))
        except OSError as error:
            done.unreached.append((backup.path, f"the backup may hold it: {error.strerror or error}"))
    return done


def _rewrite(path: Path, home: Path, uids: Collection[str]) -> bool:
    """Whether the backup held one of them; it does not any more."""
    with (
        scratch_folder(home / "purge") as scratch,
        unpacked(path, scratch, NO_PASSPHRASE) as found,
    ):
        if not notebook_copy.remove_records(found.notebook, uids, time.time()):
            return False
        for member in found.manifest.members:
            if member.root is not None:
                (scratch / member.name).parent.mkdir(exist_ok=True)
                found.archive.extract(member, scratch / member.name)
        members = [
            Member(NOTEBOOK, size(found.notebook), container.digest_of(found.notebook))
            if member.name == NOTEBOOK
            else member
            for member in found.manifest.members
        ]
        made = _with(found.manifest, members, found.notebook)
        with atomic_file.replacing(path, durable=True) as draft:
            draft.unlink(missing_ok=True)
            with atomic_file.create(draft) as out:
                container.write(out, made, {member.name: scratch / member.name for member in members})
            again = scratch / "again"
            again.mkdir()
            with unpacked(draft, again, NO_PASSPHRASE):
                pass
    return True


def _with(manifest: Manifest, members: list[Member], notebook: Path) -> Manifest:
    counts = dict(notebook_copy.counts(notebook))
    return msgspec.structs.replace(
        manifest, members=members, counts=counts, schema=notebook_copy.schema_of(notebook)
    )
