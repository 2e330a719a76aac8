"""Data sample: rows of data and encoded bytes are cut finely at their beginning only; then in large passages.

Each passage is found by all of its words, and a model reads the beginning of it: so a file of rows, or of
encoded bytes, costs a few vectors instead of one for every screenful.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

from magray_memory.text.chunk_types import Chunk
from magray_memory.text.row_kind import ROWS_KIND

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SAMPLE = 8
"""Chunks at the beginning of a file that stay as they are."""
ROWS_CHARS = 20_000
"""Characters of the chunks after them."""

_LANGUAGES = frozenset(("csv", "log"))
_EXTENSIONS = re.compile(r"\.(?:jsonl|ndjson|log)(?:\.\d+)?$", re.IGNORECASE)
_ENCODED = re.compile(r"[A-Za-z0-9+/=_-]{1000,}")


def sampled(path: str, language: str, text: str, chunks: Sequence[Chunk]) -> Sequence[Chunk]:
    """The chunks of a file: of rows and log lines those after the sample put together, elsewhere those of one
    line of encoded bytes.
    """
    if len(chunks) <= SAMPLE:
        return chunks
    array = language == "json" and text.lstrip("\ufeff \t\r\n").startswith("[")
    if array or language in _LANGUAGES or _EXTENSIONS.search(path):
        rows = [*chunks[:SAMPLE], *_together(text.split("\n"), chunks[SAMPLE:])]
        return [chunk._replace(kind=ROWS_KIND) for chunk in rows]
    if all(one.start_line != other.end_line for one, other in zip(chunks, chunks[SAMPLE:], strict=False)):
        return chunks  # no line is in more than a sample of chunks
    found: list[Chunk] = []
    for _, pieces in itertools.groupby(chunks, key=lambda chunk: (chunk.start_line, chunk.end_line)):
        line = list(pieces)
        encoded = len(line) > SAMPLE and all(_ENCODED.search(piece.text) for piece in line[:SAMPLE])
        found += [*line[:SAMPLE], *_together((), line[SAMPLE:])] if encoded else line
    return found


def _together(lines: Sequence[str], chunks: Sequence[Chunk]) -> Iterator[Chunk]:
    group: list[Chunk] = []
    size = 0
    for chunk in chunks:
        if group and size + len(chunk.text) > ROWS_CHARS:
            yield _joined(lines, group)
            group, size = [], 0
        group.append(chunk)
        size += len(chunk.text)
    if group:
        yield _joined(lines, group)


def _joined(lines: Sequence[str], group: Sequence[Chunk]) -> Chunk:
    first, last = group[0], group[-1]
    pieces = first.start_line == last.end_line or any(
        one.end_line == other.start_line for one, other in itertools.pairwise(group)
    )
    text = (
        "".join(c.text for c in group) if pieces else "\n".join(lines[first.start_line - 1 : last.end_line])
    )
    symbols = tuple(symbol for chunk in group for symbol in chunk.symbols)
    return Chunk(first.start_line, last.end_line, "", "text", text, symbols)
