"""Database: the SQLite connections of a vault, one for each thread, and their transactions."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import weakref
from typing import TYPE_CHECKING, Any

from magray_memory.storage import log_files
from magray_memory.storage.log_files import NONE, LogFiles
from magray_memory.storage.row_checksums import lenient_text
from magray_memory.storage.sqlite_errors import is_full, schema_damaged
from magray_memory.storage.vault_files import stat_of, uri

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

BUSY_SECONDS = 5.0
"""A statement waits so long for another process that writes."""


_INDEX_BYTES = 32_768
"""Of the index of a log, at least: without so many nobody has the log open."""


class Connection(sqlite3.Connection):
    """A connection that can be held weakly, and knows which file it has open."""

    path: Path | None = None
    inode: int = 0
    closed: bool = False
    """Whether it is closed, or will be once its transaction has ended."""
    released: bool = False
    log_files: LogFiles = NONE
    """The log and its index when they were looked at last."""
    without_log: object = None
    """What the database was when it was opened as a file that nobody changes, since the disk is full."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        # Before what may fail: `__del__` closes what was never opened, too.
        self.using = threading.RLock()
        """Held while its thread is in a transaction, and while another one closes it or takes in its log."""
        super().__init__(*arguments, **options)

    def is_as_opened(self) -> bool:
        """Whether a database that was opened as one that nobody changes was not changed."""
        return self.without_log is None or self.path is None or self.without_log == _state(self.path)

    def close(self) -> None:
        """Close it, in whatever thread, once the transaction that it is in has ended."""
        self.closed = True
        held = self.using.acquire(timeout=BUSY_SECONDS)
        try:
            if not self.released:  # else its log is gone because the last connection took it away
                with log_files.never_last(self):
                    super().close()
                self.released = True
        finally:
            if held:
                self.using.release()

    def __del__(self) -> None:
        if not self.closed:
            with contextlib.suppress(sqlite3.Error, TypeError):  # TypeError: the interpreter ends
                self.close()


class State:
    """What one thread has open."""

    connection: Connection | None = None
    begun: bool = False
    """Whether a transaction is."""


class _ThreadState(threading.local, State):
    pass


class VaultDatabase:
    """A connection for each thread, opened at its first use; all of them are closed by `close_all`."""

    def __init__(
        self, path: Path, uri: str, pragmas: Mapping[str, object], *, only_reads: bool = False
    ) -> None:
        self._path = path
        self._uri = uri
        self._pragmas = dict(pragmas)
        self._state: State = _ThreadState()
        self._guard = threading.Lock()
        self._open: weakref.WeakSet[Connection] = weakref.WeakSet()
        self._open_guard = threading.Lock()
        self._lenient = False
        self._only_reads = only_reads

    def is_closed(self) -> bool:
        """Whether this thread has no connection."""
        return self._state.connection is None

    def in_transaction(self) -> bool:
        """Whether this thread is in a transaction."""
        return self._state.begun

    def connect(self) -> Connection:
        """Open this thread's connection, which is closed."""
        with self._guard:
            connection = self._state.connection = self._connect()
        return connection

    def close(self) -> None:
        """Close this thread's connection. Raises OperationalError inside a transaction of the thread."""
        if self._state.begun:
            raise sqlite3.OperationalError("a transaction is open")
        with self._guard:
            connection, self._state.connection = self._state.connection, None
            if connection is not None:
                connection.close()

    def _connect(self) -> Connection:
        log_files.follow(self._path, None)
        try:
            connection = self._connected()
        except UnicodeDecodeError as error:  # SQLite quotes the damaged schema, in bytes that are no text
            raise schema_damaged() from error
        except sqlite3.OperationalError as error:
            if not (self._only_reads and is_full(error, self._path)):
                raise
            connection = self._connected_without_log(error)
        connection.path, connection.inode = self._path, self._path.stat().st_ino
        log_files.register(self._path, connection)
        with self._open_guard:
            self._open.add(connection)
            if self._lenient:
                connection.text_factory = lenient_text
        return connection

    def _connected(self) -> Connection:
        connection = self._set_up(self._uri)
        if self._only_reads:
            try:
                connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
            except (sqlite3.Error, UnicodeDecodeError):
                connection.close()
                raise
        return connection

    def _set_up(self, uri: str) -> Connection:
        """A connection in autocommit mode, which any thread may close, with its pragmas set."""
        connection = sqlite3.connect(
            uri,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            uri=True,
            check_same_thread=False,
            factory=Connection,
        )
        try:
            for pragma, value in self._pragmas.items():
                connection.execute(f"PRAGMA {pragma} = {value}")
        except BaseException:
            connection.close()
            raise
        return connection

    def _connected_without_log(self, error: sqlite3.Error) -> Connection:
        """A connection that needs no room for the index of a log, where there is no log that anybody uses."""
        state = _state(self._path)
        if state is None:
            raise error
        connection = self._set_up(uri(self._path, "mode=ro&immutable=1"))
        connection.without_log = state
        return connection

    def read_leniently(self) -> bool:
        """Have texts that are no UTF-8 read with a mark for what is damaged; whether that is news."""
        with self._open_guard:
            news, self._lenient = not self._lenient, True
            for connection in self._open:
                connection.text_factory = lenient_text
        return news

    def raw(self) -> Connection:
        """This thread's connection, opened now where it has none."""
        connection = self._state.connection
        if connection is not None and connection.closed:  # by another thread, for what it had open was gone
            if self._state.begun and not connection.released:
                return connection  # it waits for the end of this transaction
            self.close()
            connection = None
        return self.connect() if connection is None else connection

    @contextlib.contextmanager
    def begun(self, lock: str) -> Generator[None]:
        """A transaction of this thread, with a BEGIN of this kind; commits, or rolls back."""
        connection = self.raw()
        connection.using.acquire()
        while connection.closed:  # by another thread, for what it had open was gone
            connection.using.release()
            connection = self.raw()
            connection.using.acquire()
        try:
            try:
                self._state.begun = True
                connection.execute(f"BEGIN {lock}")
                yield
                connection.execute("COMMIT")
            except BaseException:
                _roll_back(connection)
                raise
            finally:
                self._state.begun = False
        finally:
            connection.using.release()

    def close_all(self) -> None:
        """Close the connections of every thread."""
        self.close()
        with self._open_guard:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(sqlite3.Error):
                connection.close()


def _roll_back(connection: Connection) -> None:
    """Undo what was begun; SQLite may have done so by itself, when the disk was full or failed."""
    if not connection.closed and connection.in_transaction:
        connection.execute("ROLLBACK")


def _state(path: Path) -> tuple[int, int, int] | None:
    """What differs after a change of a database that has no log; None where it may have one."""
    log, index = (stat_of(path.with_name(path.name + suffix)).size for suffix in ("-wal", "-shm"))
    if log or index >= _INDEX_BYTES:
        return None
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns
