"""Citations by file: which records may be about it, and whether any record has changed.

Every question is answered from an index, so that a file without records costs next to nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from magray_memory.storage.record_types import Citation
    from magray_memory.storage.vault import Vault

_NAME = "replace(path, rtrim(path, replace(path, '/', '')), '')"
"""The last name of a citation's path, written as the index has it."""


def citing_files(vault: Vault, name: str, digest: bytes) -> list[tuple[int, Citation]]:
    """The records, not in the trash, that cite a file of this name, or one with this content; and what they
    cite.
    """
    from magray_memory.storage.record_types import Citation

    with vault.read() as connection:
        rows = connection.execute(
            "SELECT c.document_id, c.root, c.path, c.start_line, c.end_line, c.commit_id, c.text_hash,"
            " c.first_hash, c.file_hash FROM document d JOIN citation c ON c.document_id = d.id"
            f" WHERE d.trashed_at IS NULL AND d.id IN (SELECT document_id FROM citation WHERE {_NAME} = ?"
            " UNION SELECT document_id FROM citation WHERE file_hash = ?) ORDER BY d.id",
            (name, digest),
        )
        return [(row[0], Citation(*row[1:])) for row in rows.fetchall()]


def titled(vault: Vault, title: str) -> list[int]:
    """The records, not in the trash, with this title in any case, the last changed first."""
    with vault.read() as connection:
        rows = connection.execute(
            "SELECT id FROM document WHERE text IS NOT NULL AND lower(title) = lower(?)"
            " AND trashed_at IS NULL ORDER BY updated_at DESC, id DESC",
            (title,),
        )
        return [row[0] for row in rows.fetchall()]


def revision(vault: Vault) -> int:
    """Another number after each change of a record; uses of a record change nothing."""
    with vault.read() as connection:
        row = connection.execute("SELECT value FROM tally WHERE name = 'record'").fetchone()
    return 0 if row is None else row[0]
