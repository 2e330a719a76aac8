"""Section chunker: from the sections of a document to its chunks, for Markdown, rST and plain text alike.

A chunker finds the sections (with their heading paths) and the blocks that should stay whole; here long
sections are cut where a reader would pause, and tiny neighbours are joined under a symbol that names both.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from magray_memory.text.chunk_types import MAX_CHARS, TARGET_CHARS, Chunk, ChunkSymbol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from magray_memory.text.line_index import LineIndex

    HeadingPath = tuple[str, ...]

FIT_CHARS = 1_600
"""Characters up to which a section is not cut at all."""
TINY_CHARS = 400
"""Characters below which a section joins its neighbour."""
SHORT_CHARS = 1_000
"""Characters up to which a whole document is one chunk."""
JOINED_CHARS = 1_200
"""Characters that joined sections have at most, but for a bare heading, which stays with what it is over."""
HEADING_ONLY_CHARS = 150
"""Characters of a section that is no more than its heading."""
MAX_NAMES = 4
"""Names that the symbol of joined sections carries at most."""
MAX_HEADING = 120
"""Characters of a heading that its symbol keeps."""

BREAK_ALLOWED, INSIDE_BLOCK, AFTER_HEADING = 0, 1, 2
"""What stands before a row: nothing, the earlier part of a block to keep whole, or the heading over it."""

_ITEM = re.compile(r"(?:[-*+•–—]|\d{1,9}[.)]|[A-Za-zА-Яа-я][.)])\s")
_SENTENCE_END = re.compile(r"[.!?…][\"'»”’)\]*_]{0,4}\s+|[。！？][」』]?\s*")
_ENDS_SENTENCE = (".", "!", "?", "…", "。", "！", "？", ".)", "”", "»", '."')
_PENALTY = 0.25
"""How much of the chunk's size one step of cutting cost is worth."""


@dataclass(frozen=True, slots=True)
class Section:
    """Rows from `start` (0-based) to the next section's start, under the headings of `path`.

    `names`: the headings that open it, each with its row; none where it goes on after one inside it.
    """

    start: int
    path: HeadingPath
    names: tuple[tuple[int, str], ...] = ()


@dataclass(slots=True)
class _Run:
    """Rows `[start, end)` that will be one chunk, and the heading paths in it."""

    start: int
    end: int
    paths: list[HeadingPath]


def chunk_sections(lines: LineIndex, sections: Sequence[Section], breaks: bytearray) -> list[Chunk]:
    """The chunks of a document.

    The sections tile it from row 0; `breaks` has BREAK_ALLOWED, INSIDE_BLOCK or AFTER_HEADING for each row.
    """
    if not lines.count or lines.is_blank(0, lines.count):
        return []
    runs: list[_Run] = []
    for number, section in enumerate(sections):
        end = sections[number + 1].start if number + 1 < len(sections) else lines.count
        if section.start < end:
            runs.extend(
                _Run(first, last, [section.path])
                for first, last in split_section(lines, section.start, end, breaks)
            )
    if lines.size(0, lines.count) <= SHORT_CHARS:
        runs = [_Run(0, lines.count, [path for run in runs for path in run.paths])]
    chunks: list[Chunk] = []
    headings = heading_symbols(sections, lines.count)
    first = 0
    for run in _joined(lines, runs):
        last = first
        while last < len(headings) and headings[last].line <= run.end:
            last += 1
        append_chunk(lines, (run.start, run.end), symbol_of(run.paths), chunks, headings[first:last])
        first = last
    return chunks


def heading_symbols(sections: Sequence[Section], rows: int) -> list[ChunkSymbol]:
    """The headings of a document by line, each to the next one that is not below it."""
    symbols: list[ChunkSymbol] = []
    open_: list[tuple[HeadingPath, int]] = []
    for section in sections:
        path = section.path
        while open_ and (section.names or path[: len(open_[-1][0])] != open_[-1][0]):
            above, number = open_[-1]
            if len(above) < len(path) and path[: len(above)] == above:
                break
            symbols[number] = symbols[number]._replace(end_line=max(section.start, symbols[number].line))
            open_.pop()
        for row, name in section.names:
            open_.append((path, len(symbols)))
            symbols.append(ChunkSymbol(name, " > ".join(path[:-1]), "section", row + 1, rows, " > "))
    return symbols


def append_chunk(
    lines: LineIndex,
    rows: tuple[int, int],
    symbol: str,
    chunks: list[Chunk],
    symbols: Sequence[ChunkSymbol] = (),
) -> None:
    """Append the rows as a chunk; one row over `MAX_CHARS` in pieces of whole sentences if possible.

    `symbols`: all that stand in these rows; the first piece of a long row has them.
    """
    start, end = rows
    kind = "section" if symbol else "text"
    text = lines.slice(start, end)
    if len(text) <= MAX_CHARS:
        chunks.append(Chunk(start + 1, end, symbol, kind, text, tuple(symbols)))
        return
    in_data = False
    for number, piece in enumerate(split_line(text)):
        in_data = piece.isascii() and " " not in piece and (in_data or len(piece) > FIT_CHARS // 3)
        # Of an embedded picture, a key and the like the beginning is enough.
        if number == 0 or not (in_data or piece.isspace()):
            chunks.append(Chunk(start + 1, end, symbol, kind, piece, () if number else tuple(symbols)))


def split_line(text: str) -> Iterator[str]:
    """A long line in pieces of at most `FIT_CHARS` characters, which joined give the line."""
    offset = 0
    while len(text) - offset > FIT_CHARS:
        window = text[offset : offset + FIT_CHARS]
        ends = [match.end() for match in _SENTENCE_END.finditer(window)]
        stop = (
            ends[-1]
            if ends and ends[-1] > FIT_CHARS // 3
            else window.rfind(" ", FIT_CHARS // 3) + 1 or FIT_CHARS
        )
        yield text[offset : offset + stop]
        offset += stop
    yield text[offset:]


def split_section(lines: LineIndex, start: int, end: int, breaks: bytearray) -> list[tuple[int, int]]:
    """Tile rows `[start, end)` with ranges near `TARGET_CHARS`, all but single rows within `MAX_CHARS`.

    The best break has the least sum of `break_cost` and distance from an even share; every range is at least
    a quarter of it or ends where nothing is torn, so the work is linear in the text.
    """
    starts = lines.starts
    ranges: list[tuple[int, int]] = []
    row = start
    while row < end:
        left = starts[end] - starts[row] - 1
        if left <= FIT_CHARS:
            ranges.append((row, end))
            break
        share = left / math.ceil(left / TARGET_CHARS)
        best, least = row + 1, math.inf
        within = range(row + 1, bisect_right(starts, starts[row] + 1 + MAX_CHARS, row + 1, end + 1))
        distances = [(abs(starts[stop] - starts[row] - 1 - share) / share, stop) for stop in within]
        for distance, stop in sorted(distances):
            if distance > least:  # neither is any other better
                break
            here = 0.0 if stop == end else break_cost(lines, stop, breaks)
            penalty = here * _PENALTY + distance
            if (penalty, stop) < (least, best) and (here == 0 or starts[stop] - starts[row] - 1 >= share / 4):
                best, least = stop, penalty
        ranges.append((row, best))
        row = best
    return ranges


def break_cost(lines: LineIndex, row: int, breaks: bytearray) -> float:
    """How much it hurts to begin a chunk with this row: 0 between paragraphs, 10 never by choice."""
    line = lines.slice(row, row + 1)
    stripped = line.lstrip()
    if not stripped:
        return 10.0
    before = lines.slice(row - 1, row).rstrip()
    if breaks[row] == AFTER_HEADING:
        return 9.0
    if breaks[row] == INSIDE_BLOCK:
        return 7.0 if not before else 8.0
    depth = min((len(line) - len(stripped)) / 4, 3.0)
    if not before:
        leads_in = row > 1 and lines.slice(row - 2, row - 1).rstrip().endswith(":")
        return 3.0 + depth / 4 if leads_in else depth
    if _ITEM.match(stripped):
        return 2.0 + depth / 4
    if (stripped[0] == ">") != (before.lstrip()[0] == ">"):
        return 1.0
    return 3.0 if before.endswith(_ENDS_SENTENCE) else 5.0


def _joined(lines: LineIndex, runs: list[_Run]) -> list[_Run]:
    """The runs, each tiny one joined to what it introduces, else to a neighbour under the same heading."""
    for belong_together in (_introduces, _is_akin):
        joined: list[_Run] = []
        for run in runs:
            if joined and belong_together(lines, joined[-1], run):
                joined[-1].end = run.end
                joined[-1].paths.extend(run.paths)
            else:
                joined.append(run)
        runs = joined
    return runs


def _introduces(lines: LineIndex, one: _Run, other: _Run) -> bool:
    """Whether the first run is no more than a heading, or blank, above the second."""
    size = lines.size(one.start, one.end)
    if size >= TINY_CHARS or lines.size(one.start, other.end) > (
        FIT_CHARS + TINY_CHARS if size < HEADING_ONLY_CHARS else JOINED_CHARS
    ):
        return False
    above = one.paths[-1]
    return other.paths[0][: len(above)] == above or lines.is_blank(one.start, one.end)


def _is_akin(lines: LineIndex, one: _Run, other: _Run) -> bool:
    """Whether one of the runs is tiny, and their headings are siblings or one above the other."""
    least = min(lines.size(one.start, one.end), lines.size(other.start, other.end))
    if least >= TINY_CHARS or lines.size(one.start, other.end) > JOINED_CHARS:
        return False
    first, last = one.paths[0], other.paths[0]
    return first[:-1] == last[:-1] or last[: len(first)] == first or first[: len(last)] == last


def symbol_of(paths: Sequence[HeadingPath]) -> str:
    """One symbol for a chunk's heading paths: what they share, then what is below: "Guide > Install, Use"."""
    # What stands above the first heading, such as front matter, has none and hides none.
    distinct = list(dict.fromkeys(filter(None, paths))) or [()]
    shared = 0
    while all(len(path) > shared and path[shared] == distinct[0][shared] for path in distinct):
        shared += 1
    below = [path[shared:] for path in distinct if len(path) > shared]
    if len(below) == 1:
        return " > ".join([*distinct[0][:shared], *below[0]])
    names = list(dict.fromkeys(path[0] for path in below))[:MAX_NAMES]
    return " > ".join([*distinct[0][:shared], *([", ".join(names)] if names else [])])
