"""Layers of records: what a run that promotes, fades and expires has to look at, found by indexes alone.

A run looks at records that were used or changed since the one before (`unrated`), at those whose age has
passed a limit, and at those that a run before has marked as due. Which they are, and what follows, is policy:
`records/layers.py`. Functions that write open `vault.write()`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from magray_memory.storage import former_values
from magray_memory.storage.row_checksums import update_documents

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from magray_memory.storage.vault import Vault

RULES = "layer_rules"
"""The fact that names the rules that every record was last rated by."""

_COLUMNS = (
    "id, layer, coalesce(title, ''), substr(text, 1, 200), coalesce(score, 0.5), days_used, pinned,"
    " coalesce(age_from, created_at), trashed_at, due_at"
)
UNRATED = f"SELECT {_COLUMNS} FROM document WHERE unrated = 1 AND id > ? ORDER BY id LIMIT ?"
AGED = (
    f"SELECT {_COLUMNS} FROM document WHERE layer = ? AND age_from <= ? AND (age_from, id) > (?, ?)"
    " AND text IS NOT NULL AND trashed_at IS NULL AND due_at IS NULL AND pinned = 0"
    " ORDER BY age_from, id LIMIT ?"
)
TRASHED = (
    f"SELECT {_COLUMNS} FROM document WHERE trashed_at <= ? AND (trashed_at, id) > (?, ?) AND due_at IS NULL"
    " ORDER BY trashed_at, id LIMIT ?"
)
EVERY = (
    f"SELECT {_COLUMNS} FROM document WHERE layer IN ('interact', 'insights') AND text IS NOT NULL"
    " AND path IS NULL AND trashed_at IS NULL AND id > ? ORDER BY id LIMIT ?"
)
DUE = (
    f"SELECT {_COLUMNS} FROM document WHERE due_at <= ? AND (due_at, id) > (?, ?) ORDER BY due_at, id LIMIT ?"
)
MARKED = "SELECT count(*) FROM document WHERE due_at IS NOT NULL"
AHEAD = "UPDATE document SET due_at = NULL WHERE due_at > ?"


Position = tuple[float, int]
"""Time and id of the record that a list was read up to."""
FIRST: Position = (float("-inf"), 0)


class Aging(NamedTuple):
    """A record as a run sees it; `age_from`: when it was last used, or came into its layer. UTC seconds."""

    id: int
    layer: str
    title: str
    text: str
    importance: float
    days_used: int
    pinned: bool
    age_from: float
    trashed_at: float | None
    due_at: float | None


def unrated(vault: Vault, after: int, limit: int, *, every: bool = False) -> list[Aging]:
    """Records with a higher id than `after` that were used or changed since a run has looked at them;
    `every`: all that can rise.
    """
    with vault.read() as connection:
        return [Aging(*row) for row in connection.execute(EVERY if every else UNRATED, (after, limit))]


def find(vault: Vault, documents: Sequence[int]) -> list[Aging]:
    """These records as they are now; those that are gone are left out."""
    marks = ",".join("?" * len(documents))
    with vault.read() as connection:
        rows = connection.execute(f"SELECT {_COLUMNS} FROM document WHERE id IN ({marks})", list(documents))
        return [Aging(*row) for row in rows]


def rated(vault: Vault, documents: Iterable[int]) -> None:
    """A run has looked at these records."""
    with vault.write() as connection:
        connection.executemany(
            "UPDATE document SET unrated = 0 WHERE id = ?", [(document,) for document in documents]
        )


def rated_by(vault: Vault, rules: str) -> bool:
    """Whether these are the rules that every record was last rated by."""
    return vault.meta(RULES) == rules


def rate_all(vault: Vault, rules: str) -> None:
    """Have the next run look at every record that can rise, by these rules."""
    with vault.write() as connection:
        connection.execute(
            "UPDATE document SET unrated = 1 WHERE layer IN ('interact', 'insights') AND text IS NOT NULL"
            " AND path IS NULL AND trashed_at IS NULL AND unrated = 0"
        )
        vault.set_meta(RULES, rules)


def aged(vault: Vault, layer: str, before: float, limit: int, after: Position = FIRST) -> list[Aging]:
    """Records of a layer whose age counts from `before` or earlier, the oldest first, behind `after`; none
    that is pinned, and none that is marked as due.
    """
    with vault.read() as connection:
        return [Aging(*row) for row in connection.execute(AGED, (layer, before, *after, limit))]


def trashed(vault: Vault, before: float, limit: int, after: Position = FIRST) -> list[Aging]:
    """Records that came into the trash at `before` or earlier, the oldest first, behind `after`; none that is
    marked.
    """
    with vault.read() as connection:
        return [Aging(*row) for row in connection.execute(TRASHED, (before, *after, limit))]


def due(vault: Vault, until: float, limit: int, after: Position = FIRST) -> list[Aging]:
    """Records that were marked as due until then, the first marked first, behind `after`."""
    with vault.read() as connection:
        return [Aging(*row) for row in connection.execute(DUE, (until, *after, limit))]


def count_marked(vault: Vault) -> int:
    """How many records are marked as due."""
    with vault.read() as connection:
        return connection.execute(MARKED).fetchone()[0]


def mark_due(vault: Vault, documents: Iterable[int], at: float | None) -> None:
    """Mark records as due since `at`, or with None as not due."""
    with vault.write() as connection:
        connection.executemany(
            "UPDATE document SET due_at = ? WHERE id = ?", [(at, document) for document in documents]
        )


def unmark_ahead(vault: Vault, now: float) -> None:
    """Take back the marks of a time that is still to come: a clock was wrong then, or is now."""
    with vault.write() as connection:
        connection.execute(AHEAD, (now,))


def set_layer(vault: Vault, documents: Sequence[int], layer: str, at: float) -> None:
    """Put records into a layer, where their age and their days of use count anew."""
    with vault.write() as connection:
        former_values.keep(connection, documents, "layer", layer, at)
        update_documents(
            connection,
            {
                "layer": layer,
                "layer_at": at,
                "age_from": at,
                "days_used": 0,
                "due_at": None,
                "unrated": 0,
            },
            documents,
        )
