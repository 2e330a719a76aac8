"""View of `magray clean`: the records that leave, now or later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.cli.operation_command import Call, View
from magray_server.cli.record_lines import moved, purge_notes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.values import Moves
    from magray_server.operations.clean import Clean


def _lines(_: Call[Clean], done: Moves) -> Iterator[str]:
    return moved(done.moves)


def _notes(call: Call[Clean], done: Moves) -> None:
    if done.purged is not None:
        purge_notes(call.shell, done.purged)
    if call.shell.json:
        return
    if not done.moves:
        call.shell.note("no record is due")
    elif any(move.target == "trash" for move in done.moves):
        call.shell.note("magray trash restore ID brings a record back; magray pin ID keeps one for good")


VIEWS = {"clean": View(lines=_lines, notes=_notes)}
