"""Record checksums: of all that belongs to a record and that its row's own checksum leaves out.

`record_checksum` covers how a record is filed, and its tags, links, source, origins and history;
`use_checksum` its uses and its age. Rows of the history, of the log of uses and of what was purged have a
checksum each. Triggers clear what a change has made untrue, so that no writer can forget it, and the end of
each transaction that writes the notebook computes what is clear. Functions take a connection, inside the
caller's transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magray_memory.storage import row_checksums
from magray_memory.storage.row_checksums import checksum
from magray_memory.storage.schema import has_record_checksums

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Sequence

FILED = (
    *("uid", "created_at", "updated_at", "indexed_at", "layer_at", "pinned", "session", "project"),
    *("score", "trashed_at", "superseded_by", "ctime_ns", "inode"),
)
"""The fields of `document` that `record_checksum` covers."""
USED = ("access_count", "last_access_at", "age_from", "days_used", "used_on", "due_at", "unrated")
"""The fields of `document` that `use_checksum` covers."""
ROWS = ("revision", "access", "purged")
"""Tables of a notebook whose rows have a checksum each."""
_MOST = 1_000
"""Records and rows of one transaction. What an earlier version stored is computed by and by."""
_CHUNK = 500
_CLEAR = "text IS NOT NULL AND (record_checksum IS NULL OR use_checksum IS NULL)"
_BELONGING = {
    "tag": (
        "SELECT document_id, name FROM document_tag JOIN tag ON tag.id = tag_id"
        " WHERE document_id IN ({}) ORDER BY name"
    ),
    "link": "SELECT source_id, target FROM link WHERE source_id IN ({}) ORDER BY id",
    "citation": (
        "SELECT document_id, root, path, start_line, end_line, commit_id, text_hash, first_hash, file_hash"
        " FROM citation WHERE document_id IN ({})"
    ),
    "redaction": "SELECT document_id, kind, count FROM redaction WHERE document_id IN ({}) ORDER BY kind",
    "origin": "SELECT document_id, key, hash, version FROM origin WHERE document_id IN ({}) ORDER BY key",
    "former": (
        "SELECT document_id, until_at, field, value FROM former_value WHERE document_id IN ({}) ORDER BY id"
    ),
    "revision": "SELECT document_id, checksum FROM revision WHERE document_id IN ({}) ORDER BY id",
}
"""What belongs to a record, in an order of its own: the record first."""


def compute_cleared(connection: sqlite3.Connection, most: int = _MOST) -> None:
    """Compute the checksums that are clear, the newest first: of so many rows of a table at most."""
    with row_checksums.lenient(connection):
        for table in ROWS:
            row_checksums.seal(connection, table, f"WHERE checksum IS NULL LIMIT {most}")
        found = connection.execute(
            f"SELECT id, record_checksum IS NULL FROM document WHERE {_CLEAR} ORDER BY id DESC LIMIT {most}"
        ).fetchall()
        filed = [id_ for id_, clear in found if clear]
        used = [id_ for id_, clear in found if not clear]
        for start in range(0, len(filed), _CHUNK):
            connection.executemany(
                "UPDATE document SET record_checksum = coalesce(record_checksum, ?),"
                " use_checksum = coalesce(use_checksum, ?) WHERE id = ?",
                [
                    (of_record, of_use, id_)
                    for id_, of_record, of_use in _computed(connection, filed[start : start + _CHUNK])
                ],
            )
        for start in range(0, len(used), _CHUNK):
            # A run over many records changes their uses alone: nothing that belongs to them is read.
            connection.executemany(
                "UPDATE document SET use_checksum = ? WHERE id = ?",
                list(_used(connection, used[start : start + _CHUNK])),
            )


def compute_all(connection: sqlite3.Connection) -> None:
    """Give every record and every row the checksums of what it is now, as after a salvage."""
    connection.execute(
        "UPDATE document SET record_checksum = NULL, use_checksum = NULL WHERE text IS NOT NULL"
    )
    for table in ROWS:
        connection.execute(f"UPDATE {table} SET checksum = NULL")
    compute_cleared(connection, -1)


def altered_records(connection: sqlite3.Connection) -> set[int]:
    """The records that are not what was stored, their history and uses included; without their own rows."""
    if not has_record_checksums(connection):
        return set()
    rows = connection.execute(
        "SELECT id, record_checksum, use_checksum FROM document"
        " WHERE record_checksum IS NOT NULL OR use_checksum IS NOT NULL ORDER BY id"
    ).fetchall()
    stored = {id_: known for id_, *known in rows}
    documents, altered = list(stored), set[int]()
    for start in range(0, len(documents), _CHUNK):
        for id_, *found in _computed(connection, documents[start : start + _CHUNK]):
            if any(a not in (None, b) for a, b in zip(stored[id_], found, strict=True)):
                altered.add(id_)
    return altered | _owners(connection, "revision", "id") | _owners(connection, "access", "id")


def altered_purged(connection: sqlite3.Connection) -> list[Any]:
    """The identities in notes of purged records that are not what was stored."""
    return row_checksums.altered_rows(connection, "purged")


def _owners(connection: sqlite3.Connection, table: str, key: str) -> set[int]:
    altered = row_checksums.altered_rows(connection, table)
    marks = ",".join("?" * len(altered))
    rows = connection.execute(f"SELECT document_id FROM {table} WHERE {key} IN ({marks})", altered)
    return {row[0] for row in rows}


def _used(connection: sqlite3.Connection, documents: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Use checksum and id of each record, of what it is now."""
    listed = ",".join(map(str, documents))
    rows = connection.execute(f"SELECT id, {', '.join(USED)} FROM document WHERE id IN ({listed})")
    return ((checksum(id_, *values), id_) for id_, *values in rows)


def _computed(connection: sqlite3.Connection, documents: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Id, record checksum and use checksum of each record, of what it is now."""
    marks = ",".join("?" * len(documents))
    belonging: dict[int, list[object]] = {id_: [] for id_ in documents}
    for name, sql in _BELONGING.items():
        for owner, *values in connection.execute(sql.format(marks), documents):
            belonging[owner] += [name, *values]
    rows: Iterable[tuple[Any, ...]] = connection.execute(
        f"SELECT id, {', '.join(FILED)}, {', '.join(USED)} FROM document WHERE id IN ({marks})", documents
    )
    for id_, *values in rows:
        filed, used = values[: len(FILED)], values[len(FILED) :]
        yield id_, checksum(id_, *filed, *belonging[id_]), checksum(id_, *used)
