"""Maintenance room: what keeps a home small and quick, and its records in their layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.progress import SILENT, Progress

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.config import Settings
    from magray_memory.context import Context
    from magray_memory.maintenance.result import Optimized


def start_daily_backup(home: Path, settings: Settings) -> bool:
    """Start the process that makes the backup of the day, where one is due; returns whether it was."""
    from magray_memory.maintenance.schedule import begin_daily_backup

    if not settings.backup.automatic or not begin_daily_backup(home):
        return False
    from magray_memory import detached_process

    return detached_process.start("magray_memory.maintenance.daily_backup", home)


class Maintenance:
    """Maintenance of the home. Searches never wait for it."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def optimize(
        self,
        *,
        dry_run: bool = False,
        progress: Progress = SILENT,
    ) -> Optimized:
        """Make the home small and quick, or with `dry_run` say what would be done."""
        from magray_memory.maintenance.optimize import Optimizer

        return Optimizer(self._context.home, self._context.effective, dry_run, progress).run()

    def back_up_in_background(self) -> bool:
        """Back up in a process of its own, where that is due; returns whether it was started."""
        return start_daily_backup(self._context.home.path, self._context.settings)

    def run_layers_in_background(self) -> bool:
        """Promote and clean in a process of its own, where that is due; returns whether it was started."""
        from magray_memory.maintenance.schedule import begin_hourly

        if not self._context.settings.layers.automatic or not begin_hourly(self._context.home.path):
            return False
        from magray_memory import detached_process

        return detached_process.start("magray_memory.maintenance.background", self._context.home.path)
