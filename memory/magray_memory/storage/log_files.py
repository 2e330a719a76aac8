"""Log files: a write-ahead log, or its index, that is deleted or cut while connections have it open.

SQLite looks at neither again: it would go on in files that nobody else sees, read beyond the end of a mapped
one, which ends the process, or take pages from a log that has none. So each transaction begins with a look.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.errors import StorageError
from magray_memory.storage import held_files
from magray_memory.storage.sqlite_errors import CORRUPT, NOTADB, error_code
from magray_memory.storage.vault_files import FileFacts, stat_of, uri

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from magray_memory.storage.database import Connection

_HEADER_BYTES = 96
"""The two copies of the header that an index begins with; without a valid one the log is read anew."""
_FRAME_HEAD = 24
_LOG_HEAD = 32
_WAIT_SECONDS = 1.0
"""How long connections that use a log which was cut or removed are waited for."""
_LOOK_SECONDS = 0.02


class LogInUseError(StorageError):
    """Connections are in the midst of reading from a log that was cut or removed."""


class LogFiles(NamedTuple):
    """The facts of a log and of its index."""

    log: FileFacts
    shm: FileFacts

    @classmethod
    def look(cls, path: Path) -> LogFiles:
        """Those of a database as they are now."""
        name = os.fspath(path)  # quicker than making paths: every transaction looks twice
        return cls(stat_of(f"{name}-wal"), stat_of(f"{name}-shm"))


NONE = LogFiles(FileFacts(0, 0), FileFacts(0, 0))

_guard = threading.Lock()
_connections: dict[Path, weakref.WeakSet[Connection]] = {}
_known: dict[Path, LogFiles] = {}


def register(path: Path, connection: Connection) -> None:
    """Note a connection that was opened."""
    with _guard:
        _connections.setdefault(path, weakref.WeakSet()).add(connection)


def follow(path: Path, connection: Connection | None) -> bool:
    """Whether what a connection has open was deleted, replaced or cut, so that it must be made anew.

    What can be kept is kept: a deleted log is brought into the database by a connection that still has it.
    None: a connection is about to be made. Raises StorageError where another thread is in the midst of it.
    """
    until = time.monotonic() + _WAIT_SECONDS
    while True:
        found = LogFiles.look(path)
        known = _known.get(path, NONE)
        before = known if connection is None or connection.log_files == NONE else connection.log_files
        if found == before == known:
            return False
        try:
            with _guard:
                lost = _mend(path, before, found)
                if connection is not None:
                    connection.log_files = found
                return lost
        except LogInUseError:
            if time.monotonic() > until:
                raise
        time.sleep(_LOOK_SECONDS)  # without the guard: those that use the log are to get on


def note(path: Path, connection: Connection) -> None:
    """Note what a connection has open once it has read."""
    if connection.log_files == NONE:
        connection.log_files = LogFiles.look(path)


def waiting_pages(path: Path) -> int:
    """How many pages of a log are not in the database yet; 0 where its index does not say."""
    with _guard:
        header = _header(path, stat_of(_index_of(path)).inode)
    return 0 if header is None else header.frames - header.moved


@contextlib.contextmanager
def never_last(connection: Connection) -> Generator[None]:
    """Another connection is open while this one is closed, if it has a log that is not the one of now.

    The last connection takes its log into the database, page by page as the index says, of which another
    log may be the source by now.
    """
    path, had = connection.path, connection.log_files
    if path is None or had == NONE or _same_files(had, LogFiles.look(path)):
        yield
        return
    with contextlib.ExitStack() as stack:
        # A log that is needed is missing: then this one is it. A damaged schema may be quoted as no text.
        with contextlib.suppress(sqlite3.Error, UnicodeDecodeError):
            other = stack.enter_context(contextlib.closing(sqlite3.connect(uri(path, "mode=rw"), uri=True)))
            other.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone()
        yield


def _same_files(one: LogFiles, other: LogFiles) -> bool:
    return (one.log.inode, one.shm.inode) == (other.log.inode, other.shm.inode)


def _mend(path: Path, before: LogFiles, found: LogFiles) -> bool:
    known = _known.get(path, NONE)
    cut_index = found.shm.inode == known.shm.inode and found.shm.size < known.shm.size
    if cut_index:
        _lengthen(path, known.shm.size)
        found = LogFiles(found.log, known.shm)
    lost = False
    if before != NONE:
        lost = not _same_files(before, found)
        if lost:
            _rescue(path, before, found)
        if found.shm.inode != before.shm.inode:
            _close_all(path)
    cut_log = not lost and found.log.size < before.log.size
    if cut_log:
        _read_log_anew(path, found)
    _known[path] = found
    return lost or cut_index or cut_log


def _close_all(path: Path) -> None:
    """Close every connection of this process: while one is open, SQLite gives its index to each new one."""
    with contextlib.ExitStack() as held:
        connections = [one for one in list(_connections.get(path, ())) if not one.closed]
        for connection in connections:
            if not connection.using.acquire(blocking=False):
                raise _busy(path)
            held.callback(connection.using.release)
        for connection in connections:
            connection.close()


def _busy(path: Path) -> LogInUseError:
    why = "its log was cut or removed while in use"
    return LogInUseError(f"the vault {path} cannot be used", why, "try again in a moment")


def _lengthen(path: Path, size: int) -> None:
    """Give an index that was cut its former size: what is mapped can be read again, and is found invalid."""
    with contextlib.suppress(OSError):
        os.truncate(_index_of(path), size)


def _rescue(path: Path, before: LogFiles, found: LogFiles) -> None:
    """Have what is in a deleted log taken into the database, by a connection that has it open.

    Only while nobody has begun another log, whose frames would be looked for in the deleted one; nobody can,
    as long as frames that are needed are missing. A log whose database was replaced, or is damaged, is left
    as it is. Raises StorageError where others are reading from it.
    """
    if found.log.size or found.shm.inode not in (before.shm.inode, 0):
        return
    if found.shm.inode:
        header = _header(path, found.shm.inode)
        if header is None or header.moved == header.frames or LogFiles.look(path) != found:
            return
    # Others may have one that was deleted earlier.
    log, database = _known.get(path, before).log.inode, stat_of(path).inode
    opened = [one for one in list(_connections.get(path, ())) if not one.closed]
    connections = [one for one in opened if (one.log_files.log.inode, one.inode) == (log, database)]
    if connections and not any(_moves_all(connection) for connection in connections):
        raise _busy(path)


def _moves_all(connection: Connection) -> bool:
    """Take the log that a connection has open into the database; whether nothing is left that could be."""
    if not connection.using.acquire(blocking=False):
        return False
    try:
        busy, frames, moved = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    except sqlite3.Error as error:
        return error_code(error) & 0xFF in (CORRUPT, NOTADB)
    finally:
        connection.using.release()
    return not busy and frames == moved


def _read_log_anew(path: Path, found: LogFiles) -> None:
    """Have a log that is shorter than its index says read anew, up to where it is whole."""
    header = _header(path, found.shm.inode)
    if (
        header is not None
        and header.frames
        and found.log.size < _LOG_HEAD + header.frames * header.frame_bytes
    ):
        _invalidate(path, found.shm.inode)


class _Header(NamedTuple):
    """What an index says of its log: bytes of a frame, how many there are, and how many of them stand in the
    database too.
    """

    frame_bytes: int
    frames: int
    moved: int


def _header(path: Path, inode: int) -> _Header | None:
    """The header of an index, None where it has none that is valid."""
    if sys.platform == "win32":  # a file that is in use can be neither cut nor deleted there
        return None
    head = held_files.read(_index_of(path), _HEADER_BYTES + 4)
    if head[12:13] != b"\1" or stat_of(_index_of(path)).inode != inode:
        return None
    page, frames, moved = (head[14:16], head[16:20], head[_HEADER_BYTES:])
    numbers = [int.from_bytes(part, sys.byteorder) for part in (page, frames, moved)]
    return _Header(_FRAME_HEAD + (65_536 if numbers[0] == 1 else numbers[0]), numbers[1], numbers[2])


def _invalidate(path: Path, inode: int) -> None:
    if stat_of(_index_of(path)).inode == inode:
        held_files.write(_index_of(path), bytes(_HEADER_BYTES))


def _index_of(path: Path) -> Path:
    return path.with_name(path.name + "-shm")
