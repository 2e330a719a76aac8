"""Redactions: how many secrets were taken out of each document, by kind. Functions take a connection, inside
the caller's transaction.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RULES = "redaction_rules"
"""The fact of a vault that names the rules by which all of it was read."""


def rules_of(connection: sqlite3.Connection) -> str | None:
    """The rules by which all of a vault was read, None where that is not known."""
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (RULES,)).fetchone()
    return None if row is None else row[0]


def set_redactions(connection: sqlite3.Connection, document_id: int, counts: Mapping[str, int]) -> None:
    """Make these the counts of a document."""
    connection.execute("DELETE FROM redaction WHERE document_id = ?", (document_id,))
    connection.executemany(
        "INSERT INTO redaction(document_id, kind, count) VALUES (?, ?, ?)",
        [(document_id, kind, count) for kind, count in counts.items()],
    )


def redactions_of(connection: sqlite3.Connection, document_id: int) -> dict[str, int]:
    """What was taken out of a document, by kind; nothing in a vault of an earlier version."""
    return _counts(
        connection, "SELECT kind, count FROM redaction WHERE document_id = ? ORDER BY kind", document_id
    )


def all_redactions(connection: sqlite3.Connection) -> dict[str, int]:
    """What was taken out of all documents, by kind, the most first."""
    return _counts(
        connection, "SELECT kind, sum(count) FROM redaction GROUP BY kind ORDER BY sum(count) DESC, kind"
    )


def redacted_documents(connection: sqlite3.Connection) -> set[int]:
    """The documents out of which something was taken."""
    return {row[0] for row in connection.execute("SELECT DISTINCT document_id FROM redaction")}


def stored_texts(connection: sqlite3.Connection) -> Iterator[tuple[int, str | None, str | None, str]]:
    """Document id, path, language and text of every passage, and title, symbol and text in one."""
    yield from connection.execute(
        "SELECT document.id, path, language,"
        " coalesce(title, '') || char(10) || symbol || char(10) || passage.text"
        " FROM passage JOIN document ON document.id = document_id ORDER BY document_id, ordinal"
    )


def record_texts(connection: sqlite3.Connection) -> Iterator[tuple[int, str, str | None]]:
    """Id, text and title of every record, in the trash or not."""
    yield from connection.execute("SELECT id, text, title FROM document WHERE text IS NOT NULL ORDER BY id")


def former_texts(connection: sqlite3.Connection) -> Iterator[tuple[int, str, str | None]]:
    """Id, text and title of every former state of a record."""
    yield from connection.execute("SELECT id, text, title FROM revision ORDER BY id")


def replace_former_text(connection: sqlite3.Connection, revision: int, text: str, title: str | None) -> None:
    """Give a former state of a record another text and title."""
    connection.execute("UPDATE revision SET text = ?, title = ? WHERE id = ?", (text, title, revision))


def _counts(connection: sqlite3.Connection, statement: str, *values: int) -> dict[str, int]:
    try:
        return dict(connection.execute(statement, values).fetchall())
    except sqlite3.OperationalError:  # a vault of an earlier version, which its next run brings up to date
        return {}
