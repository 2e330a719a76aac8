"""Record models: peewee's models of the notebook's tables, for what people and programs write.

They are bound to no database: a query is executed by a vault's own connection, inside its transaction. What
writes no record and lists none does without peewee, which is slow to load.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peewee import (
    AutoField,
    BlobField,
    BooleanField,
    FloatField,
    ForeignKeyField,
    IntegerField,
    Model,
    SqliteDatabase,
    TextField,
)

if TYPE_CHECKING:
    import sqlite3

    from magray_memory.storage.vault import Vault


class RecordRow(Model):
    """A document without a path: what a person or a program asked to be kept. Times are UTC seconds."""

    id = AutoField()
    path = TextField(null=True)
    kind = TextField()
    layer = TextField()
    title = TextField(null=True)
    hash = BlobField(null=True)
    created_at = FloatField()
    updated_at = FloatField()
    indexed_at = FloatField()
    layer_at = FloatField(null=True)
    pinned = BooleanField(default=False)
    access_count = IntegerField(default=0)
    last_access_at = FloatField(null=True)
    session = TextField(null=True)
    project = TextField(null=True)
    key = TextField(null=True)
    score = FloatField(null=True)
    text = TextField(null=True)
    trashed_at = FloatField(null=True)
    superseded_by = IntegerField(null=True)
    uid = TextField(null=True)
    age_from = FloatField(null=True)
    unrated = BooleanField(default=False)
    due_at = FloatField(null=True)
    checksum = IntegerField(null=True)
    """See `storage/row_checksums.py`."""

    class Meta:
        table_name = "document"


class RevisionRow(Model):
    """What a record was before an edit: valid from `from_at` until `until_at`."""

    id = AutoField()
    document = ForeignKeyField(RecordRow, column_name="document_id")
    from_at = FloatField()
    until_at = FloatField()
    kind = TextField()
    title = TextField(null=True)
    tags = TextField()
    """A JSON list."""
    text = TextField()

    class Meta:
        table_name = "revision"


class CitationRow(Model):
    """The lines of a file that a record is about, as they were when it was written."""

    document = ForeignKeyField(RecordRow, column_name="document_id", primary_key=True)
    root = TextField()
    path = TextField()
    start_line = IntegerField()
    end_line = IntegerField()
    commit = TextField(null=True, column_name="commit_id")
    text_hash = BlobField()
    first_hash = BlobField()
    file_hash = BlobField()

    class Meta:
        table_name = "citation"


class _Executor(SqliteDatabase):
    """Has queries run by a connection of which peewee knows nothing, and leaves its errors as they are."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        super().__init__(None)  # pyright: ignore[reportUnknownMemberType]
        self._connection = connection

    def execute_sql(self, sql: str, params: Any = None) -> sqlite3.Cursor:
        return self._connection.execute(sql, params or ())


def executor(vault: Vault) -> SqliteDatabase:
    """What a query is executed with, in this thread's transaction of a vault."""
    return _Executor(vault.db.raw())
