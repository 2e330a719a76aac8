"""Database: peewee's SQLite database, as a vault uses it."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import weakref
from typing import TYPE_CHECKING, cast

import peewee

from magray_memory.storage import log_files
from magray_memory.storage.log_files import NONE, LogFiles
from magray_memory.storage.row_checksums import lenient_text

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

BUSY_SECONDS = 5.0
"""A statement waits so long for another process that writes."""


class Connection(sqlite3.Connection):
    """A connection that can be held weakly, and knows which file it has open."""

    path: Path | None = None
    inode: int = 0
    closed: bool = False
    log_files: LogFiles = NONE
    """The log and its index when they were looked at last."""

    def close(self) -> None:
        """Close it, in whatever thread."""
        self.closed = True
        with log_files.never_last(self):
            super().close()

    def __del__(self) -> None:
        if not self.closed:
            with contextlib.suppress(sqlite3.Error, TypeError):  # TypeError: the interpreter ends
                self.close()


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
        log_files.follow(self._path, None)
        connection = cast(Connection, super()._connect())  # pyright: ignore
        connection.path, connection.inode = self._path, self._path.stat().st_ino
        log_files.register(self._path, connection)
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
        connection = cast(Connection, self.connection())  # pyright: ignore[reportUnknownMemberType]
        if connection.closed:  # by another thread, for what it had open was gone
            self.close()
            connection = cast(Connection, self.connection())  # pyright: ignore[reportUnknownMemberType]
        return connection

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
