"""`backup` and its commands: records and settings as one verified file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magray_server.operations.operation import Context, Operation, Outcome, option, options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from magray_memory.values import BackedUp, Backup, Passphrases, PrunedBackups


@options
class MakeBackup:
    """Back up all records with their history, and the settings, into one verified file.

    Other programs can write meanwhile. Older backups are pruned once it has been read back.
    """

    output: str | None = option(
        "File or folder (default: the backup folder of the home).", default=None, metavar="FILE", path=True
    )
    full: bool = option("Include the indexes of workspaces.", default=False)
    encrypt: bool = option("Encrypt it with a passphrase, which is asked for.", default=False)
    passphrase_file: str | None = option(
        "Encrypt it with the passphrase in the first line of this file.",
        default=None,
        metavar="FILE",
        path=True,
    )


@options
class ListBackups:
    """List the backups, the oldest first."""


@options
class PruneBackups:
    """Delete old backups; the last of each day, week and month stays, as many as `backup.keep_*` say.

    Everything of the last two days stays too. It is done after each backup.
    """

    dry_run: bool = option("List what would be deleted; change nothing.", default=False)


@dataclass(frozen=True, slots=True)
class Listed:
    """The backups of a folder."""

    folder: Path
    backups: Sequence[Backup]

    def as_json(self) -> dict[str, Any]:
        """`folder` and `backups`."""
        return {"folder": str(self.folder), "backups": [backup.as_json() for backup in self.backups]}


def passphrases_of(context: Context, file: str | None) -> Passphrases:
    """Where the passphrase of this run comes from."""
    from magray_memory.values import PASSPHRASE_VARIABLE, Passphrases

    variable = os.environ.get(PASSPHRASE_VARIABLE, "")
    return Passphrases(None if file is None else Path(file), variable, context.ask_passphrase)


def make(context: Context, wanted: MakeBackup) -> BackedUp:
    """The backup that was made. Raises ArchiveError, VaultDamaged, StorageError, PassphraseError."""
    return context.memory.archive.backup(
        None if wanted.output is None else Path(wanted.output),
        full=wanted.full,
        encrypt=wanted.encrypt or wanted.passphrase_file is not None,
        passphrases=passphrases_of(context, wanted.passphrase_file),
        progress=context.progress,
    )


def list_backups(context: Context, _: ListBackups) -> Listed:
    """The backups of the backup folder. Raises ArchiveError."""
    archive = context.memory.archive
    return Listed(archive.folder, archive.list())


def prune(context: Context, wanted: PruneBackups) -> PrunedBackups:
    """The backups that are gone. Raises ArchiveError."""
    return context.memory.archive.prune(dry_run=wanted.dry_run, progress=context.progress)


def outcome(_: MakeBackup, done: BackedUp) -> Outcome:
    """Partly done when a workspace could not be in it."""
    return Outcome.PARTLY if done.left_out else Outcome.DONE


OPERATIONS = (
    Operation(
        name="backup",
        options=MakeBackup,
        run=make,
        activity="backing up",
        shape="magray_server.operations.shapes:BackedUp",
        outcome=outcome,
        examples="""
        magray backup
        magray backup --output /media/usb/
        """,
    ),
    Operation(
        name="backup list",
        options=ListBackups,
        run=list_backups,
        shape="magray_server.operations.shapes:Backups",
        examples="magray backup list",
    ),
    Operation(
        name="backup prune",
        options=PruneBackups,
        run=prune,
        shape="magray_server.operations.shapes:PrunedBackups",
        activity="pruning backups",
        examples="magray backup prune --dry-run",
    ),
)
