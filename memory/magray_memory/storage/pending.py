"""Pending passages: those without a vector of an embedding key, so that a search by meaning cannot find them.

`count_pending` is the number that every report shows; it comes from counters, whatever the size of the
vault. `scan_pending` looks at every passage, where a counter is not enough.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.storage.schema import HEADS

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

_WITHOUT_VECTOR = "NOT EXISTS (SELECT 1 FROM vector WHERE passage_id = passage.id AND key_id = ?)"


def count_pending(connection: sqlite3.Connection, key: str | None) -> int:
    """How many passages have no vector of this key; of no key, all."""
    (count,) = connection.execute(
        "SELECT max(0, coalesce((SELECT value FROM tally WHERE name = 'passage'), 0)"
        " - coalesce((SELECT vectors FROM embedding_key WHERE key = ?), 0))",
        (key,),
    ).fetchone()
    return count


def scan_pending(connection: sqlite3.Connection, key: str) -> int:
    """The same by looking at every passage."""
    sql = f"SELECT count(*) FROM passage WHERE {_WITHOUT_VECTOR}"
    (count,) = connection.execute(sql, (_key_id(connection, key),)).fetchone()
    return count


def pending_ids(connection: sqlite3.Connection, key: str, limit: int, after: int = 0) -> list[int]:
    """Ids above `after` of pending passages, ascending, at most `limit`."""
    rows = connection.execute(
        f"SELECT id FROM passage WHERE id > ? AND {_WITHOUT_VECTOR} ORDER BY id LIMIT ?",
        (after, _key_id(connection, key), limit),
    )
    return [row[0] for row in rows]


def newest_pending(connection: sqlite3.Connection, key: str, limit: int) -> list[int]:
    """Ids of the pending passages that were stored last, at most `limit`; the cost goes by how many there
    are.
    """
    count = min(limit, count_pending(connection, key))
    rows = connection.execute(
        f"SELECT id FROM passage WHERE {_WITHOUT_VECTOR} ORDER BY id DESC LIMIT ?",
        (_key_id(connection, key), count),
    )
    return [row[0] for row in rows] if count else []


def count_heads(connection: sqlite3.Connection, key: str | None) -> int:
    """How many passages have a vector of this key that is only of the beginning of their text."""
    if connection.execute("PRAGMA user_version").fetchone()[0] < HEADS:
        return 0
    sql = (
        "SELECT count(*) FROM vector WHERE head = 1 AND key_id = (SELECT id FROM embedding_key WHERE key = ?)"
    )
    return connection.execute(sql, (key,)).fetchone()[0]


def has_heads(connection: sqlite3.Connection, key: str | None) -> bool:
    """Whether there are any of them."""
    if connection.execute("PRAGMA user_version").fetchone()[0] < HEADS:
        return False
    key_id = _key_id(connection, key)
    sql = "SELECT 1 FROM vector WHERE head = 1 AND key_id = ? LIMIT 1"
    return connection.execute(sql, (key_id,)).fetchone() is not None


def read_among(
    connection: sqlite3.Connection, key: str | None, passages: Iterable[int], *, whole: bool
) -> frozenset[int]:
    """Those of the passages that have a vector of this key; `whole`: of all of their text."""
    rows = connection.execute(
        "SELECT passage_id FROM vector WHERE key_id = (SELECT id FROM embedding_key WHERE key = ?)"
        f" AND passage_id IN ({','.join(map(str, passages))}){' AND head = 0' if whole else ''}",
        (key,),
    )
    return frozenset(row[0] for row in rows)


def unread_of_file(connection: sqlite3.Connection, key: str | None, path: str) -> list[int]:
    """The passages of a file that have no vector of this key of all of their text, the first of them last."""
    if count_pending(connection, key) == 0 and not has_heads(connection, key):
        return []
    rows = connection.execute(
        "SELECT p.id FROM passage p JOIN document d ON d.id = p.document_id WHERE d.path = ?"
        " ORDER BY ordinal DESC",
        (path,),
    )
    ids = [row[0] for row in rows]
    read = read_among(connection, key, ids, whole=True)
    return [id_ for id_ in ids if id_ not in read]


def pending_by_priority(
    connection: sqlite3.Connection, key: str, *, whole: bool = False, prose: bool = False
) -> sqlite3.Cursor:
    """Ids of all pending passages in the order to embed them: files changed last first, each from its top.

    `whole`: also those with a vector of the beginning of their text; `prose`: no code.
    """
    lacking = f"{_WITHOUT_VECTOR[:-1]} AND head = 0)" if whole else _WITHOUT_VECTOR
    kinds = " AND document.kind <> 'code'" if prose else ""
    return connection.execute(
        f"SELECT passage.id FROM passage JOIN document ON document.id = document_id WHERE {lacking}{kinds}"
        " ORDER BY mtime_ns DESC, document_id DESC, ordinal",
        (_key_id(connection, key),),
    )


def embedded_among(connection: sqlite3.Connection, key: str, passages: Iterable[int]) -> frozenset[int]:
    """Those of the passages that have a vector of this key."""
    rows = connection.execute(
        "SELECT passage_id FROM vector JOIN embedding_key k ON k.id = key_id "
        f"WHERE k.key = ? AND passage_id IN ({','.join(map(str, passages))})",
        (key,),
    )
    return frozenset(row[0] for row in rows)


def _key_id(connection: sqlite3.Connection, key: str | None) -> int:
    row = connection.execute("SELECT id FROM embedding_key WHERE key = ?", (key,)).fetchone()
    return -1 if row is None else row[0]
