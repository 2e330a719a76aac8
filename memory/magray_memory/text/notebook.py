"""Notebook chunker: what the cells of a Jupyter notebook (.ipynb, format 3 and 4) say, without outputs.

The usual promise of a chunk does not hold here. Its text is that of the cells, as Jupyter shows it, with
a blank line between two; its lines are those of the .ipynb file from the first to the last string that it
was taken from, and its line runs say on which line of the file each row of the text stands. A notebook
written on one line has all its chunks on line 1. Outputs and metadata are in no chunk. A file that is no
notebook, or broken, is chunked as plain text.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from magray_memory.text.chunk_types import (
    MAX_CHARS,
    TARGET_CHARS,
    Chunk,
    ChunkSymbol,
    DocumentChunks,
    LineRun,
)
from magray_memory.text.languages import canonical
from magray_memory.text.line_chunker import split_rows
from magray_memory.text.line_index import LineIndex
from magray_memory.text.markdown import Outline
from magray_memory.text.plain import chunk_plain
from magray_memory.text.section_chunker import (
    FIT_CHARS,
    TINY_CHARS,
    heading_symbols,
    split_line,
    split_section,
    symbol_of,
)
from magray_memory.text.tree_symbols import source_symbols

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from magray_memory.text.section_chunker import HeadingPath

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


@dataclass(frozen=True, slots=True)
class _Cell:
    """A cell: number (from 1), type, text, the line in the file for each of its lines, level if a heading."""

    number: int
    type: str
    text: str
    lines: tuple[int, ...]
    level: int


@dataclass(frozen=True, slots=True)
class _Part:
    """Some lines of one cell, under the headings of `path`; `lines`: those of the file, one for each row."""

    cell: int
    path: HeadingPath
    lines: tuple[int, ...]
    text: str
    symbols: tuple[ChunkSymbol, ...]


def chunk_notebook(text: str) -> DocumentChunks:
    """The chunks of a notebook, named "Heading > cell 12"; its title is the first heading."""
    try:
        cells = list(_cells(text))
    except (ValueError, RecursionError):
        return chunk_plain(text)
    title: str | None = None
    tags: list[str] = []
    links: list[str] = []
    parts: list[_Part] = []
    language = _language(text)
    headings: list[tuple[int, str]] = []
    for cell in cells:
        if cell.type == "code":
            parts.extend(_code_parts(cell, tuple(name for _, name in headings), language))
            continue
        mark = "#" * cell.level + " " if cell.level else ""
        outline = Outline(mark + cell.text, headings=headings)
        title = title or outline.title
        tags.extend(outline.tags)
        links.extend(outline.links)
        parts.extend(_prose_parts(cell, outline))
    return DocumentChunks(title, list(dict.fromkeys(tags)), list(dict.fromkeys(links)), _chunks(parts))


def cell_rows(text: str) -> list[tuple[int, str]]:
    """The lines of all cells, each with the line of the file on which it begins; none where it is no
    notebook. Outputs, counts and metadata are no part of it.
    """
    try:
        cells = list(_cells(text))
    except (ValueError, RecursionError):
        return []
    return [row for cell in cells for row in zip(cell.lines, cell.text.split("\n"), strict=False)]


def _language(text: str) -> str:
    """The language of the code cells, Python where the notebook says none that is known."""
    found: dict[str, object] = {}
    for key, _, value in _members(text, 0):
        if key == "metadata" and isinstance(value, dict):
            for part, name in (("kernelspec", "language"), ("language_info", "name")):
                inner = cast("dict[str, object]", value).get(part)
                if isinstance(inner, dict):
                    found = {**cast("dict[str, object]", inner), **found}
                    if isinstance(named := found.get(name), str):
                        return canonical(named) or "python"
    return "python"


def _code_parts(cell: _Cell, path: HeadingPath, language: str) -> Iterator[_Part]:
    lines = LineIndex(cell.text)
    symbols = source_symbols(cell.text, language)
    for start, end in split_rows(lines, 0, lines.count) if len(cell.text) > FIT_CHARS else [(0, lines.count)]:
        yield from _parts(cell, lines, (start, end), path, symbols)


def _prose_parts(cell: _Cell, outline: Outline) -> Iterator[_Part]:
    symbols = heading_symbols(outline.sections, outline.lines.count)
    ends = [section.start for section in outline.sections[1:]] + [outline.lines.count]
    for section, end in zip(outline.sections, ends, strict=True):
        for rows in split_section(outline.lines, section.start, end, outline.breaks):
            yield from _parts(cell, outline.lines, rows, section.path, symbols)


def _parts(
    cell: _Cell, lines: LineIndex, rows: tuple[int, int], path: HeadingPath, symbols: Iterable[ChunkSymbol]
) -> Iterator[_Part]:
    """The rows as one part, or as several if they are one over-long line; of the symbols those in them."""
    start, end = rows
    text = lines.slice(start, end)
    inside = tuple(
        s._replace(line=cell.lines[s.line - 1], end_line=cell.lines[min(s.end_line, len(cell.lines)) - 1])
        for s in symbols
        if start < s.line <= end
    )
    for part in (text,) if len(text) <= MAX_CHARS else split_line(text):
        if part and not part.isspace():
            yield _Part(cell.number, path, cell.lines[start:end], part, inside)
            inside = ()


def _chunks(parts: list[_Part]) -> list[Chunk]:
    """The parts, with neighbours under the same heading joined while they are small."""
    groups: list[list[_Part]] = []
    size = 0
    for part in parts:
        above = groups[-1][-1].path if groups else ()
        fits = part.path == above or (size < TINY_CHARS and part.path[: len(above)] == above)
        if groups and fits and size + 2 + len(part.text) <= TARGET_CHARS:
            groups[-1].append(part)
            size += 2 + len(part.text)
        else:
            groups.append([part])
            size = len(part.text)
    return [_chunk(group) for group in groups]


def _chunk(group: Sequence[_Part]) -> Chunk:
    first, last = group[0], group[-1]
    name = f"cell {first.cell}" if first.cell == last.cell else f"cells {first.cell}-{last.cell}"
    symbol = " > ".join(filter(None, [symbol_of([part.path for part in group]), name]))
    text = "\n\n".join(part.text for part in group)
    symbols = tuple(found for part in group for found in part.symbols)
    return Chunk(first.lines[0], last.lines[-1], symbol, "cell", text, symbols, _line_runs(group))


def _line_runs(group: Sequence[_Part]) -> tuple[LineRun, ...]:
    """Where the rows of the parts' texts, with a blank one between two, stand in the file."""
    runs: list[LineRun] = []
    row = 0
    for part in group:
        for at, line in enumerate(part.lines, row):
            run = runs[-1] if at > row else None
            if run is not None and line == run.last_line + 1 == run.first_line + at - run.row:
                runs[-1] = run._replace(last_line=line)
            elif run is None or line != min(run.first_line + at - run.row, run.last_line):
                runs.append(LineRun(at, line, line))
        row += part.text.count("\n") + 2
    return tuple(runs)


def _cells(text: str) -> Iterator[_Cell]:
    """The cells of a notebook's JSON that have text; ValueError if it is no notebook."""
    starts = LineIndex(text).starts
    for number, at in enumerate(_cell_offsets(text), 1):
        cell = {key: (offset, value) for key, offset, value in _members(text, at)}
        offset, source = cell.get("source") or cell.get("input") or (at, "")
        strings = _elements(text, offset) if isinstance(source, list) else [(offset, source)]
        said, lines = _source((bisect_right(starts, start), string) for start, string in strings)
        if not said or said.isspace():
            continue
        _, kind = cell.get("cell_type", (0, ""))
        _, level = cell.get("level", (0, 1))
        heading = kind == "heading" and isinstance(level, int)
        yield _Cell(number, str(kind), said, lines, min(max(cast(int, level), 1), 6) if heading else 0)


def _cell_offsets(text: str) -> list[int]:
    """Where each cell's object begins in the JSON; ValueError if there is no list of cells."""
    found: list[int] | None = None
    for key, at, value in _members(text, 0):
        if key == "cells" and isinstance(value, list):
            found = [offset for offset, cell in _elements(text, at) if isinstance(cell, dict)]
        elif key == "worksheets" and isinstance(value, list):  # format 3
            sheets = [offset for offset, sheet in _elements(text, at) if isinstance(sheet, dict)]
            members = [member for offset in sheets for member in _members(text, offset)]
            lists = [offset for key, offset, cells in members if key == "cells" and isinstance(cells, list)]
            found = [
                offset for start in lists for offset, cell in _elements(text, start) if isinstance(cell, dict)
            ]
    if found is None:
        raise ValueError("no cells")
    return found


def _source(strings: Iterable[tuple[int, object]]) -> tuple[str, tuple[int, ...]]:
    """A cell's text, and for each of its lines the file's line of the string in which it begins."""
    lines: list[int] = []
    parts: list[str] = []
    for line, part in strings:
        if isinstance(part, str) and part:
            goes_on = bool(parts) and not parts[-1].endswith("\n")
            lines.extend([line] * (part.count("\n") + (not part.endswith("\n")) - goes_on))
            parts.append(part)
    # JSON can spell half a surrogate pair, which no encoding can store.
    return "".join(parts).encode("utf-8", "replace").decode(), tuple(lines)


def _members(text: str, at: int) -> Iterator[tuple[str, int, object]]:
    """Key, offset and value of each member of the JSON object at `at`."""
    at = _space(text, at)
    if text[at : at + 1] != "{":
        raise ValueError("not an object")
    at = _space(text, at + 1)
    while text[at : at + 1] != "}":
        key, at = _value(text, at)
        at = _space(text, at)
        if not isinstance(key, str) or text[at : at + 1] != ":":
            raise ValueError("not a member")
        start = _space(text, at + 1)
        value, at = _value(text, start)
        yield key, start, value
        at = _behind_comma(text, at)


def _elements(text: str, at: int) -> Iterator[tuple[int, object]]:
    """Place and value of each element of the JSON array at `at`, which has been read as one before."""
    at = _space(text, at + 1)
    while text[at : at + 1] != "]":
        value, end = _value(text, at)
        yield at, value
        at = _behind_comma(text, end)


def _value(text: str, at: int) -> tuple[object, int]:
    return _DECODER.raw_decode(text, at)


def _behind_comma(text: str, at: int) -> int:
    at = _space(text, at)
    return _space(text, at + 1) if text[at : at + 1] == "," else at


def _space(text: str, at: int) -> int:
    """The next offset that is no white space."""
    match = _SPACE.match(text, at)
    return match.end() if match else at
