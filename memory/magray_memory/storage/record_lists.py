"""Record lists: which records there are, by what they are filed under and what they belong to."""

# What queries give is untyped in peewee's stubs; everything that leaves this module is typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from peewee import SQL

from magray_memory.storage.record_models import RecordRow, RevisionRow, executor
from magray_memory.storage.record_types import Revision
from magray_memory.storage.records import get

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from magray_memory.storage.record_types import StoredRecord
    from magray_memory.storage.vault import Vault

_TEXT = RecordRow.text.is_null(False) & SQL("+path IS NULL")
"""The + keeps SQLite from the index of paths, which has every record under none."""


def without_passages(vault: Vault) -> list[int]:
    """Records that are not in the trash and have no passage, so that nothing finds them."""
    with vault.read() as connection:
        rows = connection.execute(
            "SELECT id FROM document d WHERE text <> '' AND +path IS NULL AND trashed_at IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM passage WHERE document_id = d.id) ORDER BY id"
        )
        return [row[0] for row in rows]


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """Which records are listed. Several values of one field mean or; all `tags` must be there, each with what
    is nested below it.
    """

    layers: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    sessions: tuple[str, ...] = ()
    pinned: bool | None = None
    since: float | None = None
    until: float | None = None
    trashed: bool = False


def select(
    vault: Vault, wanted: RecordFilter, limit: int, before: tuple[float, int] | None = None
) -> list[StoredRecord]:
    """Records, the last changed first (in the trash: the last trashed); `before`: only those behind this
    (time, document id).
    """
    time = RecordRow.trashed_at if wanted.trashed else RecordRow.updated_at
    with vault.read() as connection:
        rows = _matching(connection, RecordRow.select(RecordRow.id), wanted)
        if before is not None:
            rows = rows.where((time < before[0]) | ((time == before[0]) & (RecordRow.id < before[1])))
        rows = rows.order_by(time.desc(), RecordRow.id.desc()).limit(limit)
        return get(vault, [row[0] for row in rows.tuples().execute(executor(vault))])


def matching(vault: Vault, wanted: RecordFilter) -> list[int]:
    """All records of a filter, by their ids."""
    with vault.read() as connection:
        rows = _matching(connection, RecordRow.select(RecordRow.id), wanted)
        return [row[0] for row in rows.order_by(RecordRow.id).tuples().execute(executor(vault))]


def _matching(connection: sqlite3.Connection, rows: Any, wanted: RecordFilter) -> Any:
    """The query with the conditions of a filter."""
    time = RecordRow.trashed_at if wanted.trashed else RecordRow.updated_at
    rows = rows.where(_TEXT & RecordRow.trashed_at.is_null(not wanted.trashed))
    for column, values in (
        (RecordRow.layer, wanted.layers),
        (RecordRow.kind, wanted.kinds),
        (RecordRow.project, wanted.projects),
        (RecordRow.session, wanted.sessions),
    ):
        if values:
            rows = rows.where(column.in_(values))
    if wanted.pinned is not None:
        rows = rows.where(RecordRow.pinned == wanted.pinned)
    if wanted.since is not None:
        rows = rows.where(time >= wanted.since)
    if wanted.until is not None:
        rows = rows.where(time < wanted.until)
    for tag in wanted.tags:
        ids = connection.execute(
            "SELECT document_id FROM document_tag JOIN tag ON tag.id = tag_id"
            " WHERE name = ? OR substr(name, 1, length(?) + 1) = ? || '/'",
            (tag, tag, tag),
        )
        rows = rows.where(RecordRow.id.in_([row[0] for row in ids]))
    return rows


def trashed(vault: Vault) -> list[int]:
    """Every record in the trash."""
    with vault.read() as connection:
        return [row[0] for row in connection.execute("SELECT id FROM document WHERE trashed_at IS NOT NULL")]


def history(vault: Vault, document: int) -> list[Revision]:
    """The former states of a record, the latest first."""
    with vault.read():
        rows = (
            RevisionRow.select()
            .where(RevisionRow.document == document)
            .order_by(RevisionRow.until_at.desc(), RevisionRow.id.desc())
            .execute(executor(vault))
        )
        return [
            Revision(row.from_at, row.until_at, row.kind, row.title, tuple(json.loads(row.tags)), row.text)
            for row in rows
        ]


def linking_to(vault: Vault, targets: Sequence[str]) -> list[int]:
    """The records, not in the trash, that link to one of these targets, as written."""
    marks = ",".join("?" * len(targets))
    with vault.read() as connection:
        rows = connection.execute(
            "SELECT id FROM document WHERE id IN (SELECT source_id FROM link WHERE"
            f" lower(target) IN ({marks})) AND trashed_at IS NULL AND +path IS NULL ORDER BY id",
            [target.lower() for target in targets],
        )
        return [row[0] for row in rows.fetchall()]


def superseded_by(vault: Vault, document: int) -> list[int]:
    """The records that this one replaces."""
    with vault.read():
        rows = RecordRow.select(RecordRow.id).where((RecordRow.superseded_by == document) & _TEXT)
        return [row.id for row in rows.order_by(RecordRow.id).execute(executor(vault))]
