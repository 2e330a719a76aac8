"""Schema of a vault: its tables, made by numbered migrations.

Truth in a notebook: rows of `document` with a `text`, their `tag`s and `link`s. Everything else, and every
row of a workspace vault, can be made again from files or from those texts.

- `meta`: facts about the vault: kind, root, id, versions of what derived its rows
- `document`: a file of a workspace (has a path) or a record (has a text); times are UTC seconds
- `passage`: a part of a document; `text_hash` is blake2b (16 bytes) of the text that is embedded; `symbols`
  are its definitions and headings (`storage/symbol_text.py`); ids are never used again
- `symbol`: empty since schema 18, which keeps symbols with their passages
- `line_run`: rows of a passage's text and the lines of the file that they stand on, where the text is not
  the file's lines (cells of a notebook)
- `embedding_key`, `vector`: a vector space, and in it the vector of a passage (`storage/vectors.py`); `head`:
  of the beginning of its text
- `static_vector`: approximate vectors of a file's passages, until they have their own
- `tag`, `document_tag`: words that documents are filed under
- `link`: a reference that a document makes, as written; `target_document` once it is known
- `access`: one use of a document, when and how
- `revision`: what a record was before an edit; `citation`: the lines of a file that it is about
- `redaction`: how many secrets of a kind were taken out of a document
- `origin`: the item of another tool that a record was imported from, as it was then
- `former_value`: what a field of a record was until a moment, where no revision says it: layer, pin,
  importance, tags, trash, replacement
- `purged`: the identities of records that were removed for good, and nothing else of them
- `skipped`: a file that should have been indexed and was not, with the reason and the state it had
- `checksum` of a row: see `storage/row_checksums.py`; `record_checksum` and `use_checksum` of a record:
  `storage/record_checksums.py`
- `change`, `tally` and `embedding_key.vectors`: the log of vectors, counts of rows and of changes of records,
  so that asking costs the same at any size; kept by triggers, so that no writer can forget them, but for new
  passages, which `insert_passages` counts

Migrations are frozen SQL, recorded by `PRAGMA user_version`, each in the transaction that its number is
written in; a change of the schema is a new function at the end of `MIGRATIONS`, never an edit. Old ones are
in `storage/migrations.py`.
"""

from __future__ import annotations

import sqlite3
from enum import StrEnum
from typing import TYPE_CHECKING

from magray_memory.storage.migrations import (
    FIRST_TABLES,
    layers,
    origins,
    purged,
    record_places,
    record_times,
    records,
    redactions,
    row_checksums,
    skip_reasons,
    skip_times,
    stamps,
    statements,
    symbols,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

APPLICATION_ID = 0x4D475259
"""`PRAGMA application_id` of every vault: "MGRY"."""


class TableRole(StrEnum):
    """What a table of a notebook holds, and so what salvaging one does about its rows."""

    TRUTH = "truth"
    """Rows that nothing can rebuild: copied."""
    COSTLY = "costly"
    """Derived rows that take time to make: copied as far as they can be read."""
    DERIVED = "derived"
    """Rows that are made again from the others."""


TABLES: Mapping[str, TableRole] = {
    "meta": TableRole.TRUTH,
    "document": TableRole.TRUTH,
    "passage": TableRole.COSTLY,
    "symbol": TableRole.DERIVED,
    "line_run": TableRole.DERIVED,
    "embedding_key": TableRole.COSTLY,
    "vector": TableRole.COSTLY,
    "static_vector": TableRole.DERIVED,
    "tag": TableRole.TRUTH,
    "document_tag": TableRole.TRUTH,
    "link": TableRole.TRUTH,
    "access": TableRole.TRUTH,
    "revision": TableRole.TRUTH,
    "former_value": TableRole.TRUTH,
    "citation": TableRole.TRUTH,
    "redaction": TableRole.TRUTH,
    "origin": TableRole.TRUTH,
    "purged": TableRole.TRUTH,
    "skipped": TableRole.DERIVED,
    "change": TableRole.DERIVED,
    "tally": TableRole.DERIVED,
    "passage_fts": TableRole.DERIVED,
    "passage_vocab": TableRole.DERIVED,
    "passage_name": TableRole.DERIVED,
    "name_vocab": TableRole.DERIVED,
}
"""Every table of a vault, those that are referred to before those that refer to them."""

# Every detail is kept: bm25 counts words by positions, and a contentless table has no text to count them in
# (with detail=column every score is 0).
FTS_TABLE = """
CREATE VIRTUAL TABLE {} USING fts5(
    symbol, path, body, content='', tokenize="unicode61 remove_diacritics 0 tokenchars '_'"
)
"""
# Terms wait in memory up to this size before they become a segment: a quarter less time for a bulk insert
# than with the 1 MB that SQLite takes by itself (25,000 passages: 0.64 s against 0.84 s).
FTS_HASH_BYTES = 8 << 20


_NAME_SIGNS = "".join(sign for sign in map(chr, range(1, 128)) if not sign.isalnum() and sign != "\n")
"""What stands in a name besides letters and digits: all but what ends its line."""


def fts_table(name: str) -> str:
    """The statement that makes the table of words under a name."""
    return FTS_TABLE.format(name)


def name_table(name: str) -> str:
    """The statement that makes the table of names under a name: one token is one name."""
    signs = _NAME_SIGNS.replace("'", "''").replace('"', '""')
    return (
        f"CREATE VIRTUAL TABLE {name} USING fts5(names, content='', columnsize=0, detail=none,"
        f" tokenize=\"ascii tokenchars '{signs}'\")"
    )


def create_fts(connection: sqlite3.Connection) -> None:
    """Make the empty table of words and the view of its terms, replacing any that is there."""
    _create_lexical(connection, "passage_fts", "passage_vocab", fts_table)


def create_names(connection: sqlite3.Connection) -> None:
    """Make the empty table of names and the view of them, replacing any that is there."""
    _create_lexical(connection, "passage_name", "name_vocab", name_table)


def _create_lexical(
    connection: sqlite3.Connection, table: str, vocabulary: str, statement: Callable[[str], str]
) -> None:
    def drop() -> None:
        connection.execute(f"DROP TABLE IF EXISTS {vocabulary}")
        connection.execute(f"DROP TABLE IF EXISTS {table}")

    try:
        drop()
    except sqlite3.DatabaseError:
        _empty_lexical(connection, table, statement)
        drop()
    connection.execute(statement(table))
    connection.execute(f"INSERT INTO {table}({table}, rank) VALUES ('hashsize', ?)", (FTS_HASH_BYTES,))
    connection.execute(f"CREATE VIRTUAL TABLE {vocabulary} USING fts5vocab({table}, row)")


def _empty_lexical(connection: sqlite3.Connection, table: str, statement: Callable[[str], str]) -> None:
    """Make the hidden tables of a damaged lexical table those of a new one, so that it can be dropped."""
    connection.execute(statement("fresh_fts"))
    names = connection.execute("SELECT name FROM sqlite_master WHERE name GLOB 'fresh_fts_*'").fetchall()
    for part in [name.removeprefix("fresh_fts_") for (name,) in names]:
        connection.execute(f"DELETE FROM {table}_{part}")
        connection.execute(f"INSERT INTO {table}_{part} SELECT * FROM fresh_fts_{part}")
    connection.execute("DROP TABLE fresh_fts")


def first_schema(connection: sqlite3.Connection) -> None:
    """1: the tables of the first release."""
    for statement in statements(FIRST_TABLES):
        connection.execute(statement)
    create_fts(connection)


STAMPED = 4


def stamp_columns(connection: sqlite3.Connection) -> str:
    """The columns of a stamp in `document` and `skipped`; a reader may meet a vault without the last two."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return "size, mtime_ns, ctime_ns, inode" if version >= STAMPED else "size, mtime_ns, 0, 0"


SKIP_TIMED = 5


def skip_time(connection: sqlite3.Connection) -> str:
    """The column of that time in `skipped`; a reader may meet a vault without it."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return "at" if version >= SKIP_TIMED else "NULL"


def counted_passages(connection: sqlite3.Connection) -> None:
    """14: who stores passages counts them, once for all of a document: a trigger did it for each row, which
    took an eighth of the time of the process that writes.
    """
    connection.execute("DROP TRIGGER IF EXISTS passage_added")


_FORMER_VALUES = """
CREATE TABLE former_value (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id INTEGER NOT NULL REFERENCES document(id) ON DELETE CASCADE,
    until_at REAL NOT NULL,
    field TEXT NOT NULL,
    value
);
CREATE INDEX former_value_document ON former_value(document_id);
CREATE INDEX former_value_until ON former_value(until_at)
"""


def former_values(connection: sqlite3.Connection) -> None:
    """15: what layer, pin, importance, tags, trash and replacement of a record were before, so that a
    question as of a day is answered with those of then; nothing is known of the time before this version.
    """
    for statement in statements(_FORMER_VALUES):
        connection.execute(statement)


def replaced_records(connection: sqlite3.Connection) -> None:
    """16: records are found by the one that replaces them."""
    connection.execute(
        "CREATE INDEX record_replaced ON document(superseded_by) WHERE superseded_by IS NOT NULL"
    )


_STATIC_VECTORS = """
CREATE TABLE static_vector (
    document_id INTEGER PRIMARY KEY REFERENCES document(id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    ids BLOB NOT NULL,
    data BLOB NOT NULL
);
CREATE TRIGGER static_vector_added AFTER INSERT ON static_vector BEGIN
    INSERT INTO tally VALUES ('static_vector', 1) ON CONFLICT(name) DO UPDATE SET value = value + 1;
END;
CREATE TRIGGER static_vector_changed AFTER UPDATE ON static_vector BEGIN
    INSERT INTO tally VALUES ('static_vector', 1) ON CONFLICT(name) DO UPDATE SET value = value + 1;
END;
CREATE TRIGGER static_vector_removed AFTER DELETE ON static_vector BEGIN
    INSERT INTO tally VALUES ('static_vector', 1) ON CONFLICT(name) DO UPDATE SET value = value + 1;
END
"""


def static_vectors(connection: sqlite3.Connection) -> None:
    """17: approximate vectors by a static table, a row a file; `static_vector` in `tally` is another number
    after each change of them.
    """
    for statement in statements(_STATIC_VECTORS):
        connection.execute(statement)


def symbol_texts(connection: sqlite3.Connection) -> None:
    """18: the symbols of a passage are one text in its row, which its checksum covers too, and their names
    are in a lexical table; a row for each took a twentieth of the time of indexing. The table of rows stays,
    empty: where space is given back, a table that is dropped moves the pages of others.
    """
    from magray_memory.storage.symbol_migration import move_symbols

    connection.execute("ALTER TABLE passage ADD COLUMN symbols TEXT NOT NULL DEFAULT ''")
    create_names(connection)
    move_symbols(connection)


_FILED = (
    "uid, created_at, updated_at, indexed_at, layer_at, pinned, session, project, score, trashed_at,"
    " superseded_by, ctime_ns, inode, text"
)
_USED = "access_count, last_access_at, age_from, days_used, used_on, due_at, unrated"
_CLEAR = "text IS NOT NULL AND (record_checksum IS NULL OR use_checksum IS NULL)"
_BELONGING = ("document_tag", "link", "redaction", "citation", "origin", "former_value", "revision")


def record_checksums(connection: sqlite3.Connection) -> None:
    """19: all of a record has a checksum; triggers clear it where something changes, and the end of the
    transaction computes it again.
    """
    for column in ("record_checksum", "use_checksum"):
        connection.execute(f"ALTER TABLE document ADD COLUMN {column} INTEGER")
    for table in ("revision", "access", "purged"):
        connection.execute(f"ALTER TABLE {table} ADD COLUMN checksum INTEGER")
    connection.execute(f"CREATE INDEX record_unsealed ON document(id) WHERE {_CLEAR}")
    for table, key in (("revision", "id"), ("access", "id"), ("purged", "uid")):
        connection.execute(f"CREATE INDEX {table}_unsealed ON {table}({key}) WHERE checksum IS NULL")
    clear = "UPDATE document SET {0} = NULL WHERE id = {1} AND {0} IS NOT NULL"
    events = [
        ("filed", f"UPDATE OF {_FILED}", "document", clear.format("record_checksum", "new.id")),
        ("used", f"UPDATE OF {_USED}", "document", clear.format("use_checksum", "new.id")),
        (
            "copied",
            "INSERT",
            "document",
            "UPDATE document SET record_checksum = NULL, use_checksum = NULL WHERE id = new.id",
        ),
        (
            "reworded",
            "UPDATE OF document_id, from_at, until_at, kind, title, tags, text",
            "revision",
            "UPDATE revision SET checksum = NULL WHERE id = new.id",
        ),
    ]
    for table in _BELONGING:
        owner = "source_id" if table == "link" else "document_id"
        for event, row in (("INSERT", "new"), ("UPDATE", "new"), ("DELETE", "old")):
            events.append(
                (f"{table}_{event.lower()}", event, table, clear.format("record_checksum", f"{row}.{owner}"))
            )
    for name, event, table, statement in events:
        when = " WHEN new.text IS NOT NULL" if table == "document" else ""
        if name == "copied":
            when += " AND (new.record_checksum IS NOT NULL OR new.use_checksum IS NOT NULL)"
        connection.execute(
            f"CREATE TRIGGER unseal_{name} AFTER {event} ON {table}{when} BEGIN {statement}; END"
        )


def heads(connection: sqlite3.Connection) -> None:
    """20: whether a vector is that of the beginning of a passage's text, and so may be made again of all;
    approximate vectors, which may stay now, have a checksum.
    """
    connection.execute("ALTER TABLE vector ADD COLUMN head INTEGER NOT NULL DEFAULT 0")
    connection.execute("CREATE INDEX vector_head ON vector(key_id) WHERE head = 1")
    connection.execute("ALTER TABLE static_vector ADD COLUMN checksum INTEGER")


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    first_schema,
    skip_reasons,
    row_checksums,
    stamps,
    skip_times,
    symbols,
    records,
    record_places,
    layers,
    record_times,
    redactions,
    origins,
    purged,
    counted_passages,
    former_values,
    replaced_records,
    static_vectors,
    symbol_texts,
    record_checksums,
    heads,
)
"""Migration i takes a vault from user_version i to i + 1, inside the caller's transaction."""

LATEST = len(MIGRATIONS)
SYMBOL_TEXTS = MIGRATIONS.index(symbol_texts) + 1
"""From this version on a passage has its symbols."""
RECORDS = MIGRATIONS.index(records) + 1
"""From this version on a notebook has records."""
ORIGINS = MIGRATIONS.index(origins) + 1
"""From this version on a notebook knows what its records were imported from."""
FORMER_VALUES = MIGRATIONS.index(former_values) + 1
"""From this version on a notebook knows what fields of its records were before."""
RECORD_CHECKSUMS = MIGRATIONS.index(record_checksums) + 1
"""From this version on all of a record has a checksum."""
STATIC_VECTORS = MIGRATIONS.index(static_vectors) + 1
"""From this version on a vault has approximate vectors."""
HEADS = MIGRATIONS.index(heads) + 1
"""From this version on a vector says whether it is of the beginning of a text."""
OLDEST_READABLE = 1
"""A reader never migrates: from this version on it reads a vault as it is."""


def has_symbol_texts(connection: sqlite3.Connection) -> bool:
    """Whether passages have their symbols; a reader may meet a vault of an earlier schema."""
    return connection.execute("PRAGMA user_version").fetchone()[0] >= SYMBOL_TEXTS


def has_record_checksums(connection: sqlite3.Connection) -> bool:
    """Whether all of a record has a checksum; a reader may meet a vault of an earlier schema."""
    return connection.execute("PRAGMA user_version").fetchone()[0] >= RECORD_CHECKSUMS
