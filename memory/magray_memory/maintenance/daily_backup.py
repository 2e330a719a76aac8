"""Daily backup, in a process of its own that ends by itself; once a week a drill follows.

`python -P -m magray_memory.maintenance.daily_backup HOME` is started by whichever program finds it due. How
it went is noted for health: nobody reads what it prints.
"""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory.errors import ArchiveDamaged, MagrayError, RowsDamaged, VaultDamaged

if TYPE_CHECKING:
    from magray_memory.context import Context

_DRILL_SECONDS = 7 * 86_400.0


def run(context: Context) -> None:
    """Back up where something changed since the last backup, and drill where that is due. Never raises an
    error of ours.
    """
    from magray_memory.archive import backup_state
    from magray_memory.archive.room import Archive
    from magray_memory.maintenance.schedule import retry_backup

    archive, home = Archive(context), context.home.path
    try:
        if archive.changed():
            archive.backup(reason="daily")
    except (VaultDamaged, RowsDamaged, ArchiveDamaged):
        return  # health says so; trying again mends nothing
    except MagrayError:
        retry_backup(home)
        return
    state = backup_state.load(home)
    drilled = 0.0 if state.drill is None else state.drill.at
    if context.settings.backup.drill and state.last and not 0 <= time.time() - drilled < _DRILL_SECONDS:
        with contextlib.suppress(MagrayError):
            archive.drill()


def main() -> None:
    """The child: makes the backup of a home."""
    from magray_memory.context import Context
    from magray_memory.resources import give_way

    give_way()
    with contextlib.suppress(MagrayError):
        context = Context.open(home=Path(sys.argv[1]), outside=True)
        run(context)
        context.close()


if __name__ == "__main__":
    main()
