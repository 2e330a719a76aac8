"""Tables of a vault: peewee models to query them, numbered migrations to make them.

Truth and derived data in a notebook: rows of `document` with a `text`, their `tag`s and `link`s are truth.
Everything else, and every row of a workspace vault, can be made again from files or from those texts.

The models carry no database: several vaults are open in one process, so each query is executed as
`query.execute(vault.db)`. Migrations are frozen SQL, recorded by `PRAGMA user_version`, each in the
transaction that its number is written in; a change of the schema is a new function at the end of
`MIGRATIONS`, never an edit.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

from peewee import (
    SQL,
    AutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CharField,
    CompositeKey,
    FloatField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)

if TYPE_CHECKING:
    from collections.abc import Callable

APPLICATION_ID = 0x4D475259
"""`PRAGMA application_id` of every vault: "MGRY"."""


class Meta(Model):
    """Facts about the vault itself: kind, root, id, versions of what derived its rows."""

    key = TextField(primary_key=True)
    value = TextField()

    class Meta:
        table_name = "meta"


class Document(Model):
    """A file of a workspace (has a path), or a record (has a text, which is the truth). Times are UTC
    seconds.
    """

    id = AutoField()
    path = TextField(null=True, unique=True)
    kind = TextField()
    layer = TextField()
    title = TextField(null=True)
    language = TextField(null=True)
    size = BigIntegerField()
    mtime_ns = BigIntegerField()
    hash = BlobField(null=True)
    created_at = FloatField()
    updated_at = FloatField()
    indexed_at = FloatField()
    pinned = BooleanField()
    access_count = IntegerField()
    last_access_at = FloatField(null=True)
    session = TextField(null=True)
    project = TextField(null=True)
    key = TextField(null=True, unique=True)
    score = FloatField(null=True)
    text = TextField(null=True)
    trashed_at = FloatField(null=True)

    class Meta:
        table_name = "document"


class Passage(Model):
    """A part of a document. `text_hash`: 16 bytes of blake2b of the text that is embedded. Ids are never
    used again.
    """

    id = AutoField()
    document = ForeignKeyField(Document, column_name="document_id", backref="passages", on_delete="CASCADE")
    ordinal = IntegerField()
    start_line = IntegerField()
    end_line = IntegerField()
    symbol = TextField()
    kind = TextField()
    text = TextField()
    text_hash = BlobField()

    class Meta:
        table_name = "passage"


class EmbeddingKey(Model):
    """A vector space: model and text recipe. `vectors` is kept by triggers."""

    id = AutoField()
    key = TextField(unique=True)
    dim = IntegerField()
    created_at = FloatField()
    vectors = IntegerField(constraints=[SQL("DEFAULT 0")])

    class Meta:
        table_name = "embedding_key"


class Vector(Model):
    """The embedding of a passage in a vector space: `dim` little-endian float16."""

    passage = ForeignKeyField(Passage, column_name="passage_id", backref="vectors", on_delete="CASCADE")
    key = ForeignKeyField(EmbeddingKey, column_name="key_id", on_delete="CASCADE")
    data = BlobField()

    class Meta:
        table_name = "vector"
        primary_key = CompositeKey("passage", "key")


class Tag(Model):
    """A word that documents are filed under."""

    id = AutoField()
    name = TextField(unique=True)

    class Meta:
        table_name = "tag"


class DocumentTag(Model):
    """Which document has which tag."""

    document = ForeignKeyField(Document, column_name="document_id", backref="tags", on_delete="CASCADE")
    tag = ForeignKeyField(Tag, column_name="tag_id", backref="documents", on_delete="CASCADE")

    class Meta:
        table_name = "document_tag"
        primary_key = CompositeKey("document", "tag")


class Link(Model):
    """A reference that a document makes; `target` as written, `target_document` once it is known what it
    means.
    """

    id = AutoField()
    source = ForeignKeyField(Document, column_name="source_id", backref="links", on_delete="CASCADE")
    target = TextField()
    target_document = ForeignKeyField(
        Document, column_name="target_document_id", null=True, on_delete="SET NULL"
    )
    passage = ForeignKeyField(Passage, column_name="passage_id", null=True, on_delete="SET NULL")

    class Meta:
        table_name = "link"


class Access(Model):
    """One use of a document: a hit that was opened, a record that was read."""

    id = AutoField()
    document = ForeignKeyField(Document, column_name="document_id", backref="accesses", on_delete="CASCADE")
    at = FloatField()
    what = TextField()

    class Meta:
        table_name = "access"


class Skipped(Model):
    """A file that should have been indexed and was not, with the reason and the state it had."""

    path = TextField(primary_key=True)
    reason = TextField()
    size = BigIntegerField()
    mtime_ns = BigIntegerField()

    class Meta:
        table_name = "skipped"


class Change(Model):
    """What happened to vectors, in order; written by triggers, so no writer can forget it."""

    seq = AutoField()
    passage_id = IntegerField()
    key_id = IntegerField(null=True)
    op = CharField()

    class Meta:
        table_name = "change"


class Tally(Model):
    """Row counts kept by triggers, so that asking for them costs nothing at any size."""

    name = TextField(primary_key=True)
    value = IntegerField()

    class Meta:
        table_name = "tally"


MODELS: tuple[type[Model], ...] = (
    Meta, Document, Passage, EmbeddingKey, Vector, Tag, DocumentTag, Link, Access, Skipped, Change, Tally,
)  # fmt: skip

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


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (first_schema,)
"""Migration i takes a vault from user_version i to i + 1, inside the caller's transaction."""

LATEST = len(MIGRATIONS)
OLDEST_READABLE = 1
"""A reader never migrates: from this version on it reads a vault as it is."""
