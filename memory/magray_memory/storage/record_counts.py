"""Counts of records for statistics: by what they are filed under, by week, by use. Nothing here writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from magray_memory.storage.vault import Vault

By = Literal["layer", "kind", "project"]

_RECORD = "document.text IS NOT NULL AND document.path IS NULL"
_KEPT = f"{_RECORD} AND document.trashed_at IS NULL"
_WEEK = "CAST(julianday(date(created_at, 'unixepoch', 'localtime')) + 0.5 AS INTEGER) / 7"
"""The number of a week, which begins on Monday where the person is: day 0 of the Julian calendar is one."""
_NAME = "coalesce(nullif(title, ''), substr(text, 1, 200))"


class Totals(NamedTuple):
    """How many records there are. `characters`: of their texts, without history."""

    kept: int
    pinned: int
    trashed: int
    characters: int


class Named(NamedTuple):
    """A record with its title, or how its text begins; `uses`: how many; `at`: the last of them."""

    id: int
    name: str
    uses: int
    at: float | None


def totals(vault: Vault) -> Totals:
    """How many records there are."""
    with vault.read() as connection:
        row = connection.execute(
            "SELECT coalesce(sum(trashed_at IS NULL), 0), coalesce(sum(trashed_at IS NULL AND pinned), 0),"
            " coalesce(sum(trashed_at IS NOT NULL), 0), coalesce(sum(length(text)), 0)"
            f" FROM document WHERE {_RECORD}"
        ).fetchone()
    return Totals(*row)


def counts_by(vault: Vault, by: By) -> list[tuple[str, int]]:
    """How many records have each layer, kind or project, the most first; those without one are left out."""
    with vault.read() as connection:
        return connection.execute(
            f"SELECT {by}, count(*) FROM document WHERE {_KEPT} AND {by} IS NOT NULL GROUP BY {by}"
            f" ORDER BY 2 DESC, {by}"
        ).fetchall()


def counts_by_tag(vault: Vault) -> list[tuple[str, int]]:
    """How many records have each tag, the most first."""
    with vault.read() as connection:
        return connection.execute(
            "SELECT tag.name, count(*) FROM document_tag JOIN tag ON tag.id = document_tag.tag_id"
            f" JOIN document ON document.id = document_tag.document_id WHERE {_KEPT}"
            " GROUP BY tag.id ORDER BY 2 DESC, tag.name"
        ).fetchall()


def weeks(vault: Vault) -> list[tuple[str, int]]:
    """The Monday (ISO date) of each week in which records were written, and how many of them are kept."""
    with vault.read() as connection:
        return connection.execute(
            f"SELECT date({_WEEK} * 7 - 0.5), count(*) FROM document WHERE {_KEPT} GROUP BY {_WEEK}"
            f" ORDER BY {_WEEK}"
        ).fetchall()


def most_used(vault: Vault, since: float, limit: int) -> list[Named]:
    """The records with most uses since a time."""
    with vault.read() as connection:
        rows = connection.execute(
            f"SELECT document.id, {_NAME}, count(*), max(access.at) FROM access"
            f" JOIN document ON document.id = access.document_id WHERE access.at >= ? AND {_KEPT}"
            " GROUP BY document.id ORDER BY 3 DESC, 4 DESC LIMIT ?",
            (since, limit),
        )
        return [Named(*row) for row in rows]


def count_uses(vault: Vault, since: float) -> int:
    """How many uses there were since a time."""
    with vault.read() as connection:
        return connection.execute("SELECT count(*) FROM access WHERE at >= ?", (since,)).fetchone()[0]


def unused(vault: Vault, before: float, limit: int) -> tuple[int, list[Named]]:
    """How many records were written before a time and not used since, and the oldest of them."""
    where = f"{_KEPT} AND created_at < ? AND coalesce(last_access_at, 0) < ?"
    with vault.read() as connection:
        count = connection.execute(
            f"SELECT count(*) FROM document WHERE {where}", (before, before)
        ).fetchone()[0]
        rows = connection.execute(
            f"SELECT id, {_NAME}, access_count, last_access_at FROM document WHERE {where}"
            " ORDER BY coalesce(last_access_at, created_at), id LIMIT ?",
            (before, before, limit),
        )
        return count, [Named(*row) for row in rows]


def names(vault: Vault, ids: Iterable[int]) -> dict[int, str]:
    """The title of each record that is there, or how its text begins."""
    with vault.read() as connection:
        return {id_: name for id_ in ids if (name := _name(connection, id_)) is not None}


def _name(connection: sqlite3.Connection, id_: int) -> str | None:
    row = connection.execute(f"SELECT {_NAME} FROM document WHERE id = ? AND {_KEPT}", (id_,)).fetchone()
    return None if row is None else row[0]
