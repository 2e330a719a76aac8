"""Notebook swap: a prepared notebook takes the place of the live one, in one transaction of the live file.

The pages are written into the database that every program has open, as one commit: whoever reads sees the old
state or the new one, whoever writes comes before or after. There is no moment without a notebook, and no
program goes on in a file that nobody else sees.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from magray_memory.errors import StorageError
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.row_checksums import checksum
from magray_memory.storage.short_writes import beside_writers
from magray_memory.storage.sqlite_errors import BUSY, LOCKED, translated
from magray_memory.storage.vault import Vault
from magray_memory.storage.vault_files import uri

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from pathlib import Path

_SWAP_PAGES = 2_048
_BUSY_SECONDS = 60.0
_PAUSE = 0.02
_IDS_AHEAD = 100_000
"""Ids that are left out, since programs may be giving them to passages while a notebook is prepared."""
_COMPARED = "text, title, kind, layer, project, session, key, score, pinned, trashed_at IS NULL"
_TAGS = (
    "(SELECT group_concat(name, char(10)) FROM (SELECT name FROM {0}document_tag JOIN {0}tag"
    " ON tag.id = tag_id WHERE document_id = {1}.id ORDER BY name))"
)


@dataclass(frozen=True, slots=True)
class Difference:
    """Records by what a restore does to them, each by its id in the archive (`removed`: in the notebook)."""

    added: tuple[int, ...]
    changed: tuple[int, ...]
    removed: tuple[int, ...]
    purged: tuple[int, ...]
    """Records of the archive that a person had removed for good since; they stay away."""


def difference(archived: Path, live: Path | None) -> Difference:
    """What putting the archived notebook in place of the live does to its records. Raises StorageError."""
    with _side_by_side(archived, live) as connection:
        if live is None:
            return Difference(_ids(connection, "SELECT id FROM document WHERE uid IS NOT NULL"), (), (), ())
        gone = "SELECT uid FROM live.purged WHERE asked"
        if not _knows_purges(connection):
            gone = "SELECT NULL WHERE 0"
        there = f"a.uid IS NOT NULL AND a.uid NOT IN ({gone})"
        same = ", ".join(f"a.{name}" for name in _COMPARED.split(", "))
        other = ", ".join(f"b.{name}" for name in _COMPARED.split(", "))
        return Difference(
            _ids(
                connection,
                f"SELECT id FROM document a WHERE {there} AND uid NOT IN (SELECT uid FROM live.document"
                " WHERE uid IS NOT NULL) ORDER BY id",
            ),
            _ids(
                connection,
                f"SELECT a.id FROM document a JOIN live.document b ON b.uid = a.uid WHERE {there}"
                f" AND (({same}, {_TAGS.format('main.', 'a')}) IS NOT"
                f" ({other}, {_TAGS.format('live.', 'b')})) ORDER BY a.id",
            ),
            _ids(
                connection,
                "SELECT id FROM live.document WHERE uid IS NOT NULL AND uid NOT IN"
                " (SELECT uid FROM main.document WHERE uid IS NOT NULL) ORDER BY id",
            ),
            _ids(connection, f"SELECT id FROM document a WHERE uid IN ({gone}) ORDER BY id"),
        )


def titles(path: Path, documents: Iterable[int]) -> list[str]:
    """The title, or the beginning of the text, of records."""
    with translated(path), contextlib.closing(_connect(path)) as connection:
        return [
            row[0]
            for document in documents
            for row in connection.execute(
                "SELECT coalesce(title, substr(text, 1, 200)) FROM document WHERE id = ?", (document,)
            )
        ]


def take_over(prepared: Path, live: Path) -> int:
    """Give a notebook that is being prepared what the live one keeps: which records were purged, and ids that
    are above every one that was ever used; returns the first id of a passage.
    """
    with _side_by_side(prepared, live) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "INSERT OR REPLACE INTO purged(uid, at, asked) SELECT uid, at, asked FROM live.purged"
        )
        _raise_ids(connection)
        first = _raise_to(connection, "passage", _sequence(connection, "live", "passage") + _IDS_AHEAD)
        connection.execute("COMMIT")
        return first


def carry_vectors(prepared: Path, live: Path) -> int:
    """Take the vectors of passages that the live notebook has too; returns how many."""
    with _side_by_side(prepared, live) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "INSERT OR IGNORE INTO embedding_key(key, dim, created_at)"
            " SELECT key, dim, created_at FROM live.embedding_key"
        )
        count = connection.execute(
            "INSERT OR IGNORE INTO vector(passage_id, key_id, data, checksum)"
            " SELECT p.id, k.id, v.data, v.checksum FROM passage p"
            " JOIN live.passage q ON q.text_hash = p.text_hash JOIN live.vector v ON v.passage_id = q.id"
            " JOIN live.embedding_key l ON l.id = v.key_id JOIN embedding_key k ON k.key = l.key"
        ).rowcount
        connection.execute("COMMIT")
        return max(count, 0)


def set_identity(prepared: Path) -> str:
    """Give a notebook an id of its own, which no index snapshot fits, and no cache; returns it."""
    identity = os.urandom(16).hex()
    with translated(prepared), contextlib.closing(_connect(prepared)) as connection:
        connection.execute(
            "INSERT OR REPLACE INTO meta(key, value, checksum) VALUES ('vault_id', ?, ?)",
            (identity, checksum("vault_id", identity)),
        )
    return identity


class LiveChanges:
    """Whether anybody commits to a notebook from now on. Use as a context manager."""

    def __init__(self, live: Path) -> None:
        self._connection = sqlite3.connect(uri(live, "mode=ro"), uri=True, isolation_level=None)
        self._at = self._version()

    def seen(self) -> bool:
        """Whether anybody has, since this was made."""
        return self._version() != self._at

    def _version(self) -> int:
        return self._connection.execute("PRAGMA data_version").fetchone()[0]

    def __enter__(self) -> LiveChanges:
        return self

    def __exit__(self, *exc: object) -> None:
        self._connection.close()


def raise_ids(prepared: Path, live: Path) -> int:
    """Have new records and changes go on above the ids of the live notebook; returns the highest id that one
    of its passages ever had.
    """
    with _side_by_side(prepared, live) as connection:
        connection.execute("BEGIN IMMEDIATE")
        _raise_ids(connection)
        highest = _sequence(connection, "live", "passage")
        connection.execute("COMMIT")
    return highest


def replace_pages(prepared: Path, live: Path, locked: Callable[[], None]) -> None:
    """Make the content of the live notebook that of the prepared one, in one commit, which is as long as the
    notebook: where `storage/table_swap.py` is not possible.

    `locked` is called while nobody else can write. Raises StorageError, or what that raises: then nothing has
    changed.
    """
    deadline = time.monotonic() + _BUSY_SECONDS
    asked = False

    def step(status: int, remaining: int, total: int) -> None:
        nonlocal asked
        if status & 0xFF in (BUSY, LOCKED):
            if time.monotonic() > deadline:
                raise StorageError(
                    f"the notebook {live} cannot be replaced", "another program has been writing for too long"
                )
            return
        if not asked:
            asked = True
            locked()

    with (
        translated(live),
        contextlib.closing(_connect(prepared)) as source,
        contextlib.closing(sqlite3.connect(uri(live, "mode=rw"), uri=True, isolation_level=None)) as target,
    ):
        source.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        target.execute("PRAGMA synchronous = full")
        pages: int = source.execute("PRAGMA page_count").fetchone()[0]
        # The last step commits, so there are two at least: the first takes the lock.
        source.backup(target, pages=max(1, min(_SWAP_PAGES, pages // 2)), progress=step, sleep=_PAUSE)
        with contextlib.suppress(sqlite3.Error):  # the log is as large as the notebook now
            target.execute("PRAGMA busy_timeout = 200")
            target.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _knows_purges(connection: sqlite3.Connection) -> bool:
    found = connection.execute("SELECT 1 FROM live.sqlite_master WHERE name = 'purged'").fetchone()
    return found is not None


def _raise_ids(connection: sqlite3.Connection) -> None:
    for table in ("document", "change"):
        _raise_to(connection, table, _sequence(connection, "live", table))


def _raise_to(connection: sqlite3.Connection, table: str, least: int) -> int:
    highest = max(least, _sequence(connection, "main", table))
    connection.execute("DELETE FROM main.sqlite_sequence WHERE name = ?", (table,))
    connection.execute("INSERT INTO main.sqlite_sequence VALUES (?, ?)", (table, highest))
    return highest + 1


def _sequence(connection: sqlite3.Connection, schema: str, table: str) -> int:
    row = connection.execute(f"SELECT seq FROM {schema}.sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return row[0] if row else 0


def _ids(connection: sqlite3.Connection, statement: str) -> tuple[int, ...]:
    return tuple(row[0] for row in connection.execute(statement))


@contextlib.contextmanager
def _side_by_side(archived: Path, live: Path | None) -> Generator[sqlite3.Connection]:
    with contextlib.ExitStack() as stack:
        stack.enter_context(translated(archived if live is None else live))
        if live is not None:
            vault = stack.enter_context(Vault.open(live, kind=VaultKind.NOTEBOOK))
            stack.enter_context(beside_writers(vault))
        connection = stack.enter_context(contextlib.closing(_connect(archived)))
        if live is not None:
            connection.execute("ATTACH ? AS live", (uri(live, "mode=ro"),))
        yield connection


def _connect(path: Path) -> sqlite3.Connection:
    """A connection to a file that nobody else knows."""
    connection = sqlite3.connect(uri(path, "mode=rw"), uri=True, isolation_level=None)
    connection.execute("PRAGMA synchronous = off")
    return connection
