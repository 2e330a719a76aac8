"""Models (peewee) of the tables that hold truth: documents, their tags and links, and how they are used.

They carry no database: several vaults are open in one process, so each query is executed as
`query.execute(vault.db)`. Passages, vectors and counters have no model: their statements are written out.
"""

from __future__ import annotations

from peewee import (
    AutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    CompositeKey,
    FloatField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)


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
    passage_id = IntegerField(null=True)

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


MODELS: tuple[type[Model], ...] = (Document, Tag, DocumentTag, Link, Access)
