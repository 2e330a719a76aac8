"""Retention of backups: the last of each day, week and month, as many of each as the settings say.

Periods without a backup count for nothing, so that a notebook that nobody changes keeps what it has. A
damaged backup stands for no period, and the newest sound one always stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from magray_memory.archive import backup_folder, container
from magray_memory.errors import ArchiveError, MagrayError
from magray_memory.progress import SILENT

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from datetime import datetime
    from pathlib import Path

    from magray_memory.archive.backup_folder import Backup
    from magray_memory.config import BackupSettings
    from magray_memory.progress import Progress

_ALL = timedelta(days=2)
"""Every backup of so long stays: a mistake is often seen on the day after."""
_ASIDE = timedelta(days=30)
"""How long safety backups stay, and damaged ones."""


@dataclass(frozen=True, slots=True)
class PrunedBackups:
    """Backups that were deleted, or with `dry_run` would be; `kept`: how many stay."""

    dry_run: bool
    deleted: Sequence[Backup]
    kept: int

    def as_json(self) -> dict[str, Any]:
        """`dry_run`, `deleted`, `kept` and the `bytes` won."""
        return {
            "dry_run": self.dry_run,
            "deleted": [backup.as_json() for backup in self.deleted],
            "kept": self.kept,
            "bytes": sum(backup.bytes for backup in self.deleted),
        }


def prune(
    folder: Path,
    settings: BackupSettings,
    now: datetime,
    *,
    dry_run: bool = False,
    progress: Progress = SILENT,
) -> PrunedBackups:
    """Delete the backups of a folder that the rules do not keep. Raises ArchiveError."""
    backups = backup_folder.list_backups(folder)
    expired = find_expired(backups, settings, now, lambda backup: _is_sound(backup, progress))
    if not dry_run:
        for backup in expired:
            try:
                backup.path.unlink(missing_ok=True)
            except OSError as error:
                raise ArchiveError(
                    f"{backup.path} cannot be deleted", error.strerror or str(error)
                ) from error
    return PrunedBackups(dry_run, expired, len(backups) - len(expired))


def find_expired(
    backups: Sequence[Backup], settings: BackupSettings, now: datetime, is_sound: Callable[[Backup], bool]
) -> list[Backup]:
    """The backups, given the oldest first, that no rule keeps. `is_sound` is asked of those that would stand
    for a period.
    """
    ordinary = [backup for backup in backups if not backup.safety]
    kept = {backup.path for backup in ordinary if now - backup.created_at < _ALL}
    damaged: set[Path] = set()
    for most, period in (
        (settings.keep_daily, _day),
        (settings.keep_weekly, _week),
        (settings.keep_monthly, _month),
    ):
        found: set[Hashable] = set()
        for backup in reversed(ordinary):
            if len(found) == most:
                break
            if period(backup) in found:
                continue
            if backup.path not in kept and not is_sound(backup):
                damaged.add(backup.path)
                continue
            found.add(period(backup))
            kept.add(backup.path)
    return [
        backup
        for backup in backups
        if backup.path not in kept
        and not ((backup.safety or backup.path in damaged) and now - backup.created_at < _ASIDE)
    ]


def _is_sound(backup: Backup, progress: Progress) -> bool:
    """Whether a backup is what was written, as far as can be seen without a passphrase."""
    if backup.problem or backup.encrypted:
        return not backup.problem
    try:
        with container.opened(backup.path, backup.path.name, progress):
            return True
    except (MagrayError, OSError):
        progress.check()
        return False


def _day(backup: Backup) -> Hashable:
    return backup.created_at.astimezone().date()


def _week(backup: Backup) -> Hashable:
    return backup.created_at.astimezone().isocalendar()[:2]


def _month(backup: Backup) -> Hashable:
    return backup.created_at.astimezone().strftime("%Y-%m")
