"""Archive room: what outlives the home. Backups of the records and settings, and restoring them.

with Memory.open() as memory:
    made = memory.archive.backup()
    memory.archive.list()
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory.archive.passphrase import NO_PASSPHRASE
from magray_memory.errors import ArchiveError, UsageError
from magray_memory.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from magray_memory.archive.backup import BackedUp
    from magray_memory.archive.backup_folder import Backup
    from magray_memory.archive.drill import Drilled
    from magray_memory.archive.manifest import Reason
    from magray_memory.archive.passphrase import Passphrases
    from magray_memory.archive.purged_backups import PurgedBackups
    from magray_memory.archive.restore_plan import Restored, RestorePlan
    from magray_memory.archive.retention import PrunedBackups
    from magray_memory.archive.verify import VerifiedBackups
    from magray_memory.context import Context
    from magray_memory.errors import MagrayError
    from magray_memory.progress import Progress

_RESTORE_SECONDS = 30.0
"""How long a purge waits for a restore to end."""


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

        encrypt = encrypt or bool(self._context.settings.backup.passphrase_file)
        secrets = self._with_file(passphrases)
        made = BackupMaker(self._context, full, reason, encrypt, secrets, progress).run(output)
        if output is not None:
            return made
        pruned = self.prune(progress=progress)
        return replace(made, pruned=[backup.path for backup in pruned.deleted])

    def prune(self, *, dry_run: bool = False, progress: Progress = SILENT) -> PrunedBackups:
        """Delete the backups of the backup folder that no rule of the settings keeps. Raises ArchiveError."""
        from magray_memory.archive.retention import prune

        settings = self._context.settings.backup
        return prune(self.folder, settings, datetime.now(UTC), dry_run=dry_run, progress=progress)

    def changed(self) -> bool:
        """Whether the records or settings are others than in the last backup. Raises StorageError."""
        from magray_memory.archive import backup_state
        from magray_memory.archive.container import digest_of
        from magray_memory.storage import notebook_copy

        last = backup_state.load(self._context.home.path).last
        if last is None or not os.path.isfile(last.path):  # noqa: PTH113 - also where it is closed to us
            return True
        config = self._context.config
        settings = digest_of(config) if config.is_file() else ""
        state = notebook_copy.identity(self._context.home.notebook)
        return (last.notebook, last.revision, last.settings) != (*state, settings)

    def verify(
        self,
        archives: Sequence[str] = (),
        *,
        passphrases: Passphrases = NO_PASSPHRASE,
        progress: Progress = SILENT,
    ) -> VerifiedBackups:
        """Read archives from the first byte to the last row; none: every one of the backup folder. Raises
        UsageError and ArchiveError where the only one is not there, Interrupted.
        """
        from magray_memory.archive.restore import find
        from magray_memory.archive.verify import VerifiedBackups, verify

        paths: list[Path] = []
        errors: list[MagrayError] = []
        for archive in archives:
            try:
                paths.append(find(self._context, archive))
            except (UsageError, ArchiveError) as error:
                errors.append(error)
                paths.append(Path(archive))
        if errors and len(paths) == 1:
            raise errors[0]
        if not archives:
            paths = [backup.path for backup in self.list()]
        return VerifiedBackups(
            [*verify(paths, self._context.home.path, self._with_file(passphrases), progress)]
        )

    def drill(
        self,
        archive: str = "latest",
        *,
        passphrases: Passphrases = NO_PASSPHRASE,
        progress: Progress = SILENT,
    ) -> Drilled:
        """Restore an archive into a home of its own, ask it, and delete it again. Raises ArchiveError,
        PassphraseError, StorageError, UsageError, Interrupted.
        """
        from magray_memory.archive.drill import drill
        from magray_memory.archive.restore import find

        return drill(self._context, find(self._context, archive), self._with_file(passphrases), progress)

    def purge(self, uids: Collection[str]) -> PurgedBackups:
        """Take records out of every backup. Raises ArchiveError where the folder cannot be listed."""
        from magray_memory.archive.backup import finish_restore
        from magray_memory.archive.purged_backups import purge

        finish_restore(self._context, wait=_RESTORE_SECONDS)  # what it has replaced may hold them
        return purge(self.folder, self._context.home.path, uids)

    def _with_file(self, passphrases: Passphrases) -> Passphrases:
        """With the passphrase file of the settings, where no other is given."""
        from magray_memory.user_path import expand_user

        named = self._context.settings.backup.passphrase_file
        if passphrases.file is not None or passphrases.variable or not named:
            return passphrases
        return replace(passphrases, file=expand_user(named))

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
        restorer = Restorer(self._context, merge, self._with_file(passphrases), confirm, progress)
        return restorer.run(path, dry_run=dry_run)

    @property
    def folder(self) -> Path:
        """The folder of the backups."""
        from magray_memory.archive.backup_folder import folder_of

        return folder_of(self._context)

    def list(self) -> Sequence[Backup]:
        """The backups of the backup folder, the oldest first. Raises ArchiveError."""
        from magray_memory.archive.backup_folder import list_backups

        return list_backups(self.folder)
