"""Preparation of an archived notebook: all that is derived from its records is made again, in a scratch file.

Then it is asked: each of a sample of records must be found by its words, and be what the archive says.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from magray_memory.archive.neutral_path import local
from magray_memory.errors import ArchiveDamaged
from magray_memory.index.altered_rows import seal
from magray_memory.index.lexical import LexicalIndex
from magray_memory.indexing.record_passages import passages_of, redact_passages
from magray_memory.storage import fts, notebook_copy, records
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.space import checkpoint
from magray_memory.storage.vault import Vault
from magray_memory.text.analyzer import tokens

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from magray_memory.config import RedactionSettings
    from magray_memory.progress import Progress

_BATCH = 500
_SAMPLE = 20
_TERMS = 8


def complete(path: Path, redaction: RedactionSettings, progress: Progress) -> None:
    """Make passages and words of every record that is not in the trash; folders are those of this machine."""
    with Vault.open(path, kind=VaultKind.NOTEBOOK, write=True) as vault:
        notebook_copy.wait_for_no_disk(vault)
        ids = notebook_copy.living(vault)
        lexical = LexicalIndex(vault)
        lexical.rebuild()
        with vault.write() as connection:
            notebook_copy.spell_roots(connection, lambda root: str(local(root)))
        for start in range(0, len(ids), _BATCH):
            progress.check()
            progress.report("indexing the records", start, len(ids), "records")
            with vault.write():
                found = records.get(vault, ids[start : start + _BATCH])
                passages = {one.id: passages_of(one.text, one.title, one.kind) for one in found}
                records.replace_passages(vault, passages, lexical)
        redact_passages(vault, redaction, lexical)
        seal(vault)
        checkpoint(vault)


def remove(path: Path, documents: Sequence[int]) -> None:
    """Take records out of a prepared notebook that were removed for good since."""
    if documents:
        with Vault.open(path, kind=VaultKind.NOTEBOOK, write=True) as vault:
            records.remove(vault, documents, LexicalIndex(vault), time.time())
            checkpoint(vault)


def ask(path: Path, name: str) -> int:
    """Ask a prepared notebook for a sample of its records; returns how many there were.

    Raises ArchiveDamaged where one is not found by its own words.
    """
    with Vault.open(path, kind=VaultKind.NOTEBOOK) as vault:
        ids = notebook_copy.living(vault)
        sample = ids[:: max(1, len(ids) // _SAMPLE)][:_SAMPLE]
        for record in records.get(vault, sample):
            if not _is_found(vault, record.id, record.text):
                why = f"the record n{record.id} is not found in it by its own words"
                raise ArchiveDamaged(f"{name} cannot be used", why, "another backup: magray backup list")
    return len(sample)


def _is_found(vault: Vault, document: int, text: str) -> bool:
    for line in text.split("\n"):
        terms: Sequence[str] = list(dict.fromkeys(tokens(line)))[:_TERMS]
        if terms:
            return document in notebook_copy.holding(vault, fts.match_expression(terms, " AND "))
    return True
