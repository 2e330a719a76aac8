"""Answers for people: a position to click first, why it was found below it, and nothing else.

The same layout goes to a terminal and into a pipe; a terminal adds colour and cuts long lines to its width.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from magray_server.cli.terminal import coloured, cut, results, style, width
from magray_server.operations.paths import current_folder
from magray_server.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from magray_memory.values import Hit, SearchAnswer

_WORD = re.compile(r"\w+")
_INDENT = "    "
MAX_ABOUT = 80
"""Columns of a hit's names where no terminal says how wide it is."""
_FRESHNESS = {"stale": "changed since", "pending": "not embedded yet"}


def hits(answer: SearchAnswer, query: str, *, here: Path | None = None) -> Iterator[str]:
    """The lines that show an answer; `here` is the folder that paths are shown relative to."""
    colour, columns = coloured(results()), width(results())
    here = current_folder() if here is None else here
    wanted = _terms(query) if columns is not None else frozenset[str]()
    by_words = answer.mode == "lexical" and bool(answer.degraded)
    for number, hit in enumerate(answer.hits):
        if number:
            yield ""
        yield _headline(hit, here, colour, columns, tell_pending=not by_words)
        for line in hit.snippet.split("\n"):
            if line.strip():
                # A tab stays a gap, whatever `safe` makes of other controls.
                yield _INDENT + _highlighted(_fitted(safe(line), columns, wanted), wanted, colour=colour)
        steps = hit.explain
        if isinstance(steps, list):
            shown = [f"{step.step} {step.change:+.3f}" for step in steps]
            steps_shown = "  ".join([f"confidence {hit.confidence:.2f}", *shown])
            yield _INDENT + style(cut(safe(steps_shown), columns and columns - 4), "dim", colour=colour)


def _headline(hit: Hit, here: Path | None, colour: bool, columns: int | None, *, tell_pending: bool) -> str:
    place = safe(shown_place(hit, here))
    about = safe(hit.symbol or hit.title or "")
    facts = [f"{hit.score:.2f}"]
    if hit.freshness in _FRESHNESS and (tell_pending or hit.freshness != "pending"):
        facts.append(_FRESHNESS[hit.freshness])
    if hit.copies:
        facts.append(f"+{hit.copies} identical")
    facts += _record_facts(hit)
    facts += [f"#{safe(tag)}" for tag in hit.tags[:5]]
    tail = "  ".join(facts)
    if columns is None:
        about = cut(about, MAX_ABOUT)
    else:
        room = columns - len(place) - len(tail) - 4
        about = cut(about, room) if room >= 8 else ""
    parts = [
        style(place, "cyan", colour=colour),
        style(about, "bold", colour=colour),
        style(tail, "dim", colour=colour),
    ]
    return "  ".join(part for part in parts if part)


def _record_facts(hit: Hit) -> list[str]:
    """Of a record: its day, layer and kind, what replaces it, what it is about. Of a note, its day."""
    facts = [local_day(hit.updated)] if isinstance(hit.updated, str) else []
    if not isinstance(hit.created, str):
        return facts
    facts += [hit.layer, safe(hit.kind)]
    if hit.pinned is True:
        facts.append("pinned")
    if isinstance(hit.superseded_by, str):
        facts.append(f"replaced by {hit.superseded_by}")
    if hit.source:
        source = f"{safe(hit.source.path)}:{hit.source.start_line}-{hit.source.end_line}"
        moved = f" to {safe(hit.moved_to.path)}:{hit.moved_to.start_line}" if hit.moved_to else ""
        facts.append(f"about {source} ({hit.citation}{moved})")
    return facts


def local_day(time: str) -> str:
    """The day of a time in ISO 8601, as it is here."""
    from datetime import datetime

    return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d")


def shown_place(hit: Hit, here: Path | None) -> str:
    """`path:line` from where the person stands, or the id of a record; the line is that of the snippet."""
    if hit.path is None or hit.root is None:
        return hit.id
    full = os.path.join(hit.root, *hit.path.split("/"))  # noqa: PTH118 - a root may be in any spelling
    return f"{shown_path(full, here)}:{hit.snippet_line}"


def shown_path(path: str | Path, here: Path | None) -> str:
    """The path as it can be typed here: relative when it is near, absolute when it is elsewhere, or where the
    current folder is gone.
    """
    full = os.fspath(path)
    if here is None:
        return full
    try:
        near = os.path.relpath(full, here)
    except ValueError:  # another drive
        return full
    return full if near.startswith(os.path.join("..", "..", "..")) else near  # noqa: PTH118


def _terms(query: str) -> frozenset[str]:
    from magray_memory.values import query_tokens

    return frozenset(query_tokens(query[:8_000]))


def _fitted(line: str, columns: int | None, wanted: frozenset[str]) -> str:
    """The line cut to the terminal, from near the first word of the query when that would be cut away."""
    if columns is None or len(line) * 2 <= columns:
        return line
    room = columns - len(_INDENT)
    found = next((m for m in _WORD.finditer(line) if _is_wanted(m[0], wanted)), None)
    if found is None or found.end() < room:
        return cut(line, room)
    begin = line.find(" ", max(0, found.start() - room // 3))
    return "…" + cut(line[begin + 1 if -1 < begin < found.start() else found.start() :], room - 1)


def _is_wanted(word: str, wanted: frozenset[str]) -> bool:
    from magray_memory.values import tokens

    return not wanted.isdisjoint(tokens(word[:200]))


def _highlighted(line: str, wanted: frozenset[str], *, colour: bool) -> str:
    if not wanted or not colour:
        return line
    return _WORD.sub(lambda match: style(match[0], "match", colour=_is_wanted(match[0], wanted)), line)


def table(rows: list[tuple[str, ...]], *, right: tuple[int, ...] = ()) -> Iterator[str]:
    """Rows in columns as wide as their widest cell; the columns in `right` are set flush right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    for row in rows:
        cells = [
            c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def size(count: int | float) -> str:
    """A number of bytes, three digits and a unit."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def count(number: int, one: str, many: str = "") -> str:
    """`1 file`, `1,234 files`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def kinds(counts: Mapping[str, int]) -> str:
    """How many there are of each kind."""
    return ", ".join(f"{amount:,} {kind}" for kind, amount in counts.items())


def left_out(counts: Mapping[str, int]) -> str:
    """Entries that were left out, by rule, in one line."""
    rules = ", ".join(f"{number:,} {rule}" for rule, number in counts.items())
    return f"left out {sum(counts.values()):,}: {rules}"


def seconds(value: float) -> str:
    """A span of time, as short as it is worth."""
    if value < 10:
        return f"{value:.1f} s"
    return f"{value:.0f} s" if value < 120 else f"{value / 60:.0f} min"


def ago(value: float) -> str:
    """How long since, in words, for a span in seconds."""
    steps = ((60, 1, "second"), (3600, 60, "minute"), (86_400, 3600, "hour"), (float("inf"), 86_400, "day"))
    for limit, unit, name in steps:
        if value < limit:
            number = int(max(value, 0) // unit)
            return "just now" if name == "second" else f"{count(number, name)} ago"
    return ""
