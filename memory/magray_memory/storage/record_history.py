"""Record history: the records of a notebook as they stood at an earlier moment, where they are not so now.

A record that was neither changed nor trashed since is what the notebook has now; the others are given here,
with the text of then.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.storage.record_facts import citations, has_records

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator

    from magray_memory.storage.records import Citation


class PastRecord(NamedTuple):
    """A record as it was from `updated_at` on; times are UTC seconds. What no history is kept of is as it is
    now: layer, uses, importance, pin, source.
    """

    id: int
    text: str
    title: str | None
    kind: str
    tags: tuple[str, ...]
    layer: str
    created_at: float
    updated_at: float
    access_count: int
    last_access_at: float | None
    importance: float
    pinned: bool
    session: str | None
    project: str | None
    key: str | None
    superseded_by: int | None
    citation: Citation | None


_OF_DOCUMENT = (
    "d.layer, d.created_at, {changed}, d.access_count, d.last_access_at, coalesce(d.score, 0.5), d.pinned,"
    " d.session, d.project, d.key, CASE WHEN r.created_at < :at THEN d.superseded_by END"
)
_REPLACED = "LEFT JOIN document r ON r.id = d.superseded_by"


def past_records(connection: sqlite3.Connection, at: float) -> Iterator[PastRecord]:
    """The records that were there at a moment and are not what they were, the last changed first."""
    if not has_records(connection):
        return
    yield from _edited(connection, at)
    yield from _trashed(connection, at)


def _edited(connection: sqlite3.Connection, at: float) -> Iterator[PastRecord]:
    rows = connection.execute(
        f"SELECT d.id, v.text, v.title, v.kind, v.tags, {_OF_DOCUMENT.format(changed='v.from_at')}"
        f" FROM revision v JOIN document d ON d.id = v.document_id {_REPLACED}"
        " WHERE v.until_at >= :at AND v.from_at < :at AND (d.trashed_at IS NULL OR d.trashed_at >= :at)"
        " ORDER BY v.from_at DESC",
        {"at": at},
    )
    for row in rows:
        yield _record(connection, row, tuple(json.loads(row[4])))


def _trashed(connection: sqlite3.Connection, at: float) -> Iterator[PastRecord]:
    from magray_memory.storage.tags import tags_of

    rows = connection.execute(
        f"SELECT d.id, d.text, d.title, d.kind, '', {_OF_DOCUMENT.format(changed='d.updated_at')}"
        f" FROM document d {_REPLACED}"
        # The + keeps SQLite from the index of changes, by which nearly every record is older.
        " WHERE d.trashed_at >= :at AND +d.updated_at < :at AND d.text IS NOT NULL"
        " ORDER BY d.updated_at DESC",
        {"at": at},
    )
    for row in rows:
        yield _record(connection, row, tuple(tags_of(connection, [row[0]]).get(row[0], ())))


def _record(connection: sqlite3.Connection, row: tuple[object, ...], tags: tuple[str, ...]) -> PastRecord:
    document = int(str(row[0]))
    fields = (*row[:4], tags, *row[5:], citations(connection, [document]).get(document))
    record = PastRecord._make(fields)
    return record._replace(pinned=bool(record.pinned))
