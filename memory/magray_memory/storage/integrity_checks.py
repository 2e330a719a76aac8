"""Integrity checks by SQLite itself and by the schema: soundness, references, missing objects."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.storage import schema

if TYPE_CHECKING:
    from magray_memory.storage.vault import Vault

_MOST_COMPLAINTS = 10
_INDEX_COMPLAINTS = ("missing from index", "wrong # of entries in index", "non-unique entry in index")
_LEXICAL_TABLES = ("passage_fts", "passage_vocab", "passage_name", "name_vocab")


class Part(Enum):
    """The part of a database that a complaint of SQLite is about."""

    FILE = auto()
    """Pages or rows: nothing in the file can be trusted."""
    INDEXES = auto()
    """An index that does not fit its table."""
    LEXICAL = auto()
    """The lexical table."""


class Complaint(NamedTuple):
    """One sentence of SQLite's integrity check."""

    part: Part
    text: str


@dataclass(frozen=True, slots=True)
class SchemaDifference:
    """Objects that this version's schema has and a vault has not, or has otherwise."""

    tables: tuple[str, ...]
    """Tables that are missing, or whose columns are others."""
    lexical_tables: tuple[str, ...]
    others: tuple[str, ...]
    """Indexes and triggers."""


def complaints(vault: Vault) -> list[Complaint]:
    """What SQLite's integrity check says, at most ten sentences; empty for a sound database."""
    with vault.read() as connection:
        rows = connection.execute(f"PRAGMA integrity_check({_MOST_COMPLAINTS})").fetchall()
    return [Complaint(part_of(row[0]), row[0]) for row in rows if row[0] != "ok"]


def part_of(text: str) -> Part:
    """The part that a sentence of SQLite is about."""
    # SQLite names what is wrong in its sentences alone.
    if "fts5" in text.lower():
        return Part.LEXICAL
    return Part.INDEXES if any(known in text for known in _INDEX_COMPLAINTS) else Part.FILE


def rebuild_indexes(vault: Vault) -> None:
    """Build SQLite's own indexes again."""
    with vault.write() as connection:
        connection.execute("REINDEX")


def dangling_table(vault: Vault) -> str | None:
    """A table with rows that refer to rows which are not there, None where there is none."""
    with vault.read() as connection:
        row = connection.execute("PRAGMA foreign_key_check").fetchone()
    return None if row is None else row[0]


def schema_difference(vault: Vault) -> SchemaDifference | None:
    """What is missing of this version's schema, or differs; None for a vault of another version."""
    with vault.read() as connection:
        if connection.execute("PRAGMA user_version").fetchone()[0] != schema.LATEST:
            return None
        wanted, found = _reference_schema(), _schema_objects(connection)
    different = sorted(key for key, sql in wanted.items() if found.get(key) != sql)
    tables = [name for kind, name in different if kind == "table"]
    lexical = tuple(name for name in tables if name.startswith(_LEXICAL_TABLES))
    others = tuple(name for kind, name in different if kind != "table")
    return SchemaDifference(tuple(name for name in tables if name not in lexical), lexical, others)


def rebuild_schema_objects(vault: Vault) -> None:
    """Make the indexes and triggers that are missing or differ from this version's schema."""
    with vault.write() as connection:
        found = _schema_objects(connection)
        for (kind, name), sql in _reference_schema().items():
            if kind != "table" and found.get((kind, name)) != sql:
                connection.execute(f"DROP {kind} IF EXISTS {name}")
                connection.execute(sql)


def _reference_schema() -> dict[tuple[str, str], str]:
    """The statements that make a new vault, by (kind, name)."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as memory:
        for migration in schema.MIGRATIONS:
            migration(memory)
        return _schema_objects(memory)


def _schema_objects(connection: sqlite3.Connection) -> dict[tuple[str, str], str]:
    """The statements of a database's tables, indexes and triggers, by (kind, name)."""
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL")
    return {(kind, name): sql for kind, name, sql in rows if not name.startswith("sqlite_stat")}
