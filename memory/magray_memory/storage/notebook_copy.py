"""Notebook copies: one consistent state of a vault in use, and the truth of a copy as a file of its own.

A copy of pages is checked as a whole, so that damage anywhere in the source is seen; what a backup keeps are
the rows that nothing else can make again.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from typing import TYPE_CHECKING

from magray_memory.errors import VaultDamaged
from magray_memory.storage import record_checksums, schema
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.integrity_checks import Part, part_of
from magray_memory.storage.redactions import RULES
from magray_memory.storage.short_writes import long_read
from magray_memory.storage.sqlite_errors import damaged, translated
from magray_memory.storage.vault import Vault
from magray_memory.storage.vault_files import new_vault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from magray_memory.progress import Progress

_PAGES = 128
"""Pages of one step: 1 MB, about a millisecond; the disk is a writer's between two of them."""
_PAUSE = 0.001
_TRUTH = tuple(name for name, role in schema.TABLES.items() if role is schema.TableRole.TRUTH)
_OWN_FACTS = (
    "vault_id",
    "kind",
    "analyzer_version",
    "snapshot_at",
    "changes_trimmed_to",
    "words_removed",
    "rows_damaged",
    RULES,
)
"""Facts of a vault that are about its derived rows, or its birth."""
_COMPLAINTS = 100
_COUNTS = {
    "records": "document WHERE text IS NOT NULL AND trashed_at IS NULL",
    "trashed": "document WHERE trashed_at IS NOT NULL",
    "revisions": "revision",
    "tags": "tag",
    "links": "link",
    "sources": "citation",
    "uses": "access",
}


def copy_pages(source: Path, kind: VaultKind, target: Path, progress: Progress) -> None:
    """Copy one state of a vault, whatever is written meanwhile: nobody waits for this.

    Raises StorageError, VaultDamaged, Interrupted.
    """
    with (
        Vault.open(source, kind=kind) as vault,
        long_read(vault) as connection,  # a step after another's commit would begin anew
        contextlib.closing(_scratch(target)) as copy,
    ):

        def step(_: int, remaining: int, total: int) -> None:
            progress.check()
            progress.report("copying the records", total - remaining, total, "pages")
            time.sleep(_PAUSE)

        connection.backup(copy, pages=_PAGES, progress=step)


def check_copy(path: Path) -> None:
    """Raises VaultDamaged where SQLite finds pages or rows of a copy that are wrong; what is wrong with an
    index over them is nothing that a backup has.
    """
    with translated(path), contextlib.closing(_scratch(path)) as connection:
        rows = connection.execute(f"PRAGMA quick_check({_COMPLAINTS})").fetchall()
    for (text,) in rows:
        if text != "ok" and part_of(text) is Part.FILE:
            raise damaged(path, str(text).splitlines()[-1])


def extract_truth(source: Path, target: Path, neutral: Callable[[str], str]) -> None:
    """Make a notebook with the rows of `source` that nothing can make again: no words, no vectors.

    `source` is a private copy, of this version's schema; `neutral` spells the folders of sources. Raises
    StorageError.
    """
    with new_vault(target, target, VaultKind.NOTEBOOK, None) as draft:
        with contextlib.closing(_scratch(draft)) as connection:
            connection.execute("ATTACH ? AS source", (str(source),))
            connection.execute("BEGIN IMMEDIATE")
            for table in _TRUTH:
                _copy_rows(connection, table)
            connection.execute(
                "INSERT OR REPLACE INTO tally SELECT * FROM source.tally WHERE name = 'record'"
            )
            connection.execute("DELETE FROM sqlite_sequence")
            connection.execute("INSERT INTO sqlite_sequence SELECT * FROM source.sqlite_sequence")
            spell_roots(connection, neutral)
            record_checksums.compute_all(connection)
            connection.execute("COMMIT")
            connection.execute("DETACH source")
            broken = connection.execute("PRAGMA foreign_key_check").fetchone()
            if broken is not None:
                raise damaged(source, f"rows of {broken[0]} refer to rows that are not there")
        _take_in_log(draft)


def spell_roots(connection: sqlite3.Connection, spell: Callable[[str], str]) -> None:
    """Spell the folders of sources in another way."""
    for (root,) in connection.execute("SELECT DISTINCT root FROM citation").fetchall():
        connection.execute("UPDATE citation SET root = ? WHERE root = ?", (spell(root), root))


def counts(path: Path) -> Mapping[str, int]:
    """How many records, revisions, tags … a notebook file has."""
    with translated(path), contextlib.closing(_scratch(path)) as connection:
        return {
            name: connection.execute(f"SELECT count(*) FROM {rows}").fetchone()[0]
            for name, rows in _COUNTS.items()
        }


def identity(path: Path) -> tuple[str, int]:
    """The id of a notebook, and the number that differs after each change of its records."""
    with Vault.open(path, kind=VaultKind.NOTEBOOK) as vault, vault.read() as connection:
        row = connection.execute("SELECT value FROM tally WHERE name = 'record'").fetchone()
        return vault.id, row[0] if row else 0


def schema_of(path: Path) -> int:
    """The schema's number in a file that is a vault. Raises VaultDamaged, StorageError."""
    with translated(path), contextlib.closing(_scratch(path)) as connection:
        application: int = connection.execute("PRAGMA application_id").fetchone()[0]
        if application != schema.APPLICATION_ID:
            raise VaultDamaged(f"{path.name} is no notebook")
        return connection.execute("PRAGMA user_version").fetchone()[0]


def remove_records(path: Path, uids: Iterable[str], at: float) -> bool:
    """Take records out of a notebook without words, whose file holds nothing of them then; whether it had
    any of them.
    """
    with translated(path), contextlib.closing(_scratch(path)) as connection:
        connection.execute("PRAGMA foreign_keys = on")
        connection.execute("BEGIN IMMEDIATE")
        removed = 0
        for uid in uids:
            connection.execute(
                "UPDATE document SET superseded_by = NULL WHERE superseded_by ="
                " (SELECT id FROM document WHERE uid = ?)",
                (uid,),
            )
            removed += connection.execute("DELETE FROM document WHERE uid = ?", (uid,)).rowcount
            connection.execute("INSERT OR REPLACE INTO purged(uid, at, asked) VALUES (?, ?, 1)", (uid, at))
        connection.execute("DELETE FROM tag WHERE id NOT IN (SELECT tag_id FROM document_tag)")
        record_checksums.compute_cleared(connection, -1)
        connection.execute("COMMIT" if removed else "ROLLBACK")
        if removed:
            connection.execute("PRAGMA temp_store = file")  # as large as the notebook
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return removed > 0


def wait_for_no_disk(vault: Vault) -> None:
    """Have what is written to a private copy reach the disk when the system likes: nobody waits behind it."""
    with translated(vault.path):
        vault.db.raw().execute("PRAGMA synchronous = off")


def living(vault: Vault) -> list[int]:
    """The ids of all records that are not in the trash."""
    with vault.read() as connection:
        rows = connection.execute(
            "SELECT id FROM document WHERE text IS NOT NULL AND path IS NULL AND trashed_at IS NULL"
            " ORDER BY id"
        )
        return [row[0] for row in rows]


def holding(vault: Vault, expression: str) -> set[int]:
    """The documents with a passage that an expression of FTS5 finds."""
    with vault.read() as connection:
        rows = connection.execute(
            "SELECT DISTINCT document_id FROM passage_fts JOIN passage p ON p.id = passage_fts.rowid"
            " WHERE passage_fts MATCH ?",
            (expression,),
        )
        return {row[0] for row in rows}


def _copy_rows(connection: sqlite3.Connection, table: str) -> None:
    columns = [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")]
    key = [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})") if row[5]]
    listed = ", ".join(columns)
    where = ""
    if table == "meta":
        where = f" WHERE key NOT IN ({', '.join(repr(name) for name in _OWN_FACTS)})"
    connection.execute(
        f"INSERT OR REPLACE INTO main.{table} ({listed})"
        f" SELECT {listed} FROM source.{table}{where} ORDER BY {', '.join(key)}"
    )


def _take_in_log(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _scratch(path: Path) -> sqlite3.Connection:
    """A connection to a file that nobody else knows."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = off")
    connection.execute("PRAGMA temp_store = memory")  # the temporary folder may be full
    return connection
