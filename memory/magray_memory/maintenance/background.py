"""Background run over the layers of records, and once a day over the home's files, in a process of its own.

`python -P -m magray_memory.maintenance.background HOME` is started by a command that has found the layers due
and does not stay.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from magray_memory.errors import MagrayError


def main() -> None:
    """The child: promotes and cleans the records of a home, and removes files that nothing needs."""
    from magray_memory.archive.backup_folder import folder_of
    from magray_memory.context import Context
    from magray_memory.maintenance.clean import FileCleaner
    from magray_memory.maintenance.schedule import begin_daily
    from magray_memory.records.layers import Layers
    from magray_memory.records.room import Records
    from magray_memory.resources import give_way

    give_way()
    with contextlib.suppress(MagrayError):
        context = Context.open(home=Path(sys.argv[1]))
        records = Records(context)
        layers = Layers(context, records)
        layers.promote()
        layers.clean()
        records.close()
        if begin_daily(context.home.path):
            FileCleaner(context.home, context.effective).run(folder_of(context))
        context.close()


if __name__ == "__main__":
    main()
