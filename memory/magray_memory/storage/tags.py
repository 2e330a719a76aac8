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


def paths_with_tag(connection: sqlite3.Connection, tag: str) -> list[str]:
    """The files with a tag, or one nested in it."""
    rows = connection.execute(
        "SELECT DISTINCT path FROM tag JOIN document_tag ON tag_id = tag.id JOIN document ON"
        " document.id = document_id WHERE (name = ? OR substr(name, 1, length(?) + 1) = ? || '/')"
        " AND path IS NOT NULL ORDER BY path",
        (tag, tag, tag),
    )
    return [path for (path,) in rows]


def tags_after(connection: sqlite3.Connection, last: int) -> list[tuple[int, str]]:
    """Id and name of the tags that were made after the one of this id, ascending."""
    return connection.execute("SELECT id, name FROM tag WHERE id > ? ORDER BY id", (last,)).fetchall()


def tagged_documents(connection: sqlite3.Connection, tag: int, limit: int) -> list[int]:
    """The documents with a tag, at most `limit`, the newest first."""
    rows = connection.execute(
        "SELECT document_id FROM document_tag WHERE tag_id = ? ORDER BY document_id DESC LIMIT ?",
        (tag, limit),
    )
    return [row[0] for row in rows]


def passages_with_tags(
    connection: sqlite3.Connection, passages: Iterable[int], tags: Iterable[int]
) -> list[tuple[int, int]]:
    """Which of these passages have which of these tags, by their documents: passage id, tag id."""
    return connection.execute(
        "SELECT p.id, dt.tag_id FROM passage p JOIN document_tag dt ON dt.document_id = p.document_id"
        f" WHERE p.id IN ({','.join(map(str, passages))}) AND dt.tag_id IN ({','.join(map(str, tags))})"
    ).fetchall()
