"""Repair of what the doctor found: derived data is rebuilt, truth is copied and the original retained."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory import atomic_file
from magray_memory.errors import StorageError
from magray_memory.health.findings import Finding, Remedy
from magray_memory.storage import integrity_checks, leftovers, vector_spaces
from magray_memory.storage.counters import recount
from magray_memory.storage.damaged_vault import had_vectors, stated_root
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.home import vault_id
from magray_memory.storage.lock import IndexerLock
from magray_memory.storage.root_file import note_root
from magray_memory.storage.sqlite_errors import translated
from magray_memory.storage.vault import Vault, quarantine, snapshot_files
from magray_memory.storage.vault_files import quarantine_path

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from magray_memory.config import RedactionSettings, VectorSettings
    from magray_memory.storage.home import Home

ORDER = (
    Remedy.PERMISSIONS,
    Remedy.QUARANTINE,
    Remedy.REBUILD,
    Remedy.SALVAGE,
    Remedy.REINDEX,
    Remedy.SCHEMA,
    Remedy.COUNTERS,
    Remedy.REREAD,
    Remedy.LEXICAL,
    Remedy.RECORDS,
    Remedy.REDACT,
    Remedy.VECTORS,
    Remedy.EMBED,
    Remedy.SNAPSHOTS,
    Remedy.CACHE,
    Remedy.REMOVE,
)
"""Order of repair: what others stand on comes first."""


class Repairer:
    """Applies remedies. `to_index`: roots to index afterwards, and whether by words alone; `lost`: what could
    not be saved, in sentences.
    """

    def __init__(
        self, home: Home, current: Path | None, vectors: VectorSettings, redaction: RedactionSettings
    ) -> None:
        """`vectors`: the effective settings, so that what is built is what searches load."""
        self._home = home
        self._current = current
        self._vectors = vectors
        self._redaction = redaction
        self.to_index: dict[Path, bool] = {}
        self.lost: list[str] = []

    def apply(self, finding: Finding) -> str:
        """Apply the remedy of a finding; returns what was done. Raises MagrayError where it cannot be."""
        path = Path(finding.path)
        remedies: dict[Remedy, Callable[[Path], str]] = {
            Remedy.PERMISSIONS: _open_to_owner,
            Remedy.QUARANTINE: _quarantine,
            Remedy.REBUILD: self._rebuild,
            Remedy.SALVAGE: self._salvage,
            Remedy.CACHE: _remove_cache,
            Remedy.REMOVE: _remove,
            Remedy.SNAPSHOTS: self._rebuild_snapshots,
            Remedy.EMBED: self._embed,
            Remedy.RECORDS: self._cut_records,
            Remedy.REDACT: self._redact,
        }
        try:
            with translated(path):
                if finding.remedy in remedies:
                    return remedies[finding.remedy](path)
                with self._writing(path) as vault:
                    return _IN_VAULT[finding.remedy](vault, self)
        except OSError as error:
            raise StorageError(f"{path} cannot be repaired", error.strerror or str(error)) from error

    @contextmanager
    def _writing(self, path: Path) -> Generator[Vault]:
        kind = VaultKind.NOTEBOOK if path == self._home.notebook else VaultKind.WORKSPACE
        with _exclusive(path, kind), Vault.open(path, kind=kind, write=True) as vault:
            yield vault

    def index_later(self, vault: Vault) -> None:
        """Have the workspace of a vault indexed once everything is repaired."""
        root = vault.meta("root")
        if root and Path(root).is_dir():
            self.to_index[Path(root)] = False

    def _root_of(self, path: Path) -> Path | None:
        """The workspace of a vault that may be damaged."""
        current = self._current
        return current if current is not None and vault_id(current) == path.stem else stated_root(path)

    def _embed(self, path: Path) -> str:
        root = self._root_of(path)
        if root is None or not root.is_dir():
            raise StorageError(f"{path} cannot be completed", f"its folder {root} is gone")
        # A vault that was quarantined says what it had.
        quarantined = path.parent.glob(f"{path.name}.damaged-*")
        former = sorted(file for file in quarantined if not file.name.endswith(("-wal", "-shm")))
        words_only = bool(former) and not path.exists() and not had_vectors(former[-1])
        self.to_index[root] = words_only and self.to_index.get(root, True)
        return "it was indexed again"

    def _rebuild(self, path: Path) -> str:
        root = self._root_of(path)
        # Without a vector it was never meant to have any: they would take minutes, and words take seconds.
        lexical = not had_vectors(path)
        with _exclusive(path, VaultKind.WORKSPACE):
            if root is not None:
                note_root(path, root)  # whoever kills this leaves a mark of what is still to be indexed
            quarantined = quarantine(path)
        kept = f"renamed to {quarantined}" if quarantined else "no file was left"
        if root is None:
            self.lost.append(f"{path} does not say any more which folder it was of; run `magray index` there")
            return f"quarantined ({kept}); run `magray index` in its workspace"
        if not root.is_dir():
            return f"quarantined ({kept}); its folder {root} is gone"
        self.to_index[root] = lexical
        return f"quarantined ({kept}), and {root} is indexed again"

    def _salvage(self, path: Path) -> str:
        from magray_memory.storage.salvage import salvage

        if path.is_dir():
            return _quarantine(path)
        done = salvage(path, VaultKind.NOTEBOOK, complete_salvaged)
        if done.quarantined is None:
            return "the result of an interrupted salvage was put in place"
        if done.lost or not done.documents:
            self.lost.append(
                f"{done.lost or 'all'} records of {path} could not be read; see {done.quarantined}"
            )
        lost = f", {done.lost:,} could not be read" if done.lost else ""
        kept = f"the damaged notebook was renamed to {done.quarantined}"
        return f"{done.documents:,} records were saved{lost}; {kept}"

    def _cut_records(self, path: Path) -> str:
        from magray_memory.index.altered_rows import repair_notebook
        from magray_memory.index.lexical import LexicalIndex
        from magray_memory.indexing.record_passages import cut_uncut

        with self._writing(path) as vault:
            repair_notebook(vault)
            count = cut_uncut(vault, self._redaction, LexicalIndex(vault))
        return f"{count:,} of the records are found again"

    def _redact(self, path: Path) -> str:
        from magray_memory.records.raw_secrets import take_out

        with self._writing(path) as vault:
            found = take_out(self._home, vault, self._redaction)
        count, texts = sum(found.counts.values()), len(found.records) + len(found.former)
        return f"{count:,} secrets were taken out of {texts:,} texts of records, former ones included"

    def _rebuild_snapshots(self, path: Path) -> str:
        vault_path = path if path.suffix == ".db" else path.with_name(f"{path.name.partition('.')[0]}.db")
        suffixes = {file.suffix for file in snapshot_files(vault_path)}
        with self._writing(vault_path) as vault:
            for file in snapshot_files(vault_path):
                if ".damaged-" not in file.name:
                    file.unlink(missing_ok=True)
            vault.remove_meta("snapshot_at")
            keys = vector_spaces.populated(vault)
            for key in keys:
                _save_snapshot(vault, key, self._vectors, sealed=".ann" in suffixes)
        return "the snapshots were dropped" + (" and written again" if keys else "")


@contextmanager
def _exclusive(path: Path, kind: VaultKind) -> Generator[None]:
    """No indexer works on the vault meanwhile. Raises VaultLocked when one does."""
    if not kind.derived:
        yield
        return
    atomic_file.make_private(path.parent)
    with IndexerLock(path).acquire():
        yield


def complete_salvaged(draft: Path) -> None:
    """Rebuild what is derived from the rows of a salvaged notebook."""
    from magray_memory.index.altered_rows import seal
    from magray_memory.index.lexical import LexicalIndex
    from magray_memory.storage.space import checkpoint

    with Vault.open(draft, kind=VaultKind.NOTEBOOK, write=True) as vault:
        seal(vault)
        LexicalIndex(vault).rebuild()
        recount(vault)
        checkpoint(vault)


def _open_to_owner(path: Path) -> str:
    path.chmod(0o700 if path.is_dir() else 0o600)
    return "only you can read and write it now"


def _quarantine(path: Path) -> str:
    target = quarantine_path(path)
    path.replace(target)
    try:
        target.rmdir()
    except OSError:
        return f"moved to {target}"
    return "the empty folder was removed"


def _remove_cache(path: Path) -> str:
    for suffix in ("-wal", "-shm", ""):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    return "removed; indexing fills it again"


def _remove(path: Path) -> str:
    leftovers.remove(path)
    return "removed"


def _rebuild_indexes(vault: Vault, repairer: Repairer) -> str:
    integrity_checks.rebuild_indexes(vault)
    return "the database indexes were rebuilt"


def _rebuild_schema(vault: Vault, repairer: Repairer) -> str:
    integrity_checks.rebuild_schema_objects(vault)
    return "rebuilt"


def _recount(vault: Vault, repairer: Repairer) -> str:
    recount(vault)
    return "counted again"


def _reread(vault: Vault, repairer: Repairer) -> str:
    """Have the files read again whose rows are not what was stored."""
    from magray_memory.index.altered_rows import repair_altered

    count = repair_altered(vault)
    repairer.index_later(vault)
    return f"{count} files or facts are read again"


def _rebuild_lexical(vault: Vault, repairer: Repairer) -> str:
    from magray_memory.index.lexical import LexicalIndex

    LexicalIndex(vault).rebuild()
    return "it was rebuilt"


def _remove_damaged_vectors(vault: Vault, repairer: Repairer) -> str:
    from magray_memory.storage.static_vectors import damaged_static, remove_static
    from magray_memory.storage.vectors import find_damaged, remove_vectors

    removed = 0
    with vault.write() as connection:
        for document_id in damaged_static(connection):
            remove_static(connection, document_id)
        for key in vector_spaces.keys(vault):
            damaged = find_damaged(vault, key)
            remove_vectors(vault, key, damaged)
            removed += len(damaged)
        recount(vault)
    repairer.index_later(vault)
    return f"{removed:,} were deleted and are embedded again"


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
    Remedy.REINDEX: _rebuild_indexes,
    Remedy.SCHEMA: _rebuild_schema,
    Remedy.COUNTERS: _recount,
    Remedy.REREAD: _reread,
    Remedy.LEXICAL: _rebuild_lexical,
    Remedy.VECTORS: _remove_damaged_vectors,
}
