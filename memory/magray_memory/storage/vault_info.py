"""Vault info: the facts of every vault of a home, read without a change; and deleting one."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from magray_memory.errors import MagrayError, StorageError
from magray_memory.storage import embedding_depth, unfinished, vector_spaces
from magray_memory.storage.damaged_vault import stated_root
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.lock import IndexerLock
from magray_memory.storage.pending import count_heads, count_pending
from magray_memory.storage.redactions import all_redactions
from magray_memory.storage.root_file import root_file
from magray_memory.storage.static_vectors import count_static
from magray_memory.storage.vault import Vault
from magray_memory.storage.vault_files import snapshot_files
from magray_memory.storage.wanted import wanted_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from magray_memory.storage.embedding_depth import Depth
    from magray_memory.storage.home import Home

_NONE: Mapping[str, int] = MappingProxyType({})


class VaultInfo(NamedTuple):
    """What one vault holds. `bytes` counts log and snapshots too; with a `problem` the numbers are zero."""

    path: Path
    kind: VaultKind
    root: Path | None
    files: int
    passages: int
    vectors: Mapping[str, int]
    """How many passages have a vector, by embedding key."""
    pending: int
    """Passages without a vector of the key that serves."""
    approximate: int
    """Those of the pending passages that have an approximate vector."""
    heads: int
    """Passages whose vector is of the beginning of their text."""
    bytes: int
    last_indexed: datetime | None
    facts: Mapping[str, str]
    skipped: int = 0
    """Files that should have been indexed and were not."""
    redacted: Mapping[str, int] = _NONE
    """How many secrets were taken out, by kind."""
    problem: str = ""
    unseen_changes: bool = False
    trashed: int = 0
    """Records of `files` that are in the trash."""

    @property
    def gone(self) -> bool:
        """Whether the folder that was indexed is not there any more."""
        if self.root is None:
            return False
        try:
            return not stat.S_ISDIR(self.root.stat().st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return True
        except (OSError, ValueError):  # it may be there and cannot be looked at
            return False

    @property
    def unfinished(self) -> int | None:
        """About how many files there will be once an unfinished run has been; None where none is."""
        return unfinished.in_facts(self.facts)

    @property
    def serving(self) -> str | None:
        """The embedding key whose vectors answer; None before the first vector."""
        return vector_spaces.chosen(self.facts.get(vector_spaces.SERVING), self.vectors)

    @property
    def depth(self) -> Depth:
        """How much of each passage the model read in the last run."""
        return embedding_depth.in_facts(self.facts)

    @property
    def stands_in(self) -> bool:
        """Whether every passage has a vector, or an approximate one that is to stay."""
        return self.depth.name == "static" and self.pending == self.approximate

    def as_json(self) -> dict[str, Any]:
        """JSON of the vault, as in `status`."""
        return {
            "kind": self.kind.value,
            "root": None if self.root is None else str(self.root),
            "files": self.files,
            "passages": self.passages,
            "pending": self.pending,
            "approximate": self.approximate,
            "heads": self.heads,
            "bytes": self.bytes,
            "last_indexed": None
            if self.last_indexed is None
            else self.last_indexed.isoformat(timespec="seconds"),
            "redacted": dict(self.redacted),
        }


def list_vaults(home: Home) -> list[VaultInfo]:
    """The vaults of a home: workspaces by root, then the notebook. A home that is not there has none."""
    names: list[str] = []
    with contextlib.suppress(OSError):
        names = sorted(entry.name for entry in os.scandir(home.workspaces) if _is_vault(entry.name))
    found = [describe(home.workspaces / name, VaultKind.WORKSPACE) for name in names]
    known = [info for info in found if info is not None]
    return [*sorted(known, key=lambda info: str(info.root or "")), *_notebook(home)]


def _is_vault(name: str) -> bool:
    return name.endswith(".db") and not name.startswith(".")


def _notebook(home: Home) -> list[VaultInfo]:
    info = describe(home.notebook, VaultKind.NOTEBOOK)
    return [] if info is None else [info]


def describe(path: Path, kind: VaultKind, root: Path | None = None) -> VaultInfo | None:
    """The facts of one vault, None when there is no file; one that cannot be read has a `problem`."""
    size = size_of(path)
    try:
        vault = Vault.find(path, kind=kind, root=root)
        if vault is None:
            return None
        with vault, vault.read() as connection:
            facts = dict(connection.execute("SELECT key, value FROM meta").fetchall())
            vectors = dict(connection.execute("SELECT key, vectors FROM embedding_key").fetchall())
            files, passages = vault.counts()
            serving = vector_spaces.chosen(facts.get(vector_spaces.SERVING), vectors)
            pending = count_pending(connection, serving)
            approximate = count_static(connection, serving) if pending else 0
            heads = count_heads(connection, serving)
            skipped = _count_skipped(connection)
            redacted = all_redactions(connection)
            trashed = 0 if kind.derived else _count_trashed(connection)
            unseen = vault.unseen_changes
    except (MagrayError, OSError) as error:
        why = error.strerror or str(error) if isinstance(error, OSError) else error.why or error.what
        if root is None and kind.derived:
            root = stated_root(path)
        return VaultInfo(path, kind, root, 0, 0, {}, 0, 0, 0, size, None, {}, problem=why)
    named = Path(facts["root"]) if facts.get("root") else root
    when = _moment(facts.get("last_indexed_at"))
    return VaultInfo(
        path,
        kind,
        named,
        files,
        passages,
        vectors,
        pending,
        approximate,
        heads,
        size,
        when,
        facts,
        skipped,
        redacted,
        unseen_changes=unseen,
        trashed=trashed,
    )


def _count_skipped(connection: sqlite3.Connection) -> int:
    try:
        return connection.execute("SELECT count(*) FROM skipped WHERE rule IS NULL").fetchone()[0]
    except sqlite3.OperationalError:  # a vault of an earlier version, which its next run brings up to date
        return 0


def _count_trashed(connection: sqlite3.Connection) -> int:
    try:
        sql = "SELECT count(*) FROM document WHERE trashed_at IS NOT NULL"
        return connection.execute(sql).fetchone()[0]
    except sqlite3.OperationalError:  # a notebook of an earlier version
        return 0


def _moment(text: str | None) -> datetime | None:
    try:
        return None if not text else datetime.fromtimestamp(float(text), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def size_of(path: Path) -> int:
    """Bytes on disk of a database with its log, index of the log and snapshots."""
    total = 0
    for file in _parts(path):
        with contextlib.suppress(OSError):
            total += file.stat().st_size
    return total


def _parts(path: Path) -> list[Path]:
    beside = [path.with_name(path.name + suffix) for suffix in ("", "-wal", "-shm")]
    return beside + snapshot_files(path)


def drop_vault(info: VaultInfo) -> None:
    """Delete a workspace's vault with everything derived from it; the workspace itself is not touched.

    Raises VaultLocked while it is being indexed, StorageError for a notebook or when a file cannot be
    removed.
    """
    if not info.kind.derived:
        raise StorageError(
            f"the vault {info.path} is not dropped", "it holds records that nothing can rebuild"
        )
    with IndexerLock(info.path).acquire():
        try:
            for file in _parts(info.path):
                file.unlink(missing_ok=True)
        except OSError as error:
            raise StorageError(
                f"the vault {info.path} cannot be removed", error.strerror or str(error)
            ) from error
    # The lock files go after the lock: while it is held nobody else may make a new one under that name.
    beside = [info.path.with_name(info.path.name + suffix) for suffix in (".lock", ".snapshot.lock")]
    for file in (*beside, wanted_file(info.path), root_file(info.path)):
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)
