"""Disk space of a vault (page counts, vacuum, checkpoint) and the statistics of SQLite's planner."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.storage.database import BUSY_SECONDS
from magray_memory.storage.sqlite_errors import translated
from magray_memory.storage.vault_files import snapshot_files

if TYPE_CHECKING:
    from collections.abc import Iterable

    from magray_memory.storage.vault import Vault

_INCREMENTAL = 2
_OPTIMIZE_DRY = 0xFFFF
"""What `PRAGMA optimize` does by itself, but that it only says so."""
_PAUSE = 0.008
"""Seconds between two transactions: whoever waits for its turn gets it."""


class Pages(NamedTuple):
    """Pages of a database: how many in all, how many of them free, and the bytes of one.

    `incremental`: free pages can be given back in small steps.
    """

    total: int
    free: int
    bytes: int
    incremental: bool


def pages(vault: Vault) -> Pages:
    """The page counts of a vault."""
    with vault.read() as connection:
        count, free, size, mode = (
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size", "auto_vacuum")
        )
    return Pages(count, free, size, mode == _INCREMENTAL)


def used_bytes(vault: Vault) -> int:
    """Bytes of the database's pages and of its snapshots; the log comes and goes."""
    there = pages(vault)
    total = there.total * there.bytes
    for file in snapshot_files(vault.path):
        try:
            total += file.stat().st_size
        except OSError:
            continue
    return total


def vacuum(vault: Vault, most: int) -> bool:
    """Give back up to so many free pages in one transaction; False once none is left."""
    with vault.write() as connection:
        free: int = connection.execute("PRAGMA freelist_count").fetchone()[0]
        for _ in range(min(most, free)):  # a statement without columns is stepped once: one page, whatever N
            connection.execute("PRAGMA incremental_vacuum(1)")
        return free > most


def checkpoint(vault: Vault, wait_ms: int = int(BUSY_SECONDS * 1000)) -> None:
    """Copy the log into the database and cut it, unless somebody reads from it for all of that time.

    Writers wait for the cutting alone: first all is copied that can be beside them.
    """
    with translated(vault.path):
        connection = vault.db.raw()
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        connection.execute(f"PRAGMA busy_timeout = {wait_ms}")
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")


def has_statistics(vault: Vault) -> bool:
    """Whether SQLite's planner has statistics of the tables."""
    with vault.read() as connection:
        row = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'").fetchone()
    return row is not None


def take_statistics(vault: Vault, rows: int) -> None:
    """Take the planner's statistics of every table, from so many rows of each, a table in a transaction."""
    with vault.read() as connection:
        names = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND rootpage > 0"
            " AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        ).fetchall()
    _analyze(vault, rows, [f'ANALYZE main."{name}"' for (name,) in names])


def refresh_statistics(vault: Vault, rows: int) -> None:
    """Take the planner's statistics again where SQLite finds that tables have changed much."""
    with translated(vault.path):
        due = vault.db.raw().execute(f"PRAGMA optimize({_OPTIMIZE_DRY})").fetchall()
    _analyze(vault, rows, [statement for (statement,) in due])


def _analyze(vault: Vault, rows: int, statements: Iterable[str]) -> None:
    with translated(vault.path):
        vault.db.raw().execute(f"PRAGMA analysis_limit = {rows}")
    for statement in statements:
        with vault.write() as connection:
            connection.execute(statement)
        time.sleep(_PAUSE)
