"""Record history: the records of a notebook as they stood at an earlier moment, where they are not so now.

A record whose text and tags were not changed since, and which is where it was, is what the notebook has now;
the others are given here, as they were.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from magray_memory.storage.record_facts import citations, has_records
from magray_memory.storage.tags import tags_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from magray_memory.storage.former_values import FormerValues
    from magray_memory.storage.record_types import Citation


class PastRecord(NamedTuple):
    """A record as it was from `updated_at` on; times are UTC seconds. What no history is kept of is as it is
    now: uses, source, session, key.
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


def past_records(connection: sqlite3.Connection, then: FormerValues) -> Iterator[PastRecord]:
    """The records that were there at a moment and are not what they were, the last changed first."""
    if not has_records(connection):
        return
    in_trash = then.in_trash
    for rows in (_edited(connection, then.at), _trashed(connection, then.at), _retagged(connection, then)):
        for until, row in rows:
            if row[0] not in in_trash:
                yield _record(connection, then, row, until)


def _edited(connection: sqlite3.Connection, at: float) -> Iterator[tuple[float, tuple[Any, ...]]]:
    rows = connection.execute(
        "SELECT v.until_at, d.id, v.text, v.title, v.kind, v.tags,"
        f" {_OF_DOCUMENT.format(changed='v.from_at')}"
        f" FROM revision v JOIN document d ON d.id = v.document_id {_REPLACED}"
        " WHERE v.until_at >= :at AND v.from_at < :at AND (d.trashed_at IS NULL OR d.trashed_at >= :at)"
        " ORDER BY v.from_at DESC",
        {"at": at},
    )
    for until, *row in rows:
        yield until, tuple(row)


def _trashed(connection: sqlite3.Connection, at: float) -> Iterator[tuple[float, tuple[Any, ...]]]:
    # The + keeps SQLite from the index of changes, by which nearly every record is older.
    where = "d.trashed_at >= :at AND +d.updated_at < :at AND d.text IS NOT NULL"
    yield from _unedited(connection, where, at)


def _retagged(connection: sqlite3.Connection, then: FormerValues) -> Iterator[tuple[float, tuple[Any, ...]]]:
    ids = ",".join(map(str, then.retagged))
    where = f"d.id IN ({ids}) AND d.trashed_at IS NULL AND d.updated_at < :at AND d.text IS NOT NULL"
    yield from _unedited(connection, where, then.at)


def _unedited(
    connection: sqlite3.Connection, where: str, at: float
) -> Iterator[tuple[float, tuple[Any, ...]]]:
    rows = connection.execute(
        f"SELECT d.id, d.text, d.title, d.kind, NULL, {_OF_DOCUMENT.format(changed='d.updated_at')}"
        f" FROM document d {_REPLACED} WHERE {where} ORDER BY d.updated_at DESC",
        {"at": at},
    )
    for row in rows:
        yield float("inf"), row


def _record(
    connection: sqlite3.Connection, then: FormerValues, row: tuple[Any, ...], until: float
) -> PastRecord:
    document: int = row[0]
    tags = then.tags(document, until)
    if tags is None:
        stored: Iterable[str] = (
            json.loads(row[4]) if row[4] else tags_of(connection, [document]).get(document, ())
        )
        tags = tuple(stored)
    record = PastRecord._make((*row[:4], tags, *row[5:], citations(connection, [document]).get(document)))
    changed = then.changed(document)
    if "score" in changed:
        changed["importance"] = changed.pop("score")
    record = record._replace(**changed)
    return record._replace(pinned=bool(record.pinned))
