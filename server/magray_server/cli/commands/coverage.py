"""View of `magray coverage`: counts by rule, or the entries of the rules that were named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.cli import render
from magray_server.cli.operation_command import Call, View
from magray_server.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.values import Coverage
    from magray_server.operations.coverage import CoverageOptions


def _lines(call: Call[CoverageOptions], found: Coverage) -> Iterator[str]:
    if call.options.rules:
        for entry in found.entries:
            yield f"{safe(entry.path)}: {safe(entry.sentence)}"
        return
    files, passages = render.count(found.files, "file"), render.count(found.passages, "passage")
    yield f"{safe(str(found.root))}: {files}, {passages}"
    rows = [(f"{count:,}", f"left out: {rule}") for rule, count in found.left_out.items()]
    rows += [(f"{found.not_indexed:,}", "not indexed yet")] if found.not_indexed else []
    rows += [(f"{len(found.skipped):,}", "skipped")] if found.skipped else []
    if rows:
        yield from render.table([("ENTRIES", "WHY"), *rows], right=(0,))
    for path, reason in found.skipped:
        yield f"skipped {safe(path)}: {safe(reason)}"


def _notes(call: Call[CoverageOptions], found: Coverage) -> None:
    if call.shell.json:
        return
    if found.not_indexed:
        call.shell.note("run `magray index`")
    elif found.left_out and not call.options.rules:
        call.shell.note(
            f'`magray coverage --rule "{next(iter(found.left_out))}"` lists what a rule leaves out'
        )


VIEWS = {"coverage": View(lines=_lines, notes=_notes)}
