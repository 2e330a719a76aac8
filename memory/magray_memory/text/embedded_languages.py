"""Embedded languages: the scripts and styles in HTML, Vue, Svelte and Astro files.

The page is divided by rows into regions of one language each; tags stay with the markup around them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.text.chunk_types import MAX_CHARS, STRAY_CHARS
from magray_memory.text.line_chunker import fit_names
from magray_memory.text.line_index import LineIndex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from magray_memory.text.chunk_types import Chunk, ChunkSymbol

    SymbolsOf = Callable[[str, str], list[ChunkSymbol]]
    ChunkOne = Callable[[str, str], tuple[list[Chunk], str | None]]

HOST_LANGUAGES = {"html": 1_400, "vue": 0, "svelte": 0, "astro": 0}
"""Languages that embed others, and the characters from which a script or a style is a region of its own."""

_OPENING = re.compile(r"^[ \t]*<(?P<tag>script|style)\b(?P<attributes>[^>\n]*)>[ \t]*\r?$", re.IGNORECASE)
_TYPE = re.compile(r"""\b(?:lang|type)\s*=\s*["']?(?:text/|application/)?([\w+-]+)""", re.IGNORECASE)
_SCRIPTS = {
    "ts": "typescript",
    "typescript": "typescript",
    "tsx": "tsx",
    "js": "javascript",
    "jsx": "javascript",
    "javascript": "javascript",
    "module": "javascript",
    "": "javascript",
    "css": "css",
    "scss": "scss",
}


class LanguageRegion(NamedTuple):
    """Rows `[start, end)` of a page and the language they are in."""

    start: int
    end: int
    language: str


def language_regions(text: str, language: str) -> list[LanguageRegion]:
    """The regions of a page in order, which tile its rows; markup, also that of Vue, is "html"."""
    lines = LineIndex(text)
    regions: list[LanguageRegion] = []
    row = 0
    for inner in _embedded_regions(text, language):
        if lines.size(inner.start, inner.end) < HOST_LANGUAGES[language]:
            continue
        if inner.start > row:
            regions.append(LanguageRegion(row, inner.start, "html"))
        regions.append(inner)
        row = inner.end
    if row < lines.count:
        regions.append(LanguageRegion(row, lines.count, "html"))
    return regions


def with_small_regions(text: str, chunks: list[Chunk], language: str, symbols_of: SymbolsOf) -> list[Chunk]:
    """The chunks of a page with what its scripts and styles define that are too small for regions of their
    own; `symbols_of` a text and its language.
    """
    lines = LineIndex(text)
    found: list[ChunkSymbol] = []
    for start, end, inner in _embedded_regions(text, language):
        if lines.size(start, end) < HOST_LANGUAGES[language]:
            found += [_lower(symbol, start) for symbol in symbols_of(lines.slice(start, end), inner)]
    if not found:
        return chunks
    return [
        chunk._replace(symbols=tuple(sorted([*chunk.symbols, *inside], key=lambda symbol: symbol.line)))
        if (inside := [s for s in found if chunk.start_line <= s.line <= chunk.end_line])
        else chunk
        for chunk in chunks
    ]


def _embedded_regions(text: str, language: str) -> Iterator[LanguageRegion]:
    """The rows between `<script>` and `</script>`, `<style>` and `</style>`, and the fences of Astro."""
    rows = text.split("\n")
    row = 0
    if language == "astro" and rows[0].strip() == "---":
        end = next((at for at in range(1, len(rows)) if rows[at].strip() == "---"), 0)
        if end > 1:
            yield LanguageRegion(1, end, "typescript")
        row = end
    while row < len(rows):
        opening = _OPENING.match(rows[row][:500])
        row += 1
        if opening is None:
            continue
        closing = f"</{opening['tag'].lower()}"
        end = next((at for at in range(row, len(rows)) if closing in rows[at].lower()), len(rows))
        kind = _TYPE.search(opening["attributes"])
        name = kind[1].lower() if kind else ("css" if opening["tag"].lower() == "style" else "")
        if name in _SCRIPTS and row < end < len(rows):
            yield LanguageRegion(row, end, _SCRIPTS[name])
        row = end


def chunk_page(
    text: str, regions: list[LanguageRegion], chunk_one: ChunkOne
) -> tuple[list[Chunk], str | None]:
    """Each region on its own, by `chunk_one` of a text and its language; a tiny one (a tag alone) joins what
    stands before it.
    """
    lines = LineIndex(text)
    chunks: list[Chunk] = []
    notes: dict[str, None] = {}
    for start, end, language in regions:
        found, note = chunk_one(lines.slice(start, end), language)
        if note:
            notes[note] = None
        found = [_moved(chunk, start) for chunk in found]
        bare = len(chunks) == 1 and not chunks[0].symbol and len(chunks[0].text) < STRAY_CHARS
        small = bare or lines.size(start, end) < STRAY_CHARS
        if chunks and found and small and (joined := _joined(lines, chunks[-1], found[0])) is not None:
            chunks[-1:] = [joined, *found[1:]]
        else:
            chunks.extend(found)
    return chunks, "; ".join(notes) or None


def _moved(chunk: Chunk, rows: int) -> Chunk:
    """The chunk so many rows further down."""
    symbols = tuple(_lower(symbol, rows) for symbol in chunk.symbols)
    return chunk._replace(start_line=chunk.start_line + rows, end_line=chunk.end_line + rows, symbols=symbols)


def _lower(symbol: ChunkSymbol, rows: int) -> ChunkSymbol:
    """The symbol so many rows further down."""
    return symbol._replace(line=symbol.line + rows, end_line=symbol.end_line + rows)


def _joined(lines: LineIndex, before: Chunk, after: Chunk) -> Chunk | None:
    """Two neighbours as one chunk under both their names; None when it would be too long."""
    text = lines.slice(before.start_line - 1, after.end_line)
    if len(text) > MAX_CHARS or before.end_line >= after.start_line:
        return None
    names = list(dict.fromkeys(filter(None, (before.symbol, after.symbol))))
    return before._replace(
        end_line=after.end_line,
        symbol=", ".join(fit_names(names, names)),
        kind=before.kind if before.symbol or not after.symbol else after.kind,
        text=text,
        symbols=(*before.symbols, *after.symbols),
    )
