"""Stored symbols: the definitions and headings of a chunk in the form in which they are stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.storage.symbol_text import FIELDS, SymbolText
from magray_memory.text.folded_names import folded

if TYPE_CHECKING:
    from magray_memory.text.chunk_types import Chunk, ChunkSymbol

_NONE = SymbolText()
_BREAKS = str.maketrans("\t\n", "  ")


def stored_symbols(chunk: Chunk) -> SymbolText:
    """The symbols of a chunk as they are stored."""
    symbols, start = chunk.symbols, chunk.start_line
    if not symbols:
        return _NONE
    lines: list[str] = []
    names: list[str] = []
    for name, container, kind, line, end_line, joint in symbols:
        lower, other = name.lower(), ""
        if not (name.isascii() and name.isidentifier()):
            other = folded(name)
            lower, other = (lower, "") if other == lower else (other, other)
        names.append(lower)
        lines.append(f"{name}\t{container}\t{kind}\t{line - start}\t{end_line - line}\t{joint}\t{other}")
    text = "\n".join(lines)
    if text.count("\t") != (FIELDS - 1) * len(lines) or text.count("\n") != len(lines) - 1:
        return stored_symbols(chunk._replace(symbols=tuple(map(_on_one_line, symbols))))
    found = "\n".join(names)
    return SymbolText(text, found) if text.isascii() else SymbolText(_encodable(text), _encodable(found))


def _on_one_line(symbol: ChunkSymbol) -> ChunkSymbol:
    name, container = symbol.name.translate(_BREAKS), symbol.container.translate(_BREAKS)
    return symbol._replace(name=name, container=container)


def _encodable(text: str) -> str:
    """The text without halves of surrogate pairs, which a database cannot hold."""
    return text.encode("utf-8", "replace").decode()
