"""Record states: whole records with all that belongs to them, as they leave a notebook and enter another.

A state names other records by their uid, for numbers differ between notebooks. Single uses and vectors are no
part of it. Functions that write run inside `vault.write()`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.storage import records
from magray_memory.storage.record_types import Revision

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

    from magray_memory.storage.documents import LexicalWriter
    from magray_memory.storage.record_types import Content, NewRecord, StoredRecord
    from magray_memory.storage.vault import Vault


_CHUNK = 500


class Origin(NamedTuple):
    """An item of another tool that a record was imported from. `hash`: of the item then; `version`: when the
    record was changed last, UTC seconds.
    """

    key: str
    hash: bytes
    version: float


@dataclass(frozen=True, slots=True)
class RecordState:
    """A record with its links, its former states (the first one first) and its origins. `superseded_by`: the
    uid of the record that replaces it; `used_on`: a day's number.
    """

    record: StoredRecord
    links: tuple[str, ...] = ()
    history: tuple[Revision, ...] = ()
    origins: tuple[Origin, ...] = ()
    days_used: int = 0
    used_on: int | None = None
    superseded_by: str | None = None


def states(vault: Vault, documents: Sequence[int]) -> list[RecordState]:
    """The states of these records, in this order; some hundred at most."""
    with vault.read() as connection:
        marks = ",".join("?" * len(documents))
        links, history = _links(connection, marks, documents), _history(connection, marks, documents)
        origins = _origins(connection, marks, documents)
        facts = {
            row[0]: row[1:]
            for row in connection.execute(
                "SELECT d.id, d.days_used, d.used_on, r.id, r.uid FROM document d"
                f" LEFT JOIN document r ON r.id = d.superseded_by WHERE d.id IN ({marks})",
                documents,
            )
        }
        found: list[RecordState] = []
        for record in records.get(vault, documents):
            days_used, used_on, replacement, replacement_uid = facts[record.id]
            found.append(
                RecordState(
                    replace(record, uid=record.uid or own_uid(vault, record.id)),
                    tuple(links.get(record.id, ())),
                    tuple(history.get(record.id, ())),
                    tuple(origins.get(record.id, ())),
                    days_used,
                    used_on,
                    None if replacement is None else replacement_uid or own_uid(vault, replacement),
                )
            )
        return found


class Head(NamedTuple):
    """What a record is called by; `text`: its beginning."""

    id: int
    uid: str
    title: str | None
    key: str | None
    text: str


def heads(vault: Vault, documents: Sequence[int]) -> Iterator[Head]:
    """What these records are called by, in the order of their ids."""
    with vault.read() as connection:
        for start in range(0, len(documents), _CHUNK):
            part = documents[start : start + _CHUNK]
            rows = connection.execute(
                "SELECT id, uid, title, key, substr(text, 1, 4000) FROM document"
                f" WHERE id IN ({','.join('?' * len(part))}) ORDER BY id",
                part,
            )
            for number, uid, *names in rows.fetchall():
                yield Head(number, uid or own_uid(vault, number), *names)


def own_uid(vault: Vault, document: int) -> str:
    """The uid of a record that was stored before records had one: the same in every export."""
    return blake2b(f"{vault.id}.{document}".encode(), digest_size=16).hexdigest()


def insert_state(
    vault: Vault, new: NewRecord, state: RecordState, lexical: LexicalWriter, *, number: int | None
) -> int:
    """Store a record as it is, in the trash if it is there; what it is replaced by is left to the caller.

    `number`: its id, taken where no record of this notebook ever had it or a later one. Returns its id.
    """
    record = state.record
    with vault.write() as connection:
        last = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'document'").fetchone()
        own = number if number is not None and number > (last[0] if last else 0) else None
        document = records.insert(vault, new, lexical, own)
        connection.execute(
            "UPDATE document SET updated_at = ?, indexed_at = ?, layer_at = ?, access_count = ?,"
            " last_access_at = ?, days_used = ?, used_on = ?, trashed_at = ?, unrated = ? WHERE id = ?",
            (
                record.updated_at,
                record.updated_at,
                record.layer_at,
                record.access_count,
                record.last_access_at,
                state.days_used,
                state.used_on,
                record.trashed_at,
                record.trashed_at is None,
                document,
            ),
        )
        add_history(connection, document, state.history)
        for origin in state.origins:
            put_origin(connection, document, origin, replaces=False)
    return document


def update_state(
    vault: Vault, former: StoredRecord, state: RecordState, content: Content, lexical: LexicalWriter
) -> None:
    """Bring a record to a later state of itself; what it was until then is in its history."""
    with vault.write() as connection:
        records.replace_content(vault, former, content, lexical, state.record.updated_at)
        connection.execute("DELETE FROM revision WHERE document_id = ?", (former.id,))
        add_history(connection, former.id, state.history)
        connection.execute(
            "UPDATE document SET updated_at = ? WHERE id = ?", (state.record.updated_at, former.id)
        )


def add_history(connection: sqlite3.Connection, document: int, history: Iterable[Revision]) -> None:
    """Add former states of a record, the first one first."""
    connection.executemany(
        "INSERT INTO revision(document_id, from_at, until_at, kind, title, tags, text)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                document,
                state.from_at,
                state.until_at,
                state.kind,
                state.title,
                json.dumps(state.tags, ensure_ascii=False),
                state.text,
            )
            for state in history
        ],
    )


def find_uid(vault: Vault, uid: str) -> int | None:
    """The record with this uid, in the trash or not."""
    with vault.read() as connection:
        found = connection.execute("SELECT id FROM document WHERE uid = ?", (uid,)).fetchone()
    return None if found is None else found[0]


def find_origin(vault: Vault, key: str) -> tuple[int, Origin] | None:
    """The record that an item was imported as, and what the item was then."""
    with vault.read() as connection:
        row = connection.execute(
            "SELECT document_id, key, hash, version FROM origin WHERE key = ?", (key,)
        ).fetchone()
    return None if row is None else (row[0], Origin(*row[1:]))


def put_origin(
    connection: sqlite3.Connection, document: int, origin: Origin, *, replaces: bool = True
) -> None:
    """Note what a record was imported from; `replaces`: what was known of the item before."""
    how = "REPLACE" if replaces else "IGNORE"
    connection.execute(
        f"INSERT OR {how} INTO origin(key, document_id, hash, version) VALUES (?, ?, ?, ?)",
        (origin.key, document, origin.hash, origin.version),
    )


def _links(connection: sqlite3.Connection, marks: str, documents: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for document, target in connection.execute(
        f"SELECT source_id, target FROM link WHERE source_id IN ({marks}) ORDER BY id", documents
    ):
        found.setdefault(document, []).append(target)
    return found


def _history(
    connection: sqlite3.Connection, marks: str, documents: Sequence[int]
) -> dict[int, list[Revision]]:
    found: dict[int, list[Revision]] = {}
    for row in connection.execute(
        "SELECT document_id, from_at, until_at, kind, title, tags, text FROM revision"
        f" WHERE document_id IN ({marks}) ORDER BY id",
        documents,
    ):
        found.setdefault(row[0], []).append(
            Revision(row[1], row[2], row[3], row[4], tuple(json.loads(row[5])), row[6])
        )
    return found


def _origins(connection: sqlite3.Connection, marks: str, documents: Sequence[int]) -> dict[int, list[Origin]]:
    from magray_memory.storage.schema import ORIGINS

    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    found: dict[int, list[Origin]] = {}
    if version < ORIGINS:  # a notebook that nobody may write is read as it is
        return found
    for document, *origin in connection.execute(
        f"SELECT document_id, key, hash, version FROM origin WHERE document_id IN ({marks}) ORDER BY key",
        documents,
    ):
        found.setdefault(document, []).append(Origin(*origin))
    return found
