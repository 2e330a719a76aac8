"""Vector cache (`vectors.db`): vectors by embedding key and hash of the text: none is embedded twice.

A rename, a branch switch, a second worktree or a revert finds its vectors here. Only indexers touch it. It
is bounded, and it is a cache: when it is damaged it is dropped and begun again, when another process keeps
it locked it is passed over, and either is a warning in `warnings`, never raised.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from hashlib import blake2b
from typing import TYPE_CHECKING, Self, TypeVar

from magray_memory import atomic_file
from magray_memory.storage.sqlite_errors import CANTOPEN, CORRUPT, NOTADB, error_code
from magray_memory.storage.vault_files import quarantine_path, uri

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from pathlib import Path

T = TypeVar("T")

_SCHEMA = 1
_BUSY_SECONDS = 1.0
_CHUNK = 500
_DAY = 86_400
# Eviction takes more than is needed, so that it does not come with every write.
_EVICT_TO = 0.9
_EVICT_ROWS = 2_000
_LEAST_SPARE = 1_000_000

# Rows stand in the order they were made, so pages are full: in the order of their names they take half as
# much again.
_PAGE_BYTES = 8192
_TABLES = f"""
CREATE TABLE entry (
    id INTEGER PRIMARY KEY, name BLOB NOT NULL UNIQUE, used INTEGER NOT NULL, data BLOB NOT NULL
);
CREATE INDEX entry_used ON entry(used);
PRAGMA user_version = {_SCHEMA};
"""


class VectorCache:
    """A bounded store of encoded vectors (float16 bytes). `max_bytes` 0 turns it off.

    `used` is a day, so a hit is written down once a day at most; the oldest days go first.
    """

    def __init__(self, path: Path, max_bytes: int) -> None:
        self.path = path
        self.max_bytes = max_bytes
        self.warnings: list[str] = []
        self._connection: sqlite3.Connection | None = None
        self._off = max_bytes <= 0

    def get_many(self, key: str, hashes: Sequence[bytes]) -> dict[bytes, bytes]:
        """The vectors that are known, by hash of the text."""
        return self._guarded(lambda connection: self._get(connection, key, hashes), {})

    def put_many(self, key: str, vectors: Mapping[bytes, bytes]) -> None:
        """Remember vectors, and forget the least recently used ones where there is no room."""
        self._guarded(lambda connection: self._put(connection, key, vectors), None)

    def forget(self, keys: Sequence[str], hashes: Sequence[bytes]) -> int:
        """Remove the vectors of these texts in every one of these vector spaces, so that no byte of them is
        left in the file; returns how many there were. Locks the file for seconds.
        """
        return self._guarded(lambda connection: self._forget(connection, keys, hashes), 0)

    def _forget(self, connection: sqlite3.Connection, keys: Sequence[str], hashes: Sequence[bytes]) -> int:
        connection.execute("PRAGMA secure_delete = ON")
        names = [_name(key, text_hash) for key in keys for text_hash in hashes]
        gone = 0
        with _transaction(connection):
            for start in range(0, len(names), _CHUNK):
                chunk = names[start : start + _CHUNK]
                marks = ",".join("?" * len(chunk))
                gone += connection.execute(f"DELETE FROM entry WHERE name IN ({marks})", chunk).rowcount
        self._rewrite(connection)
        return gone

    def retain(self, keys: Sequence[str], hashes: Sequence[bytes]) -> int:
        """Remove the vectors of all other texts and vector spaces, as `forget` does."""

        def work(connection: sqlite3.Connection) -> int:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("CREATE TEMP TABLE kept (name BLOB PRIMARY KEY) WITHOUT ROWID")
            names = ((_name(key, text_hash),) for key in keys for text_hash in hashes)
            with _transaction(connection):
                connection.executemany("INSERT OR IGNORE INTO kept VALUES (?)", names)
                gone = connection.execute(
                    "DELETE FROM entry WHERE name NOT IN (SELECT name FROM kept)"
                ).rowcount
            connection.execute("DROP TABLE kept")
            self._rewrite(connection)
            return gone

        return self._guarded(work, 0)

    def _rewrite(self, connection: sqlite3.Connection) -> None:
        """Leave no byte of what was removed in the file and its log."""
        connection.execute("VACUUM")
        if connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
            self.warnings.append(f"the log of the vector cache {self.path} is being read by another process")

    def size(self) -> int:
        """Bytes of the database that are in use."""
        return self._guarded(_used_bytes, 0)

    def spare(self) -> int:
        """Bytes that `shrink` would give back, 0 where that is not worth it."""
        return self._guarded(self._spare, 0)

    def shrink(self) -> None:
        """Keep within the limit, and give the file's free pages back. Locks the file for as long."""

        def work(connection: sqlite3.Connection) -> None:
            if _used_bytes(connection) > self.max_bytes:
                with _transaction(connection):
                    self._evict(connection)
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

        if self.spare():
            self._guarded(work, None)

    def _spare(self, connection: sqlite3.Connection) -> int:
        pages, size = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size")
        )
        used = _used_bytes(connection)
        free = pages * size - min(used, self.max_bytes)
        return free if used > self.max_bytes or free > max(_LEAST_SPARE, used // 4) else 0

    def unused(self, before: float) -> tuple[int, int]:
        """How many vectors were not used since a time (UTC seconds), and their bytes."""

        def count(connection: sqlite3.Connection) -> tuple[int, int]:
            return connection.execute(
                "SELECT count(*), coalesce(sum(length(data)), 0) FROM entry WHERE used < ?",
                (int(before) // _DAY,),
            ).fetchone()

        return self._guarded(count, (0, 0))

    def remove_unused(self, before: float) -> None:
        """Remove the vectors that were not used since a time; `shrink` gives their pages back."""

        def work(connection: sqlite3.Connection) -> None:
            with _transaction(connection):
                connection.execute("DELETE FROM entry WHERE used < ?", (int(before) // _DAY,))

        self._guarded(work, None)

    def close(self) -> None:
        """Close the file; the next use opens it again."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _get(self, connection: sqlite3.Connection, key: str, hashes: Sequence[bytes]) -> dict[bytes, bytes]:
        today = int(time.time()) // _DAY
        found: dict[bytes, bytes] = {}
        stale: list[int] = []
        names = {_name(key, text_hash): text_hash for text_hash in hashes}
        wanted = list(names)
        for start in range(0, len(wanted), _CHUNK):
            chunk = wanted[start : start + _CHUNK]
            marks = ",".join("?" * len(chunk))
            for row, name, data, used in connection.execute(
                f"SELECT id, name, data, used FROM entry WHERE name IN ({marks})", chunk
            ):
                found[names[name]] = data
                if used != today:
                    stale.append(row)
        if stale:
            with _transaction(connection):
                connection.executemany(
                    "UPDATE entry SET used = ? WHERE id = ?", [(today, row) for row in stale]
                )
        return found

    def _put(self, connection: sqlite3.Connection, key: str, vectors: Mapping[bytes, bytes]) -> None:
        today = int(time.time()) // _DAY
        with _transaction(connection):
            connection.executemany(
                "INSERT OR REPLACE INTO entry(name, used, data) VALUES (?, ?, ?)",
                [(_name(key, text_hash), today, data) for text_hash, data in vectors.items()],
            )
            if _used_bytes(connection) > self.max_bytes:
                self._evict(connection)

    def _evict(self, connection: sqlite3.Connection) -> None:
        while _used_bytes(connection) > _EVICT_TO * self.max_bytes:
            gone = connection.execute(
                "DELETE FROM entry WHERE id IN (SELECT id FROM entry ORDER BY used LIMIT ?)", (_EVICT_ROWS,)
            ).rowcount
            if gone <= 0:
                return

    def _guarded(self, use: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        if self._off:
            return otherwise
        try:
            return use(self._open())
        except sqlite3.DatabaseError as error:
            code = error_code(error) & 0xFF
            self.close()
            if code in (CORRUPT, NOTADB) or (code == CANTOPEN and self.path.is_dir()):
                self._drop(str(error))
            else:
                self._give_up(str(error))
        return otherwise

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            with contextlib.suppress(OSError):  # SQLite says better why it cannot be opened
                atomic_file.make_file(self.path)
            connection = sqlite3.connect(
                self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            try:
                connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")
                connection.execute("PRAGMA journal_mode = wal")
                connection.execute("PRAGMA synchronous = NORMAL")
                connection.execute("PRAGMA secure_delete = FAST")
                _ensure_tables(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _drop(self, why: str) -> None:
        """Begin again; the file is moved first, because another process may still have it open."""
        quarantined = quarantine_path(self.path)
        try:
            for suffix in ("-wal", "-shm"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
            self.path.replace(quarantined)
            with contextlib.suppress(OSError):
                quarantined.unlink()
        except OSError as error:
            self._give_up(error.strerror or str(error))
            return
        self.warnings.append(f"the vector cache {self.path} was damaged ({why}) and is rebuilt")

    def _give_up(self, why: str) -> None:
        self._off = True
        self.warnings.append(f"the vector cache {self.path} is not used this time: {why}")


def find_damage(path: Path) -> str | None:
    """What SQLite says is wrong with the cache; None for a sound one, or one that cannot be read now."""
    try:
        with contextlib.closing(
            sqlite3.connect(uri(path, "mode=ro"), uri=True, timeout=_BUSY_SECONDS)
        ) as connection:
            answer = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        return str(error) if error_code(error) & 0xFF in (CORRUPT, NOTADB) else None
    return None if answer == "ok" else answer.splitlines()[-1]


def _name(key: str, text_hash: bytes) -> bytes:
    return blake2b(text_hash, key=blake2b(key.encode(), digest_size=32).digest(), digest_size=16).digest()


def _ensure_tables(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA user_version").fetchone()[0] == _SCHEMA:
        return
    with _transaction(connection):
        if connection.execute("PRAGMA user_version").fetchone()[0] == _SCHEMA:
            return
        connection.execute("DROP TABLE IF EXISTS entry")
        for statement in _TABLES.split(";"):
            connection.execute(statement)


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Generator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.execute("COMMIT")


def _used_bytes(connection: sqlite3.Connection) -> int:
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size
