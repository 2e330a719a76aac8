"""Record facts: what ranking and a hit need of records besides their passages, for the few candidates.

Functions take a connection, inside the caller's transaction. Nothing here looks at more rows than it returns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from magray_memory.storage.schema import RECORDS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from magray_memory.storage.record_types import Citation


class RecordFacts(NamedTuple):
    """A record that is a candidate; times are UTC seconds, `importance` is 0…1.

    `replacement`: the record that replaces this one, where that is not in the trash; `replaced_at`: when that
    was written.
    """

    document: int
    created_at: float
    updated_at: float
    last_access_at: float | None
    access_count: int
    importance: float
    pinned: bool
    session: str | None
    project: str | None
    superseded_by: int | None
    replacement: int | None
    replaced_at: float | None

    def is_replaced(self, at: float) -> bool:
        """Whether another record had taken its place by this moment."""
        return self.replaced_at is not None and self.replaced_at <= at


def has_records(connection: sqlite3.Connection) -> bool:
    """Whether a vault is of a version that has records."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version >= RECORDS


def record_facts(connection: sqlite3.Connection, documents: Iterable[int]) -> dict[int, RecordFacts]:
    """The facts of those of these documents that are records, by id."""
    rows = connection.execute(
        "SELECT d.id, d.created_at, d.updated_at, d.last_access_at, d.access_count, coalesce(d.score, 0.5),"
        " d.pinned, d.session, d.project, d.superseded_by, r.id, r.created_at FROM document d"
        " LEFT JOIN document r ON r.id = d.superseded_by AND r.trashed_at IS NULL"
        f" WHERE d.id IN ({_list(documents)}) AND d.path IS NULL"
    )
    return {row[0]: RecordFacts._make(row) for row in rows}


def citations(connection: sqlite3.Connection, documents: Iterable[int]) -> dict[int, Citation]:
    """The sources of these documents."""
    from magray_memory.storage.record_types import Citation

    rows = connection.execute(
        "SELECT document_id, root, path, start_line, end_line, commit_id, text_hash, first_hash, file_hash"
        f" FROM citation WHERE document_id IN ({_list(documents)})"
    )
    return {row[0]: Citation(*row[1:]) for row in rows}


def texts_of_project(
    connection: sqlite3.Connection, passages: Iterable[int], project: str | None
) -> list[tuple[int, str]]:
    """Id and text of the records of a project that these passages are of; none in the trash or superseded."""
    return connection.execute(
        "SELECT id, text FROM document"
        f" WHERE id IN (SELECT document_id FROM passage WHERE id IN ({_list(passages)}))"
        " AND text IS NOT NULL AND +path IS NULL AND trashed_at IS NULL AND superseded_by IS NULL"
        " AND project IS ?",
        (project,),
    ).fetchall()


def first_passages(connection: sqlite3.Connection, documents: Iterable[int]) -> dict[int, int]:
    """The first passage of each of these documents."""
    rows = connection.execute(
        f"SELECT document_id, min(id) FROM passage WHERE document_id IN ({_list(documents)})"
        " GROUP BY document_id"
    )
    return dict(rows.fetchall())


def record_called(connection: sqlite3.Connection, name: str) -> int | None:
    """The record with this key; else the last changed one with this title, in any case."""
    for condition in ("key = ?", "lower(title) = lower(?)"):
        row = connection.execute(
            f"SELECT id FROM document WHERE {condition} AND text IS NOT NULL AND trashed_at IS NULL"
            " ORDER BY updated_at DESC LIMIT 1",
            (name,),
        ).fetchone()
        if row is not None:
            return row[0]
    return None


def records_within(connection: sqlite3.Connection, since: float, until: float, limit: int) -> list[int]:
    """Records that were written or changed in a span of time, at most `limit` of each, the last first."""
    found: dict[int, None] = {}
    for column in ("updated_at", "created_at"):
        rows = connection.execute(
            f"SELECT id FROM document WHERE text IS NOT NULL AND trashed_at IS NULL AND {column} >= ?"
            f" AND {column} < ? ORDER BY {column} DESC, id DESC LIMIT ?",
            (since, until, limit),
        )
        found.update(dict.fromkeys(row[0] for row in rows))
    return list(found)


def session_neighbours(connection: sqlite3.Connection, record: RecordFacts) -> list[int]:
    """The records of the same session that were written just before a record and just after it."""
    found: list[int] = []
    for sign, order in (("<", "DESC"), (">", "ASC")):
        row = connection.execute(
            "SELECT id FROM document WHERE session = ? AND project IS ? AND text IS NOT NULL"
            f" AND trashed_at IS NULL AND (created_at, id) {sign} (?, ?)"
            f" ORDER BY created_at {order}, id {order} LIMIT 1",
            (record.session, record.project, record.created_at, record.document),
        ).fetchone()
        if row is not None:
            found.append(row[0])
    return found


def _list(ids: Iterable[int]) -> str:
    return ",".join(map(str, ids))
