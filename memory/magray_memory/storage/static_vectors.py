"""Approximate vectors of passages: what finds a passage by meaning until its own vector is made.

One row a file: `ids` are its passages (int64, little-endian), `data` as many rows of the static table that
`key` names. A row is written in the transaction that stores the passages, and goes with its file; once every
passage has its own vector they go, but for those of prose of which the model has read only the beginning.
Functions take a connection, inside the caller's transaction.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from magray_memory.storage.pending import count_pending
from magray_memory.storage.row_checksums import checksum_of_bytes, has_checksums
from magray_memory.storage.schema import HEADS, STATIC_VECTORS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

_WITHOUT_VECTOR = (
    "NOT EXISTS (SELECT 1 FROM vector v WHERE v.passage_id = p.id"
    " AND v.key_id = (SELECT id FROM embedding_key WHERE key = ?))"
)


def put_static(
    connection: sqlite3.Connection, document_id: int, key: str, ids: Sequence[int], data: bytes
) -> None:
    """Store the approximate vectors of all passages of a file, in place of those that it has."""
    packed = struct.pack(f"<{len(ids)}q", *ids)
    connection.execute(
        "INSERT INTO static_vector(document_id, key, ids, data, checksum) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT(document_id) DO UPDATE SET key = excluded.key, ids = excluded.ids,"
        " data = excluded.data, checksum = excluded.checksum",
        (document_id, key, packed, data, checksum_of_bytes(packed + data)),
    )


def remove_static(connection: sqlite3.Connection, document_id: int) -> None:
    """Remove the approximate vectors of a file."""
    connection.execute("DELETE FROM static_vector WHERE document_id = ?", (document_id,))


def static_state(connection: sqlite3.Connection) -> int:
    """Another number after each change of an approximate vector; 0 before the first."""
    row = connection.execute("SELECT value FROM tally WHERE name = 'static_vector'").fetchone()
    return 0 if row is None else row[0]


def has_static(connection: sqlite3.Connection) -> bool:
    """Whether there is any approximate vector."""
    return connection.execute("SELECT 1 FROM static_vector LIMIT 1").fetchone() is not None


def may_help(connection: sqlite3.Connection, key: str | None) -> bool:
    """Whether a search may need an approximate vector: passages lack one of this key, or read it in part."""
    return count_pending(connection, key) > 0 or (_has_table(connection) and has_static(connection))


def static_rows(connection: sqlite3.Connection, key: str, row_bytes: int) -> tuple[bytes, bytes]:
    """All approximate vectors by one table: ids (int64, little-endian), and as many rows.

    A file's row that does not fit is left out.
    """
    if not _has_table(connection):
        return b"", b""
    found = connection.execute("SELECT ids, data FROM static_vector WHERE key = ?", (key,)).fetchall()
    fitting = [(ids, data) for ids, data in found if len(data) * 8 == len(ids) * row_bytes]
    return b"".join(ids for ids, _ in fitting), b"".join(data for _, data in fitting)


def embedded_ids(connection: sqlite3.Connection, key: str | None) -> list[int]:
    """The passages that have a vector of an embedding key, in no order."""
    rows = connection.execute(
        "SELECT passage_id FROM vector WHERE key_id = (SELECT id FROM embedding_key WHERE key = ?)", (key,)
    )
    return [row[0] for row in rows]


_PROSE_HEADS = (
    "SELECT p.id, p.document_id FROM vector v JOIN passage p ON p.id = v.passage_id"
    " JOIN document d ON d.id = p.document_id"
    " WHERE v.head = 1 AND v.key_id = (SELECT id FROM embedding_key WHERE key = ?) AND d.kind <> 'code'"
)


def prose_heads(connection: sqlite3.Connection, key: str | None) -> list[int]:
    """The passages of prose that have a vector of the beginning of their text alone, in no order."""
    if connection.execute("PRAGMA user_version").fetchone()[0] < HEADS:
        return []
    return [row[0] for row in connection.execute(_PROSE_HEADS, (key,))]


def drop_unneeded(connection: sqlite3.Connection, key: str) -> None:
    """Remove the approximate vectors that help no search once no passage is pending: those of files without
    a passage of prose that is read in part.
    """
    connection.execute(
        f"DELETE FROM static_vector WHERE document_id NOT IN (SELECT document_id FROM ({_PROSE_HEADS}))",
        (key,),
    )


def count_static(connection: sqlite3.Connection, embedding_key: str | None) -> int:
    """Passages with an approximate vector and without one of an embedding key (None: of none)."""
    if not _has_table(connection):
        return 0
    ids = b"".join(row[0] for row in connection.execute("SELECT ids FROM static_vector"))
    passages = set(struct.unpack(f"<{len(ids) // 8}q", ids))
    alone = len(passages.difference(embedded_ids(connection, embedding_key)))
    return min(alone, count_pending(connection, embedding_key))


def files_without_static(connection: sqlite3.Connection, key: str, embedding_key: str) -> list[int]:
    """Documents with a passage that has neither a vector nor an approximate one by this table."""
    rows = connection.execute(
        f"SELECT DISTINCT p.document_id FROM passage p WHERE {_WITHOUT_VECTOR} AND NOT EXISTS"
        " (SELECT 1 FROM static_vector s WHERE s.document_id = p.document_id AND s.key = ?)",
        (embedding_key, key),
    )
    return [row[0] for row in rows]


def heads_without_static(connection: sqlite3.Connection, key: str, embedding_key: str) -> list[int]:
    """Documents with a passage of prose that is read in part and no approximate vectors by this table."""
    if connection.execute("PRAGMA user_version").fetchone()[0] < HEADS:
        return []
    rows = connection.execute(
        f"SELECT DISTINCT document_id FROM ({_PROSE_HEADS}) h WHERE NOT EXISTS"
        " (SELECT 1 FROM static_vector s WHERE s.document_id = h.document_id AND s.key = ?)",
        (embedding_key, key),
    )
    return [row[0] for row in rows]


def passage_ids(connection: sqlite3.Connection, document_id: int) -> list[int]:
    """The passages of a document, in their order."""
    rows = connection.execute("SELECT id FROM passage WHERE document_id = ? ORDER BY ordinal", (document_id,))
    return [row[0] for row in rows]


def damaged_static(connection: sqlite3.Connection) -> list[int]:
    """The documents whose approximate vectors are not what was stored, or are not of its passages."""
    if not _has_table(connection):
        return []
    column = "checksum" if has_checksums(connection, "static_vector") else "NULL"
    rows = connection.execute(
        f"SELECT document_id, CAST(ids AS BLOB), CAST(data AS BLOB), {column},"
        " typeof(ids) = 'blob' AND typeof(data) = 'blob' FROM static_vector"
    )
    damaged: list[int] = []
    for document_id, ids, data, stored, bytes_both in rows:
        own = passage_ids(connection, document_id)
        if (
            not bytes_both
            or stored not in (None, checksum_of_bytes(ids + data))
            or ids != struct.pack(f"<{len(own)}q", *own)
            or len(data) % max(1, len(own))
        ):
            damaged.append(document_id)
    return damaged


def _has_table(connection: sqlite3.Connection) -> bool:
    """A reader may meet a vault of an earlier version."""
    return connection.execute("PRAGMA user_version").fetchone()[0] >= STATIC_VECTORS
