"""View of `magray why`: a line for each path, the rule and its place behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.cli import render
from magray_server.cli.operation_command import Call, View
from magray_server.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.values import PathStanding
    from magray_server.operations.why import Standings, Why


def _lines(_: Call[Why], found: Standings) -> Iterator[str]:
    for standing in found.files:
        yield f"{safe(standing.path)}: {safe(_said(standing))}"


def _said(standing: PathStanding) -> str:
    from magray_memory.values import Standing

    state, reason = standing.standing, standing.reason
    if state in (Standing.INDEXED, Standing.CHANGED):
        parts = ["indexed", render.count(standing.passages, "passage"), f"{standing.embedded:,} embedded"]
        redacted = f"redacted: {render.kinds(standing.redacted)}" if standing.redacted else ""
        return ", ".join([*parts, *filter(None, (standing.language, redacted, reason))])
    if state is Standing.FOLDER:
        parts = [f"{render.count(standing.files or 0, 'file')} indexed", *([reason] if reason else [])]
        counts = f"; {render.left_out(standing.left_out)}" if standing.left_out else ""
        return ", ".join(parts) + counts
    if state in (Standing.LEFT_OUT, Standing.MISSING, Standing.OUTSIDE):
        return reason
    words = {Standing.SKIPPED: "skipped", Standing.GONE: "indexed, and gone"}
    return f"{words.get(state, 'not indexed')}: {reason}"


VIEWS = {"why": View(lines=_lines)}
