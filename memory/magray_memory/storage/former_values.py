"""Former values: what a field of a record was until a moment, where no revision of its text says so.

Fields are `layer`, `pinned`, `score`, `superseded_by`, `tags` (a JSON list) and `trashed_at` (of a record
that was restored since). Functions take a connection, inside the caller's transaction.
"""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

KEPT_FIELDS = frozenset(("layer", "pinned", "score", "superseded_by"))
"""Columns of which the value before is kept when they change."""


class Former(NamedTuple):
    """What a field was until a moment, in UTC seconds."""

    value: object
    until: float


class FormerValues:
    """What the fields of records were at a moment, where they are not so now."""

    def __init__(self, at: float, fields: Mapping[int, Mapping[str, Former]]) -> None:
        self.at = at
        self._fields = fields

    @cached_property
    def in_trash(self) -> frozenset[int]:
        """The records that lay in the trash then, and were restored since."""
        trashed = ((document, fields.get("trashed_at")) for document, fields in self._fields.items())
        return frozenset(
            document for document, former in trashed if former and float(str(former.value)) < self.at
        )

    @cached_property
    def retagged(self) -> frozenset[int]:
        """The records whose tags were changed since."""
        return frozenset(document for document, fields in self._fields.items() if "tags" in fields)

    @cached_property
    def hidden(self) -> frozenset[int]:
        """The records that the notebook of now does not answer for."""
        return self.in_trash | self.retagged

    @cached_property
    def layers(self) -> Mapping[int, str]:
        """The layers of the records that were in another one."""
        moved = ((document, fields.get("layer")) for document, fields in self._fields.items())
        return {document: str(former.value) for document, former in moved if former}

    def tags(self, document: int, until: float = float("inf")) -> tuple[str, ...] | None:
        """The tags of a record then; None where they are those that it has now, or had at `until`."""
        former = self._fields.get(document, {}).get("tags")
        if former is None or former.until > until:
            return None
        return tuple(json.loads(str(former.value)))

    def changed(self, document: int) -> dict[str, object]:
        """The columns of a record that were not what they are, with what they were."""
        found = self._fields.get(document, {})
        return {name: former.value for name, former in found.items() if name in KEPT_FIELDS}


def keep(
    connection: sqlite3.Connection, documents: Sequence[int], field: str, new: object, at: float
) -> None:
    """Keep the value of a column that gets another one now; what has the new one already is left out."""
    assert field in KEPT_FIELDS
    connection.execute(
        f"INSERT INTO former_value(document_id, until_at, field, value) SELECT id, ?, ?, {field}"
        f" FROM document WHERE id IN ({','.join(map(str, documents))}) AND {field} IS NOT ?"
        " AND text IS NOT NULL",
        (at, field, new),
    )


def keep_tags(connection: sqlite3.Connection, document: int, tags: Iterable[str], at: float) -> None:
    """Keep the tags that a record had until now."""
    connection.execute(
        "INSERT INTO former_value(document_id, until_at, field, value) VALUES (?, ?, 'tags', ?)",
        (document, at, json.dumps(list(tags), ensure_ascii=False)),
    )


def keep_trash(connection: sqlite3.Connection, document: int, at: float) -> None:
    """Keep since when a record was in the trash, which it leaves now."""
    connection.execute(
        "INSERT INTO former_value(document_id, until_at, field, value)"
        " SELECT id, ?, 'trashed_at', trashed_at FROM document WHERE id = ? AND trashed_at IS NOT NULL",
        (at, document),
    )


def values_at(connection: sqlite3.Connection, at: float) -> FormerValues:
    """What the fields of records were at a moment; nothing in a notebook of a version that kept none."""
    from magray_memory.storage.schema import FORMER_VALUES

    fields: dict[int, dict[str, Former]] = {}
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version >= FORMER_VALUES:
        for document, field, value, until in connection.execute(
            "SELECT document_id, field, value, until_at FROM former_value WHERE until_at >= ?"
            " ORDER BY until_at, id",
            (at,),
        ):
            fields.setdefault(document, {}).setdefault(field, Former(value, until))
    return FormerValues(at, fields)
