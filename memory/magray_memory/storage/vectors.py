"""Vectors of passages as rows of their vault: written once, never evicted, read by id or from end to end.

Stored as little-endian float16, given back as float32 rows of length 1 (rounding to float16 moves a length by
up to 2e-4). Functions that write run inside `vault.write()`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from magray_memory.errors import StorageError
from magray_memory.storage import vector_spaces
from magray_memory.storage.row_checksums import checksum_of_bytes, has_checksums
from magray_memory.storage.schema import HEADS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from magray_memory.storage.vault import Vault

BATCH = 4096
_CHUNK = 500
_UNIT_TOLERANCE = 0.02
"""So far from 1 the length of a stored vector may be: rounding to float16 moves it by 2e-4."""


@dataclass(frozen=True, slots=True)
class PendingPassage:
    """All that is needed to embed a passage, and to decide when. `path` is empty for a record."""

    id: int
    document_id: int
    path: str
    language: str | None
    title: str | None
    symbol: str
    kind: str
    text: str
    text_hash: bytes
    mtime_ns: int


def encode(vectors: NDArray[np.float32]) -> list[bytes]:
    """Rows of a matrix (n, dim) as they are stored."""
    stored = np.ascontiguousarray(vectors, dtype="<f2")
    return [row.tobytes() for row in stored]


def decode(blobs: Sequence[bytes], dim: int) -> NDArray[np.float32]:
    """Stored rows as float32 (n, dim), each of length 1. StorageError when a row has another length."""
    size = 2 * dim
    if any(len(blob) != size for blob in blobs):
        raise StorageError(
            "a stored vector has the wrong length", f"expected {size} bytes", "run `magray index --force`"
        )
    matrix = np.frombuffer(b"".join(blobs), dtype="<f2").reshape(len(blobs), dim).astype(np.float32)
    # A damaged row may hold anything; as zeros it is found by nothing and breaks no sum.
    np.nan_to_num(matrix, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    lengths = np.sqrt(np.einsum("ij,ij->i", matrix, matrix))
    lengths[lengths == 0] = 1.0
    matrix /= lengths[:, None]
    return matrix


def key_of(vault: Vault, key: str) -> tuple[int, int] | None:
    """(key id, dim) of an embedding key, None when the vault has no vector of it."""
    with vault.read() as connection:
        return connection.execute("SELECT id, dim FROM embedding_key WHERE key = ?", (key,)).fetchone()


def _ensure_key(vault: Vault, key: str, dim: int) -> int:
    found = key_of(vault, key)
    if found is None:
        with vault.write() as connection:
            connection.execute(
                "INSERT INTO embedding_key(key, dim, created_at) VALUES (?, ?, ?)", (key, dim, time.time())
            )
            found = key_of(vault, key)
        assert found is not None
    key_id, stored_dim = found
    if stored_dim != dim:
        raise StorageError(f"vectors of {key} have {stored_dim} dimensions here", f"{dim} were given")
    return key_id


def put_vectors(
    vault: Vault, key: str, ids: Sequence[int] | NDArray[np.int64], vectors: NDArray[np.float32]
) -> int:
    """Store the vectors (n, dim) of passages; returns how many. Passages that are gone meanwhile are left
    out.
    """
    return put_encoded(vault, key, vectors.shape[1], dict(zip(map(int, ids), encode(vectors), strict=True)))


def put_encoded(vault: Vault, key: str, dim: int, blobs: Mapping[int, bytes], *, head: bool = False) -> int:
    """Store vectors as the cache keeps them: passage id → 2·dim bytes; else like `put_vectors`.

    `head`: they are of the beginnings of the texts, and take the place of no vector of a whole one.
    """
    if any(len(blob) != 2 * dim for blob in blobs.values()):
        raise StorageError("a vector to store has the wrong length", f"expected {2 * dim} bytes")
    with vault.write() as connection:
        key_id = _ensure_key(vault, key, dim)
        cursor = connection.executemany(
            "INSERT INTO vector(passage_id, key_id, data, checksum, head) SELECT id, ?, ?, ?, ? FROM passage"
            " WHERE id = ? ON CONFLICT(passage_id, key_id)"
            " DO UPDATE SET data = excluded.data, checksum = excluded.checksum, head = excluded.head"
            " WHERE excluded.head <= vector.head",
            [
                (key_id, blob, checksum_of_bytes(blob), head, passage_id)
                for passage_id, blob in sorted(blobs.items())
            ],
        )
        return cursor.rowcount


def reuse_within(vault: Vault, key: str, ids: Sequence[int], *, head: bool = False) -> int:
    """Copy vectors of the whole text from passages with the same one to those of `ids` that have none of it;
    returns how many. `head`: one of its beginning will do.
    """
    with vault.write() as connection:
        found = key_of(vault, key)
        if found is None:
            return 0
        cursor = connection.executemany(
            "INSERT INTO vector(passage_id, key_id, data, checksum, head)"
            " SELECT p.id, v.key_id, v.data, v.checksum, v.head FROM passage p"
            " JOIN passage q ON q.text_hash = p.text_hash AND q.id <> p.id"
            " JOIN vector v ON v.passage_id = q.id AND v.key_id = ? AND v.head <= ? WHERE p.id = ? LIMIT 1"
            " ON CONFLICT(passage_id, key_id) DO UPDATE SET data = excluded.data,"
            " checksum = excluded.checksum, head = excluded.head WHERE excluded.head < vector.head",
            [(found[0], head, passage_id) for passage_id in ids],
        )
        return cursor.rowcount


def encoded_of_texts(vault: Vault, key: str, text_hashes: Iterable[bytes]) -> dict[bytes, bytes]:
    """The stored vectors of these embedded texts, by the hash of the text; those of none are left out."""
    with vault.read() as connection:
        whole = whole_text(connection)
        found: dict[bytes, bytes] = {}
        for text_hash in text_hashes:
            row = connection.execute(
                "SELECT v.data FROM passage p JOIN vector v ON v.passage_id = p.id"
                " JOIN embedding_key k ON k.id = v.key_id WHERE p.text_hash = ? AND k.key = ?"
                f" AND {whole} LIMIT 1",
                (text_hash, key),
            ).fetchone()
            if row is not None:
                found[text_hash] = row[0]
        return found


def pending_passages(vault: Vault, ids: Iterable[int]) -> list[PendingPassage]:
    """What the embedder needs about these passages, in the order given; those that are gone are left out."""
    wanted = list(ids)
    found: dict[int, PendingPassage] = {}
    with vault.read() as connection:
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            for row in connection.execute(
                "SELECT passage.id, document_id, coalesce(path, ''), language, title, symbol, passage.kind,"
                " passage.text, text_hash, mtime_ns FROM passage JOIN document ON document.id = document_id"
                f" WHERE passage.id IN ({','.join('?' * len(chunk))})",
                chunk,
            ):
                found[row[0]] = PendingPassage(*row)
    return [found[passage_id] for passage_id in wanted if passage_id in found]


def count_vectors(vault: Vault, key: str) -> int:
    """Passages that have a vector, from a counter: the cost does not grow with the vault."""
    with vault.read() as connection:
        row = connection.execute("SELECT vectors FROM embedding_key WHERE key = ?", (key,)).fetchone()
    return 0 if row is None else row[0]


def iter_vectors(
    vault: Vault, key: str, batch: int = BATCH
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """All vectors in batches, ascending by passage id: ids (n,), rows of length 1 (n, dim).

    Run inside `vault.read()` for one consistent state; a batch is all that is ever in memory.
    """
    with vault.read() as connection:
        found = key_of(vault, key)
        if found is None:
            return
        key_id, dim = found
        cursor = connection.execute(
            "SELECT passage_id, data FROM vector WHERE key_id = ? ORDER BY passage_id", (key_id,)
        )
        while rows := cursor.fetchmany(batch):
            yield np.array([row[0] for row in rows], dtype=np.int64), decode([row[1] for row in rows], dim)


def whole_text(connection: sqlite3.Connection) -> str:
    """The condition that a vector `v` is of a whole text; a reader may meet a vault that has no others."""
    return "v.head = 0" if connection.execute("PRAGMA user_version").fetchone()[0] >= HEADS else "1"


def get_vectors(
    vault: Vault, key: str, ids: Sequence[int] | NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The vectors of these passages, ascending by id: those that exist, ids (n,), rows of length 1 (n,
    dim).
    """
    with vault.read() as connection:
        found = key_of(vault, key)
        if found is None:
            return np.empty(0, dtype=np.int64), np.empty((0, 0), dtype=np.float32)
        key_id, dim = found
        rows: list[tuple[int, bytes]] = []
        wanted = sorted({int(i) for i in ids})
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            rows += connection.execute(
                "SELECT passage_id, data FROM vector WHERE key_id = ?"
                f" AND passage_id IN ({','.join('?' * len(chunk))}) ORDER BY passage_id",
                (key_id, *chunk),
            ).fetchall()
    return np.array([row[0] for row in rows], dtype=np.int64), decode([row[1] for row in rows], dim)


def without_vector(vault: Vault, key_id: int, ids: Sequence[int], head: bool = True) -> list[int]:
    """Those of the ids that have no vector of this key, in the order given; without `head`, no vector of
    their whole text.
    """
    present: set[int] = set()
    with vault.read() as connection:
        whole = "1" if head else whole_text(connection)
        for start in range(0, len(ids), _CHUNK):
            marks = ",".join(map(str, ids[start : start + _CHUNK]))
            sql = f"SELECT passage_id FROM vector v WHERE key_id = ? AND passage_id IN ({marks}) AND {whole}"
            present.update(row[0] for row in connection.execute(sql, (key_id,)))
    return [id_ for id_ in ids if id_ not in present]


def find_damaged(vault: Vault, key: str) -> list[int]:
    """Passages whose vector of this key is not what was stored, or no vector: of another length, not finite,
    or not of length 1.
    """
    damaged: list[int] = []
    with vault.read() as connection:
        found = key_of(vault, key)
        if found is None:
            return []
        key_id, dim = found
        column = "checksum" if has_checksums(connection, "vector") else "NULL"
        cursor = connection.execute(
            f"SELECT passage_id, data, {column} FROM vector WHERE key_id = ?", (key_id,)
        )
        while rows := cursor.fetchmany(BATCH):
            # What is no BLOB at all would have no bytes to look at.
            whole = [
                (row[0], row[1])
                for row in rows
                if isinstance(row[1], bytes)
                and len(row[1]) == 2 * dim
                and row[2] in (None, checksum_of_bytes(row[1]))
            ]
            damaged += {row[0] for row in rows} - {passage for passage, _ in whole}
            matrix = np.frombuffer(b"".join(data for _, data in whole), "<f2").reshape(len(whole), dim)
            lengths = np.linalg.norm(matrix.astype(np.float32), axis=1)
            wrong = np.flatnonzero(~(np.abs(lengths - 1) < _UNIT_TOLERANCE))  # NaN is wrong too
            damaged += [whole[row][0] for row in wrong]
    return damaged


def remove_vectors(vault: Vault, key: str, ids: Sequence[int]) -> None:
    """Take single vectors of a key away, so that they are made again."""
    with vault.write() as connection:
        found = key_of(vault, key)
        if found is not None:
            connection.executemany(
                "DELETE FROM vector WHERE passage_id = ? AND key_id = ?", [(id_, found[0]) for id_ in ids]
            )


def iter_encoded(vault: Vault, key: str, batch: int = BATCH) -> Iterator[dict[bytes, bytes]]:
    """All vectors of whole texts of a key as the cache keeps them: hash of the text → bytes."""
    with vault.read() as connection:
        cursor = connection.execute(
            "SELECT text_hash, data FROM vector v JOIN passage ON passage.id = passage_id"
            f" WHERE key_id = (SELECT id FROM embedding_key WHERE key = ?) AND {whole_text(connection)}",
            (key,),
        )
        while rows := cursor.fetchmany(batch):
            yield dict(rows)


def drop_vectors(vault: Vault, key: str) -> int:
    """Remove every vector of an embedding key and the key itself; returns how many vectors went."""
    with vault.write() as connection:
        found = key_of(vault, key)
        if found is None:
            return 0
        gone = count_vectors(vault, key)
        vector_spaces.note_former(vault, key)
        connection.execute("DELETE FROM embedding_key WHERE id = ?", (found[0],))
        return gone
