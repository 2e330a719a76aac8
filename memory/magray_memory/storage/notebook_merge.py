"""Notebook merge: the records of an archived notebook join those of the live one, some in each transaction.

A record is the same by its identity, else by its key, else by its text in its project. Of one that differs,
the text that was changed last stays, and the other is in its history. How a record is filed here (layer, pin,
trash) stays. What was removed for good stays away.

Each transaction joins whole records, and looks at what is here by then, so that others write meanwhile. A
merge that was cut off has joined some of the records; merging the same once more joins the others.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from magray_memory.progress import SILENT
from magray_memory.storage import merged_rows, record_lists, records
from magray_memory.storage.short_writes import LongChange, ShortWrites, beside_writers, many_writes

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence

    from magray_memory.progress import Progress
    from magray_memory.storage.documents import LexicalWriter
    from magray_memory.storage.merged_rows import Tokenizer
    from magray_memory.storage.record_types import Content, StoredRecord
    from magray_memory.storage.vault import Vault

_RULES = (
    "b.uid = a.uid",
    "b.key = a.key",
    (
        "b.hash = a.hash AND b.project IS a.project AND b.text IS NOT NULL AND coalesce(a.key, b.key) IS NULL"
        " AND b.uid NOT IN (SELECT uid FROM archived.document WHERE uid IS NOT NULL)"
    ),
)
"""Which record here a record of the archive is. One that the archive knows by its identity is none of the
others with its text.
"""


@dataclass(frozen=True, slots=True)
class Pair:
    """A record of the archive and the same one here, whose texts, titles, kinds or tags differ."""

    archived: StoredRecord
    here: StoredRecord
    newer: bool
    """Whether the archive's was changed last."""
    conflict: bool
    """Whether both were changed since they were the same."""


@dataclass(frozen=True, slots=True)
class MergePlan:
    """What a merge does: ids of the archive's records that are new here, and of those that stay away."""

    added: tuple[int, ...]
    purged: tuple[int, ...]
    pairs: tuple[Pair, ...]


def plan(vault: Vault, archived: Vault) -> MergePlan:
    """What merging a notebook would do. Reads only."""
    with LongChange(vault, "archived", archived.path, _set_up) as change, beside_writers(vault):
        return _plan(change.connection(), vault, archived)


@dataclass(slots=True)
class Merger:
    """Merges a prepared notebook, whose passages have ids that are free here from `first` on.

    `content` makes the stored form of a record's text; `tokens` what the lexical index is fed for a passage.
    """

    vault: Vault
    archived: Vault
    first: int
    lexical: LexicalWriter
    content: Callable[[StoredRecord], Content]
    tokens: Tokenizer
    progress: Progress = SILENT
    _turns: ShortWrites = field(init=False)

    def __post_init__(self) -> None:
        self._turns = ShortWrites(self.vault, 10, most=200)

    def run(self) -> MergePlan:
        """Merge; returns what was done. Raises StorageError, Interrupted: then some records may have joined,
        each as a whole.
        """
        with LongChange(self.vault, "archived", self.archived.path, _set_up) as change:
            found = _plan(change.connection(), self.vault, self.archived)
            with many_writes(self.vault):
                self._join_histories(change)
                self._add(change, found.added)
                pairs = self._join_pairs(found.pairs)
            merged_rows.note_change(self.vault)
            return MergePlan(found.added, found.purged, tuple(pairs))

    def _add(self, change: LongChange, added: Sequence[int]) -> None:
        """Add new records, those that replace others before the replaced ones."""
        if not added:
            return
        with change.turn(self._turns) as connection:
            ids = merged_rows.reserve(connection, added, self.first)
        ordered, late = merged_rows.replacing_first(connection, added)
        done = 0
        while done < len(ordered):
            self.progress.check()
            self.progress.report("merging the records", done, len(ordered), "records")
            chunk = ordered[done : done + self._turns.size]
            words = merged_rows.words_of(change.connection(), chunk, self.tokens)
            with change.turn(self._turns, len(chunk)) as connection:
                _match(connection, chunk)  # once more: the records of now
                fresh = {document: ids[document] for document in _unmatched(connection, chunk)}
                merged_rows.add(connection, fresh, late)
                self.lexical.add(row for document in fresh for row in words[document])
            done += len(chunk)

    def _join_pairs(self, pairs: Sequence[Pair]) -> list[Pair]:
        """Have of each record the newer text, and the other as its history; returns what was found then."""
        joined = list[Pair]()
        for number, planned in enumerate(pairs):
            self.progress.check()
            self.progress.report("joining the records", number, len(pairs), "records")
            stated = self.content(planned.archived)
            with self._turns.turn() as connection:
                pair = _pair(self.vault, self.archived, planned.archived.id, planned.here.id)
                if pair is None:
                    continue
                joined.append(pair)
                if pair.newer:
                    at = pair.archived.updated_at
                    records.replace_content(self.vault, pair.here, stated, self.lexical, at)
                else:
                    _keep_as_history(connection, pair)
        return joined

    def _join_histories(self, change: LongChange) -> None:
        waiting = (
            change.connection()
            .execute(f"SELECT r.id, s.here {_MISSING_REVISIONS} ORDER BY r.until_at, r.id")
            .fetchall()
        )
        done = 0
        while done < len(waiting):
            self.progress.check()
            self.progress.report("joining the histories", done, len(waiting))
            chunk = waiting[done : done + self._turns.size]
            with change.turn(self._turns, len(chunk)) as connection:
                merged_rows.add_revisions(connection, chunk)
            done += len(chunk)


_MISSING_REVISIONS = (
    "FROM temp.same s JOIN archived.revision r ON r.document_id = s.archived WHERE NOT EXISTS"
    " (SELECT 1 FROM main.revision h WHERE h.document_id = s.here AND h.text = r.text"
    " AND h.from_at = r.from_at)"
)


def _set_up(connection: sqlite3.Connection) -> None:
    """Make the tables of a merge, which are this connection's alone, and note which records are the same."""
    query_only = connection.execute("PRAGMA query_only").fetchone()[0]
    connection.execute("PRAGMA query_only = 0")
    connection.execute("DROP TABLE IF EXISTS temp.same")
    connection.execute("DROP TABLE IF EXISTS temp.wanted")
    connection.execute("CREATE TEMP TABLE same (archived INTEGER PRIMARY KEY, here INTEGER NOT NULL)")
    connection.execute("CREATE TEMP TABLE wanted (id INTEGER PRIMARY KEY)")
    _match(connection)
    connection.execute(f"PRAGMA query_only = {query_only}")


def _match(connection: sqlite3.Connection, documents: Sequence[int] | None = None) -> None:
    """Note which records here those of the archive are; of all, or of those that are given."""
    connection.execute("DELETE FROM temp.wanted")
    if documents is None:
        connection.execute("INSERT INTO temp.wanted SELECT id FROM archived.document")
    else:
        connection.executemany("INSERT INTO temp.wanted VALUES (?)", ((id_,) for id_ in documents))
    connection.execute("DELETE FROM temp.same WHERE archived IN (SELECT id FROM temp.wanted)")
    for rule in _RULES:
        # The + keeps SQLite from looking for the records by the path that none of them has.
        connection.execute(
            "INSERT OR IGNORE INTO temp.same SELECT a.id, b.id FROM temp.wanted w"
            f" CROSS JOIN archived.document a ON a.id = w.id CROSS JOIN main.document b ON {rule}"
            " WHERE a.id NOT IN (SELECT archived FROM temp.same)"
            " AND a.uid NOT IN (SELECT uid FROM main.purged) AND +b.path IS NULL"
            " ORDER BY b.trashed_at IS NOT NULL, b.id"
        )


def _unmatched(connection: sqlite3.Connection, documents: Sequence[int]) -> list[int]:
    """Those of the archive's records that no record here is, and that were not removed for good."""
    known = {
        row[0]
        for row in connection.execute(
            "SELECT w.id FROM temp.wanted w JOIN archived.document a ON a.id = w.id"
            " WHERE w.id IN (SELECT archived FROM temp.same) OR a.uid IN (SELECT uid FROM main.purged)"
        )
    }
    return [document for document in documents if document not in known]


def _plan(connection: sqlite3.Connection, vault: Vault, archived: Vault) -> MergePlan:
    added = connection.execute(
        "SELECT id FROM archived.document WHERE uid IS NOT NULL"
        " AND id NOT IN (SELECT archived FROM temp.same)"
        " AND uid NOT IN (SELECT uid FROM main.purged) ORDER BY id"
    ).fetchall()
    purged = connection.execute(
        "SELECT id FROM archived.document WHERE uid IN (SELECT uid FROM main.purged) ORDER BY id"
    ).fetchall()
    differing = connection.execute(
        "SELECT s.archived, s.here FROM temp.same s JOIN archived.document a ON a.id = s.archived"
        " JOIN main.document b ON b.id = s.here"
        " WHERE (a.text, a.title, a.kind) IS NOT (b.text, b.title, b.kind)"
        " OR a.updated_at <> b.updated_at ORDER BY s.here"
    ).fetchall()
    pairs = [pair for ids in differing if (pair := _pair(vault, archived, *ids)) is not None]
    return MergePlan(tuple(row[0] for row in added), tuple(row[0] for row in purged), tuple(pairs))


def _pair(vault: Vault, archived: Vault, there: int, here: int) -> Pair | None:
    """The two states of a record; None where they are the same, or where it is here no longer."""
    (theirs,), found = records.get(archived, [there]), records.get(vault, [here])
    if not found or _state(theirs) == _state(found[0]):
        return None
    ours = found[0]
    newer = theirs.updated_at > ours.updated_at
    known = record_lists.history(archived if newer else vault, there if newer else here)
    lost = ours if newer else theirs
    conflict = lost.text not in {state.text for state in known} and theirs.text != ours.text
    return Pair(theirs, ours, newer, conflict)


def _state(record: StoredRecord) -> tuple[object, ...]:
    return record.text, record.title, record.kind, sorted(record.tags)


def _keep_as_history(connection: sqlite3.Connection, pair: Pair) -> None:
    """The archive's text becomes a former state of the record here, unless it is one already."""
    theirs, ours = pair.archived, pair.here
    there = connection.execute(
        "SELECT 1 FROM main.revision WHERE document_id = ? AND text = ? LIMIT 1", (ours.id, theirs.text)
    ).fetchone()
    if there is None and theirs.text != ours.text:
        tags = json.dumps(theirs.tags, ensure_ascii=False)
        connection.execute(
            "INSERT INTO main.revision(document_id, from_at, until_at, kind, title, tags, text)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (ours.id, theirs.updated_at, ours.updated_at, theirs.kind, theirs.title, tags, theirs.text),
        )
