"""Purge: what a vault keeps of texts beyond its rows is removed from its files.

SQLite marks what is deleted as free and leaves the bytes; FTS5 notes a deletion beside the word that it
deletes; the log keeps pages as they were. Functions here need no other writer, and take seconds for a vault
of a hundred thousand passages.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from magray_memory.errors import MagrayError
from magray_memory.storage import fts_maintenance, space, vector_spaces
from magray_memory.storage.database import BUSY_SECONDS
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.sqlite_errors import translated
from magray_memory.storage.vault import Vault
from magray_memory.storage.vector_cache import VectorCache

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Generator, Iterable, Iterator, Sequence
    from pathlib import Path

    from magray_memory.storage.home import Home

T = TypeVar("T")

_CHUNK = 500
_MERGE_PAGES = 2_000
UNFINISHED = "unfinished_purge"
_IN_MEMORY = 256 << 20
"""Bytes of a database up to which SQLite rewrites it without a file of its own beside it."""


@contextlib.contextmanager
def overwriting(vault: Vault) -> Generator[None]:
    """What is deleted inside is overwritten with zeros, whole pages too."""
    with translated(vault.path):
        connection = vault.db.raw()
        before = connection.execute("PRAGMA secure_delete").fetchone()[0]
        connection.execute("PRAGMA secure_delete = ON")
    try:
        yield
    finally:
        connection.execute(f"PRAGMA secure_delete = {('OFF', 'ON', 'FAST')[before]}")


def begin(vault: Vault, hashes: Iterable[bytes]) -> None:
    """Note, before their rows go, whose vectors a purge removes: so another one can end it."""
    names = ",".join(sorted(text_hash.hex() for text_hash in hashes))
    vault.set_meta(UNFINISHED, names or "-")


def unfinished(vault: Vault) -> set[bytes]:
    """The hashes of the embedded texts of a purge that was not ended; empty where there is none."""
    noted = vault.meta(UNFINISHED) or ""
    return {bytes.fromhex(name) for name in noted.split(",") if name not in ("", "-")}


def finish(vault: Vault) -> None:
    """A purge has ended."""
    vault.remove_meta(UNFINISHED)


def merge_words(vault: Vault) -> None:
    """Make one segment of the lexical index: words of what is deleted are in none of its blocks then."""
    pages = -_MERGE_PAGES
    while fts_maintenance.merge(vault, pages):
        pages = _MERGE_PAGES


def rewrite(vault: Vault) -> None:
    """Write the database anew, without a byte that belongs to nothing. Raises StorageError."""
    with translated(vault.path):
        connection = vault.db.raw()
        there = space.pages(vault)
        if there.total * there.bytes > _IN_MEMORY:
            connection.execute("PRAGMA temp_store = file")
        try:
            if _samples(connection):  # the planner's samples are values of rows
                connection.execute("DELETE FROM sqlite_stat4")
            connection.execute("VACUUM")
        finally:
            connection.execute("PRAGMA temp_store = memory")


def truncate_log(vault: Vault) -> bool:
    """Take the log into the database and cut it to nothing; False while somebody reads from it."""
    with translated(vault.path):
        connection = vault.db.raw()
        connection.execute(f"PRAGMA busy_timeout = {int(BUSY_SECONDS * 1000)}")
        return not connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]


@dataclass(slots=True)
class Made:
    """What names the vectors of vaults' passages in the vector cache."""

    keys: set[str] = field(default_factory=set[str])
    hashes: set[bytes] = field(default_factory=set[bytes])

    def add(self, path: Path, kind: VaultKind = VaultKind.WORKSPACE) -> None:
        """Add those of a vault. Raises StorageError for one that cannot be read."""
        with Vault.open(path, kind=kind) as vault, vault.read() as connection:
            self.keys |= vector_spaces.ever(vault)
            self.hashes.update(row[0] for row in connection.execute("SELECT text_hash FROM passage"))


def forget_vectors(home: Home, keys: Iterable[str], hashes: Iterable[bytes]) -> tuple[int, list[str]]:
    """Remove from the vector cache the vectors of texts that no vault has any more; returns how many there
    were, and why some could not be removed.
    """
    gone = set(hashes)
    if not gone or not home.vectors.is_file():
        return 0, []
    problems: list[str] = []
    for path in [home.notebook, *home.workspaces.glob("*.db")]:
        kind = VaultKind.NOTEBOOK if path == home.notebook else VaultKind.WORKSPACE
        try:
            vault = Vault.find(path, kind=kind)
        except MagrayError:
            continue  # what cannot be read uses no vector either
        if vault is not None:
            with vault:
                gone -= used_hashes(vault, list(gone))
    with VectorCache(home.vectors, 1 << 40) as cache:
        count = cache.forget(sorted(keys), sorted(gone))
        problems += cache.warnings
    return count, problems


def forget_dropped(home: Home, dropped: Made) -> list[str]:
    """Remove from the vector cache what no vault has, once some were dropped; returns why some could not be.

    That nothing tells whose the vectors of former texts are costs the other workspaces theirs. Where one of
    those cannot be read, only the vectors of the passages that were dropped are removed.
    """
    if not home.vectors.is_file():
        return []
    kept = Made()
    try:
        for path in home.workspaces.glob("*.db"):
            kept.add(path)
        if home.notebook.is_file():
            kept.add(home.notebook, VaultKind.NOTEBOOK)
    except MagrayError:
        return forget_vectors(home, dropped.keys, dropped.hashes)[1]
    with VectorCache(home.vectors, 1 << 40) as cache:
        cache.retain(sorted(kept.keys), sorted(kept.hashes))
        return list(cache.warnings)


def used_hashes(vault: Vault, hashes: Sequence[bytes]) -> set[bytes]:
    """Those of the hashes that a passage of this vault has."""
    found: set[bytes] = set()
    with vault.read() as connection:
        for chunk in _chunks(hashes):
            marks = ",".join("?" * len(chunk))
            rows = connection.execute(f"SELECT text_hash FROM passage WHERE text_hash IN ({marks})", chunk)
            found.update(row[0] for row in rows)
    return found


def asked_for(vault: Vault) -> list[str]:
    """The identities of all records that a person had removed for good."""
    with vault.read() as connection:
        return [row[0] for row in connection.execute("SELECT uid FROM purged WHERE asked")]


def hashes_of(vault: Vault, documents: Sequence[int]) -> set[bytes]:
    """The hashes of the embedded texts of documents."""
    found: set[bytes] = set()
    with vault.read() as connection:
        for chunk in _chunks(documents):
            marks = ",".join("?" * len(chunk))
            rows = connection.execute(f"SELECT text_hash FROM passage WHERE document_id IN ({marks})", chunk)
            found.update(row[0] for row in rows)
    return found


def quoting(vault: Vault, expression: str, line: str, limit: int) -> Iterator[tuple[int, str | None]]:
    """Documents (id, path) with a passage that holds a line; `expression`: its words, for FTS5."""
    with vault.read() as connection:
        rows = connection.execute(
            "SELECT DISTINCT document.id, document.path FROM passage_fts f JOIN passage p ON p.id = f.rowid"
            " JOIN document ON document.id = p.document_id"
            " WHERE passage_fts MATCH ? AND instr(p.text, ?) LIMIT ?",
            (expression, line, limit),
        )
        yield from rows.fetchall()


def _samples(connection: sqlite3.Connection) -> bool:
    return (
        connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat4'").fetchone() is not None
    )


def _chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), _CHUNK):
        yield values[start : start + _CHUNK]
