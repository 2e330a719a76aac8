"""Usage log (`usage.db`): what was asked, when, and what was found, for `stats`.

No truth and no index: without it nothing is missing but figures. So nobody waits for it. Where it is locked,
full, read-only or damaged, an entry is lost and nothing is said; a damaged one is begun again.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from magray_memory import atomic_file
from magray_memory.storage.sqlite_errors import CORRUPT, NOTADB, error_code
from magray_memory.storage.vault_files import uri

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence
    from pathlib import Path

KEPT_QUERIES = 20_000
"""The last so many are kept: about 5 MB."""
MAX_QUERY = 1_000
"""Characters of a query that are kept."""
_SCHEMA = 1
_BUSY_SECONDS = 0.05
_PATIENT_SECONDS = 5.0
_TYPING_SECONDS = 10.0
"""A query that is typed on within so long is one query."""
_TRIM_EVERY = 500
_DAY = 86_400.0
_TABLES = f"""
CREATE TABLE asked (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, what TEXT NOT NULL, query TEXT NOT NULL,
    hits INTEGER NOT NULL, took_ms REAL NOT NULL, found TEXT NOT NULL, confidence REAL
);
CREATE INDEX asked_at ON asked(at);
PRAGMA user_version = {_SCHEMA}
"""
_MOST_LATE_SECONDS = 60.0
"""A question is written down at most so long after it was asked."""
_HAS_CONFIDENCE = "SELECT 1 FROM pragma_table_info('asked') WHERE name = 'confidence'"
"""Not told by the version of the schema: an older program goes on with a log that has it, and keeps it."""
_SUFFIXES = ("", "-journal", "-wal", "-shm")


class Asked(NamedTuple):
    """One question. `what`: search or recall; `found`: the first documents of the answer, a record by its id,
    a file by its absolute path; `confidence`: of the first hit, None without one and in entries of old.
    """

    at: float
    what: str
    query: str
    hits: int
    took_ms: float
    found: tuple[str, ...]
    confidence: float | None = None


def add(path: Path, asked: Sequence[Asked], keep_days: int) -> None:
    """Write questions down. Takes a tenth of a millisecond, and never fails."""
    if not path.parent.is_dir():
        return
    try:
        with _opened(path, _BUSY_SECONDS) as connection:
            connection.execute("BEGIN IMMEDIATE")
            forgotten = _forgotten_at(connection)
            asked = [one for one in asked if not 0 <= forgotten - one.at < _MOST_LATE_SECONDS]
            newest = max((_insert(connection, one) for one in asked), default=0)
            if asked and newest % _TRIM_EVERY < len(asked):
                _trim(connection, asked[-1].at - keep_days * _DAY)
            connection.execute("COMMIT")
    except sqlite3.DatabaseError as error:
        if error_code(error) & 0xFF in (CORRUPT, NOTADB):
            erase(path)
    except OSError:
        return


def trim(path: Path, before: float) -> int:
    """Remove the questions from before a time and those beyond the limit; returns how many. Raises OSError,
    sqlite3.Error.
    """
    if not path.is_file():
        return 0
    with _opened(path, _PATIENT_SECONDS) as connection:
        removed = _trim(connection, before)
        if removed:
            connection.execute("VACUUM")
        return removed


def spare(path: Path, before: float) -> int:
    """How many questions `trim` would remove; 0 where that cannot be known."""
    rows = _read(path, "SELECT count(*), coalesce(sum(at < ?), 0) FROM asked", before)
    return max(rows[0][1], rows[0][0] - KEPT_QUERIES) if rows else 0


def erase(path: Path) -> int:
    """Remove the whole log; returns its bytes. What cannot be removed stays."""
    won = 0
    for suffix in _SUFFIXES:
        file = path.with_name(path.name + suffix)
        with contextlib.suppress(OSError):
            size = file.stat().st_size
            file.unlink()
            won += size
    return won


def forget(path: Path, ids: Iterable[str], texts: Sequence[str], lines: Sequence[str]) -> int:
    """Remove what was asked that led to these records, stands in one of their texts or holds one of the
    lines, so that no byte of it is left; returns how many questions. Raises sqlite3.Error, OSError.

    What was asked before, and waits in some program to be written down, is left out when it comes.
    """
    gone = set(ids)
    whole = "\0".join(" ".join(text.casefold().split()) for text in texts)
    words, telling = set(whole.replace("\0", " ").split()), [line.casefold() for line in lines]

    def quotes(query: str) -> bool:
        inner = query.split(" ")[1:-1]  # the words at its ends may be parts of words
        return words.issuperset(inner) and query in whole

    def led_there(query: str, found: str) -> bool:
        query = " ".join(query.casefold().split())
        return (
            not gone.isdisjoint(json.loads(found)) or quotes(query) or any(line in query for line in telling)
        )

    with _opened(path, _PATIENT_SECONDS) as connection:
        connection.execute("PRAGMA secure_delete = ON")
        rows = connection.execute("SELECT id, query, found FROM asked").fetchall()
        removed = [(id_,) for id_, query, found in rows if led_there(query, found)]
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("DELETE FROM asked WHERE id = ?", removed)
        connection.execute("CREATE TABLE IF NOT EXISTS forgotten (at REAL NOT NULL)")
        connection.execute("DELETE FROM forgotten")
        connection.execute("INSERT INTO forgotten VALUES (?)", (time.time(),))
        connection.execute("COMMIT")
        connection.execute("VACUUM")  # free pages may hold what was removed before
        return len(removed)


def questions(path: Path, since: float) -> list[Asked]:
    """The questions since a time, the oldest first; none where the log cannot be read."""
    rows = _read(path, "SELECT * FROM asked WHERE at >= ? ORDER BY at", since)
    return [
        Asked(at, what, query, hits, took, tuple(json.loads(found)), *confidence[:1])
        for _, at, what, query, hits, took, found, *confidence in rows  # a log of old has no confidence
    ]


def _forgotten_at(connection: sqlite3.Connection) -> float:
    """When questions were forgotten last."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'forgotten'").fetchone():
        return 0.0
    return connection.execute("SELECT coalesce(max(at), 0) FROM forgotten").fetchone()[0]


def _insert(connection: sqlite3.Connection, asked: Asked) -> int:
    query = asked.query[:MAX_QUERY]
    connection.execute(
        "DELETE FROM asked WHERE id = (SELECT max(id) FROM asked) AND what = ? AND at BETWEEN ? AND ?"
        " AND length(query) < ? AND substr(?, 1, length(query)) = query",
        (asked.what, asked.at - _TYPING_SECONDS, asked.at, len(query), query),
    )
    found = json.dumps(asked.found, ensure_ascii=False)
    inserted = connection.execute(
        "INSERT INTO asked(at, what, query, hits, took_ms, found, confidence) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (asked.at, asked.what, query, asked.hits, asked.took_ms, found, asked.confidence),
    )
    return inserted.lastrowid or 0


def _trim(connection: sqlite3.Connection, before: float) -> int:
    return connection.execute(
        "DELETE FROM asked WHERE at < ? OR id <= (SELECT max(id) FROM asked) - ?", (before, KEPT_QUERIES)
    ).rowcount


@contextlib.contextmanager
def _opened(path: Path, patience: float) -> Generator[sqlite3.Connection]:
    """The log, open for writing; made where there is none."""
    if not path.is_file():
        atomic_file.make_file(path)
    connection = sqlite3.connect(path, timeout=patience, isolation_level=None)
    try:
        # What a power failure takes here is worth no waiting for the disk.
        connection.execute("PRAGMA synchronous = OFF")
        if connection.execute("PRAGMA user_version").fetchone()[0] != _SCHEMA:
            _make_tables(connection)
        elif not connection.execute(_HAS_CONFIDENCE).fetchone():
            _add_confidence(connection)
        yield connection
    finally:
        connection.close()


def _make_tables(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("PRAGMA user_version").fetchone()[0] != _SCHEMA:
        connection.execute("DROP TABLE IF EXISTS asked")
        for statement in _TABLES.split(";"):
            connection.execute(statement)
    connection.execute("COMMIT")


def _add_confidence(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    if not connection.execute(_HAS_CONFIDENCE).fetchone():
        connection.execute("ALTER TABLE asked ADD COLUMN confidence REAL")
    connection.execute("COMMIT")


def _read(path: Path, query: str, *values: float) -> list[Any]:
    if not path.is_file():
        return []
    try:
        with contextlib.closing(
            sqlite3.connect(uri(path, "mode=ro"), uri=True, timeout=_PATIENT_SECONDS)
        ) as connection:
            return connection.execute(query, values).fetchall()
    except sqlite3.DatabaseError:
        return []
