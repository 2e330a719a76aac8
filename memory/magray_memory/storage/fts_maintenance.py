"""Maintenance of the lexical tables (FTS5): consistency with the passages, segments, merging.

SQLite's own checks see nothing of this: a contentless table that was fed one wrong token, or lost a block, is
sound to all of them.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from magray_memory.storage import schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from magray_memory.storage.fts import Names, Tokens
    from magray_memory.storage.vault import Vault

_ROWS = 1000
_STRUCTURE_ROW = 10


def missing_passages(vault: Vault) -> int:
    """How many passages are not in the lexical table."""
    with vault.read() as connection:
        return connection.execute(
            "SELECT count(*) FROM passage WHERE id NOT IN (SELECT id FROM passage_fts_docsize)"
        ).fetchone()[0]


def foreign_rows(vault: Vault) -> int:
    """How many rows of the lexical table are of no passage."""
    with vault.read() as connection:
        return connection.execute(
            "SELECT count(*) FROM passage_fts_docsize WHERE id NOT IN (SELECT id FROM passage)"
        ).fetchone()[0]


def token_totals(vault: Vault) -> tuple[int, int]:
    """Tokens that were fed, as noted by row, and tokens that are found, as noted by term."""
    with vault.read() as connection:
        fed = sum(
            sum(_varints(sizes)) for (sizes,) in connection.execute("SELECT sz FROM passage_fts_docsize")
        )
        (found,) = connection.execute("SELECT coalesce(sum(cnt), 0) FROM passage_vocab").fetchone()
    return fed, found


def finds(vault: Vault, token: str, passage_id: int) -> bool:
    """Whether a token finds a passage."""
    with vault.read() as connection:
        row = connection.execute(
            "SELECT 1 FROM passage_fts WHERE passage_fts MATCH ? AND rowid = ?", (f'"{token}"', passage_id)
        ).fetchone()
    return row is not None


def first_different_term(vault: Vault, rows: Iterable[Tokens]) -> str | None:
    """A term that the lexical table does not hold as a table fed with these rows does; None if both agree."""
    with vault.read() as connection, closing(sqlite3.connect("", isolation_level=None)) as fresh:
        fresh.execute(schema.fts_table("expected"))
        fresh.execute("BEGIN")
        fresh.executemany("INSERT INTO expected(rowid, symbol, path, body) VALUES (?, ?, ?, ?)", rows)
        return _first_difference(fresh, connection, "passage_vocab")


def first_different_name(vault: Vault, rows: Iterable[Names]) -> str | None:
    """The same of the names of symbols."""
    with vault.read() as connection, closing(sqlite3.connect("", isolation_level=None)) as fresh:
        if not schema.has_symbol_texts(connection):
            return None
        fresh.execute(schema.name_table("expected"))
        fresh.execute("BEGIN")
        fresh.executemany("INSERT INTO expected(rowid, names) VALUES (?, ?)", rows)
        return _first_difference(fresh, connection, "name_vocab")


def _first_difference(fresh: sqlite3.Connection, stored: sqlite3.Connection, vocabulary: str) -> str | None:
    fresh.execute("COMMIT")
    fresh.execute("CREATE VIRTUAL TABLE vocab USING fts5vocab(expected, row)")
    wanted = fresh.execute("SELECT term, doc, cnt FROM vocab")
    found = stored.execute(f"SELECT term, doc, cnt FROM {vocabulary}")
    while True:
        one, other = wanted.fetchmany(_ROWS), found.fetchmany(_ROWS)
        if one != other:
            pairs = ((a, b) for a, b in zip(one, other, strict=False) if a != b)
            return next(pairs, (one or other)[-1:] * 2)[0][0]
        if not one:
            return None


def segments(vault: Vault) -> int:
    """Segments of the lexical table, as its structure record says: a cookie, then two varints."""
    with vault.read() as connection:
        row = connection.execute(
            "SELECT block FROM passage_fts_data WHERE id = ?", (_STRUCTURE_ROW,)
        ).fetchone()
    values = [] if row is None else list(_varints(row[0][4:24]))
    return values[1] if len(values) > 1 else 0


def merge(vault: Vault, pages: int) -> bool:
    """Merge segments in one transaction of about so many pages; False once there is nothing left to merge.

    A negative number begins to merge all segments, a positive one goes on.
    """
    with vault.write() as connection:
        changes = connection.total_changes
        tables = ("passage_fts", "passage_name")
        for table in tables:
            connection.execute(f"INSERT INTO {table}({table}, rank) VALUES ('merge', ?)", (pages,))
        return connection.total_changes - changes > len(tables)


def run_queries(vault: Vault, queries: Sequence[str], limit: int) -> None:
    """Run FTS5 queries for the ids of their best passages, as a search does."""
    with vault.read() as connection:
        for query in queries:
            connection.execute(
                "SELECT rowid FROM passage_fts WHERE passage_fts MATCH ? ORDER BY rank LIMIT ?",
                (query, limit),
            ).fetchall()


def _varints(data: bytes) -> Iterator[int]:
    """SQLite's variable-length integers; a ninth byte, which no count reaches, is not read."""
    value = 0
    for byte in data:
        value = (value << 7) | (byte & 0x7F)
        if byte < 0x80:
            yield value
            value = 0
