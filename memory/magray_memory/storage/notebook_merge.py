"""Notebook merge: the records of an archived notebook join those of the live one, in one transaction.

A record is the same by its identity, else by its key, else by its text in its project. Of one that differs,
the text that was changed last stays, and the other is in its history. How a record is filed here (layer, pin,
trash) stays. What was removed for good stays away.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from magray_memory.storage import fts, records
from magray_memory.storage.counters import count_added_passages
from magray_memory.storage.row_checksums import PASSAGE, checksum
from magray_memory.storage.sqlite_errors import translated
from magray_memory.storage.vault_files import uri

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Generator
    from pathlib import Path

    from magray_memory.storage.documents import LexicalWriter
    from magray_memory.storage.records import Content, StoredRecord
    from magray_memory.storage.vault import Vault

_CHILDREN = {
    "link": ("source_id", "target"),
    "citation": (
        *("document_id", "root", "path", "start_line", "end_line"),
        *("commit_id", "text_hash", "first_hash", "file_hash"),
    ),
    "redaction": ("document_id", "kind", "count"),
    "access": ("document_id", "at", "what"),
    "origin": ("document_id", "key", "hash", "version"),
    "revision": ("document_id", "from_at", "until_at", "kind", "title", "tags", "text"),
}
"""Tables of what belongs to a record: the column that names it, then the others."""


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
    with _attached(vault, archived.path) as connection, _matched(connection):
        return _plan(connection, vault, archived)


def merge(
    vault: Vault,
    archived: Vault,
    lexical: LexicalWriter,
    content: Callable[[StoredRecord], Content],
) -> MergePlan:
    """Merge a prepared notebook, whose passages have ids that are free here; returns what was done.

    `content` makes the stored form of a record's text. Raises StorageError: then nothing has changed.
    """
    with _attached(vault, archived.path) as connection, _matched(connection), vault.write():
        _match(connection)  # once more: the records of now
        found = _plan(connection, vault, archived)
        _add(connection, found.added)
        _add_words(connection, lexical)
        for pair in found.pairs:
            if pair.newer:
                stated = content(pair.archived)
                records.replace_content(vault, pair.here, stated, lexical, pair.archived.updated_at)
            else:
                _keep_as_history(connection, pair)
        _join_histories(connection)
        _resolve_replaced(connection)
        return found


@contextlib.contextmanager
def _attached(vault: Vault, archived: Path) -> Generator[sqlite3.Connection]:
    with vault.read():
        pass  # follows the file
    with translated(vault.path):
        connection = vault.db.raw()
        connection.execute("ATTACH ? AS archived", (uri(archived, "mode=rw"),))
        try:
            yield connection
        finally:
            connection.execute("DETACH archived")


@contextlib.contextmanager
def _matched(connection: sqlite3.Connection) -> Generator[None]:
    query_only = connection.execute("PRAGMA query_only").fetchone()[0]
    connection.execute("PRAGMA query_only = 0")
    connection.execute("CREATE TEMP TABLE same (archived INTEGER PRIMARY KEY, here INTEGER NOT NULL)")
    connection.execute("CREATE TEMP TABLE fresh (archived INTEGER PRIMARY KEY, here INTEGER NOT NULL)")
    try:
        _match(connection)
        yield
    finally:
        connection.execute("DROP TABLE temp.same")
        connection.execute("DROP TABLE temp.fresh")
        connection.execute(f"PRAGMA query_only = {query_only}")


def _match(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM temp.same")
    for rule in (
        "b.uid = a.uid",
        "b.key = a.key",
        (
            "b.hash = a.hash AND b.project IS a.project AND b.text IS NOT NULL"
            " AND coalesce(a.key, b.key) IS NULL"
        ),
    ):
        connection.execute(
            "INSERT OR IGNORE INTO temp.same SELECT a.id, b.id FROM archived.document a"
            f" JOIN main.document b ON {rule} WHERE a.id NOT IN (SELECT archived FROM temp.same)"
            " AND a.uid NOT IN (SELECT uid FROM main.purged) AND b.path IS NULL"
            " ORDER BY b.trashed_at IS NOT NULL, b.id"
        )


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
    (theirs,), (ours,) = records.get(archived, [there]), records.get(vault, [here])
    if _state(theirs) == _state(ours):
        return None
    newer = theirs.updated_at > ours.updated_at
    known = records.history(archived if newer else vault, there if newer else here)
    lost = ours if newer else theirs
    conflict = lost.text not in {state.text for state in known} and theirs.text != ours.text
    return Pair(theirs, ours, newer, conflict)


def _state(record: StoredRecord) -> tuple[object, ...]:
    return record.text, record.title, record.kind, sorted(record.tags)


def _add(connection: sqlite3.Connection, added: tuple[int, ...]) -> None:
    """Copy records with all that belongs to them; each keeps its id where no record here ever had it."""
    row = connection.execute("SELECT seq FROM main.sqlite_sequence WHERE name = 'document'").fetchone()
    used = row[0] if row else 0
    highest = max([used, *added])
    ids: list[tuple[int, int]] = []
    for document in added:
        if document > used:
            ids.append((document, document))
        else:
            highest += 1
            ids.append((document, highest))
    connection.execute("DELETE FROM temp.fresh")
    connection.executemany("INSERT INTO temp.fresh VALUES (?, ?)", ids)
    columns = [row[1] for row in connection.execute("PRAGMA main.table_info(document)")]
    listed = ", ".join(name for name in columns if name != "id")
    connection.execute(
        f"INSERT INTO main.document (id, {listed}) SELECT f.here, {listed} FROM temp.fresh f"
        " JOIN archived.document a ON a.id = f.archived ORDER BY f.here"
    )
    connection.execute("UPDATE main.document SET unrated = 1 WHERE id IN (SELECT here FROM temp.fresh)")
    connection.execute(
        "INSERT OR IGNORE INTO main.tag(name) SELECT DISTINCT t.name FROM archived.tag t"
        " JOIN archived.document_tag d ON d.tag_id = t.id JOIN temp.fresh f ON f.archived = d.document_id"
    )
    connection.execute(
        "INSERT OR IGNORE INTO main.document_tag(document_id, tag_id) SELECT f.here, n.id"
        " FROM temp.fresh f JOIN archived.document_tag d ON d.document_id = f.archived"
        " JOIN archived.tag t ON t.id = d.tag_id JOIN main.tag n ON n.name = t.name"
    )
    for table, (owner, *others) in _CHILDREN.items():
        rest = ", ".join(others)
        order = "" if table in ("citation", "redaction", "origin") else " ORDER BY c.id"
        connection.execute(
            f"INSERT OR IGNORE INTO main.{table} ({owner}, {rest}) SELECT f.here, {rest} FROM temp.fresh f"
            f" JOIN archived.{table} c ON c.{owner} = f.archived{order}"
        )
    _add_passages(connection)


def _add_passages(connection: sqlite3.Connection) -> None:
    columns = [row[1] for row in connection.execute("PRAGMA main.table_info(passage)")]
    listed = ", ".join(name for name in columns if name != "document_id")
    added = connection.execute(
        f"INSERT INTO main.passage (document_id, {listed}) SELECT f.here, {listed} FROM temp.fresh f"
        " JOIN archived.passage p ON p.document_id = f.archived"
    ).rowcount
    count_added_passages(connection, added)
    for table in ("symbol", "line_run"):
        connection.execute(
            f"INSERT INTO main.{table} SELECT c.* FROM archived.{table} c JOIN archived.passage p"
            " ON p.id = c.passage_id JOIN temp.fresh f ON f.archived = p.document_id"
        )
    rows = connection.execute(
        f"SELECT id, {', '.join(PASSAGE)} FROM main.passage WHERE document_id IN"
        " (SELECT here FROM temp.fresh WHERE here <> archived)"
    ).fetchall()
    connection.executemany(
        "UPDATE main.passage SET checksum = ? WHERE id = ?", [(checksum(*row[1:]), row[0]) for row in rows]
    )


def _add_words(connection: sqlite3.Connection, lexical: LexicalWriter) -> None:
    fresh = {row[0] for row in connection.execute("SELECT id FROM main.passage WHERE document_id IN"
                                                  " (SELECT here FROM temp.fresh)")}  # fmt: skip
    if fresh:
        lexical.add(row for row in fts.stored_rows(connection) if row.passage_id in fresh)


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


def _join_histories(connection: sqlite3.Connection) -> None:
    connection.execute(
        "INSERT INTO main.revision(document_id, from_at, until_at, kind, title, tags, text)"
        " SELECT s.here, r.from_at, r.until_at, r.kind, r.title, r.tags, r.text FROM temp.same s"
        " JOIN archived.revision r ON r.document_id = s.archived WHERE NOT EXISTS"
        " (SELECT 1 FROM main.revision h WHERE h.document_id = s.here AND h.text = r.text"
        " AND h.from_at = r.from_at) ORDER BY r.until_at"
    )


def _resolve_replaced(connection: sqlite3.Connection) -> None:
    """What replaces a new record is named by its id here."""
    connection.execute(
        "UPDATE main.document SET superseded_by = (SELECT here FROM"
        " (SELECT * FROM temp.fresh UNION SELECT * FROM temp.same) n WHERE n.archived ="
        " (SELECT a.superseded_by FROM archived.document a JOIN temp.fresh f ON f.archived = a.id"
        " WHERE f.here = main.document.id)) WHERE id IN (SELECT here FROM temp.fresh)"
    )
