"""View of `magray promote`: the records that rise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.cli.operation_command import Call, View
from magray_server.cli.record_lines import moved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.values import Moves
    from magray_server.operations.promote import Promote


def _lines(_: Call[Promote], done: Moves) -> Iterator[str]:
    return moved(done.moves)


def _notes(call: Call[Promote], done: Moves) -> None:
    if not done.moves and not call.shell.json:
        call.shell.note("no record rises")


VIEWS = {"promote": View(lines=_lines, notes=_notes)}
