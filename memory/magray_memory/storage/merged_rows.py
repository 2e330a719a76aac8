"""Merged rows: the rows of an archived notebook's records that are added to the live one.

Functions take a connection with the archived notebook attached as `archived`, and `temp.same`: which record
here (`here`) one of the archive (`archived`) is.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from magray_memory.errors import StorageError
from magray_memory.storage.counters import count_added_passages
from magray_memory.storage.fts import LexicalRow
from magray_memory.storage.row_checksums import PASSAGE, passage_checksum
from magray_memory.storage.symbol_text import names_in

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from magray_memory.storage.fts import Tokens
    from magray_memory.storage.vault import Vault

    Tokenizer = Callable[[Iterable[LexicalRow]], Iterator[Tokens]]

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
    "former_value": ("document_id", "until_at", "field", "value"),
}
"""Tables of what belongs to a record: the column that names it, then the others."""
_REVISION = ", ".join(_CHILDREN["revision"][1:])


def reserve(connection: sqlite3.Connection, added: Sequence[int], first: int) -> Mapping[int, int]:
    """Set ids aside for records that are to be added, and those of their passages, from `first` on; returns
    the id of each record here: its own where no record here ever had it.

    Raises StorageError where passages here have come to have them.
    """
    used, passages = _sequence(connection, "main", "document"), _sequence(connection, "main", "passage")
    if passages >= first:
        raise StorageError("nothing was merged", "too much was written meanwhile", "try again")
    highest, ids = max([used, *added]), dict[int, int]()
    for document in added:
        if document <= used:
            highest += 1
        ids[document] = document if document > used else highest
    last_passage = _sequence(connection, "archived", "passage")
    for table, reserved in (("document", highest), ("passage", last_passage)):
        connection.execute("DELETE FROM main.sqlite_sequence WHERE name = ?", (table,))
        connection.execute("INSERT INTO main.sqlite_sequence VALUES (?, ?)", (table, reserved))
    return ids


def replacing_first(
    connection: sqlite3.Connection, added: Sequence[int]
) -> tuple[list[int], Mapping[int, Sequence[int]]]:
    """The records in an order in which one that replaces another comes before it; and, where they replace one
    another in a circle, by the record that comes too late those that it replaces.
    """
    replaced_by: dict[int, int] = dict(
        connection.execute("SELECT id, superseded_by FROM archived.document WHERE superseded_by IS NOT NULL")
    )
    wanted, places, ordered = set(added), dict[int, int](), list[int]()
    for document in added:
        chain = list[int]()
        at: int | None = document
        while at in wanted:
            wanted.discard(at)
            chain.append(at)
            at = replaced_by.get(at)
        for member in reversed(chain):
            places[member] = len(ordered)
            ordered.append(member)
    late = defaultdict[int, list[int]](list)
    for document, by in replaced_by.items():
        if places.get(by, -1) > places.get(document, len(ordered)):
            late[by].append(document)
    return ordered, late


def words_of(
    connection: sqlite3.Connection, documents: Sequence[int], tokens: Tokenizer
) -> Mapping[int, Sequence[LexicalRow]]:
    """What the lexical index is fed for the passages of each record of the archive."""
    marks = ",".join("?" * len(documents))
    rows = connection.execute(
        f"SELECT document_id, id, symbol, text, symbols FROM archived.passage WHERE document_id IN ({marks})",
        documents,
    ).fetchall()
    found = defaultdict[int, list[LexicalRow]](list)
    plain = [LexicalRow(id_, symbol, "", text, symbols) for _, id_, symbol, text, symbols in rows]
    for (document, *_), row, (_, *analysed) in zip(rows, plain, tokens(plain), strict=True):
        symbol, path, body = analysed
        names = names_in(row.symbols)
        found[document].append(row._replace(analysed=(symbol, path, body, names)))
    return found


def add(connection: sqlite3.Connection, ids: Mapping[int, int], late: Mapping[int, Sequence[int]]) -> None:
    """Copy records of the archive, each under its id here, with all that belongs to them but their words."""
    connection.executemany("INSERT INTO temp.same VALUES (?, ?)", ids.items())
    fresh = f"(SELECT archived, here FROM temp.same WHERE archived IN ({','.join(map(str, ids))}))"
    columns = [row[1] for row in connection.execute("PRAGMA main.table_info(document)")]
    given = {
        "id": "f.here",
        "unrated": "1",
        "superseded_by": "(SELECT here FROM temp.same WHERE archived = a.superseded_by)",
    }
    values = ", ".join(given.get(name, f"a.{name}") for name in columns)
    connection.execute(
        f"INSERT INTO main.document ({', '.join(columns)}) SELECT {values} FROM {fresh} f"
        " JOIN archived.document a ON a.id = f.archived ORDER BY f.here"
    )
    connection.execute(
        "INSERT OR IGNORE INTO main.tag(name) SELECT DISTINCT t.name"
        f" FROM {fresh} f CROSS JOIN archived.document_tag d ON d.document_id = f.archived"
        " JOIN archived.tag t ON t.id = d.tag_id"
    )
    connection.execute(
        "INSERT OR IGNORE INTO main.document_tag(document_id, tag_id) SELECT f.here, n.id"
        f" FROM {fresh} f CROSS JOIN archived.document_tag d ON d.document_id = f.archived"
        " JOIN archived.tag t ON t.id = d.tag_id JOIN main.tag n ON n.name = t.name"
    )
    for table, (owner, *others) in _CHILDREN.items():
        rest = ", ".join(others)
        order = "" if table in ("citation", "redaction", "origin") else " ORDER BY c.id"
        connection.execute(
            f"INSERT OR IGNORE INTO main.{table} ({owner}, {rest}) SELECT f.here, {rest}"
            f" FROM {fresh} f CROSS JOIN archived.{table} c ON c.{owner} = f.archived{order}"
        )
    _add_passages(connection, fresh, {here for there, here in ids.items() if there != here})
    for by, replaced in late.items():
        if by in ids:
            connection.executemany(
                "UPDATE main.document SET superseded_by = ?"
                " WHERE id = (SELECT here FROM temp.same WHERE archived = ?)",
                [(ids[by], document) for document in replaced],
            )


def add_revisions(connection: sqlite3.Connection, revisions: Iterable[tuple[int, int]]) -> None:
    """Copy former states of the archive: the id of each, and that of its record here."""
    connection.executemany(
        f"INSERT INTO main.revision(document_id, {_REVISION})"
        f" SELECT ?2, {_REVISION} FROM archived.revision"
        " WHERE id = ?1 AND EXISTS (SELECT 1 FROM main.document WHERE id = ?2)",
        revisions,
    )


def note_change(vault: Vault) -> None:
    """Have the records counted as changed, in a commit that waits for the disk."""
    with vault.write() as connection:
        connection.execute(
            "INSERT INTO tally VALUES ('record', 1) ON CONFLICT(name) DO UPDATE SET value = value + 1"
        )


def _add_passages(connection: sqlite3.Connection, fresh: str, renamed: set[int]) -> None:
    columns = [row[1] for row in connection.execute("PRAGMA main.table_info(passage)")]
    listed = ", ".join(name for name in columns if name != "document_id")
    added = connection.execute(
        f"INSERT INTO main.passage (document_id, {listed}) SELECT f.here, {listed} FROM {fresh} f"
        " CROSS JOIN archived.passage p ON p.document_id = f.archived"
    ).rowcount
    count_added_passages(connection, added)
    connection.execute(
        f"INSERT INTO main.line_run SELECT c.* FROM {fresh} f"
        " CROSS JOIN archived.passage p ON p.document_id = f.archived"
        " CROSS JOIN archived.line_run c ON c.passage_id = p.id"
    )
    rows = connection.execute(
        f"SELECT id, {', '.join(PASSAGE)} FROM main.passage"
        f" WHERE document_id IN ({','.join(map(str, renamed))})"
    ).fetchall()
    sealed = [(passage_checksum(*row[1:]), row[0]) for row in rows]
    connection.executemany("UPDATE main.passage SET checksum = ? WHERE id = ?", sealed)


def _sequence(connection: sqlite3.Connection, schema: str, table: str) -> int:
    row = connection.execute(f"SELECT seq FROM {schema}.sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return row[0] if row else 0
