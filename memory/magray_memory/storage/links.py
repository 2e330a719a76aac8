"""Links between notes: what a document links to, and the notes that a link can mean.

Functions take a connection, inside the caller's transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator


def set_links(connection: sqlite3.Connection, document_id: int, targets: Iterable[str]) -> None:
    """Make these the targets that a document links to, in order."""
    wanted = list(targets)
    stored = connection.execute(
        "SELECT target FROM link WHERE source_id = ? ORDER BY id", (document_id,)
    ).fetchall()
    if wanted == [target for (target,) in stored]:
        return
    connection.execute("DELETE FROM link WHERE source_id = ?", (document_id,))
    connection.executemany(
        "INSERT INTO link(source_id, target) VALUES (?, ?)", [(document_id, target) for target in wanted]
    )


def record_links(connection: sqlite3.Connection) -> list[tuple[int, str]]:
    """What records outside the trash link to: the record, and the name without part and shown text."""
    return connection.execute(
        "SELECT source_id, target FROM link JOIN document ON document.id = source_id"
        " WHERE text IS NOT NULL AND path IS NULL AND trashed_at IS NULL ORDER BY source_id"
    ).fetchall()


def first_symbols(connection: sqlite3.Connection) -> Iterator[tuple[str, str | None, str | None]]:
    """Path and title of every note that is a file, and the first passage's symbol, which has its aliases."""
    return connection.execute(
        "SELECT path, title, symbol FROM document"
        " LEFT JOIN passage ON document_id = document.id AND ordinal = 0"
        " WHERE document.kind = 'doc' AND path IS NOT NULL"
    )


def paths_with_terms(connection: sqlite3.Connection, expression: str) -> list[str]:
    """The files with a passage that fits an expression of the lexical index."""
    rows = connection.execute(
        "SELECT DISTINCT document.path FROM passage_fts JOIN passage ON passage.id = passage_fts.rowid"
        " JOIN document ON document.id = document_id WHERE passage_fts MATCH ?"
        " AND document.path IS NOT NULL",
        (expression,),
    )
    return [path for (path,) in rows.fetchall()]


def tag_counts(connection: sqlite3.Connection) -> Iterator[tuple[str, int]]:
    """Every tag, and how many documents outside the trash have it."""
    return connection.execute(
        "SELECT name, count(*) FROM tag JOIN document_tag ON tag_id = tag.id"
        " JOIN document ON document.id = document_id WHERE trashed_at IS NULL GROUP BY name"
    )
