"""Keeps a home small and quick: merges the lexical index, gives space back, seals the vector index of large
vaults, renews statistics and snapshots, keeps the cache within its limit, removes what nothing needs.

Everything is done in short transactions, so that searches never wait and an indexer waits for milliseconds;
whenever it is ended, what is done is done, and the next run does the rest.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from magray_memory.errors import IndexDamaged, MagrayError, StorageError
from magray_memory.storage.leftovers import leftovers
from magray_memory.storage.lock import IndexerLock
from magray_memory.storage.vault import Vault, snapshot_files
from magray_memory.storage.vault_info import VaultInfo, drop_vault, list_vaults, size_of

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from magray_memory.config import Settings
    from magray_memory.index.vector_store import VectorStore
    from magray_memory.storage.home import Home

_PAGES = 500
"""Pages that one transaction merges or gives back: 2 to 4 MB, about 30 ms."""
_PAUSE = 0.005
"""Seconds between two transactions: whoever waits for its turn gets it."""
_LEAST_FREE = 1_000_000
_FREE_SHARE = 50
_MANY_SEGMENTS = 6
_KEEP_CHANGES = 10_000
_SEAL_AGAIN_SHARE = 20
_GONE_DAYS = 30
_CHECKPOINT_MS = 200
_QUIET_SECONDS = 30.0
_STATISTICS_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done, or with `dry_run` would be. `bytes`: won (negative: taken); `ms`: won for a
    search, None where nothing was measured; `problem`: why it could not be done.
    """

    what: str
    place: str
    message: str
    bytes: int = 0
    ms: float | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Optimized:
    """Everything that was done."""

    steps: Sequence[Step]
    dry_run: bool
    seconds: float

    @property
    def bytes(self) -> int:
        """Bytes won by all of it; negative: taken."""
        return sum(step.bytes for step in self.steps)

    @property
    def problems(self) -> list[Step]:
        """The steps that could not be done."""
        return [step for step in self.steps if step.problem]

    def as_json(self) -> dict[str, Any]:
        """As `optimize --json` tells it."""
        return {
            "dry_run": self.dry_run,
            "bytes": self.bytes,
            "seconds": self.seconds,
            "steps": [asdict(step) for step in self.steps],
        }


@dataclass(slots=True)
class Optimizer:
    """Optimizes a home. `should_stop` is asked between two transactions; `on_step` hears what begins."""

    home: Home
    settings: Settings
    dry_run: bool = False
    should_stop: Callable[[], bool] = field(default=lambda: False)
    on_step: Callable[[str], None] = field(default=lambda step: None)
    _steps: list[Step] = field(default_factory=list[Step])
    _busy: frozenset[Path] = frozenset()
    """Vaults that an indexer is at work on; taken before anything is written here."""

    def run(self) -> Optimized:
        """Do everything that is worth it. Raises nothing for one vault that cannot be: the step says so."""
        began = time.monotonic()
        vaults = list_vaults(self.home)
        self._busy = frozenset(vault.path for vault in vaults if _at_work(vault))
        self._gone(vaults)
        for vault in vaults:
            if self.should_stop():
                break
            if vault.problem:
                place = str(vault.root or vault.path)
                self._steps.append(Step("open", place, "left as it is", problem=vault.problem))
            elif not (vault.gone and not vault.path.exists()):
                self.on_step(f"optimizing {vault.root or vault.path}")
                self._vault(vault)
        self._cache(vaults)
        self._litter()
        return Optimized(self._steps, self.dry_run, round(time.monotonic() - began, 3))

    def _vault(self, info: VaultInfo) -> None:
        place = str(info.root or info.path)
        if not os.access(info.path, os.W_OK):
            self._steps.append(Step("open", place, "left as it is", problem="it is read-only"))
            return
        try:
            with Vault.open(info.path, kind=info.kind, write=True) as vault:
                self._merge(vault, place)
                self._trim(vault, place)
                self._vacuum(vault, place)
                self._statistics(vault, place)
                self._indexes(vault, info, place)
                if not self.dry_run:
                    _checkpoint(vault)
        except MagrayError as error:
            self._steps.append(Step("open", place, "not finished", problem=str(error)))

    @contextmanager
    def _step(self, what: str, place: str, vault: Vault, message: str) -> Generator[None]:
        """Note a step with the bytes that it wins; with `dry_run` the caller does nothing inside."""
        before = _used(vault)
        yield
        won = 0 if self.dry_run else before - _used(vault)
        self._steps.append(Step(what, place, message, won))

    def _merge(self, vault: Vault, place: str) -> None:
        """Bring the segments of the lexical index together, a few pages at a time."""
        segments = _segments(vault)
        if segments < _MANY_SEGMENTS:
            return
        queries = _usual_queries(vault)
        before, used = _lexical_ms(vault, queries), _used(vault)
        pages = -_PAGES  # a negative number begins to merge all, a positive one goes on
        while not (self.dry_run or self.should_stop()):
            with vault.write() as connection:
                changes = connection.total_changes
                connection.execute("INSERT INTO passage_fts(passage_fts, rank) VALUES ('merge', ?)", (pages,))
                if connection.total_changes - changes < 2:
                    break
            pages = _PAGES
            time.sleep(_PAUSE)
        message = f"{segments} segments of the lexical index merged"
        if self.dry_run:
            self._steps.append(Step("merge", place, message))
            return
        _checkpoint(vault)  # what is read from the log is read more slowly
        won = round(before - _lexical_ms(vault, queries), 2)
        self._steps.append(Step("merge", place, message, used - _used(vault), won))

    def _trim(self, vault: Vault, place: str) -> None:
        with vault.read() as connection:
            (kept,) = connection.execute("SELECT count(*) FROM change").fetchone()
        most = max(_KEEP_CHANGES, 2 * vault.counts()[1])
        if kept > most:
            with self._step("trim", place, vault, f"{kept - most:,} changes forgotten that all have seen"):
                if not self.dry_run:
                    vault.trim_changes(most)

    def _vacuum(self, vault: Vault, place: str) -> None:
        """Give free pages back to the system, where they are worth it."""
        with vault.read() as connection:
            free, pages, size, mode = (
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("freelist_count", "page_count", "page_size", "auto_vacuum")
            )
        if mode != 2 or free * size < _LEAST_FREE or free * _FREE_SHARE < pages:
            return
        message = f"{free * size / 1e6:.1f} MB of free space given back"
        if self.dry_run:
            self._steps.append(Step("vacuum", place, message, free * size))
            return
        with self._step("vacuum", place, vault, message):
            while not self.should_stop():
                with vault.write() as connection:
                    connection.execute(f"PRAGMA incremental_vacuum({_PAGES})").fetchall()
                    if connection.execute("PRAGMA freelist_count").fetchone()[0] == 0:
                        break
                time.sleep(_PAUSE)
            _checkpoint(vault)

    def _statistics(self, vault: Vault, place: str) -> None:
        """What SQLite's planner knows of the tables, from a few rows of each."""
        with vault.read() as connection:
            known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_stat1'").fetchone()
        if self.dry_run:
            if not known:
                self._steps.append(Step("statistics", place, "statistics of the tables taken"))
            return
        connection = vault.db.raw()
        connection.execute(f"PRAGMA analysis_limit = {_STATISTICS_ROWS}")
        if known:
            connection.execute("PRAGMA optimize")
            return
        with self._step("statistics", place, vault, "statistics of the tables taken"), vault.write():
            connection.execute("ANALYZE")

    def _indexes(self, vault: Vault, info: VaultInfo, place: str) -> None:
        """The snapshots of the vector index, and the sealed index where the vault is large."""
        key = max(info.vectors, key=lambda name: info.vectors[name], default=None)
        if key is None or not info.vectors[key] or self.should_stop():
            return
        from magray_memory.index.planner import choose
        from magray_memory.index.vector_store import VectorStore

        store = VectorStore(vault, key, self.settings.vectors)
        try:
            sealing = choose(info.vectors[key], self.settings.vectors.engine, long_lived=False) == "annoy"
            sealed = store.sealed_at()
            behind = vault.max_seq() - (sealed or 0)
            stale = sealed is None or behind > info.vectors[key] // _SEAL_AGAIN_SHARE
            if info.path in self._busy:
                return  # what it is writing now would make them old at once
            if sealing and stale:
                self._seal(store, place)
            else:
                self._snapshot(store, place)
        finally:
            store.close()

    def _snapshot(self, store: VectorStore, place: str) -> None:
        from magray_memory.index import snapshot

        message, used = "an index snapshot written, so that commands read it at once", _used(store.vault)
        if self.dry_run:
            with suppress(IndexDamaged):
                if snapshot.find(store.vault.path, store.key, "exact", store.vault.id) is not None:
                    return
            self._steps.append(Step("snapshot", place, message))
        elif store.save_snapshot(should_stop=self.should_stop):
            self._steps.append(Step("snapshot", place, message, used - _used(store.vault)))

    def _seal(self, store: VectorStore, place: str) -> None:
        message = f"a sealed index of {store.vault.counts()[1]:,} passages made"
        if self.dry_run:
            self._steps.append(Step("seal", place, message))
            return
        before, used, old = _vector_ms(store), _used(store.vault), store.sealed_at()
        store.save_snapshot(should_stop=self.should_stop)
        if store.sealed_at() in (None, old) and not store.seal(self.should_stop):
            problem = store.problem or "another has been at it"
            self._steps.append(Step("seal", place, message, problem=problem))
            return
        won = round(before - _vector_ms(store), 2)
        self._steps.append(Step("seal", place, message, used - _used(store.vault), won))

    def _gone(self, vaults: Sequence[VaultInfo]) -> None:
        """Vaults of folders that are gone for good, as far as that can be told."""
        now = time.time()
        for vault in vaults:
            root = vault.root
            if not vault.gone or root is None or not vault.kind.derived:
                continue
            last = vault.last_indexed.timestamp() if vault.last_indexed else 0.0
            # Where its parent is missing too, it may lie on a disk that is not there now.
            if now - last < _GONE_DAYS * 86_400 or not root.parent.is_dir():
                continue
            message = f"the vault of {root}, which is gone, dropped"
            problem = ""
            if not self.dry_run:
                try:
                    drop_vault(vault)
                except StorageError as error:
                    problem = str(error)
            self._steps.append(Step("drop", str(root), message, 0 if problem else vault.bytes, None, problem))

    def _cache(self, vaults: Sequence[VaultInfo]) -> None:
        from magray_memory.storage.vector_cache import VectorCache

        if self._busy or not self.home.vectors.is_file() or not os.access(self.home.vectors, os.W_OK):
            return
        limit = self.settings.storage.vector_cache_mb * 1_000_000
        before = size_of(self.home.vectors)
        with VectorCache(self.home.vectors, max(limit, 1)) as cache:
            spare = cache.spare()
            if not spare:
                return
            if not self.dry_run:
                cache.shrink()
        won = spare if self.dry_run else before - size_of(self.home.vectors)
        self._steps.append(Step("cache", str(self.home.vectors), "the vector cache shrunk", won))

    def _litter(self) -> None:
        for item in leftovers(self.home):
            if not item.removable or item.in_the_way:
                continue
            problem = ""
            if not self.dry_run:
                try:
                    _delete(item.path)
                except OSError as error:
                    problem = error.strerror or str(error)
            won = 0 if problem else item.bytes
            self._steps.append(Step("remove", str(item.path), f"removed: {item.why}", won, None, problem))


def _at_work(info: VaultInfo) -> bool:
    """Whether an indexer writes to a vault now: one that only watches holds its lock as well."""
    if not info.kind.derived or IndexerLock(info.path).holder() is None:
        return False
    written = [0.0]
    for file in (info.path, info.path.with_name(f"{info.path.name}-wal")):
        try:
            written.append(file.stat().st_mtime)
        except OSError:
            continue
    return time.time() - max(written) < _QUIET_SECONDS


def _delete(path: Path) -> None:
    if path.is_dir():
        import shutil

        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _used(vault: Vault) -> int:
    """Bytes of the database's pages and of its snapshots; the log comes and goes."""
    with vault.read() as connection:
        pages, size = (
            connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size")
        )
    total = pages * size
    for file in snapshot_files(vault.path):
        try:
            total += file.stat().st_size
        except OSError:
            continue
    return total


def _checkpoint(vault: Vault) -> None:
    """Bring the log home and cut it, if nobody is reading from it at this moment."""
    connection = vault.db.raw()
    connection.execute(f"PRAGMA busy_timeout = {_CHECKPOINT_MS}")
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    finally:
        connection.execute("PRAGMA busy_timeout = 5000")


def _segments(vault: Vault) -> int:
    """Segments of the lexical index, as its structure record says: a cookie, then two varints."""
    with vault.read() as connection:
        row = connection.execute("SELECT block FROM passage_fts_data WHERE id = 10").fetchone()
    if row is None:
        return 0
    values: list[int] = []
    value = 0
    for byte in row[0][4:24]:
        value = (value << 7) | (byte & 0x7F)
        if byte < 0x80:
            values.append(value)
            value = 0
    return values[1] if len(values) > 1 else 0


def _usual_queries(vault: Vault) -> list[str]:
    """The words of a few passages, as people would ask for them."""
    from magray_memory.text.analyzer import query_tokens

    with vault.read() as connection:
        rows: list[tuple[str]] = connection.execute(
            "SELECT text FROM passage WHERE id IN (SELECT id FROM passage ORDER BY random() LIMIT 10)"
        ).fetchall()
    return [" OR ".join(f'"{word}"' for word in query_tokens(text[:400])[:5]) for (text,) in rows if text]


def _lexical_ms(vault: Vault, queries: Sequence[str]) -> float:
    """Milliseconds of one query, the best of five rounds; of this thread's own work."""

    def ask(connection: sqlite3.Connection) -> float:
        began = time.thread_time()
        for query in queries:
            if query:
                sql = "SELECT rowid FROM passage_fts WHERE passage_fts MATCH ? ORDER BY rank LIMIT 100"
                connection.execute(sql, (query,)).fetchall()
        return 1000 * (time.thread_time() - began) / max(1, len(queries))

    with vault.read() as connection:
        return min(ask(connection) for _ in range(5))


def _vector_ms(store: VectorStore) -> float:
    """Milliseconds of work that a command spends on opening the vector index and asking it once."""
    from magray_memory.index.vector_store import VectorStore
    from magray_memory.storage.vectors import iter_vectors

    with store.vault.read():
        _, rows = next(iter_vectors(store.vault, store.key, 1))
    best = float("inf")
    for _ in range(3):
        fresh = VectorStore(store.vault, store.key, store.settings)
        began = time.process_time()
        fresh.search(rows[0], 100)
        best = min(best, 1000 * (time.process_time() - began))
        fresh.close()
    return best
