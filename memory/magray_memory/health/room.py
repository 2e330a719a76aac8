"""Health room: how everything is, what is wrong, and repair."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from magray_memory.progress import SILENT, Progress

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.context import Context
    from magray_memory.health.doctor import Diagnosis, Doctor
    from magray_memory.health.status import Status


class Health:
    """Status and diagnosis of the home. Raises nothing for what it finds."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def status(self, root: Path | None = None, *, deep: bool = False) -> Status:
        """How everything is, seen from a root (else the workspace). Loads no model and no native library.

        `deep`: with what only the doctor finds; the model and each vault are tried in child processes.
        """
        from magray_memory.health.status import read_status

        findings = self._doctor().check().findings if deep else ()
        root = root or self._context.workspace
        return read_status(self._context.home, self._context.effective, root, findings)

    def doctor(self, *, fix: bool = False, progress: Progress = SILENT) -> Diagnosis:
        """What is wrong in the home, and with `fix` what was repaired; workspaces are indexed for that."""
        doctor = self._doctor()
        doctor.progress = progress
        return doctor.repair() if fix else doctor.check()

    def _doctor(self) -> Doctor:
        from magray_memory.health.deep_status import try_model
        from magray_memory.health.doctor import Doctor

        context = self._context
        doctor = Doctor(context.home, context.workspace, self._index, context.loaded_settings.warnings)
        doctor.check_model = partial(try_model, context.home, context.settings)
        doctor.vectors = context.effective.vectors
        doctor.redaction = context.settings.redaction
        return doctor

    def _index(self, root: Path, lexical: bool) -> object:
        from magray_memory.indexing.room import Indexing

        return Indexing(self._context.at(root)).run(lexical=lexical)
