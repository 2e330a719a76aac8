"""Passages and their documents as searches read them: rows for ranking, texts, what a hit shows.

Functions take a connection, inside the caller's transaction. Lists of ids stand in the statement itself:
there may be more of them than SQLite takes as parameters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from magray_memory.storage.schema import stamp_columns

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from magray_memory.regular_file import Stamp

DOCUMENT_TIME = "CASE WHEN d.path IS NULL THEN d.updated_at ELSE d.mtime_ns / 1e9 END"
"""When document `d` was changed, in UTC seconds: a file by its own time, a record by its last edit."""


class PassageRow(NamedTuple):
    """What ranking needs to know about a passage and its document.

    `kind` is the document's, `part` the passage's own; `when` is UTC seconds.
    """

    passage: int
    document: int
    start_line: int
    end_line: int
    symbol: str
    path: str | None
    title: str | None
    kind: str
    layer: str
    when: float
    part: str = ""


class FilePassage(NamedTuple):
    """A passage of one file: lines are 1-based and inclusive."""

    passage: int
    document: int
    start_line: int
    end_line: int
    text: str


class DocumentDetails(NamedTuple):
    """What a hit shows of a document besides its passages; stamp and hash are of the file that was indexed,
    the hash None for a record.
    """

    id: int
    kind: str
    language: str | None
    key: str | None
    stamp: Stamp
    hash: bytes | None


def passage_rows(connection: sqlite3.Connection, passages: Iterable[int]) -> Iterator[PassageRow]:
    """The rows of these passages; those that are gone or in the trash are left out."""
    found = connection.execute(
        "SELECT p.id, p.document_id, p.start_line, p.end_line, p.symbol, d.path, d.title, d.kind, d.layer, "
        f"{DOCUMENT_TIME}, p.kind FROM passage p JOIN document d ON d.id = p.document_id "
        f"WHERE p.id IN ({_list(passages)}) AND d.trashed_at IS NULL"
    )
    return map(PassageRow._make, found)


def passage_texts(connection: sqlite3.Connection, passages: Iterable[int]) -> Iterator[tuple[int, str]]:
    """Id and text of these passages."""
    return connection.execute(f"SELECT id, text FROM passage WHERE id IN ({_list(passages)})")


def text_sizes(connection: sqlite3.Connection, passages: Iterable[int]) -> dict[int, int]:
    """The bytes of the texts of these passages, by id."""
    found = connection.execute(
        f"SELECT id, length(CAST(text AS BLOB)) FROM passage WHERE id IN ({_list(passages)})"
    )
    return dict(found.fetchall())


class EmbeddedParts(NamedTuple):
    """All that the text is made of that stands for a passage in a vector space."""

    passage: int
    symbol: str
    title: str | None
    text: str
    kind: str
    text_hash: bytes


def embedded_parts(connection: sqlite3.Connection, passages: Iterable[int]) -> Iterator[EmbeddedParts]:
    """What is embedded of these passages; `kind` is that of their document."""
    found = connection.execute(
        "SELECT p.id, p.symbol, d.title, p.text, d.kind, p.text_hash FROM passage p"
        f" JOIN document d ON d.id = p.document_id WHERE p.id IN ({_list(passages)})"
    )
    return map(EmbeddedParts._make, found)


def indexed_texts(connection: sqlite3.Connection, passages: Iterable[int]) -> list[str]:
    """All that the lexical index knows of each of these passages: symbol, path and text, a line apart."""
    found = connection.execute(
        "SELECT p.symbol || char(10) || coalesce(d.path, '') || char(10) || p.text "
        f"FROM passage p JOIN document d ON d.id = p.document_id WHERE p.id IN ({_list(passages)})"
    )
    return [text for (text,) in found.fetchall()]


def file_passages(connection: sqlite3.Connection, path: str) -> list[FilePassage]:
    """The passages of the file at a path, in their order in it."""
    found = connection.execute(
        "SELECT p.id, p.document_id, p.start_line, p.end_line, p.text FROM passage p "
        "JOIN document d ON d.id = p.document_id WHERE d.path = ? ORDER BY p.ordinal",
        (path,),
    )
    return list(map(FilePassage._make, found))


def has_file(connection: sqlite3.Connection, path: str) -> bool:
    """Whether a file of this path is indexed."""
    found = connection.execute("SELECT 1 FROM document WHERE path = ?", (path,))
    return found.fetchone() is not None


def document_details(
    connection: sqlite3.Connection, document_ids: Iterable[int]
) -> dict[int, DocumentDetails]:
    """The details of these documents by id."""
    rows = connection.execute(
        f"SELECT id, kind, language, key, hash, {stamp_columns(connection)} FROM document"
        f" WHERE id IN ({_list(document_ids)})"
    )
    return {row[0]: DocumentDetails(row[0], row[1], row[2], row[3], row[5:], row[4]) for row in rows}


def _list(ids: Iterable[int]) -> str:
    return ",".join(map(str, ids))
