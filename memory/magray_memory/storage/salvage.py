"""Salvage: copies what can be read of a damaged notebook into a new one; the damaged file is retained.

Works on a copy, row by row from both ends of each table, and by single ids in between. Where the schema
itself cannot be read, the first page of a new vault stands in for it: every vault's tables begin at the same
pages. Whenever it is interrupted, either the damaged notebook is in place as it was, or a finished
replacement waits and the next call puts it there.
"""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from magray_memory import atomic_file
from magray_memory.errors import StorageError
from magray_memory.storage import schema
from magray_memory.storage.lock import FileLock
from magray_memory.storage.vault_files import new_vault, quarantine_path, refuse_where_folder, was_cut

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from magray_memory.storage.durability import VaultKind

_LOCK_SECONDS = 10.0
_MOST_LOOKUPS = 200_000
_COPIED = tuple(name for name, role in schema.TABLES.items() if role is not schema.TableRole.DERIVED)
_OWN_COLUMNS = frozenset(("checksum", "record_checksum", "use_checksum"))
"""A text that was hit is not what its checksum says, and stays all the same."""
_OWN_FACTS = ("vault_id", "kind", "analyzer_version", "snapshot_at", "changes_trimmed_to")


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What was saved. `rows` and `broken`: by table, rows copied and rows known to be lost.

    `quarantined`: the damaged file as it was, None when an earlier, interrupted salvage had kept it already.
    """

    quarantined: Path | None
    rows: Mapping[str, int] = field(default_factory=dict[str, int])
    broken: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def documents(self) -> int:
        """Documents that were saved."""
        return self.rows.get("document", 0)

    @property
    def lost(self) -> int:
        """Documents that are known to have been there and could not be read."""
        return self.broken.get("document", 0)


def unfinished(path: Path) -> Path | None:
    """The replacement that an interrupted salvage left finished but not in place."""
    waiting = replacement(path)
    return waiting if waiting.exists() else None


def replacement(path: Path) -> Path:
    """Where a finished replacement of a damaged vault waits to be put in place."""
    return path.with_name(f".{path.name}.salvaged")


def salvage(path: Path, kind: VaultKind, complete: Callable[[Path], None]) -> Salvaged:
    """Put what can be read of a damaged vault in its place, and the damaged file beside it.

    `complete` is given the new file before it is put in place, to make what is derived from its rows. Raises
    StorageError (no room, not allowed): then the damaged vault is where it was.
    """
    lock = FileLock(path.with_name(".creating"))
    if not lock.try_acquire(_LOCK_SECONDS):
        raise StorageError(f"{path} cannot be salvaged", "another process uses it")
    try:
        waiting = unfinished(path)
        if waiting is not None:
            put_in_place(waiting, path)
            return Salvaged(None)
        refuse_where_folder(path)
        quarantined = quarantined_copy(path)
        waiting = replacement(path)
        for target in (path, waiting):
            atomic_file.remove_drafts(target, older_than=0)
        with new_vault(waiting, path, kind, None, durable=True) as draft:
            rows, broken = _fill(draft, path)
            complete(draft)
        put_in_place(waiting, path)
        return Salvaged(quarantined, rows, broken)
    except OSError as error:
        raise StorageError(f"{path} cannot be salvaged", error.strerror or str(error)) from error
    finally:
        lock.release()


def quarantined_copy(path: Path) -> Path:
    """A copy of the damaged file and its log, under its name in quarantine."""
    copy = quarantine_path(path)
    for suffix in ("-wal", ""):
        source = path.with_name(path.name + suffix)
        if source.exists():
            target = copy.with_name(copy.name + suffix)
            with atomic_file.replacing(target, durable=True) as draft:
                shutil.copyfile(source, draft)
    return copy


def put_in_place(waiting: Path, path: Path) -> None:
    """Give a finished replacement the name of a damaged vault. Raises OSError."""
    # The log of the damaged file must not be replayed into the new one. Each step is on the disk before the
    # next: the new file and the copy of the log, the end of the log, the new name.
    atomic_file.sync_folder(path.parent)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    atomic_file.sync_folder(path.parent)
    waiting.replace(path)
    atomic_file.sync_folder(path.parent)


def _fill(draft: Path, damaged: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Copy all rows that can be read, in one transaction; returns rows and losses by table."""
    rows: dict[str, int] = {}
    broken: dict[str, int] = {}
    with _scratch(damaged, draft) as source, contextlib.closing(_connect(draft)) as target:
        if source is None:
            return {}, {}
        target.execute("PRAGMA foreign_keys = off")
        target.execute("BEGIN IMMEDIATE")
        for table in _COPIED:
            stored = set(_columns(source, table))
            # What a vault of an earlier version lacks is filled with its default.
            columns = {
                name: place
                for name, place in _columns(target, table).items()
                if name in stored and name not in _OWN_COLUMNS
            }
            key = sorted((name for name, place in columns.items() if place), key=lambda name: columns[name])
            if key:
                rows[table], broken[table] = _copy(source, target, table, list(columns), tuple(key))
        for table in _COPIED:
            _resolve_references(target, table)
        target.execute("COMMIT")
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return rows, broken


def _columns(connection: sqlite3.Connection, table: str) -> dict[str, int]:
    """The columns of a table with their places in its key, 0 outside it; none where there is no table."""
    return {row[1]: row[5] for row in connection.execute(f"PRAGMA table_info({table})")}


def _resolve_references(connection: sqlite3.Connection, table: str) -> None:
    """Do to rows that refer to rows which are not there what the schema does when those are deleted."""
    for reference in connection.execute(f"PRAGMA foreign_key_list({table})").fetchall():
        parent, column, parent_column, on_delete = reference[2], reference[3], reference[4], reference[6]
        action = f"UPDATE {table} SET {column} = NULL" if on_delete == "SET NULL" else f"DELETE FROM {table}"
        connection.execute(f"{action} WHERE {column} NOT IN (SELECT {parent_column} FROM {parent})")


def _copy(
    source: sqlite3.Connection,
    target: sqlite3.Connection,
    table: str,
    columns: list[str],
    key: tuple[str, ...],
) -> tuple[int, int]:
    insert = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"
    copied, lost = 0, 0
    for row in _readable(source, table, columns, key):
        if row is None:
            lost += 1
        elif table != "meta" or row[0] not in _OWN_FACTS:
            try:
                copied += target.execute(insert, row).rowcount
            except sqlite3.Error:  # a value that cannot be: the row was damaged in a way that reads well
                lost += 1
    return copied, lost


def _readable(
    source: sqlite3.Connection, table: str, columns: list[str], key: tuple[str, ...]
) -> Generator[tuple[Any, ...] | None]:
    """Every row that can be read, None for each that is known to be lost."""
    select = f"SELECT {', '.join(columns)} FROM {table}"
    places = [columns.index(name) for name in key]
    low = high = None
    cursor = None
    try:
        cursor = source.execute(f"{select} ORDER BY {', '.join(key)}")
        for row in cursor:
            low = tuple(row[place] for place in places)
            yield row
        return
    except sqlite3.Error:
        pass
    with contextlib.suppress(sqlite3.Error):
        cursor = source.execute(f"{select} ORDER BY {', '.join(f'{name} DESC' for name in key)}")
        for row in cursor:
            found = tuple(row[place] for place in places)
            if found == low:
                return
            high = found
            yield row
    if len(key) == 1 and key[0] == "id":
        yield from _between(source, select, table, low, high)


def _between(
    source: sqlite3.Connection,
    select: str,
    table: str,
    low: tuple[Any, ...] | None,
    high: tuple[Any, ...] | None,
) -> Generator[tuple[Any, ...] | None]:
    """The rows with ids between two, one by one."""
    first = low[0] + 1 if low and isinstance(low[0], int) else 1
    last = high[0] - 1 if high and isinstance(high[0], int) else _last_id(source, table, first)
    for number in range(first, min(last, first + _MOST_LOOKUPS) + 1):
        try:
            row = source.execute(f"{select} WHERE id = ?", (number,)).fetchone()
        except sqlite3.Error:
            yield None
        else:
            if row is not None:
                yield row


def _last_id(source: sqlite3.Connection, table: str, otherwise: int) -> int:
    with contextlib.suppress(sqlite3.Error):
        row = source.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
        if row and isinstance(row[0], int):
            return row[0]
    return otherwise


@contextlib.contextmanager
def _scratch(damaged: Path, fresh: Path) -> Generator[sqlite3.Connection | None]:
    """A copy of the damaged file that can be queried, None when nothing makes it a database."""
    scratch = atomic_file.draft_path(damaged)
    parts = [scratch.with_name(scratch.name + suffix) for suffix in ("", "-wal", "-shm")]
    try:
        # SQLite forgets the log of a file that has been cut to nothing, and what it holds with it.
        tries = (_merged, _with_log, _alone) if was_cut(damaged) else (_with_log, _merged, _alone)
        for copy_parts in tries:
            for part in parts:
                part.unlink(missing_ok=True)
            copy_parts(damaged, fresh, parts)
            for prepare in (None, fresh):
                if prepare is not None:
                    _lend_first_page(scratch, prepare)
                connection = _queryable(scratch)
                if connection is not None:
                    with contextlib.closing(connection):
                        yield connection
                    return
        yield None
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


def _alone(damaged: Path, fresh: Path, parts: Sequence[Path]) -> None:
    shutil.copyfile(damaged, parts[0])


def _with_log(damaged: Path, fresh: Path, parts: Sequence[Path]) -> None:
    shutil.copyfile(damaged, parts[0])
    log = _log_of(damaged)
    if log.exists():
        shutil.copyfile(log, parts[1])


def _merged(damaged: Path, fresh: Path, parts: Sequence[Path]) -> None:
    """The file with the pages of its log in their places, and what it lacks from a new vault."""
    head = damaged.read_bytes()
    with contextlib.closing(_connect(fresh)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    parts[0].write_bytes(head + fresh.read_bytes()[len(head) :])
    with (
        contextlib.suppress(FileNotFoundError),
        _log_of(damaged).open("rb") as log,
        parts[0].open("r+b") as file,
    ):
        for page, data in _committed_pages(log):
            file.seek((page - 1) * len(data))
            file.write(data)


def _committed_pages(log: BinaryIO) -> Generator[tuple[int, bytes]]:
    """The pages of a log in the order of its transactions, without those of one that has no end."""
    header = log.read(32)
    page_bytes, salt = int.from_bytes(header[8:12], "big"), header[16:24]
    begun: list[tuple[int, bytes]] = []
    while 512 <= page_bytes <= 65_536 and len(frame := log.read(24 + page_bytes)) == 24 + page_bytes:
        if frame[8:16] != salt:  # of before the log was begun anew
            return
        begun.append((int.from_bytes(frame[:4], "big"), frame[24:]))
        if any(frame[4:8]):  # the end of a transaction
            yield from begun
            begun.clear()


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _lend_first_page(scratch: Path, fresh: Path) -> None:
    """Give the file the header and the schema of a new vault, with its own number of pages."""
    with contextlib.closing(_connect(fresh)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page_bytes: int = connection.execute("PRAGMA page_size").fetchone()[0]
    with fresh.open("rb") as file:
        page = bytearray(file.read(page_bytes))
    size = scratch.stat().st_size
    page[28:32] = (max(1, size // page_bytes)).to_bytes(4, "big")
    page[32:40] = bytes(8)  # no free pages: they are of no interest here
    with scratch.open("r+b") as file:
        file.write(page)


def _queryable(path: Path) -> sqlite3.Connection | None:
    connection = _connect(path)
    try:
        names = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    except sqlite3.Error:
        names = set[str]()
    if "document" not in names:
        connection.close()
        return None
    # A letter that was hit costs that letter and not the record.
    connection.text_factory = _text
    return connection


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)
