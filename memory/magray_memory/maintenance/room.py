"""Maintenance room: what keeps a home small and quick, and its records in their layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.progress import SILENT, Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from magray_memory.config import Settings
    from magray_memory.context import Context
    from magray_memory.maintenance.result import Cleaned, Optimized, Step
    from magray_memory.records.layers import Layers


def start_daily_backup(home: Path, settings: Settings) -> bool:
    """Start the process that makes the backup of the day, where one is due; returns whether it was."""
    from magray_memory.maintenance.schedule import begin_daily_backup

    if not settings.backup.automatic or not begin_daily_backup(home):
        return False
    from magray_memory import detached_process

    return detached_process.start("magray_memory.maintenance.daily_backup", home)


class Maintenance:
    """Maintenance of the home. Searches never wait for it."""

    def __init__(self, context: Context, layers: Callable[[], Layers]) -> None:
        self._context = context
        self._layers = layers

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

    def clean(
        self,
        *,
        dry_run: bool = False,
        at_once: bool = False,
        records_only: bool = False,
        progress: Progress = SILENT,
    ) -> Cleaned:
        """Have records leave that are due, see `Layers.clean`, and remove files that nothing needs.

        Raises StorageError, Interrupted: what is done by then is done.
        """
        from magray_memory.maintenance.result import Cleaned

        moves = self._layers().clean(dry_run=dry_run, at_once=at_once, progress=progress)
        if records_only:
            return Cleaned(moves)
        from magray_memory.archive.backup_folder import folder_of
        from magray_memory.maintenance.clean import FileCleaner

        context = self._context
        cleaner = FileCleaner(context.home, context.effective, dry_run, progress)
        killed = [] if dry_run else self._finish_restore(progress)
        return Cleaned(moves, [*killed, *cleaner.run(folder_of(context)), *self._unused_models()])

    def _finish_restore(self, progress: Progress) -> list[Step]:
        """What a restore that was killed has left in the notebook goes, once it is saved."""
        from magray_memory.archive.backup import finish_restore
        from magray_memory.maintenance.clean import noted
        from magray_memory.maintenance.result import Step

        place, steps = str(self._context.home.notebook), list[Step]()
        with noted(steps, "restore", place):
            if finish_restore(self._context, progress):
                steps.append(Step("restore", place, "what a restore that was killed had left, removed"))
        return steps

    def _unused_models(self) -> Iterator[Step]:
        """Models that are fetched and not in use: a person fetched them, and may want them again."""
        from magray_memory.maintenance.result import Step
        from magray_memory.models.room import Models

        context = self._context
        models = Models(context.home, lambda: context.settings, context.models)
        for model in models.list():
            facts = model.as_json()
            if facts["installed"] and not facts["active"] and facts.get("folder"):
                message = f"model {facts['id']} is not in use; delete its folder where nobody wants it"
                yield Step("model", str(facts["folder"]), message)

    def run_layers_in_background(self) -> bool:
        """Promote and clean in a process of its own, where that is due; returns whether it was started."""
        from magray_memory.maintenance.schedule import begin_hourly

        if not self._context.settings.layers.automatic or not begin_hourly(self._context.home.path):
            return False
        from magray_memory import detached_process

        return detached_process.start("magray_memory.maintenance.background", self._context.home.path)
