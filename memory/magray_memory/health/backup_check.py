"""Health of the backups: the last one, the last drill, and what stands in the way of the next."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory.archive import backup_folder, backup_state
from magray_memory.errors import ArchiveError
from magray_memory.health.report import Component, Severity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from magray_memory.archive.backup_state import BackupState
    from magray_memory.health.checks import HealthContext

_LATE_SECONDS = 3 * 86_400.0
_NAME = "backup"


def backup(context: HealthContext) -> Component | None:
    """Whether there is a backup of what is remembered; None where nothing is."""
    home = context.home
    if not home.notebook.is_file():
        return None
    settings = context.settings.backup
    folder = backup_folder.named_folder(home, settings.folder)
    try:
        files = backup_folder.sizes(folder)
    except ArchiveError as error:
        return Component(_NAME, Severity.WARNING, error.message, {}, "magray config get backup.folder")
    state = backup_state.load(home.path)
    detail: dict[str, Any] = {
        "folder": str(folder),
        "backups": len(files),
        "bytes": sum(files),
        "automatic": settings.automatic,
        "last": _moment(state.last.at) if state.last else None,
        "age": round(max(0.0, time.time() - state.last.at)) if state.last else None,
        "failure": state.failure.why if state.failure else None,
        "drilled": _moment(state.drill.at) if state.drill else None,
        "drill_problem": (state.drill.problem or None) if state.drill else None,
    }
    return _failed(state, detail) or _lost(state, folder, detail) or _standing(context, state, detail)


def _failed(state: BackupState, detail: Mapping[str, Any]) -> Component | None:
    if state.failure is not None and state.failure.damaged:
        return Component(_NAME, Severity.CRITICAL, state.failure.why, detail, state.failure.hint)
    if state.drill is not None and state.drill.problem:
        why = f"the last drill failed: {state.drill.problem}"
        return Component(_NAME, Severity.CRITICAL, why, detail, "magray backup verify")
    if state.failure is not None:
        return Component(
            _NAME, Severity.WARNING, state.failure.why, detail, state.failure.hint or "magray backup"
        )
    return None


def _lost(state: BackupState, folder: Path, detail: Mapping[str, Any]) -> Component | None:
    """Backups that were made and are not there: a disk that is not mounted, files that were deleted."""
    if state.last is None:
        return None
    try:
        if Path(state.last.path).exists():
            return None
    except OSError as error:
        why = f"the last backup {state.last.path} cannot be looked at: {error.strerror}"
        return Component(_NAME, Severity.WARNING, why, detail, "magray backup")
    if not folder.is_dir():
        why, hint = f"the folder {folder} is not there", "mount its disk, or magray backup"
    else:
        why, hint = (
            f"the last backup {state.last.path} is gone, {detail['backups']} are left",
            "magray backup",
        )
    return Component(_NAME, Severity.WARNING, why, detail, hint)


def _standing(context: HealthContext, state: BackupState, detail: Mapping[str, Any]) -> Component:
    count = detail["backups"]
    if not count or state.last is None:
        why = "there is no backup yet" if not count else f"{count} backups, none of them made here"
        return Component(_NAME, Severity.INFO, why, detail, "magray backup")
    summary = f"the last one {_ago(state.last.at)}, {count} in all"
    if state.drill is not None:
        summary += f"; a drill passed {_ago(state.drill.at)}"
    written = context.home.notebook.stat().st_mtime
    if written - state.last.at > _LATE_SECONDS:
        return Component(
            _NAME, Severity.WARNING, f"{summary}; much was written since", detail, "magray backup"
        )
    return Component(_NAME, Severity.OK, summary, detail)


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _ago(at: float) -> str:
    hours = max(0.0, time.time() - at) / 3_600
    if hours < 1:
        return "within the hour"
    return f"{hours:.0f} hours ago" if hours < 48 else f"{hours / 24:.0f} days ago"
