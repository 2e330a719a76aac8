"""Symbols: the passages that are named after a definition or a heading, found by that name.

Functions take a connection, inside the caller's transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

SymbolRow = tuple[str, str, int, int, str | None, str, str]
"""Symbol, kind, first and last line (1-based) and text of a passage, around path and kind of its document:
(symbol, kind, start_line, end_line, path, document kind, text).
"""

_COLUMNS = "SELECT p.symbol, p.kind, p.start_line, p.end_line, d.path, d.kind, p.text FROM "
_JOINED = "passage p JOIN document d ON d.id = p.document_id"


def first_symbols(connection: sqlite3.Connection, limit: int) -> list[SymbolRow]:
    """The first symbols by path and place in the file."""
    sql = f"{_COLUMNS}{_JOINED} WHERE p.symbol <> '' ORDER BY d.path, p.ordinal LIMIT ?"
    return connection.execute(sql, (limit,)).fetchall()


def symbols_with_terms(connection: sqlite3.Connection, expression: str, limit: int) -> Iterator[SymbolRow]:
    """The best passages that fit an FTS5 expression."""
    sql = (
        f"{_COLUMNS}passage_fts f JOIN passage p ON p.id = f.rowid JOIN document d ON d.id = p.document_id"
        " WHERE passage_fts MATCH ? ORDER BY f.rank LIMIT ?"
    )
    return connection.execute(sql, (expression, limit))


def symbols_with_letters(connection: sqlite3.Connection, letters: str, limit: int) -> Iterator[SymbolRow]:
    """Symbols that hold these letters in order, whatever stands between them; reads every passage."""
    pattern = "%" + "%".join(c if c not in "%_\\" else f"\\{c}" for c in letters) + "%"
    sql = f"{_COLUMNS}{_JOINED} WHERE p.symbol LIKE ? ESCAPE '\\' LIMIT ?"
    return connection.execute(sql, (pattern, limit))
