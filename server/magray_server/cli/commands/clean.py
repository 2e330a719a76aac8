"""View of `magray clean`: the records that leave, now or later, and the files with their bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.cli import render
from magray_server.cli.operation_command import Call, View
from magray_server.cli.record_lines import moved, purge_notes
from magray_server.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.values import Cleaned
    from magray_server.operations.clean import Clean


def _lines(call: Call[Clean], done: Cleaned) -> Iterator[str]:
    yield from moved(done.records.moves)
    rows = [
        (render.size(step.bytes) if step.bytes else "", safe(step.message), safe(step.place))
        for step in done.steps
        if not step.problem
    ]
    if rows and done.records.moves:
        yield ""
    yield from render.table(rows, right=(0,))
    if done.bytes:
        yield f"{render.size(done.bytes)} {'would be won' if call.options.dry_run else 'won'}"


def _notes(call: Call[Clean], done: Cleaned) -> None:
    records = done.records
    if records.purged is not None:
        purge_notes(call.shell, records.purged)
    for step in done.steps:
        if step.problem:
            call.shell.warn(f"{step.place}: {step.message}: {step.problem}")
    if call.shell.json:
        return
    listed = sum(move.when is not None for move in records.moves)
    if records.waiting > listed:
        more = render.count(records.waiting - listed, "record")
        call.shell.note(f"{more} found due before, which magray clean --dry-run lists")
    elif not records.moves:
        call.shell.note("no record is due")
    elif any(move.target == "trash" for move in records.moves):
        call.shell.note("magray trash restore ID brings a record back; magray pin ID keeps one for good")


VIEWS = {"clean": View(lines=_lines, notes=_notes)}
