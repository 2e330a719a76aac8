"""Altered rows: rows of a vault that are not what was stored, found by their checksums; and their repair.

What a workspace's vault holds is read again from its files: a document that no longer is what was stored
goes, the files of altered passages are forgotten, so that the next run reads them again. The passages of a
record are made again from its text; a record itself nothing can bring back but a backup. Nothing here trusts
the types of what it reads: a flipped bit may make a number of a text.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from magray_memory.index.lexical import LexicalIndex
from magray_memory.models.recipe import text_hash
from magray_memory.storage import documents, record_checksums, row_checksums, vector_spaces, vectors
from magray_memory.storage.counters import recount
from magray_memory.storage.damaged_vault import stated_root
from magray_memory.storage.row_checksums import BY_DAMAGED_ROWS, ROWS_DAMAGED

if TYPE_CHECKING:
    import sqlite3

    from magray_memory.storage.row_checksums import StoredPassage
    from magray_memory.storage.vault import Vault


@dataclass(frozen=True, slots=True)
class Altered:
    """Altered rows by their keys; `documents`: records whose history or uses are altered too; `files`: the
    documents of the altered passages; `purged`: identities of records that were removed for good.
    """

    documents: frozenset[int] = frozenset()
    passages: frozenset[int] = frozenset()
    files: frozenset[int] = frozenset()
    skipped: tuple[Any, ...] = ()
    facts: tuple[Any, ...] = ()
    purged: tuple[Any, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.documents or self.passages or self.skipped or self.facts or self.purged)

    @property
    def count(self) -> int:
        """How many files, failures and facts they are about."""
        return len(self.documents | self.files) + len(self.skipped) + len(self.facts)


def find_altered(vault: Vault) -> Altered:
    """The altered rows of a vault, its vectors apart (`vectors.find_damaged`). Reads all of it."""
    with vault.read() as connection, row_checksums.lenient(connection):
        altered = {
            table: row_checksums.altered_rows(connection, table)
            for table in ("document", "passage", "skipped", "meta")
        }
        passages = set(altered["passage"]) | _with_other_text(connection)
        own = not vault.kind.derived
        records = record_checksums.altered_records(connection) if own else set[int]()
        return Altered(
            frozenset(altered["document"]) | records,
            frozenset(passages),
            frozenset(row_checksums.documents_of(connection, passages)),
            tuple(altered["skipped"]),
            tuple(altered["meta"]),
            tuple(record_checksums.altered_purged(connection)) if own else (),
        )


def repair_altered(vault: Vault, *, torn: bool = False) -> int:
    """Have the next run read again what altered rows are about; returns of how many files or facts.

    For a workspace's vault, by whoever has the indexer's lock. Vectors that are none are removed; in a
    `torn` vault words, symbols and counters may be of other passages, and are made again.
    """
    with vault.write() as connection, row_checksums.lenient(connection):
        altered = find_altered(vault)
        vault.remove_meta(ROWS_DAMAGED)
        removed = sum(_remove_vectors(vault, key) for key in vector_spaces.keys(vault))
        if altered:
            documents.delete(vault, altered.documents)
            documents.forget_content(vault, altered.files - altered.documents)
            documents.delete_passages(vault, altered.passages)
            for table in ("skipped", "meta"):
                row_checksums.remove_altered(connection, table)
            _restore_facts(vault)
        if altered or torn:
            # A row leaves the lexical index only as it went in: it must fit the texts as they are now.
            LexicalIndex(vault).rebuild()
        if altered or removed or torn:
            recount(vault)
    return altered.count


def repair_notebook(vault: Vault) -> int:
    """Remove the altered passages of records, which are to be cut again, and altered facts; returns of how
    many records and facts.
    """
    with vault.write() as connection, row_checksums.lenient(connection):
        altered = find_altered(vault)
        vault.remove_meta(ROWS_DAMAGED)
        if altered.passages or altered.facts:
            whole = row_checksums.passages_of(connection, altered.files)
            documents.delete_passages(vault, altered.passages | whole)
            row_checksums.remove_altered(connection, "meta")
            _restore_facts(vault)
            LexicalIndex(vault).rebuild()
            recount(vault)
    return len(altered.files) + len(altered.facts)


def seal(vault: Vault) -> None:
    """Give every row the checksum of what it is now, as after a salvage."""
    with vault.write() as connection:
        for table in ("document", "passage", "skipped", "meta"):
            row_checksums.seal(connection, table)
        if not vault.kind.derived:
            record_checksums.compute_all(connection)


def _with_other_text(connection: sqlite3.Connection) -> set[int]:
    stored = row_checksums.stored_passages(connection)
    return {passage.id for passage in stored if _differs(passage)}


def _differs(passage: StoredPassage) -> bool:
    try:
        found = text_hash(passage.symbol, passage.title, passage.text, passage.kind)
    except BY_DAMAGED_ROWS:
        return True
    return found != passage.text_hash


def _remove_vectors(vault: Vault, key: str) -> int:
    damaged = vectors.find_damaged(vault, key)
    vectors.remove_vectors(vault, key, damaged)
    return len(damaged)


def _restore_facts(vault: Vault) -> None:
    """Facts of a vault's birth that are gone; all others are found out again."""
    root = (vault.root or stated_root(vault.path)) if vault.kind.derived else None
    known = {"kind": vault.kind.value, "root": str(root or ""), "vault_id": secrets.token_hex(16)}
    for name, value in known.items():
        if vault.meta(name) is None:
            vault.set_meta(name, value)
