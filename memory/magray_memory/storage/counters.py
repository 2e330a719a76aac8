"""Counters that are kept beside the rows: compared with the rows, and recounted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

    from magray_memory.storage.vault import Vault

_COUNTED = ("document", "passage")
_NEVER_REUSED = {"passage": "id", "document": "id", "change": "seq"}
"""Tables whose ids must keep growing, with the column of the id."""


def wrong_counters(vault: Vault) -> list[str]:
    """Names of the counters that differ from what there is."""
    with vault.read() as connection:
        tallies = dict(connection.execute("SELECT name, value FROM tally").fetchall())
        wrong = [
            table
            for table in _COUNTED
            if connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] != tallies.get(table)
        ]
        counts = connection.execute(
            "SELECT e.key, e.vectors, (SELECT count(*) FROM vector WHERE key_id = e.id) FROM embedding_key e"
        )
        wrong += [f"vectors of {key}" for key, counted, there in counts if counted != there]
        wrong += [f"ids of {table}" for table in _NEVER_REUSED if _behind(connection, table)]
    return wrong


def recount(vault: Vault) -> None:
    """Set every counter to what there is."""
    with vault.write() as connection:
        for table in _COUNTED:
            connection.execute(
                f"INSERT OR REPLACE INTO tally VALUES ('{table}', (SELECT count(*) FROM {table}))"
            )
        connection.execute(
            "UPDATE embedding_key SET vectors = (SELECT count(*) FROM vector WHERE key_id = embedding_key.id)"
        )
        for table in _NEVER_REUSED:
            highest = _behind(connection, table)
            if highest:
                connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
                connection.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, highest))


def count_added_passages(connection: sqlite3.Connection, added: int) -> None:
    """Count passages that were stored; those that are deleted a trigger counts."""
    connection.execute("UPDATE tally SET value = value + ? WHERE name = 'passage'", (added,))


def highest_passage_id(vault: Vault) -> int:
    """The highest id of a passage, 0 where there is none."""
    with vault.read() as connection:
        return _highest(connection, "passage")


def _behind(connection: sqlite3.Connection, table: str) -> int:
    """The highest id where SQLite's sequence is below it, so that ids would be used again; else 0."""
    highest = _highest(connection, table)
    row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return highest if highest > (row[0] if row else 0) else 0


def _highest(connection: sqlite3.Connection, table: str) -> int:
    sql = f"SELECT coalesce(max({_NEVER_REUSED[table]}), 0) FROM {table}"
    return connection.execute(sql).fetchone()[0]
