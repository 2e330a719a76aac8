"""Vault: one SQLite file, opened for reading or writing, safe in several threads and processes.

A reader changes nothing: it neither creates nor migrates, never waits for a writer, and sees one consistent
state inside `read()`. A writer begins with BEGIN IMMEDIATE, so it waits for its turn, never fails half-way.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self, TypeVar

from magray_memory import atomic_file
from magray_memory.errors import (
    LexicalDamaged,
    MagrayError,
    RowsDamaged,
    SchemaMismatch,
    StorageError,
    VaultDamaged,
    VaultTooNew,
)
from magray_memory.storage import log_files, record_checksums, schema, unsynced
from magray_memory.storage.database import BUSY_SECONDS, VaultDatabase
from magray_memory.storage.durability import Durability, VaultKind
from magray_memory.storage.row_checksums import ROWS_DAMAGED, checksum
from magray_memory.storage.sqlite_errors import damaged, translated
from magray_memory.storage.vault_files import (
    create,
    exists,
    migrate,
    quarantine,
    refuse_what_is_no_file,
    size,
    snapshot_files,
    uri,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

T = TypeVar("T")

__all__ = ["Durability", "Vault", "VaultDatabase", "VaultKind", "quarantine", "snapshot_files"]

LEXICAL_VERSION = "analyzer_version"
"""The fact that says which analyzer fed the lexical index; where it is missing, the index is made again."""

WORDS_REMOVED = "words_removed"
"""The fact that passages left the lexical index, whose blocks hold their words until they are merged."""

_WAL_KEEP_BYTES = 64 << 20
_NOTEBOOK_BUSY_SECONDS = 60.0
"""How long a writer of the notebook waits: any number of programs may write records at once, and SQLite lets
them in without an order.
"""


class Vault:
    """One open vault. Use as a context manager, or call `close`.

    `unseen_changes` is True when the folder is read-only and holds committed changes (a write-ahead log) that
    cannot be read there.
    """

    def __init__(
        self, path: Path, kind: VaultKind, root: Path | None, db: VaultDatabase, *, writable: bool
    ) -> None:
        self.path = path
        self.kind = kind
        self.root = root
        self.db = db
        self.writable = writable
        self.unseen_changes = False
        self.lost_logs = 0
        """How often the log was deleted, replaced or cut while it was in use: what was in it is gone."""
        self._transaction = threading.local()

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        kind: VaultKind,
        root: Path | None = None,
        durability: Durability = Durability.BALANCED,
        write: bool = False,
    ) -> Vault:
        """Open a vault; with `write`, make or migrate it first when that is needed.

        Raises VaultDamaged, VaultTooNew, or StorageError: not there (when reading), not allowed, disk full.
        """
        if write:
            return _open_for_writing(path, kind, root, durability)
        vault = cls.find(path, kind=kind, root=root)
        if vault is None:
            raise StorageError(f"there is no vault at {path}", "", "run `magray index`")
        return vault

    @classmethod
    def find(cls, path: Path, *, kind: VaultKind, root: Path | None = None) -> Vault | None:
        """Open a vault for reading, None when there is no file. Raises like `open`."""
        if not exists(path):
            return None
        refuse_what_is_no_file(path)
        vault = _open_for_reading(path, kind, root)
        try:
            vault.check_version(schema.OLDEST_READABLE)
        except BaseException:
            vault.close()
            raise
        return vault

    def check_version(self, oldest: int) -> int:
        """The schema's number; VaultTooNew or VaultDamaged where it is none this program can use."""
        with translated(self.path):
            version: int = self.db.raw().execute("PRAGMA user_version").fetchone()[0]
            application: int = self.db.raw().execute("PRAGMA application_id").fetchone()[0]
            log_files.note(self.path, self.db.raw())
        if application != schema.APPLICATION_ID:
            raise damaged(self.path, "it is not a vault of magray")
        if version > schema.LATEST:
            raise VaultTooNew(
                f"the vault {self.path} was written by a later version of magray",
                f"its schema is {version}, this program knows {schema.LATEST}",
                "upgrade magray",
            )
        if version < oldest:
            raise damaged(self.path, f"it says that its schema is {version}")
        return version

    @contextmanager
    def read(self) -> Generator[sqlite3.Connection]:
        """One consistent state of the vault, whatever is written meanwhile; yields this thread's connection.

        Inside another `read` or `write` of this thread it is that transaction. Raises our errors for
        SQLite's.
        """
        with self._translated():
            if self.db.in_transaction():
                yield self.db.raw()
                return
            self._follow_file()
            with self.db.begun("DEFERRED"):
                connection = self.db.raw()
                # DEFERRED takes its snapshot at the first read, not at BEGIN.
                connection.execute("SELECT 1 FROM meta LIMIT 1").fetchone()
                log_files.note(self.path, connection)
                yield connection
                if not connection.is_as_opened():
                    why = "it was changed meanwhile, and the disk was full"
                    raise StorageError(f"the vault {self.path} cannot be read", why, "try again")

    @contextmanager
    def write(self) -> Generator[sqlite3.Connection]:
        """A transaction that commits at the end or, on any exception, leaves nothing behind.

        Inside another `write` of this thread it is part of it. Raises our errors for SQLite's. LexicalDamaged
        may come from any statement, the commit included: nothing was written, and the same transaction once
        more makes the lexical index again and succeeds.
        """
        if not self.writable:
            raise StorageError(f"the vault {self.path} is open for reading only")
        if self.db.in_transaction():
            if not getattr(self._transaction, "writing", False):
                raise RuntimeError("a read transaction cannot become a write")
            yield self.db.raw()
            return
        with self._translated():
            self._follow_file()
            self._transaction.writing = True
            try:
                with self.db.begun("IMMEDIATE"):
                    connection = self.db.raw()
                    log_files.note(self.path, connection)
                    yield connection
                    if not self.kind.derived:
                        record_checksums.compute_cleared(connection)
            finally:
                self._transaction.writing = False
            # What was committed may stand in a log that has lost its name, which is mended before it counts.
            self.lost_logs += log_files.follow(self.path, connection)

    @contextmanager
    def part(self) -> Generator[None]:
        """A part of this thread's write: on any exception nothing of it is left, and what was written before
        it is, unless SQLite has undone the whole transaction (a full disk).
        """
        with self.write() as connection:
            connection.execute("SAVEPOINT part")
            try:
                yield
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK TO part")
                    connection.execute("RELEASE part")
                raise
            connection.execute("RELEASE part")

    @contextmanager
    def _translated(self) -> Generator[None]:
        outermost = not self.db.in_transaction()
        try:
            with translated(self.path):
                yield
        except (LexicalDamaged, RowsDamaged, VaultDamaged) as error:
            if outermost:
                self._mark_damage(error)
            raise
        except sqlite3.IntegrityError as error:
            if self.kind.derived:  # a page of one table is older than one of another, after a power failure
                raise damaged(self.path, "its rows contradict one another") from error
            raise
        except SchemaMismatch as error:
            if self.writable:  # a writer has brought the schema up to date
                raise damaged(self.path, error.why) from error
            raise

    def _mark_damage(self, error: MagrayError) -> None:
        if isinstance(error, LexicalDamaged):
            self.mark_lexical_damage()
        elif isinstance(error, RowsDamaged) or self.kind.derived:
            self.mark_row_damage()

    def mark_lexical_damage(self) -> None:
        """Have the next writer make the lexical index again. Never fails and never waits: it only helps."""
        self._mark("DELETE FROM meta WHERE key = ?", (LEXICAL_VERSION,))

    def mark_row_damage(self) -> None:
        """Have the next run of the indexer check every page, and every row with its checksum. Never fails or
        waits.
        """
        self._mark(
            "INSERT OR REPLACE INTO meta(key, value, checksum) VALUES (?, '1', ?)",
            (ROWS_DAMAGED, checksum(ROWS_DAMAGED, "1")),
        )

    def _mark(self, statement: str, values: tuple[object, ...]) -> None:
        with contextlib.suppress(sqlite3.Error, OSError):
            connection = sqlite3.connect(
                uri(self.path, "mode=rw"), timeout=0.1, isolation_level=None, uri=True
            )
            try:
                connection.execute(statement, values)
            finally:
                connection.close()

    def query(self, read: Callable[[sqlite3.Connection], T]) -> T:
        """What `read` gives in a read transaction; again where it met a damaged text, which is marked then.

        For what answers a person: one damaged letter is to cost that letter.
        """
        try:
            with self.read() as connection:
                return read(connection)
        except RowsDamaged:
            if not self.db.read_leniently():
                raise
        with self.read() as connection:
            return read(connection)

    def _follow_file(self) -> None:
        # The file may have been quarantined and rebuilt by another process: then what is open is the old
        # one.
        try:
            found = self.path.stat()
            if found.st_size == 0 or not stat.S_ISREG(found.st_mode):
                refuse_what_is_no_file(self.path)
            if self.db.is_closed():
                self.db.connect()
                return
            connection = self.db.raw()
            lost = log_files.follow(self.path, connection)
            self.lost_logs += lost
            if lost or connection.without_log or connection.closed or found.st_ino != connection.inode:
                self.db.close()
                self.db.connect()
                self.check_version(schema.OLDEST_READABLE)
        except OSError as error:
            raise StorageError(
                f"the vault {self.path} is gone", "it was moved or removed while in use"
            ) from error

    def meta(self, key: str, default: str | None = None) -> str | None:
        """A fact about this vault, or the default."""
        with self.read() as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return default if row is None else row[0]

    def set_meta(self, key: str, value: str) -> None:
        """Remember a fact about this vault."""
        with self.write() as connection:
            connection.execute(
                "INSERT INTO meta(key, value, checksum) VALUES (?, ?, ?)"
                " ON CONFLICT(key) DO UPDATE SET value = excluded.value, checksum = excluded.checksum",
                (key, value, checksum(key, value)),
            )

    def remove_meta(self, key: str) -> None:
        """Remove a fact about this vault."""
        with self.write() as connection:
            connection.execute("DELETE FROM meta WHERE key = ?", (key,))

    @property
    def id(self) -> str:
        """Random name given at birth: the snapshot of an earlier vault at this path does not fit it."""
        return self.meta("vault_id") or ""

    def counts(self) -> tuple[int, int]:
        """(documents, passages), from counters: the cost does not grow with the vault."""
        with self.read() as connection:
            rows = dict(connection.execute("SELECT name, value FROM tally").fetchall())
        return rows.get("document", 0), rows.get("passage", 0)

    def close(self) -> None:
        """Close the connections of all threads; the vault may be used again and reopens them."""
        with contextlib.suppress(sqlite3.Error):
            self.db.close_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def _open_for_reading(path: Path, kind: VaultKind, root: Path | None) -> Vault:
    pragmas: dict[str, object] = {"query_only": 1, "cache_size": -16_000, "temp_store": "memory"}
    if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK):
        db = VaultDatabase(path, uri(path, "mode=rw"), pragmas, only_reads=True)
        return Vault(path, kind, root, db, writable=False)
    wal = path.with_name(path.name + "-wal")
    if size(wal):
        # Another user's process may be writing here; with its -shm readable, SQLite can follow it without
        # writing.
        vault = Vault(path, kind, root, VaultDatabase(path, uri(path, "mode=ro"), pragmas), writable=False)
        try:
            vault.db.raw().execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
        except sqlite3.DatabaseError:
            vault.close()
        else:
            return vault
    vault = Vault(
        path, kind, root, VaultDatabase(path, uri(path, "mode=ro&immutable=1"), pragmas), writable=False
    )
    vault.unseen_changes = size(wal) > 0
    return vault


def _open_for_writing(path: Path, kind: VaultKind, root: Path | None, durability: Durability) -> Vault:
    if not exists(path):
        create(path, kind, root)
    refuse_what_is_no_file(path)
    for suffix in ("", "-wal", "-shm"):
        atomic_file.narrow(path.with_name(path.name + suffix))
    synchronous = durability.synchronous(kind)
    if synchronous == "OFF" and unsynced.boot() is None:  # nothing would tell that it may be torn
        synchronous = Durability.BALANCED.synchronous(kind)
    db = VaultDatabase(
        path,
        uri(path, "mode=rw"),
        {
            "journal_mode": "wal",
            "synchronous": synchronous,
            "fullfsync": int(durability.full_sync),
            "foreign_keys": 1,
            "cache_size": -64_000,
            "temp_store": "memory",
            # What is deleted does not stay in its page; whole free pages go when the space is given back.
            "secure_delete": "fast" if kind.derived else 1,
            "journal_size_limit": _WAL_KEEP_BYTES,
            "busy_timeout": int((BUSY_SECONDS if kind.derived else _NOTEBOOK_BUSY_SECONDS) * 1000),
        },
    )
    vault = Vault(path, kind, root, db, writable=True)
    try:
        if vault.check_version(oldest=1) < schema.LATEST:
            with vault.write() as connection:
                migrate(connection)
        if kind.derived:
            unsynced.follow(vault, unsynced=synchronous == "OFF")
    except BaseException:
        vault.close()
        raise
    return vault
