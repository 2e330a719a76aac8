"""Raw secrets: what former rules stored in records and would be taken out now, found and taken out for good.

Whatever is shown passes the rules anyway; this is for the bytes. It is done when a person asks for it alone,
for a rule may err and nothing could bring the text back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from magray_memory.index.lexical import LexicalIndex
from magray_memory.indexing.record_passages import passages_of
from magray_memory.records.draft import text_digest
from magray_memory.records.purge import note_purge, remove_snapshots
from magray_memory.storage import purge, records, vector_spaces
from magray_memory.storage.redactions import (
    former_texts,
    record_texts,
    redactions_of,
    replace_former_text,
    set_redactions,
)
from magray_memory.storage.row_checksums import update_documents
from magray_memory.text.redaction import added, redact

if TYPE_CHECKING:
    import sqlite3

    from magray_memory.config import RedactionSettings
    from magray_memory.storage.home import Home
    from magray_memory.storage.vault import Vault


@dataclass(slots=True)
class RawSecrets:
    """The records, and the former texts of records, that hold secrets; how many of them by kind."""

    records: list[int] = field(default_factory=list[int])
    former: list[int] = field(default_factory=list[int])
    counts: dict[str, int] = field(default_factory=dict[str, int])

    def __bool__(self) -> bool:
        return bool(self.records or self.former)


def find_raw_secrets(vault: Vault, settings: RedactionSettings) -> RawSecrets:
    """What the records of a notebook hold that these rules take out, in the trash and the history too."""
    found = RawSecrets()
    with vault.read() as connection:
        for texts, ids in ((record_texts, found.records), (former_texts, found.former)):
            for number, text, title in texts(connection):
                counts = added(redact(text, settings).counts, redact(title or "", settings).counts)
                if counts:
                    ids.append(number)
                    found.counts = added(found.counts, counts)
    return found


def take_out(home: Home, vault: Vault, settings: RedactionSettings) -> RawSecrets:
    """Take these secrets out of rows, words, vectors, snapshots, free pages and the log; returns what was
    found. A record keeps its id, times and history. Raises StorageError.
    """
    found = find_raw_secrets(vault, settings)
    if not found:
        return found
    hashes = purge.hashes_of(vault, found.records)
    with purge.overwriting(vault):
        with vault.write() as connection:
            lexical = LexicalIndex(vault)
            for number in found.records:
                _redact_record(vault, connection, number, settings, lexical)
            for number, text, title in list(former_texts(connection)):
                if number in found.former:
                    clean = redact(text, settings).text, redact(title or "", settings).text or title
                    replace_former_text(connection, number, *clean)
        purge.merge_words(vault)
        remove_snapshots(home, vault)
        purge.forget_vectors(home, vector_spaces.ever(vault), hashes)
        purge.rewrite(vault)
        purge.truncate_log(vault)
    note_purge(home)
    return found


def _redact_record(
    vault: Vault,
    connection: sqlite3.Connection,
    number: int,
    settings: RedactionSettings,
    lexical: LexicalIndex,
) -> None:
    (stored,) = records.get(vault, [number])
    text, title = redact(stored.text, settings), redact(stored.title or "", settings)
    changes = {"text": text.text, "title": title.text or stored.title, "hash": text_digest(text.text)}
    update_documents(connection, changes, [number])
    counts = added(redactions_of(connection, number), text.counts, title.counts)
    set_redactions(connection, number, counts)
    if stored.trashed_at is None:
        passages = passages_of(text.text, title.text or stored.title, stored.kind)
        records.replace_passages(vault, {number: passages}, lexical)
