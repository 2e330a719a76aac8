"""`backup` and its commands: records and settings as one verified file."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magray_memory.errors import UsageError
from magray_server.operations.operation import Context, Operation, Outcome, option, options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from magray_memory.values import BackedUp, Backup, Drilled, Passphrases, PrunedBackups, VerifiedBackups


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


@options
class VerifyBackups:
    """Read backups from the first byte to the last row, and report what is wrong with them."""

    archives: tuple[str, ...] = option(
        "`latest`, files, or names in the list (default: all).",
        default=(),
        positional=True,
        metavar="[ARCHIVE]...",
    )
    passphrase_file: str | None = option(
        "The passphrase of encrypted backups is the first line of this file.",
        default=None,
        metavar="FILE",
        path=True,
    )


@options
class DrillBackup:
    """Restore the latest backup into a home of its own, ask it, and delete it again.

    The background does it once a week; `magray status` says when the last one passed.
    """

    passphrase_file: str | None = option(
        "The passphrase of an encrypted backup is the first line of this file.",
        default=None,
        metavar="FILE",
        path=True,
    )


@dataclass(frozen=True, slots=True)
class Listed:
    """The backups of a folder."""

    folder: Path
    backups: Sequence[Backup]

    def as_json(self) -> dict[str, Any]:
        """`folder` and `backups`."""
        return {"folder": str(self.folder), "backups": [backup.as_json() for backup in self.backups]}


def passphrases_of(context: Context, file: str | None, *, new: bool = False) -> Passphrases:
    """Where the passphrase of this run comes from; `new`: of an archive that is going to be made."""
    from magray_memory.values import PASSPHRASE_VARIABLE, Passphrases

    variable = os.environ.get(PASSPHRASE_VARIABLE, "")
    ask = None if context.ask_passphrase is None else partial(context.ask_passphrase, new)
    return Passphrases(None if file is None else Path(file), variable, ask)


def make(context: Context, wanted: MakeBackup) -> BackedUp:
    """The backup that was made. Raises UsageError, ArchiveError, VaultDamaged, StorageError,
    PassphraseError.
    """
    if wanted.output == "-":
        raise UsageError("-", "a backup is a file that is read back", "the name of a file or folder")
    return context.memory.archive.backup(
        None if wanted.output is None else Path(wanted.output),
        full=wanted.full,
        encrypt=wanted.encrypt or wanted.passphrase_file is not None,
        passphrases=passphrases_of(context, wanted.passphrase_file, new=True),
        progress=context.progress,
    )


def list_backups(context: Context, _: ListBackups) -> Listed:
    """The backups of the backup folder. Raises ArchiveError."""
    archive = context.memory.archive
    return Listed(archive.folder, archive.list())


def prune(context: Context, wanted: PruneBackups) -> PrunedBackups:
    """The backups that are gone. Raises ArchiveError."""
    return context.memory.archive.prune(dry_run=wanted.dry_run, progress=context.progress)


def verify(context: Context, wanted: VerifyBackups) -> VerifiedBackups:
    """What is wrong with each. Raises UsageError, ArchiveError, Interrupted."""
    passphrases = passphrases_of(context, wanted.passphrase_file)
    archive = context.memory.archive
    return archive.verify(wanted.archives, passphrases=passphrases, progress=context.progress)


def drill(context: Context, wanted: DrillBackup) -> Drilled:
    """The drill that passed. Raises ArchiveError, PassphraseError, StorageError, Interrupted."""
    passphrases = passphrases_of(context, wanted.passphrase_file)
    return context.memory.archive.drill(passphrases=passphrases, progress=context.progress)


def verified_outcome(_: VerifyBackups, found: VerifiedBackups) -> Outcome:
    """Failed when one cannot be used, partly done when one could not be looked into."""
    if found.damaged:
        return Outcome.FAILED
    return Outcome.PARTLY if found.unread else Outcome.DONE


def outcome(_: MakeBackup, done: BackedUp) -> Outcome:
    """Partly done when a workspace could not be in it."""
    return Outcome.PARTLY if done.left_out else Outcome.DONE


OPERATIONS = (
    Operation(
        name="backup",
        options=MakeBackup,
        run=make,
        activity="backing up",
        shape="magray_server.operations.archive_shapes:BackedUp",
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
        shape="magray_server.operations.archive_shapes:Backups",
        examples="magray backup list",
    ),
    Operation(
        name="backup verify",
        options=VerifyBackups,
        run=verify,
        activity="verifying",
        shape="magray_server.operations.archive_shapes:VerifiedBackups",
        outcome=verified_outcome,
        examples="""
        magray backup verify
        magray backup verify latest
        """,
    ),
    Operation(
        name="backup drill",
        options=DrillBackup,
        run=drill,
        activity="drilling",
        shape="magray_server.operations.archive_shapes:Drilled",
        examples="magray backup drill",
    ),
    Operation(
        name="backup prune",
        options=PruneBackups,
        run=prune,
        shape="magray_server.operations.archive_shapes:PrunedBackups",
        activity="pruning backups",
        examples="magray backup prune --dry-run",
    ),
)
