"""Mends what the doctor found: what is derived is made again, truth is copied and the original kept."""

from __future__ import annotations

import os
import re
import sqlite3
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory.errors import StorageError
from magray_memory.health.findings import Finding, Remedy
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.lock import IndexerLock
from magray_memory.storage.vault import Vault, set_aside, snapshot_files
from magray_memory.storage.vault_files import uri

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from magray_memory.config import VectorSettings
    from magray_memory.storage.home import Home

ORDER = (
    Remedy.PERMISSIONS,
    Remedy.ASIDE,
    Remedy.RENEW,
    Remedy.SALVAGE,
    Remedy.REINDEX,
    Remedy.SCHEMA,
    Remedy.COUNTERS,
    Remedy.REREAD,
    Remedy.LEXICAL,
    Remedy.VECTORS,
    Remedy.EMBED,
    Remedy.SNAPSHOTS,
    Remedy.CACHE,
    Remedy.REMOVE,
)
"""What is mended first: what others stand on."""

_ROOT_BYTES = 4096


class Repairer:
    """Applies remedies. `renew`: roots to index once more, and whether by words alone; `lost`: what could not
    be saved, in sentences.
    """

    def __init__(self, home: Home, current: Path | None, vectors: VectorSettings) -> None:
        """`vectors`: the effective settings, so that what is built is what searches load."""
        self._home = home
        self._current = current
        self._vectors = vectors
        self.renew: dict[Path, bool] = {}
        self.lost: list[str] = []

    def mend(self, finding: Finding) -> str:
        """Do what a finding asks for; returns what was done. Raises MagrayError where it cannot be."""
        path = Path(finding.path)
        own: dict[Remedy, Callable[[Path], str]] = {
            Remedy.PERMISSIONS: _open_to_owner,
            Remedy.ASIDE: _move_aside,
            Remedy.RENEW: self._renew,
            Remedy.SALVAGE: self._salvage,
            Remedy.CACHE: _drop_cache,
            Remedy.REMOVE: _remove,
            Remedy.SNAPSHOTS: self._snapshots,
        }
        try:
            if finding.remedy in own:
                return own[finding.remedy](path)
            if finding.remedy is Remedy.EMBED:
                return self._embed(path)
            with self._writing(path) as vault:
                return _IN_VAULT[finding.remedy](vault, self)
        except OSError as error:
            raise StorageError(f"{path} cannot be mended", error.strerror or str(error)) from error

    @contextmanager
    def _writing(self, path: Path) -> Generator[Vault]:
        kind = self._kind(path)
        with _alone(path, kind), Vault.open(path, kind=kind, write=True) as vault:
            yield vault

    def _kind(self, path: Path) -> VaultKind:
        return VaultKind.NOTEBOOK if path == self._home.notebook else VaultKind.WORKSPACE

    def again(self, vault: Vault) -> None:
        """Have the workspace of a vault indexed once everything is mended."""
        root = vault.meta("root")
        if root and Path(root).is_dir():
            self.renew[Path(root)] = False

    def _embed(self, path: Path) -> str:
        root = root_of(path, self._current)
        if root is None or not root.is_dir():
            raise StorageError(f"{path} cannot be completed", f"its folder {root} is gone")
        self.renew[root] = False
        return "it was indexed again"

    def _renew(self, path: Path) -> str:
        root = root_of(path, self._current)
        # Without a vector it was never meant to have any: they would take minutes, and words take seconds.
        lexical = not had_vectors(path)
        with _alone(path, VaultKind.WORKSPACE):
            aside = set_aside(path)
        kept = f"kept as {aside}" if aside else "nothing was left of it"
        if root is None:
            return f"moved out of the way ({kept}); run `magray index` in its workspace"
        if not root.is_dir():
            return f"moved out of the way ({kept}); its folder {root} is gone"
        self.renew[root] = lexical
        return f"moved out of the way ({kept}), and {root} is indexed again"

    def _salvage(self, path: Path) -> str:
        from magray_memory.storage.salvage import salvage

        if path.is_dir():
            return _move_aside(path)
        done = salvage(path, VaultKind.NOTEBOOK, _complete)
        if done.aside is None:
            return "what an interrupted salvage had saved is in place"
        if done.lost or not done.documents:
            self.lost.append(f"{done.lost or 'all'} records of {path} could not be read; see {done.aside}")
        lost = f", {done.lost:,} could not be read" if done.lost else ""
        return f"{done.documents:,} records were saved{lost}; the damaged notebook is kept as {done.aside}"

    def _snapshots(self, path: Path) -> str:
        vault_path = path if path.suffix == ".db" else path.with_name(f"{path.name.partition('.')[0]}.db")
        made = {file.suffix for file in snapshot_files(vault_path)}
        with self._writing(vault_path) as vault:
            for file in snapshot_files(vault_path):
                if ".damaged-" not in file.name:
                    file.unlink(missing_ok=True)
            with vault.write() as connection:
                connection.execute("DELETE FROM meta WHERE key = 'snapshot_at'")
                keys = [
                    row[0] for row in connection.execute("SELECT key FROM embedding_key WHERE vectors > 0")
                ]
            for key in keys:
                _save_snapshot(vault, key, self._vectors, sealed=".ann" in made)
        return "the snapshots were dropped" + (" and written again" if keys else "")


@contextmanager
def _alone(path: Path, kind: VaultKind) -> Generator[None]:
    """No indexer works on the vault meanwhile. Raises VaultLocked when one does."""
    if not kind.derived:
        yield
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with IndexerLock(path).acquire():
        yield


def root_of(path: Path, current: Path | None) -> Path | None:
    """The workspace of a vault that may be damaged: as it says itself, or the bytes of its file give away.

    The name of the file is a hash of the root, so a guess proves itself.
    """
    from magray_memory.storage.home import vault_id

    if current is not None and vault_id(current) == path.stem:
        return current
    try:
        with closing(sqlite3.connect(uri(path, "mode=ro&immutable=1"), uri=True)) as connection:
            row = connection.execute("SELECT value FROM meta WHERE key = 'root'").fetchone()
            if row and vault_id(row[0]) == path.stem:
                return Path(row[0])
    except (sqlite3.Error, ValueError):
        pass
    return _root_in_bytes(path)


def had_vectors(path: Path) -> bool:
    """Whether a vault that may be damaged had any vector, as far as it or the files beside it tell."""
    if snapshot_files(path):
        return True
    try:
        with closing(sqlite3.connect(uri(path, "mode=ro&immutable=1"), uri=True)) as connection:
            return bool(connection.execute("SELECT 1 FROM embedding_key WHERE vectors > 0").fetchone())
    except sqlite3.Error:
        return False


def _root_in_bytes(path: Path) -> Path | None:
    from hashlib import blake2b

    try:
        with path.open("rb") as file:
            head = file.read(1 << 20)
    except OSError:
        return None
    for match in re.finditer(rb"root(?=/|[A-Za-z]:|\\\\)", head):
        place = head[match.end() : match.end() + _ROOT_BYTES]
        digest = blake2b(digest_size=8)
        for end in range(len(place)):
            digest.update(place[end : end + 1])
            if digest.hexdigest() == path.stem:
                return Path(os.fsdecode(place[: end + 1]))
    return None


def _complete(draft: Path) -> None:
    """Make what is derived from the rows of a salvaged notebook."""
    from magray_memory.index.lexical import LexicalIndex

    with Vault.open(draft, kind=VaultKind.NOTEBOOK, write=True) as vault:
        LexicalIndex(vault).rebuild()
        count_again(vault)
        vault.db.raw().execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _open_to_owner(path: Path) -> str:
    path.chmod(0o700 if path.is_dir() else 0o600)
    return "you alone can read and write it now"


def _move_aside(path: Path) -> str:
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    aside, number = path.with_name(f"{path.name}.damaged-{stamp}"), 1
    while os.path.lexists(aside):
        number += 1
        aside = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    path.replace(aside)
    try:
        aside.rmdir()
    except OSError:
        return f"moved to {aside}"
    return "the empty folder was removed"


def _drop_cache(path: Path) -> str:
    for suffix in ("-wal", "-shm", ""):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return "removed; it fills again as files are indexed"


def _remove(path: Path) -> str:
    if path.is_dir():
        import shutil

        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    return "removed"


def _reindex(vault: Vault, mender: Repairer) -> str:
    with vault.write() as connection:
        connection.execute("REINDEX")
    return "the database indexes were built again"


def _schema(vault: Vault, mender: Repairer) -> str:
    from magray_memory.health.integrity import reference_schema, schema_objects

    with vault.write() as connection:
        found = schema_objects(connection)
        for (kind, name), sql in reference_schema().items():
            if kind != "table" and found.get((kind, name)) != sql:
                connection.execute(f"DROP {kind} IF EXISTS {name}")
                connection.execute(sql)
    return "made again"


def count_again(vault: Vault) -> None:
    """Set every counter of a vault to what there is."""
    with vault.write() as connection:
        for table in ("document", "passage"):
            connection.execute(
                f"INSERT OR REPLACE INTO tally VALUES ('{table}', (SELECT count(*) FROM {table}))"
            )
        connection.execute(
            "UPDATE embedding_key SET vectors = (SELECT count(*) FROM vector WHERE key_id = embedding_key.id)"
        )
        for table, key in (("passage", "id"), ("document", "id"), ("change", "seq")):
            (highest,) = connection.execute(f"SELECT coalesce(max({key}), 0) FROM {table}").fetchone()
            row = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
            if highest > (row[0] if row else 0):
                connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
                connection.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (table, highest))


def _counters(vault: Vault, mender: Repairer) -> str:
    count_again(vault)
    return "counted again"


def _reread(vault: Vault, mender: Repairer) -> str:
    """The files of passages that are not what was stored look changed to the next run of the indexer."""
    from magray_memory.index.lexical import LexicalIndex
    from magray_memory.models.recipe import text_hash

    with vault.write() as connection:
        rows = connection.execute(
            "SELECT document_id, symbol, title, text_hash, passage.text, document.kind FROM passage"
            " JOIN document ON document.id = document_id"
        )
        files = {row[0] for row in rows if text_hash(row[1], row[2], row[4], row[5]) != row[3]}
        connection.executemany(
            "UPDATE document SET hash = x'', mtime_ns = -1 WHERE id = ?", [(file,) for file in files]
        )
        # A row leaves the lexical index only as it went in: it must fit the texts as they are now.
        LexicalIndex(vault).rebuild()
    mender.again(vault)
    return f"{len(files)} files are read again"


def _lexical(vault: Vault, mender: Repairer) -> str:
    from magray_memory.index.lexical import LexicalIndex

    LexicalIndex(vault).rebuild()
    return "it was built again"


def _vectors(vault: Vault, mender: Repairer) -> str:
    import numpy as np

    from magray_memory.health.integrity_index import unit

    gone = 0
    with vault.write() as connection:
        for key_id, dim in connection.execute("SELECT id, dim FROM embedding_key").fetchall():
            bad: list[int] = []
            cursor = connection.execute("SELECT passage_id, data FROM vector WHERE key_id = ?", (key_id,))
            while batch := cursor.fetchmany(4096):
                fits = [(i, data) for i, data in batch if isinstance(data, bytes) and len(data) == 2 * dim]
                bad += {i for i, _ in batch} - {i for i, _ in fits}
                joined = b"".join(data for _, data in fits)
                matrix = np.frombuffer(joined, dtype="<f2").reshape(len(fits), dim).astype(np.float32)
                bad += [fits[row][0] for row in np.flatnonzero(~unit(matrix)).tolist()]
            connection.executemany(
                "DELETE FROM vector WHERE key_id = ? AND passage_id = ?", [(key_id, i) for i in bad]
            )
            gone += len(bad)
        count_again(vault)
    mender.again(vault)
    return f"{gone:,} were dropped and are made again"


def _save_snapshot(vault: Vault, key: str, settings: VectorSettings, *, sealed: bool) -> None:
    from magray_memory.index.vector_store import VectorStore

    store = VectorStore(vault, key, settings)
    try:
        store.save_snapshot(force=True)
        if sealed:
            store.seal()
    finally:
        store.close()


_IN_VAULT: dict[Remedy, Callable[[Vault, Repairer], str]] = {
    Remedy.REINDEX: _reindex,
    Remedy.SCHEMA: _schema,
    Remedy.COUNTERS: _counters,
    Remedy.REREAD: _reread,
    Remedy.LEXICAL: _lexical,
    Remedy.VECTORS: _vectors,
}
