"""Database: peewee's SQLite database, as a vault uses it."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import weakref
from typing import TYPE_CHECKING, cast

import peewee

from magray_memory.storage.row_checksums import lenient_text

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

BUSY_SECONDS = 5.0
"""A statement waits so long for another process that writes."""


class Connection(sqlite3.Connection):
    """A connection that can be held weakly, and knows which file it has open."""

    inode: int = 0
    companions: tuple[int, int, int] = (0, 0, 0)
    """Inodes of the log and of its index, and the index's size, when they were looked at last."""


class VaultDatabase(peewee.SqliteDatabase):
    """peewee's thread-local connections, opened lazily, all of them closed by `close_all`."""

    def __init__(self, path: Path, uri: str, pragmas: dict[str, object]) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            uri,
            pragmas=pragmas,
            timeout=BUSY_SECONDS,
            uri=True,
            check_same_thread=False,
            factory=Connection,
        )
        self._path = path
        self._open: weakref.WeakSet[Connection] = weakref.WeakSet()
        self._open_guard = threading.Lock()
        self._lenient = False

    def _connect(self) -> Connection:
        connection = cast(Connection, super()._connect())  # pyright: ignore
        connection.inode = self._path.stat().st_ino
        with self._open_guard:
            self._open.add(connection)
            if self._lenient:
                connection.text_factory = lenient_text
        return connection

    def read_leniently(self) -> bool:
        """Have texts that are no UTF-8 read with a mark for what is damaged; whether that is news."""
        with self._open_guard:
            news, self._lenient = not self._lenient, True
            for connection in self._open:
                connection.text_factory = lenient_text
        return news

    def raw(self) -> Connection:
        """This thread's sqlite3 connection, for the statements that run thousands of times."""
        return cast(Connection, self.connection())  # pyright: ignore[reportUnknownMemberType]

    def rollback(self) -> None:
        """Undo what was begun; SQLite may have done so by itself, when the disk was full or failed."""
        if self.raw().in_transaction:
            super().rollback()  # pyright: ignore[reportUnknownMemberType]

    def begun(self, lock: str) -> AbstractContextManager[object]:
        """A transaction of this thread, with a BEGIN of this kind; commits, or rolls back."""
        begun = self.transaction(lock)  # pyright: ignore[reportUnknownMemberType]
        return cast("AbstractContextManager[object]", begun)

    def close_all(self) -> None:
        """Close the connections of every thread."""
        self.close()
        with self._open_guard:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(sqlite3.Error):
                connection.close()
