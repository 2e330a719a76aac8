"""Schema of a vault: its tables, made by numbered migrations.

Truth in a notebook: rows of `document` with a `text`, their `tag`s and `link`s. Everything else, and every
row of a workspace vault, can be made again from files or from those texts.

- `meta`: facts about the vault: kind, root, id, versions of what derived its rows
- `document`: a file of a workspace (has a path) or a record (has a text); times are UTC seconds
- `passage`: a part of a document; `text_hash` is blake2b (16 bytes) of the text that is embedded; ids are
  never used again
- `symbol`: a definition or heading in a passage; `folded` is the name that it is looked up by
- `line_run`: rows of a passage's text and the lines of the file that they stand on, where the text is not
  the file's lines (cells of a notebook)
- `embedding_key`, `vector`: a vector space, and in it the vector of a passage (`storage/vectors.py`)
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
- `checksum` of a row: see `storage/row_checksums.py`
- `change`, `tally` and `embedding_key.vectors`: the log of vectors, counts of rows and of changes of records,
  so that asking costs the same at any size; kept by triggers, so that no writer can forget them, but for new
  passages, which `insert_passages` counts

Migrations are frozen SQL, recorded by `PRAGMA user_version`, each in the transaction that its number is
written in; a change of the schema is a new function at the end of `MIGRATIONS`, never an edit.
"""

from __future__ import annotations

import sqlite3
from enum import StrEnum
from typing import TYPE_CHECKING

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


def _drop_fts(connection: sqlite3.Connection) -> None:
    connection.execute("DROP TABLE IF EXISTS passage_vocab")
    connection.execute("DROP TABLE IF EXISTS passage_fts")


def _empty_fts(connection: sqlite3.Connection) -> None:
    """Make the hidden tables of a damaged lexical table those of a new one, so that it can be dropped."""
    connection.execute(FTS_TABLE.format("fresh_fts"))
    for part in ("data", "idx", "docsize", "config"):
        connection.execute(f"DELETE FROM passage_fts_{part}")
        connection.execute(f"INSERT INTO passage_fts_{part} SELECT * FROM fresh_fts_{part}")
    connection.execute("DROP TABLE fresh_fts")


def create_fts(connection: sqlite3.Connection) -> None:
    """Make the empty lexical table and the view of its terms, replacing any that is there."""
    try:
        _drop_fts(connection)
    except sqlite3.DatabaseError:
        _empty_fts(connection)
        _drop_fts(connection)
    connection.execute(FTS_TABLE.format("passage_fts"))
    connection.execute("INSERT INTO passage_fts(passage_fts, rank) VALUES ('hashsize', ?)", (FTS_HASH_BYTES,))
    connection.execute("CREATE VIRTUAL TABLE passage_vocab USING fts5vocab(passage_fts, row)")


_V1 = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE document (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT UNIQUE,
    kind TEXT NOT NULL,
    layer TEXT NOT NULL,
    title TEXT,
    language TEXT,
    size INTEGER NOT NULL DEFAULT 0,
    mtime_ns INTEGER NOT NULL DEFAULT 0,
    hash BLOB,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    indexed_at REAL NOT NULL,
    pinned INTEGER NOT NULL DEFAULT 0,
    access_count INTEGER NOT NULL DEFAULT 0,
    last_access_at REAL,
    session TEXT,
    project TEXT,
    key TEXT UNIQUE,
    score REAL,
    text TEXT,
    trashed_at REAL
);
CREATE TABLE passage (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id INTEGER NOT NULL REFERENCES document(id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    start_line INTEGER NOT NULL,
    end_line INTEGER NOT NULL,
    symbol TEXT NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    text_hash BLOB NOT NULL
);
CREATE INDEX passage_document ON passage(document_id);
CREATE INDEX passage_text_hash ON passage(text_hash);
CREATE TABLE embedding_key (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    key TEXT NOT NULL UNIQUE,
    dim INTEGER NOT NULL,
    created_at REAL NOT NULL,
    vectors INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE vector (
    passage_id INTEGER NOT NULL REFERENCES passage(id) ON DELETE CASCADE,
    key_id INTEGER NOT NULL REFERENCES embedding_key(id) ON DELETE CASCADE,
    data BLOB NOT NULL,
    PRIMARY KEY (passage_id, key_id)
);
CREATE TABLE tag (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);
CREATE TABLE document_tag (
    document_id INTEGER NOT NULL REFERENCES document(id) ON DELETE CASCADE,
    tag_id INTEGER NOT NULL REFERENCES tag(id) ON DELETE CASCADE,
    PRIMARY KEY (document_id, tag_id)
) WITHOUT ROWID;
CREATE INDEX document_tag_tag ON document_tag(tag_id);
CREATE TABLE link (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source_id INTEGER NOT NULL REFERENCES document(id) ON DELETE CASCADE,
    target TEXT NOT NULL,
    target_document_id INTEGER REFERENCES document(id) ON DELETE SET NULL,
    passage_id INTEGER REFERENCES passage(id) ON DELETE SET NULL
);
CREATE INDEX link_source ON link(source_id);
CREATE INDEX link_target ON link(target);
CREATE INDEX link_target_document ON link(target_document_id) WHERE target_document_id IS NOT NULL;
CREATE INDEX link_passage ON link(passage_id) WHERE passage_id IS NOT NULL;
CREATE TABLE access (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id INTEGER NOT NULL REFERENCES document(id) ON DELETE CASCADE,
    at REAL NOT NULL,
    what TEXT NOT NULL
);
CREATE INDEX access_document ON access(document_id);
CREATE TABLE skipped (
    path TEXT PRIMARY KEY,
    reason TEXT NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    passage_id INTEGER NOT NULL,
    key_id INTEGER,
    op TEXT NOT NULL
);
CREATE TABLE tally (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO tally VALUES ('document', 0), ('passage', 0);
CREATE TRIGGER vector_added AFTER INSERT ON vector BEGIN
    INSERT INTO change(passage_id, key_id, op) VALUES (new.passage_id, new.key_id, 'add');
    UPDATE embedding_key SET vectors = vectors + 1 WHERE id = new.key_id;
END;
CREATE TRIGGER vector_changed AFTER UPDATE ON vector BEGIN
    INSERT INTO change(passage_id, key_id, op) VALUES (new.passage_id, new.key_id, 'add');
END;
CREATE TRIGGER vector_removed AFTER DELETE ON vector BEGIN
    INSERT INTO change(passage_id, key_id, op) VALUES (old.passage_id, old.key_id, 'remove');
    UPDATE embedding_key SET vectors = vectors - 1 WHERE id = old.key_id;
END;
CREATE TRIGGER passage_added AFTER INSERT ON passage BEGIN
    UPDATE tally SET value = value + 1 WHERE name = 'passage';
END;
CREATE TRIGGER passage_removed AFTER DELETE ON passage BEGIN
    UPDATE tally SET value = value - 1 WHERE name = 'passage';
END;
CREATE TRIGGER document_added AFTER INSERT ON document BEGIN
    UPDATE tally SET value = value + 1 WHERE name = 'document';
END;
CREATE TRIGGER document_removed AFTER DELETE ON document BEGIN
    UPDATE tally SET value = value - 1 WHERE name = 'document';
END
"""


def _statements(script: str) -> list[str]:
    # sqlite3's executescript would commit the transaction that a migration stands in.
    found: list[str] = []
    pending = ""
    for piece in script.split(";"):
        pending += piece + ";"
        if sqlite3.complete_statement(pending):
            found.append(pending.strip())
            pending = ""
    return found


def first_schema(connection: sqlite3.Connection) -> None:
    """1: the tables of the first release."""
    for statement in _statements(_V1):
        connection.execute(statement)
    create_fts(connection)


_SENTENCES_1 = (
    ("it cannot be read: ", "unreadable", ""),
    ("it has ", "too_large", ""),
    ("it cannot be decoded: ", "undecodable", ""),
    ("it cannot be parsed: ", "unparsable", ""),
    ("it took longer than ", "parse_timeout", " s to parse"),
    ("the parser crashed on it", "parser_crash", ""),
)


def skip_reasons(connection: sqlite3.Connection) -> None:
    """2: a file is not indexed because of a `rule`, or of a `reason` with a `detail`; no sentence."""
    connection.execute("ALTER TABLE skipped ADD COLUMN rule TEXT")
    connection.execute("ALTER TABLE skipped ADD COLUMN detail TEXT NOT NULL DEFAULT ''")
    for path, sentence in connection.execute("SELECT path, reason FROM skipped").fetchall():
        rule = sentence.removeprefix("left out: ")
        if rule != sentence:
            connection.execute("UPDATE skipped SET rule = ?, reason = '' WHERE path = ?", (rule, path))
            continue
        found = next(((b, r, e) for b, r, e in _SENTENCES_1 if sentence.startswith(b)), None)
        if found is None:
            connection.execute("DELETE FROM skipped WHERE path = ?", (path,))  # it is looked at again
            continue
        start, reason, end = found
        detail = sentence.removeprefix(start).removesuffix(end)
        connection.execute("UPDATE skipped SET reason = ?, detail = ? WHERE path = ?", (reason, detail, path))


def row_checksums(connection: sqlite3.Connection) -> None:
    """3: rows have a `checksum` of what was stored (`storage/row_checksums.py`); None where not yet known."""
    for table in ("meta", "document", "passage", "vector", "skipped"):
        connection.execute(f"ALTER TABLE {table} ADD COLUMN checksum INTEGER")


STAMPED = 4


def stamps(connection: sqlite3.Connection) -> None:
    """4: what the system says of a file: time of change and inode beside size and time; 0 is not known."""
    for table in ("document", "skipped"):
        for column in ("ctime_ns", "inode"):
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")


def stamp_columns(connection: sqlite3.Connection) -> str:
    """The columns of a stamp in `document` and `skipped`; a reader may meet a vault without the last two."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return "size, mtime_ns, ctime_ns, inode" if version >= STAMPED else "size, mtime_ns, 0, 0"


SKIP_TIMED = 5


def skip_times(connection: sqlite3.Connection) -> None:
    """5: when a file was skipped; None where that is not known."""
    connection.execute("ALTER TABLE skipped ADD COLUMN at REAL")


def skip_time(connection: sqlite3.Connection) -> str:
    """The column of that time in `skipped`; a reader may meet a vault without it."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return "at" if version >= SKIP_TIMED else "NULL"


_SYMBOLS = """
CREATE TABLE symbol (
    passage_id INTEGER NOT NULL REFERENCES passage(id) ON DELETE CASCADE,
    ordinal INTEGER NOT NULL,
    folded TEXT NOT NULL,
    name TEXT NOT NULL,
    container TEXT NOT NULL,
    kind TEXT NOT NULL,
    line INTEGER NOT NULL,
    end_line INTEGER NOT NULL,
    joint TEXT NOT NULL,
    PRIMARY KEY (passage_id, ordinal)
) WITHOUT ROWID;
CREATE INDEX symbol_folded ON symbol(folded);
CREATE TABLE line_run (
    passage_id INTEGER NOT NULL REFERENCES passage(id) ON DELETE CASCADE,
    row INTEGER NOT NULL,
    first_line INTEGER NOT NULL,
    last_line INTEGER NOT NULL,
    PRIMARY KEY (passage_id, row)
) WITHOUT ROWID
"""


def symbols(connection: sqlite3.Connection) -> None:
    """6: every definition and heading of a passage, and the lines that the text of a cell stands on."""
    for statement in _statements(_SYMBOLS):
        connection.execute(statement)


_RECORDS = """
ALTER TABLE document ADD COLUMN uid TEXT;
ALTER TABLE document ADD COLUMN layer_at REAL;
ALTER TABLE document ADD COLUMN superseded_by INTEGER;
CREATE UNIQUE INDEX document_uid ON document(uid) WHERE uid IS NOT NULL;
CREATE INDEX record_hash ON document(hash) WHERE text IS NOT NULL;
CREATE INDEX record_updated ON document(updated_at, id) WHERE text IS NOT NULL;
CREATE TABLE revision (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    document_id INTEGER NOT NULL REFERENCES document(id) ON DELETE CASCADE,
    from_at REAL NOT NULL,
    until_at REAL NOT NULL,
    kind TEXT NOT NULL,
    title TEXT,
    tags TEXT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX revision_document ON revision(document_id);
CREATE TABLE citation (
    document_id INTEGER PRIMARY KEY REFERENCES document(id) ON DELETE CASCADE,
    root TEXT NOT NULL,
    path TEXT NOT NULL,
    start_line INTEGER NOT NULL,
    end_line INTEGER NOT NULL,
    commit_id TEXT,
    text_hash BLOB NOT NULL,
    first_hash BLOB NOT NULL,
    file_hash BLOB NOT NULL
);
CREATE INDEX citation_path ON citation(root, path)
"""


def records(connection: sqlite3.Connection) -> None:
    """7: records have an identity of their own, a history, and the source that they are about."""
    for statement in _statements(_RECORDS):
        connection.execute(statement)


_RECORD_PLACES = """
CREATE INDEX citation_name ON citation(replace(path, rtrim(path, replace(path, '/', '')), ''));
CREATE INDEX citation_file ON citation(file_hash);
CREATE INDEX link_folded ON link(lower(target));
CREATE INDEX record_title ON document(lower(title)) WHERE text IS NOT NULL;
CREATE TRIGGER record_added AFTER INSERT ON document WHEN new.text IS NOT NULL BEGIN
    INSERT INTO tally VALUES ('record', 1) ON CONFLICT(name) DO UPDATE SET value = value + 1;
END;
CREATE TRIGGER record_removed AFTER DELETE ON document WHEN old.text IS NOT NULL BEGIN
    INSERT INTO tally VALUES ('record', 1) ON CONFLICT(name) DO UPDATE SET value = value + 1;
END;
CREATE TRIGGER record_changed AFTER UPDATE OF kind, layer, title, text, updated_at, pinned, session, project,
    key, score, trashed_at, superseded_by ON document WHEN new.text IS NOT NULL BEGIN
    INSERT INTO tally VALUES ('record', 1) ON CONFLICT(name) DO UPDATE SET value = value + 1;
END;
CREATE TRIGGER record_tagged AFTER INSERT ON document_tag
    WHEN (SELECT text IS NOT NULL FROM document WHERE id = new.document_id) BEGIN
    INSERT INTO tally VALUES ('record', 1) ON CONFLICT(name) DO UPDATE SET value = value + 1;
END;
CREATE TRIGGER record_untagged AFTER DELETE ON document_tag
    WHEN (SELECT text IS NOT NULL FROM document WHERE id = old.document_id) BEGIN
    INSERT INTO tally VALUES ('record', 1) ON CONFLICT(name) DO UPDATE SET value = value + 1;
END;
CREATE TRIGGER record_cited AFTER INSERT ON citation BEGIN
    INSERT INTO tally VALUES ('record', 1) ON CONFLICT(name) DO UPDATE SET value = value + 1;
END
"""


def record_places(connection: sqlite3.Connection) -> None:
    """8: records are found by the file that they cite, by title and by link; `record` in `tally` is another
    number after each change of a record, uses apart.
    """
    for statement in _statements(_RECORD_PLACES):
        connection.execute(statement)


_LAYERS = """
ALTER TABLE document ADD COLUMN age_from REAL;
ALTER TABLE document ADD COLUMN days_used INTEGER NOT NULL DEFAULT 0;
ALTER TABLE document ADD COLUMN used_on INTEGER;
ALTER TABLE document ADD COLUMN due_at REAL;
ALTER TABLE document ADD COLUMN unrated INTEGER NOT NULL DEFAULT 0;
UPDATE document SET unrated = 1, age_from = CAST(strftime('%s', 'now') AS REAL)
    WHERE text IS NOT NULL AND path IS NULL;
CREATE INDEX record_age ON document(layer, age_from)
    WHERE text IS NOT NULL AND trashed_at IS NULL AND due_at IS NULL AND pinned = 0;
CREATE INDEX record_trashed ON document(trashed_at) WHERE trashed_at IS NOT NULL AND due_at IS NULL;
CREATE INDEX record_due ON document(due_at) WHERE due_at IS NOT NULL;
CREATE INDEX record_unrated ON document(id) WHERE unrated = 1
"""


def layers(connection: sqlite3.Connection) -> None:
    """9: what records rise and fade by: `age_from`, when a record was last used or came into its layer;
    `days_used`, days on which it was used since then, the last of them `used_on` (a day's number); `due_at`,
    when a run first found that it is to leave; `unrated`, whether a change waits for the next run.
    """
    for statement in _statements(_LAYERS):
        connection.execute(statement)


_RECORD_TIMES = """
CREATE INDEX record_created ON document(created_at, id) WHERE text IS NOT NULL;
CREATE INDEX record_session ON document(session, created_at, id) WHERE session IS NOT NULL;
CREATE INDEX record_trash_time ON document(trashed_at, id) WHERE trashed_at IS NOT NULL;
CREATE INDEX revision_until ON revision(until_at)
"""


def record_times(connection: sqlite3.Connection) -> None:
    """10: records are found by when they were written, in their session, and by what changed since a day."""
    for statement in _statements(_RECORD_TIMES):
        connection.execute(statement)


_REDACTIONS = """
CREATE TABLE redaction (
    document_id INTEGER NOT NULL REFERENCES document(id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (document_id, kind)
) WITHOUT ROWID
"""


def redactions(connection: sqlite3.Connection) -> None:
    """11: how many secrets were taken out of a document, by kind."""
    for statement in _statements(_REDACTIONS):
        connection.execute(statement)


_ORIGINS = """
CREATE TABLE origin (
    key TEXT PRIMARY KEY,
    document_id INTEGER NOT NULL REFERENCES document(id) ON DELETE CASCADE,
    hash BLOB NOT NULL,
    version REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX origin_document ON origin(document_id)
"""


def origins(connection: sqlite3.Connection) -> None:
    """12: the items of other tools that records were imported from: what an item held then (`hash`), and when
    the record was changed last (`version`), so that a repeat of the import knows what is new.
    """
    for statement in _statements(_ORIGINS):
        connection.execute(statement)


_PURGED = """
CREATE TABLE purged (uid TEXT PRIMARY KEY, at REAL NOT NULL, asked INTEGER NOT NULL) WITHOUT ROWID
"""


def purged(connection: sqlite3.Connection) -> None:
    """13: which records were removed for good, so that no backup brings them back; `asked`: by the person,
    not by age.
    """
    for statement in _statements(_PURGED):
        connection.execute(statement)


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
    for statement in _statements(_FORMER_VALUES):
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
    for statement in _statements(_STATIC_VECTORS):
        connection.execute(statement)


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
)
"""Migration i takes a vault from user_version i to i + 1, inside the caller's transaction."""

LATEST = len(MIGRATIONS)
WITH_SYMBOLS = MIGRATIONS.index(symbols) + 1
"""From this version on a vault has symbols."""
RECORDS = MIGRATIONS.index(records) + 1
"""From this version on a notebook has records."""
ORIGINS = MIGRATIONS.index(origins) + 1
"""From this version on a notebook knows what its records were imported from."""
FORMER_VALUES = MIGRATIONS.index(former_values) + 1
"""From this version on a notebook knows what fields of its records were before."""
STATIC_VECTORS = MIGRATIONS.index(static_vectors) + 1
"""From this version on a vault has approximate vectors."""
OLDEST_READABLE = 1
"""A reader never migrates: from this version on it reads a vault as it is."""
