"""View of `magray restore`: what changed, or would."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.cli.operation_command import Call, View
from magray_server.operations.restore import described
from magray_server.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.values import Restored
    from magray_server.operations.restore import Restore


def _lines(_: Call[Restore], done: Restored) -> Iterator[str]:
    for line in described(done.plan):
        yield safe(line)
    for root in done.workspaces:
        yield safe(f"indexed  {root}")
    if done.dry_run:
        yield "nothing was changed"
    elif done.safety is not None:
        yield safe(f"what was before is in {done.safety}")


def _notes(call: Call[Restore], done: Restored) -> None:
    for conflict in done.conflicts:
        call.shell.warn(conflict)


VIEWS = {"restore": View(lines=_lines, notes=_notes)}
