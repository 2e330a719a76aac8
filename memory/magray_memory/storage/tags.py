"""Tags of documents. Functions take a connection, inside the caller's transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


def set_tags(connection: sqlite3.Connection, document_id: int, tags: Iterable[str]) -> None:
    """Make these the tags of a document."""
    wanted = set(tags)
    stored = connection.execute(
        "SELECT name, tag.id FROM document_tag JOIN tag ON tag.id = tag_id WHERE document_id = ?",
        (document_id,),
    )
    present: dict[str, int] = dict(stored.fetchall())
    for name in present.keys() - wanted:
        connection.execute(
            "DELETE FROM document_tag WHERE document_id = ? AND tag_id = ?", (document_id, present[name])
        )
    for name in sorted(wanted - present.keys()):
        connection.execute("INSERT OR IGNORE INTO tag(name) VALUES (?)", (name,))
        connection.execute(
            "INSERT INTO document_tag(document_id, tag_id) SELECT ?, id FROM tag WHERE name = ?",
            (document_id, name),
        )


def tags_of(connection: sqlite3.Connection, document_ids: Iterable[int]) -> dict[int, list[str]]:
    """The tags of these documents, in alphabetical order; documents without any are left out."""
    found: dict[int, list[str]] = {}
    for document, name in connection.execute(
        "SELECT document_id, name FROM document_tag JOIN tag ON tag.id = tag_id "
        f"WHERE document_id IN ({','.join(map(str, document_ids))}) ORDER BY name"
    ):
        found.setdefault(document, []).append(name)
    return found
