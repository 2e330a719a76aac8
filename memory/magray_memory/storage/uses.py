"""Uses of records: how often and on how many days each was opened, or recalled by name.

This is the only place where a use is counted. What a person does to a record (storing, editing, pinning,
restoring it) is no use, and makes it young again all the same. Every time is UTC; a day is one of the
person's calendar.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from magray_memory.storage.vault import Vault

LAYERS = ("interact", "insights", "assets")

_RELEASED = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
"""No clock that is right shows an earlier time: this program is younger."""
_MOST_BEHIND = 400 * 86_400.0
"""Seconds that a clock may be behind the newest stamp; where it is more, the stamp was the wrong one."""
_KEPT_USES = 100_000

_NOTE = """
UPDATE document SET
    access_count = access_count + 1,
    last_access_at = max(coalesce(last_access_at, 0), :at),
    age_from = max(coalesce(age_from, 0), :at),
    days_used = days_used + (days_used = 0 OR :day > coalesce(used_on, 0)),
    used_on = max(coalesce(used_on, 0), :day),
    due_at = NULL,
    unrated = 1
WHERE id = :document AND text IS NOT NULL AND trashed_at IS NULL
"""
NEWEST = (
    "SELECT max(age_from) FROM document WHERE layer = ? AND text IS NOT NULL AND trashed_at IS NULL"
    " AND due_at IS NULL AND pinned = 0"
)


class Use(NamedTuple):
    """One use of a record; `what`: shown or recalled; `at`: UTC seconds; `day`: a day's number."""

    document: int
    what: str
    at: float
    day: int


def use(document: int, what: str, at: float) -> Use:
    """The use of a record at a time, on the day that it is where the person is."""
    return Use(document, what, at, day_of(at))


def day_of(at: float) -> int:
    """The number of the day that a time lies in, where the person is."""
    try:
        return date.fromtimestamp(at).toordinal()
    except (ValueError, OverflowError, OSError):
        return 0


def note_uses(vault: Vault, uses: Iterable[Use]) -> None:
    """Count uses, in one transaction. Those of records that are gone or in the trash are left out."""
    with vault.write() as connection:
        newest = _newest(connection)
        rows = [one._replace(at=_not_before(newest, one.at))._asdict() for one in uses]
        connection.executemany(_NOTE, rows)
        connection.executemany(
            "INSERT INTO access(document_id, at, what) SELECT id, :at, :what FROM document"
            " WHERE id = :document AND text IS NOT NULL AND trashed_at IS NULL",
            rows,
        )


def forget_old_uses(vault: Vault) -> None:
    """Keep the last 100,000 uses; the counts stay."""
    with vault.write() as connection:
        connection.execute("DELETE FROM access WHERE id <= (SELECT max(id) FROM access) - ?", (_KEPT_USES,))


def renew(vault: Vault, documents: Iterable[int], at: float) -> None:
    """Have the age of records count from this time on, and the next run look at them."""
    with vault.write() as connection:
        connection.executemany(
            "UPDATE document SET age_from = max(coalesce(age_from, 0), ?), due_at = NULL, unrated = 1"
            " WHERE id = ?",
            [(at, document) for document in documents],
        )


def stamp(vault: Vault, now: float) -> float:
    """The time to note for what happens now: what the clock says, or the newest time that is noted where the
    clock is behind it, so that no record looks older than it is once the clock is right again.
    """
    with vault.read() as connection:
        return _not_before(_newest(connection), now)


def _not_before(newest: float, now: float) -> float:
    behind = newest - now
    return newest if behind > 0 and (behind <= _MOST_BEHIND or now < _RELEASED) else now


def _newest(connection: sqlite3.Connection) -> float:
    # By layer, since the index has it first; what is pinned or about to leave is not in it, and seldom new.
    found = (connection.execute(NEWEST, (layer,)).fetchone()[0] for layer in LAYERS)
    return max((time for time in found if time is not None), default=0.0)
