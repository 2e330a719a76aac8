"""Table swap: a prepared notebook is copied beside the tables of the live one, and changes places with them.

    tables beside, filled in short transactions ─► root pages exchanged in one small commit ─► removed

A table is the page that its tree begins at: exchanging these pages of two tables exchanges all that is in
them, at any size, and leaves names, triggers and references as they are. Whoever reads sees the old state or
the new one. The old one stays in the file, as the tables beside, until it is removed in short transactions.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.errors import StorageError
from magray_memory.progress import SILENT
from magray_memory.storage import space
from magray_memory.storage.short_writes import LongChange, ShortWrites, many_writes
from magray_memory.storage.sqlite_errors import translated
from magray_memory.storage.vault_files import uri

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

    from magray_memory.progress import Progress
    from magray_memory.storage.vault import Vault

_BESIDE = "swap_"
"""How the names of the tables beside begin."""
_FORMER = "swap_former"
"""The table that is there from the exchange on; its number tells which state of the records was saved."""
_AUTOMATIC = "sqlite_autoindex_"
_CHECKPOINT_MS = 20
_REFERENCE = re.compile(
    r"\s*REFERENCES\s+\w+\s*\([^)]*\)(\s+ON\s+DELETE\s+(CASCADE|SET\s+NULL))?", re.IGNORECASE
)
_COUNTED_ID = re.compile(r"\s+AUTOINCREMENT\b", re.IGNORECASE)
_TABLE = re.compile(r"""^CREATE TABLE\s+(?:"\w+"|'\w+'|\w+)""", re.IGNORECASE)
_INDEX = re.compile(r"^CREATE (UNIQUE )?INDEX\s+(\w+)\s+ON\s+(\w+)", re.IGNORECASE)


class _Tree(NamedTuple):
    """A table or index with pages of its own. `sql` is empty of an index that a constraint makes."""

    type: str
    name: str
    table: str
    root: int
    sql: str

    @property
    def beside(self) -> str:
        """The name of its counterpart."""
        if self.name.startswith(_AUTOMATIC):
            return f"{_AUTOMATIC}{_BESIDE}{self.name.removeprefix(_AUTOMATIC)}"
        return _BESIDE + self.name


def possible(prepared: Path, live: Path) -> bool:
    """Whether the tables of both are alike, and this SQLite lets them be exchanged."""
    with contextlib.closing(sqlite3.connect(":memory:")) as trial:
        try:
            trial.execute("PRAGMA writable_schema = ON")
            trial.execute("UPDATE sqlite_master SET rootpage = rootpage WHERE name = ''")
        except sqlite3.Error:
            return False
    with translated(live):
        return _definitions(prepared) == _definitions(live)


def fill(vault: Vault, prepared: Path, progress: Progress) -> None:
    """Copy the tables of a prepared notebook beside those of a vault. Raises StorageError, Interrupted."""
    trees = _make_tables(vault)
    with LongChange(vault, "prepared", prepared) as change, many_writes(vault):
        tables = [tree for tree in trees if tree.type == "table"]
        total = sum(_count(change.connection(), f"prepared.{table.name}") for table in tables)
        done = 0
        for table in tables:
            done = _copy(vault, change, table, done, total, progress)


def exchange(vault: Vault, prepared: Path, first: int, saved: int) -> None:
    """Exchange the tables of a vault with those beside, in one commit.

    `first`: the first id of a passage of the prepared one; `saved`: which state of the records is in a
    backup. Raises StorageError where the state of now does not fit: then nothing has changed.
    """
    with (
        LongChange(vault, "prepared", prepared) as change,
        change.turn(ShortWrites(vault, 1)) as connection,
    ):
        if _sequence(connection, "main").get("passage", 0) >= first:
            raise StorageError("nothing was restored", "too much was written meanwhile", "try again")
        purged = "SELECT 1 FROM purged WHERE uid NOT IN (SELECT uid FROM swap_purged) LIMIT 1"
        if connection.execute(purged).fetchone() is not None:
            raise StorageError("nothing was restored", "records were purged meanwhile", "try again")
        highest = _sequence(connection, "prepared")
        for name, seq in _sequence(connection, "main").items():
            highest[name] = max(seq, highest.get(name, 0))
        connection.execute("DELETE FROM main.sqlite_sequence")
        connection.executemany("INSERT INTO main.sqlite_sequence VALUES (?, ?)", highest.items())
        connection.execute(f"CREATE TABLE {_FORMER} (saved INTEGER NOT NULL)")
        connection.execute(f"INSERT INTO {_FORMER} VALUES (?)", (saved,))
        wanted = connection.execute("SELECT value FROM swap_meta WHERE key = 'vault_id'").fetchone()
        _exchange_roots(connection)
        if connection.execute("SELECT value FROM meta WHERE key = 'vault_id'").fetchone() != wanted:
            raise StorageError("nothing was restored", "the tables could not be exchanged")


def is_begun(path: Path) -> bool:
    """Whether a notebook has tables beside its own: those of a restore that goes on, or was killed."""
    with translated(path), contextlib.closing(_connect(path)) as connection:
        return bool(_beside(connection))


def unsaved(vault: Vault) -> bool:
    """Whether the tables beside have a former state that is in no backup as it was."""
    with vault.read() as connection:
        if not _has_former(connection):
            return False
        row = connection.execute(
            "SELECT saved <> coalesce((SELECT value FROM swap_tally WHERE name = 'record'), 0)"
            f" FROM {_FORMER}"
        ).fetchone()
    return row is not None and bool(row[0])  # emptied first, once all that was there is saved


def take_back(copy: Path) -> None:
    """Make the former state that of a private copy of a notebook, where it has one beside."""
    with translated(copy), contextlib.closing(_connect(copy)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        if _has_former(connection):
            _exchange_roots(connection)
        connection.execute("COMMIT")


def remove(vault: Vault, progress: Progress = SILENT) -> None:
    """Remove the tables beside, and give their pages back, in short transactions. Raises StorageError."""
    with vault.read() as connection:
        names = _beside(connection)
    if not names:
        return
    with many_writes(vault), _leaving_bytes(vault):
        turns = ShortWrites(vault, 1)
        for type_, name, _ in names:
            if type_ == "index":
                with turns.turn() as connection:
                    connection.execute(f"DROP INDEX {name}")
        for number, (type_, name, sql) in enumerate(names):
            if type_ == "table":
                progress.report("removing the former state", number, len(names), "tables")
                _empty(vault, name, sql)
        with vault.write() as connection:
            for type_, name, _ in names:
                if type_ == "table":
                    connection.execute(f"DROP TABLE {name}")
        _give_back(vault)
    space.checkpoint(vault, _CHECKPOINT_MS)


def _make_tables(vault: Vault) -> list[_Tree]:
    """Make the empty tables beside; returns those that they are the counterparts of."""
    with vault.read() as connection:
        trees = _trees(connection)
    waiting = [tree for tree in trees if tree.sql]
    waiting.sort(key=lambda tree: tree.type, reverse=True)  # tables before indexes
    turns, done = ShortWrites(vault, 4), 0
    while done < len(waiting):
        some = waiting[done : done + turns.size]
        with turns.turn(len(some)) as connection:
            for tree in some:
                connection.execute(_definition_beside(tree))
        done += len(some)
    return trees


def _give_back(vault: Vault) -> None:
    turns, more = ShortWrites(vault, 100), space.pages(vault).incremental
    while more:
        with turns.turn():
            more = space.vacuum(vault, turns.size)


def _copy(vault: Vault, change: LongChange, table: _Tree, done: int, total: int, progress: Progress) -> int:
    """Copy the rows of a table in the order of its key; returns how many of all rows are copied then."""
    connection = change.connection()
    key, columns = _key(connection, table.name, table.sql), ", ".join(_columns(connection, table))
    order, least = ", ".join(key), done
    # A first chunk by itself, the next ones from the last key on: each costs what it copies.
    after = f" WHERE ({order}) > ({', '.join('?' * len(key))})"
    backwards = ", ".join(f"{name} DESC" for name in key)
    turns, last = ShortWrites(vault, 50), tuple[object, ...]()
    while True:
        progress.check()
        progress.report("copying the records beside", done, total, "rows")
        size = turns.size
        with change.turn(turns) as connection:
            copied = connection.execute(
                f"INSERT INTO main.{table.beside} ({columns}) SELECT {columns} FROM prepared.{table.name}"
                f"{after if last else ''} ORDER BY {order} LIMIT {size}",
                last,
            ).rowcount
        done += max(copied, 0)
        if copied < size:
            break
        last = connection.execute(
            f"SELECT {order} FROM main.{table.beside} ORDER BY {backwards} LIMIT 1"
        ).fetchone()
    connection = change.connection()
    there = _count(connection, f"prepared.{table.name}")
    if done - least != there or _count(connection, f"main.{table.beside}") != there:
        raise StorageError(
            "nothing was restored", f"the rows of {table.name} could not be copied", "try again"
        )
    return done


def _empty(vault: Vault, name: str, sql: str) -> None:
    turns = ShortWrites(vault, 200)
    with vault.read() as connection:
        key = ", ".join(_key(connection, name, sql))
    places = ", ".join("?" * (key.count(",") + 1))
    while True:
        with turns.turn() as connection:
            bound = connection.execute(
                f"SELECT {key} FROM {name} ORDER BY {key} LIMIT 1 OFFSET {turns.size}"
            ).fetchone()
            below = "" if bound is None else f" WHERE ({key}) < ({places})"
            connection.execute(f"DELETE FROM {name}{below}", bound or ())
        if bound is None:
            return


def _exchange_roots(connection: sqlite3.Connection) -> None:
    """Exchange the first pages of all tables and indexes with those of their counterparts."""
    trees = _trees(connection)
    roots = dict(connection.execute("SELECT name, rootpage FROM sqlite_master").fetchall())
    exchanged = [(roots[tree.beside], tree.name) for tree in trees]
    exchanged += [(tree.root, tree.beside) for tree in trees]
    version: int = connection.execute("PRAGMA schema_version").fetchone()[0]
    connection.execute("PRAGMA writable_schema = ON")
    try:
        connection.executemany("UPDATE sqlite_master SET rootpage = ? WHERE name = ?", exchanged)
        connection.execute(f"PRAGMA schema_version = {version + 1}")  # every program reads it anew
    finally:
        connection.execute("PRAGMA writable_schema = RESET")


def _trees(connection: sqlite3.Connection) -> list[_Tree]:
    """The tables and indexes of a notebook that have pages, SQLite's own and those beside left out."""
    rows = connection.execute(
        "SELECT type, name, tbl_name, rootpage, coalesce(sql, '') FROM main.sqlite_master WHERE rootpage > 0"
        " AND tbl_name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND tbl_name NOT LIKE 'swap\\_%' ESCAPE '\\'"
        " ORDER BY name"
    )
    return [_Tree(*row) for row in rows]


def _beside(connection: sqlite3.Connection) -> list[tuple[str, str, str]]:
    """Type, name and definition of the tables and indexes beside, those that constraints make left out."""
    return connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        " AND name LIKE 'swap\\_%' ESCAPE '\\' ORDER BY name <> ?, name",
        (_FORMER,),
    ).fetchall()


def _has_former(connection: sqlite3.Connection) -> bool:
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (_FORMER,))
    return found.fetchone() is not None


def _definitions(path: Path) -> dict[tuple[str, str], str]:
    with contextlib.closing(_connect(path)) as connection:
        return {(tree.type, tree.name): tree.sql for tree in _trees(connection)}


def _definition_beside(tree: _Tree) -> str:
    """The statement that makes the counterpart: alike in all that its pages depend on. It refers to no table,
    for what is deleted there would be deleted here too.
    """
    if tree.type == "index":
        return _INDEX.sub(rf"CREATE \g<1>INDEX {_BESIDE}\g<2> ON {_BESIDE}\g<3>", tree.sql)
    plain = _COUNTED_ID.sub("", _REFERENCE.sub("", tree.sql))
    return _TABLE.sub(f"CREATE TABLE {tree.beside}", plain)


def _key(connection: sqlite3.Connection, name: str, sql: str) -> list[str]:
    """The columns that a table's rows are in the order of."""
    if not sql.rstrip().upper().endswith("WITHOUT ROWID"):
        return ["rowid"]
    columns = connection.execute(f"PRAGMA main.table_info({name})").fetchall()
    return [row[1] for row in sorted(columns, key=lambda row: row[5]) if row[5]]


def _columns(connection: sqlite3.Connection, table: _Tree) -> Sequence[str]:
    """All columns, and the number of a row where no column has it."""
    found = connection.execute(f"PRAGMA main.table_info({table.name})").fetchall()
    keys = [row for row in found if row[5]]
    numbered = len(keys) == 1 and keys[0][2].upper() == "INTEGER"
    names = [row[1] for row in found]
    return names if numbered or _key(connection, table.name, table.sql) != ["rowid"] else ["rowid", *names]


def _count(connection: sqlite3.Connection, table: str) -> int:
    return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def _sequence(connection: sqlite3.Connection, schema: str) -> dict[str, int]:
    return dict(connection.execute(f"SELECT name, seq FROM {schema}.sqlite_sequence").fetchall())


@contextlib.contextmanager
def _leaving_bytes(vault: Vault) -> Generator[None]:
    """Whole pages that become free are not zeroed: they are given back at once."""
    with translated(vault.path):
        connection = vault.db.raw()
        before = connection.execute("PRAGMA secure_delete").fetchone()[0]
        connection.execute("PRAGMA secure_delete = FAST")
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute(f"PRAGMA secure_delete = {('OFF', 'ON', 'FAST')[before]}")


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(uri(path, "mode=rw"), uri=True, isolation_level=None)
