"""Drill: a backup is restored into a home of its own, asked, and that home deleted again.

What a drill does is what a restore on a new machine does, so that nobody finds out on the day of need.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from magray_memory.archive import backup_state, prepare
from magray_memory.archive.backup import explained
from magray_memory.archive.restore import Restorer
from magray_memory.context import Context
from magray_memory.errors import Interrupted, MagrayError, PassphraseError
from magray_memory.progress import SILENT
from magray_memory.storage.scratch import scratch_folder

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.archive.passphrase import Passphrases
    from magray_memory.progress import Progress


@dataclass(frozen=True, slots=True)
class Drilled:
    """A drill that passed: `records` were restored from `archive`, `asked` of them were asked for."""

    archive: Path
    records: int
    asked: int
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """The fields, with `archive` as text."""
        return {
            "archive": str(self.archive),
            "records": self.records,
            "asked": self.asked,
            "seconds": self.seconds,
        }


def drill(context: Context, archive: Path, passphrases: Passphrases, progress: Progress = SILENT) -> Drilled:
    """Restore an archive for trial. How it went is noted for health. Raises ArchiveError, PassphraseError,
    StorageError, Interrupted.
    """
    home = context.home.path
    try:
        with explained("the drill failed"):
            done = _drill(home, archive, passphrases, progress)
    except (Interrupted, PassphraseError):
        raise
    except MagrayError as error:
        found = backup_state.Drill(time.time(), str(archive), error.message)
        backup_state.save(home, drill=found)
        raise
    backup_state.save(home, drill=backup_state.Drill(time.time(), str(archive)))
    return done


def _drill(home: Path, archive: Path, passphrases: Passphrases, progress: Progress) -> Drilled:
    began = time.monotonic()
    with scratch_folder(home / "drill") as scratch:
        trial = Context.open(home=scratch, environ={}, outside=True)
        # Nobody waits for the disk, neither this nor those who write beside it.
        restored = Restorer(trial, False, passphrases, None, progress, durable=False).run(archive)
        progress.report("asking it")
        asked = prepare.ask(trial.home.notebook, archive.name)
        records = restored.plan.manifest.counts["records"]
        return Drilled(archive, records, asked, round(time.monotonic() - began, 3))
