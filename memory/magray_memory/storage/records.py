"""Records: rows of the notebook with a text of their own. Every function that writes opens `vault.write()`.

A record in the trash keeps its row, and has no passages: nothing finds it until it is restored. An edit keeps
the former text as a revision.
"""

# What queries give is untyped in peewee's stubs; everything that leaves this module is typed.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from magray_memory.storage import former_values
from magray_memory.storage.documents import insert_of_records
from magray_memory.storage.fts import stored_rows
from magray_memory.storage.links import set_links
from magray_memory.storage.record_facts import citations
from magray_memory.storage.record_models import CitationRow, RecordRow, RevisionRow, executor
from magray_memory.storage.record_types import StoredRecord
from magray_memory.storage.redactions import set_redactions
from magray_memory.storage.row_checksums import DOCUMENT, checksum, update_documents
from magray_memory.storage.tags import set_tags, tags_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence

    from magray_memory.storage.documents import LexicalWriter, NewPassage
    from magray_memory.storage.record_types import Citation, Content, NewRecord
    from magray_memory.storage.vault import Vault

_LEAST_STEP = 1e-6
"""Seconds between two states of a record."""
_COLUMNS = (
    "id, uid, text, title, kind, layer, project, session, key, created_at, updated_at,"
    " coalesce(layer_at, created_at), last_access_at, access_count, coalesce(score, 0.5), pinned, trashed_at,"
    " superseded_by"
)
_TEXT = RecordRow.text.is_null(False) & RecordRow.path.is_null()


def insert(vault: Vault, record: NewRecord, lexical: LexicalWriter, document_id: int | None = None) -> int:
    """Store a new record, under this id if it is given, and make it findable by words; returns its id."""
    content, at = record.content, record.created_at
    fields: dict[str, object] = {
        "kind": content.kind,
        "layer": record.layer,
        "title": content.title,
        "hash": content.hash,
        "text": content.text,
        "created_at": at,
        "updated_at": at,
        "indexed_at": at,
        "layer_at": record.stored_at,
        "age_from": record.stored_at,
        "unrated": 1,
        "pinned": int(record.pinned),
        "session": record.session,
        "project": record.project,
        "key": record.key,
        "score": record.importance,
        "uid": record.uid,
        "checksum": _checksum(record),
    }
    if document_id is not None:
        fields["id"] = document_id
    with vault.write() as connection:
        # Written out: peewee takes longer to write the statement than SQLite to run it.
        inserted = connection.execute(
            f"INSERT INTO document({', '.join(fields)}) VALUES ({', '.join('?' * len(fields))})",
            tuple(fields.values()),
        )
        document = inserted.lastrowid or 0
        # One that was purged and is wanted again, from an export: backups may bring it back from now on.
        connection.execute("DELETE FROM purged WHERE uid = ?", (record.uid,))
        set_tags(connection, document, content.tags)
        set_links(connection, document, content.links)
        set_redactions(connection, document, content.redacted)
        insert_of_records(connection, {document: content.passages}, lexical)
        if record.citation is not None:
            _put_citation(vault, document, record.citation)
    return document


def replace_content(
    vault: Vault, former: StoredRecord, content: Content, lexical: LexicalWriter, at: float
) -> None:
    """Give a record another text, title, kind or tags; `former` is kept as a revision."""
    document = former.id
    with vault.write() as connection:
        at = max(at, former.updated_at + _LEAST_STEP)  # whatever the clock does, versions differ
        RevisionRow.insert(
            document=document,
            from_at=former.updated_at,
            until_at=at,
            kind=former.kind,
            title=former.title,
            tags=json.dumps(former.tags, ensure_ascii=False),
            text=former.text,
        ).execute(executor(vault))
        _update(
            vault,
            [document],
            text=content.text,
            hash=content.hash,
            title=content.title,
            kind=content.kind,
            updated_at=at,
            indexed_at=at,
        )
        set_tags(connection, document, content.tags)
        set_links(connection, document, content.links)
        set_redactions(connection, document, content.redacted)
        _remove_passages(vault, [document], lexical)
        if former.trashed_at is None:
            insert_of_records(connection, {document: content.passages}, lexical)


def set_record_tags(vault: Vault, document: int, tags: Iterable[str], at: float) -> None:
    """Make these the tags of a record; those that it had until now are kept."""
    wanted = list(tags)
    with vault.write() as connection:
        former = tags_of(connection, [document]).get(document, [])
        if set(former) != set(wanted):
            former_values.keep_tags(connection, document, former, at)
            set_tags(connection, document, wanted)


def set_fields(vault: Vault, document: int, at: float, **fields: Any) -> None:
    """Set columns that no edit changes: pinned, score, session, key, superseded_by. What those that a past
    answer needs were until now is kept.
    """
    with vault.write() as connection:
        for name in fields.keys() & former_values.KEPT_FIELDS:
            former_values.keep(connection, [document], name, fields[name], at)
        _update(vault, [document], **fields)


def put_citation(vault: Vault, document: int, citation: Citation) -> None:
    """Make this the source of a record."""
    with vault.write():
        _put_citation(vault, document, citation)


def get(vault: Vault, documents: Iterable[int]) -> list[StoredRecord]:
    """These records, in this order; those that are not there are left out."""
    ids = list(documents)
    if not ids:
        return []
    with vault.read() as connection:
        found = _stored(connection, ids)
    return [found[id_] for id_ in ids if id_ in found]


def find_key(vault: Vault, key: str) -> int | None:
    """The record with this key, in the trash or not."""
    with vault.read() as connection:
        found = connection.execute("SELECT id FROM document WHERE key = ?", (key,)).fetchone()
    return None if found is None else found[0]


def find_text(vault: Vault, digest: bytes, project: str | None) -> int | None:
    """The oldest record of the project with just this text; one in the trash where no other has it."""
    with vault.read() as connection:
        found = connection.execute(
            "SELECT id FROM document WHERE hash = ? AND project IS ? AND text IS NOT NULL AND +path IS NULL"
            " ORDER BY trashed_at IS NOT NULL, id LIMIT 1",
            (digest, project),
        ).fetchone()
    return None if found is None else found[0]


def trash(vault: Vault, documents: Sequence[int], lexical: LexicalWriter, at: float) -> None:
    """Move records to the trash: nothing finds them, and nothing of them is lost."""
    with vault.write():
        _remove_passages(vault, documents, lexical)
        _update(vault, documents, trashed_at=at, due_at=None, unrated=False)


def untrash(
    vault: Vault, document: int, passages: Sequence[NewPassage], lexical: LexicalWriter, at: float
) -> None:
    """Take a record out of the trash, with its passages made again."""
    with vault.write() as connection:
        former_values.keep_trash(connection, document, at)
        _update(vault, [document], trashed_at=None, due_at=None)
        insert_of_records(connection, {document: passages}, lexical)


def replace_passages(
    vault: Vault, passages: Mapping[int, Sequence[NewPassage]], lexical: LexicalWriter
) -> None:
    """Give records other passages, by their ids; their texts stay."""
    with vault.write() as connection:
        _remove_passages(vault, list(passages), lexical)
        insert_of_records(connection, passages, lexical)


def remove(
    vault: Vault, documents: Sequence[int], lexical: LexicalWriter, at: float, *, asked: bool = True
) -> None:
    """Remove records for good, with their history, tags, links and uses; what they replaced counts again.

    That they were is noted, with whether it was `asked` for, so that no backup brings them back.
    """
    with vault.write() as connection:
        connection.executemany(
            "INSERT OR REPLACE INTO purged(uid, at, asked)"
            " SELECT uid, ?, ? FROM document WHERE id = ? AND uid IS NOT NULL",
            [(at, asked, document) for document in documents],
        )
        _remove_passages(vault, documents, lexical)
        RecordRow.update(superseded_by=None).where(RecordRow.superseded_by.in_(documents)).execute(
            executor(vault)
        )
        RecordRow.delete().where(RecordRow.id.in_(documents) & _TEXT).execute(executor(vault))
        connection.execute("DELETE FROM tag WHERE id NOT IN (SELECT tag_id FROM document_tag)")


def _checksum(record: NewRecord) -> int:
    content = record.content
    covered = {
        "kind": content.kind,
        "layer": record.layer,
        "title": content.title,
        "size": 0,
        "mtime_ns": 0,
        "hash": content.hash,
        "key": record.key,
        "text": content.text,
    }
    return checksum(*(covered.get(name) for name in DOCUMENT))


def _put_citation(vault: Vault, document: int, citation: Citation) -> None:
    CitationRow.replace(
        document=document,
        root=citation.root,
        path=citation.path,
        start_line=citation.start_line,
        end_line=citation.end_line,
        commit=citation.commit,
        text_hash=citation.text_hash,
        first_hash=citation.first_hash,
        file_hash=citation.file_hash,
    ).execute(executor(vault))


def _update(vault: Vault, documents: Sequence[int], **fields: Any) -> None:
    with vault.write() as connection:
        update_documents(connection, fields, documents)


def _remove_passages(vault: Vault, documents: Sequence[int], lexical: LexicalWriter) -> None:
    with vault.write() as connection:
        rows = list(stored_rows(connection, documents))
        if rows:
            lexical.remove(rows)
            connection.executemany("DELETE FROM passage WHERE id = ?", [(row.passage_id,) for row in rows])


def _stored(connection: sqlite3.Connection, documents: Sequence[int]) -> dict[int, StoredRecord]:
    """These records, by their ids."""
    # Written out: peewee takes five times as long to make its rows.
    marks = ",".join("?" * len(documents))
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM document WHERE id IN ({marks}) AND text IS NOT NULL AND +path IS NULL",
        documents,
    ).fetchall()
    ids = [row[0] for row in rows]
    tags, cited = tags_of(connection, ids), citations(connection, ids)
    return {
        row[0]: StoredRecord(
            id=row[0],
            uid=row[1] or "",
            text=row[2],
            title=row[3],
            kind=row[4],
            layer=row[5],
            tags=tuple(tags.get(row[0], ())),
            project=row[6],
            session=row[7],
            key=row[8],
            created_at=row[9],
            updated_at=row[10],
            layer_at=row[11],
            last_access_at=row[12],
            access_count=row[13],
            importance=row[14],
            pinned=bool(row[15]),
            trashed_at=row[16],
            superseded_by=row[17],
            citation=cited.get(row[0]),
        )
        for row in rows
    }
