"""Archive room: what outlives the home. Backups of the records and settings, and restoring them.

with Memory.open() as memory:
    made = memory.archive.backup()
    memory.archive.list()
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from magray_memory.archive.passphrase import NO_PASSPHRASE
from magray_memory.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from magray_memory.archive.backup import BackedUp
    from magray_memory.archive.backup_folder import Backup
    from magray_memory.archive.manifest import Reason
    from magray_memory.archive.passphrase import Passphrases
    from magray_memory.archive.restore import Restored, RestorePlan
    from magray_memory.archive.retention import PrunedBackups
    from magray_memory.context import Context
    from magray_memory.progress import Progress


class Archive:
    """Backups of the home. Searches and writers go on meanwhile."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def backup(
        self,
        output: Path | None = None,
        *,
        full: bool = False,
        encrypt: bool = False,
        passphrases: Passphrases = NO_PASSPHRASE,
        reason: Reason = "manual",
        progress: Progress = SILENT,
    ) -> BackedUp:
        """Back up the records and settings, with `full` the vaults of workspaces too.

        `output`: a file, or a folder that is there; None: the backup folder. Raises ArchiveError,
        VaultDamaged, StorageError, PassphraseError, Interrupted.
        """
        from magray_memory.archive.backup import BackupMaker

        made = BackupMaker(self._context, full, reason, encrypt, passphrases, progress).run(output)
        if output is not None:
            return made
        pruned = self.prune(progress=progress)
        return replace(made, pruned=[backup.path for backup in pruned.deleted])

    def prune(self, *, dry_run: bool = False, progress: Progress = SILENT) -> PrunedBackups:
        """Delete the backups of the backup folder that no rule of the settings keeps. Raises ArchiveError."""
        from magray_memory.archive.retention import prune

        settings = self._context.settings.backup
        return prune(self.folder, settings, datetime.now(UTC), dry_run=dry_run, progress=progress)

    def restore(
        self,
        archive: str,
        *,
        merge: bool = False,
        dry_run: bool = False,
        confirm: Callable[[RestorePlan], bool] | None = None,
        passphrases: Passphrases = NO_PASSPHRASE,
        progress: Progress = SILENT,
    ) -> Restored:
        """Put the records and settings of an archive in place of those of now, or `merge` its records.

        `archive`: `latest`, a path, or a name in the backup folder. `confirm` gets what would change, and
        says whether it may. The state of now is kept as a safety backup. Raises ArchiveError,
        PassphraseError, StorageError, UsageError, Interrupted: then nothing has changed.
        """
        from magray_memory.archive.restore import Restorer, find

        path = find(self._context, archive)
        return Restorer(self._context, merge, passphrases, confirm, progress).run(path, dry_run=dry_run)

    @property
    def folder(self) -> Path:
        """The folder of the backups."""
        from magray_memory.archive.backup_folder import folder_of

        return folder_of(self._context)

    def list(self) -> Sequence[Backup]:
        """The backups of the backup folder, the oldest first. Raises ArchiveError."""
        from magray_memory.archive.backup_folder import list_backups

        return list_backups(self.folder)
