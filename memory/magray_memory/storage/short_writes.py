"""Short writes: a long change as many small transactions, between which whoever waits for its turn gets it.

SQLite lets writers in without an order: one that finds the vault locked looks again after 1, 3, 8, 18 …
milliseconds. Where a transaction takes some milliseconds, and the pause after it as long, each of them comes
in at one of its first looks. A long log is taken into the database in such a pause, for that waits for the
disk, and nobody waits for that.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from typing import TYPE_CHECKING, Self

from magray_memory.errors import StorageError
from magray_memory.storage import log_files
from magray_memory.storage.sqlite_errors import translated
from magray_memory.storage.vault_files import uri

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from magray_memory.storage.database import Connection
    from magray_memory.storage.vault import Vault

    SetUp = Callable[[sqlite3.Connection], None]

_SECONDS = 0.006
"""What one transaction may take, about."""
_LEAST_PAUSE = 0.008
_MOST_GROWTH = 2.0
_TRIES = 5
_LOG_PAGES = 400
"""Pages of the log from which on it is taken into the database, so that no other writer has to."""
_MOST_LOG_PAGES = 800
"""The same where nobody can tell between two transactions how long the log is."""


class ShortWrites:
    """How much each of the transactions does, by what the last one took. `size` is in units of the caller."""

    def __init__(self, vault: Vault, size: int, *, least: int = 1, most: int = 5_000) -> None:
        self._vault = vault
        self.size = size
        self._least, self._most = least, most

    @contextlib.contextmanager
    def turn(self, did: int | None = None) -> Generator[Connection]:
        """One transaction that writes, and the pause after it. `did`: how much it does, where that is less
        than `size`. Raises StorageError.
        """
        size = did or self.size
        with self._vault.write():
            began = time.monotonic()
            yield self._vault.db.raw()
        took = time.monotonic() - began
        fitting = size * min(_MOST_GROWTH, _SECONDS / max(took, 1e-6))
        if size >= self.size or fitting < self.size:
            self.size = max(self._least, min(self._most, int(fitting)))
        self._pause(max(_LEAST_PAUSE, took))

    def _pause(self, seconds: float) -> None:
        began = time.monotonic()
        with translated(self._vault.path):
            _take_log(self._vault)
        time.sleep(max(0.0, seconds - (time.monotonic() - began)))


class LongChange:
    """A long change of a vault in short transactions, with another database attached to its connection.

    A vault connects anew where its log was cut, as by a checkpoint of another program: what a connection
    knows by itself is gone then, and `set_up` makes it once more.
    """

    def __init__(self, vault: Vault, name: str, attached: Path, set_up: SetUp | None = None) -> None:
        self._vault, self._name, self._attached, self._set_up = vault, name, attached, set_up
        self._connection: Connection | None = None

    def connection(self) -> Connection:
        """The vault's connection, with the other database attached; outside of a transaction."""
        with self._vault.read():
            pass  # follows the file
        found = self._vault.db.raw()
        if found is not self._connection:
            with translated(self._vault.path):
                found.execute(f"ATTACH ? AS {self._name}", (uri(self._attached, "mode=rw"),))
                self._connection = found
                if self._set_up is not None:
                    self._set_up(found)
        return found

    @contextlib.contextmanager
    def turn(self, turns: ShortWrites, did: int | None = None) -> Generator[Connection]:
        """One transaction that writes, see `ShortWrites.turn`. Raises StorageError."""
        for _ in range(_TRIES):
            expected = self.connection()
            with turns.turn(did) as connection:
                if connection is expected:
                    yield expected
                    return
        raise StorageError(
            f"the vault {self._vault.path} cannot be changed", "its log is cut again and again"
        )

    def __enter__(self) -> Self:
        self.connection()
        return self

    def __exit__(self, *exc: object) -> None:
        connection, self._connection = self._connection, None
        if connection is not None and not connection.closed:
            with contextlib.suppress(sqlite3.Error):
                connection.execute(f"DETACH {self._name}")


@contextlib.contextmanager
def beside_writers(vault: Vault) -> Generator[None]:
    """Long reads: what others write meanwhile stays in the log until they end, and is taken into the
    database then, before the next writer has to do so. Raises StorageError.
    """
    with vault.read():
        pass  # opens the log
    try:
        yield
    finally:
        with contextlib.suppress(sqlite3.Error):  # it can only be read
            _take_log(vault)


@contextlib.contextmanager
def long_read(vault: Vault) -> Generator[sqlite3.Connection]:
    """One consistent state of a vault for long, see `beside_writers`. Raises StorageError."""
    with beside_writers(vault), vault.read() as connection:
        yield connection


@contextlib.contextmanager
def many_writes(vault: Vault) -> Generator[None]:
    """Transactions that wait for no disk: what is committed inside survives a power failure once a later
    commit does. The log stays short.
    """
    with translated(vault.path):
        connection = vault.db.raw()
        synchronous, pages = (
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("synchronous", "wal_autocheckpoint")
        )
        connection.execute(f"PRAGMA synchronous = {min(1, synchronous)}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_MOST_LOG_PAGES}")
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            connection.execute(f"PRAGMA wal_autocheckpoint = {pages}")


def _take_log(vault: Vault) -> None:
    """Take a long log into the database, as far as nobody reads an earlier state."""
    if log_files.waiting_pages(vault.path) >= _LOG_PAGES:
        vault.db.raw().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
