"""Vault in memory: for text that must never be written to disk, such as an open buffer.

It has the schema of any other vault, so the same code fills and searches it. SQLite gives each connection a
memory of its own, so all threads share one connection here and take turns.
"""

from __future__ import annotations

import threading
import uuid
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from magray_memory.storage import schema
from magray_memory.storage.database import State, VaultDatabase
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.vault import Vault

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Generator

    from magray_memory.storage.database import Connection


class _MemoryDatabase(VaultDatabase):
    """One connection for every thread."""

    def __init__(self) -> None:
        super().__init__(Path(":memory:"), ":memory:", {"foreign_keys": 1, "temp_store": "memory"})
        self._state = State()

    def _connect(self) -> Connection:
        return self._connected()

    def close_all(self) -> None:
        self.close()


class MemoryVault(Vault):
    """Use like any `Vault`; what it holds is gone after `close`."""

    @classmethod
    def make(cls, root: Path | None = None, *, first_id: int = 1) -> Self:
        """An empty one, whose documents and passages have ids from `first_id` on."""
        vault = cls(
            Path(f"<memory {uuid.uuid4().hex}>"), VaultKind.WORKSPACE, root, _MemoryDatabase(), writable=True
        )
        vault._turn = threading.RLock()
        vault.db.connect()
        with vault.write() as connection:
            for migration in schema.MIGRATIONS:
                migration(connection)
            connection.execute(f"PRAGMA user_version = {schema.LATEST}")
            vault.set_meta("kind", VaultKind.WORKSPACE.value)
            vault.set_meta("vault_id", uuid.uuid4().hex)
            connection.executemany(
                "INSERT INTO sqlite_sequence(name, seq) VALUES (?, ?)",
                [("document", first_id - 1), ("passage", first_id - 1)],
            )
        return vault

    _turn: threading.RLock

    @contextmanager
    def read(self) -> Generator[sqlite3.Connection]:
        """Like `Vault.read`, one thread at a time."""
        with self._turn, super().read() as connection:
            yield connection

    @contextmanager
    def write(self) -> Generator[sqlite3.Connection]:
        """Like `Vault.write`, one thread at a time."""
        with self._turn, super().write() as connection:
            yield connection

    def _follow_file(self) -> None:
        pass  # there is no file that another process could replace

    def close(self) -> None:
        """Like `Vault.close`: all of it is gone then."""
        with self._turn:
            super().close()
