"""View of `magray import`: what became of the items of a source."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.cli import render
from magray_server.cli.operation_command import Call, View
from magray_server.cli.record_lines import redacted_note
from magray_server.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.values import Imported
    from magray_server.operations.import_ import Import

_SHOWN = 5


def _lines(_: Call[Import], done: Imported) -> Iterator[str]:
    counts = [
        f"{render.count(done.created, 'record')} {'would be ' if done.dry_run else ''}created",
        *_counted(done.updated, "updated"),
        *_counted(done.unchanged, "unchanged"),
        *_counted(done.duplicates, "there already"),
        *_counted(len(done.conflicts), "kept twice"),
    ]
    yield f"{safe(done.about)}: {', '.join(counts)}"
    if done.left_out:
        rules = (f"{count:,} {rule}" for rule, count in done.left_out.items())
        yield f"left out: {', '.join(rules)}"


def _counted(count: int, what: str) -> tuple[str, ...]:
    return (f"{count:,} {what}",) if count else ()


def _notes(call: Call[Import], done: Imported) -> None:
    shell, shown = call.shell, len(done.skipped) if call.shell.verbose else _SHOWN
    for item in done.skipped[:shown]:
        shell.warn(f"skipped {item.path}: {item.reason}")
    if done.all_skipped > len(done.skipped[:shown]):
        shell.warn(f"skipped {done.all_skipped - len(done.skipped[:shown]):,} more (--verbose shows them)")
    for conflict in done.conflicts[:shown]:
        shell.warn(
            f"{conflict.path} was changed there and here: {conflict.record} is as it was"
            + (f", {conflict.copy} is what came" if conflict.copy else "")
        )
    if shell.json:
        return
    if done.conflicts:
        shell.note("magray list --tag conflict")
    if done.renumbered:
        shell.note(f"{render.count(done.renumbered, 'record')} got another id, for theirs is taken here")
    if done.left_out.get("in the trash"):
        shell.note("magray trash restore ID brings back what was forgotten here")
    if done.redacted:
        shell.note(redacted_note(done.redacted))


VIEWS = {"import": View(lines=_lines, notes=_notes)}
