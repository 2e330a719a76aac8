"""Migrations of the schema, 2 to 13, and the SQL of its first tables: released long ago, never edited.

`schema.MIGRATIONS` has them in their order.
"""

from __future__ import annotations

import sqlite3

FIRST_TABLES = """
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


def statements(script: str) -> list[str]:
    """The statements of a script, one after the other."""
    # sqlite3's executescript would commit the transaction that a migration stands in.
    found: list[str] = []
    pending = ""
    for piece in script.split(";"):
        pending += piece + ";"
        if sqlite3.complete_statement(pending):
            found.append(pending.strip())
            pending = ""
    return found


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


def stamps(connection: sqlite3.Connection) -> None:
    """4: what the system says of a file: time of change and inode beside size and time; 0 is not known."""
    for table in ("document", "skipped"):
        for column in ("ctime_ns", "inode"):
            connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")


def skip_times(connection: sqlite3.Connection) -> None:
    """5: when a file was skipped; None where that is not known."""
    connection.execute("ALTER TABLE skipped ADD COLUMN at REAL")


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
    for statement in statements(_SYMBOLS):
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
    for statement in statements(_RECORDS):
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
    for statement in statements(_RECORD_PLACES):
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
    for statement in statements(_LAYERS):
        connection.execute(statement)


_RECORD_TIMES = """
CREATE INDEX record_created ON document(created_at, id) WHERE text IS NOT NULL;
CREATE INDEX record_session ON document(session, created_at, id) WHERE session IS NOT NULL;
CREATE INDEX record_trash_time ON document(trashed_at, id) WHERE trashed_at IS NOT NULL;
CREATE INDEX revision_until ON revision(until_at)
"""


def record_times(connection: sqlite3.Connection) -> None:
    """10: records are found by when they were written, in their session, and by what changed since a day."""
    for statement in statements(_RECORD_TIMES):
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
    for statement in statements(_REDACTIONS):
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
    for statement in statements(_ORIGINS):
        connection.execute(statement)


_PURGED = """
CREATE TABLE purged (uid TEXT PRIMARY KEY, at REAL NOT NULL, asked INTEGER NOT NULL) WITHOUT ROWID
"""


def purged(connection: sqlite3.Connection) -> None:
    """13: which records were removed for good, so that no backup brings them back; `asked`: by the person,
    not by age.
    """
    for statement in statements(_PURGED):
        connection.execute(statement)
