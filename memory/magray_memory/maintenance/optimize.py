"""Optimization of a home: merges the lexical index, gives space back, seals the vector index of large vaults,
renews statistics and snapshots, keeps the cache within its limit, removes what nothing needs.

Everything is done in short transactions, so that searches never wait and an indexer waits for milliseconds;
whenever it is ended, what is done is done, and the next run does the rest.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory.errors import IndexDamaged, MagrayError
from magray_memory.maintenance import measure
from magray_memory.maintenance.result import Optimized, Step
from magray_memory.maintenance.vaults import drop_vaults
from magray_memory.progress import SILENT, Progress
from magray_memory.storage import fts_maintenance, space
from magray_memory.storage.leftovers import KEPT_DAYS, leftovers, remove
from magray_memory.storage.lock import IndexerLock
from magray_memory.storage.space import used_bytes
from magray_memory.storage.sqlite_errors import translated
from magray_memory.storage.vault import WORDS_REMOVED, Vault
from magray_memory.storage.vault_info import VaultInfo, list_vaults, size_of

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

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


@dataclass(slots=True)
class Optimizer:
    """Optimizes a home. `progress` is asked between two transactions whether to stop."""

    home: Home
    settings: Settings
    dry_run: bool = False
    progress: Progress = SILENT
    _steps: list[Step] = field(default_factory=list[Step])
    _give_back: bool = False
    """Whether free pages of the vault at hand hold words of what was removed."""
    _busy: frozenset[Path] = frozenset()
    """Vaults that an indexer writes to; taken before anything is written here."""

    def run(self) -> Optimized:
        """Do everything that is worth it. Raises nothing for one vault that cannot be: the step says so.

        Raises Interrupted once it is asked to stop; what is done is done.
        """
        began = time.monotonic()
        vaults = list_vaults(self.home)
        self._busy = frozenset(vault.path for vault in vaults if _is_written(vault))
        self._drop_gone(vaults)
        for vault in vaults:
            if self.progress.should_stop():
                break
            if vault.problem:
                place = str(vault.root or vault.path)
                self._steps.append(Step("open", place, "skipped", problem=vault.problem))
            elif not (vault.gone and not vault.path.exists()):
                self.progress.report(f"optimizing {vault.root or vault.path}")
                self._optimize_vault(vault)
        with self._noted("cache", str(self.home.vectors)):
            self._shrink_cache()
        with self._noted("remove", str(self.home.path)):
            self._remove_leftovers()
        self.progress.check()
        return Optimized(self._steps, self.dry_run, round(time.monotonic() - began, 3))

    def _optimize_vault(self, info: VaultInfo) -> None:
        place = str(info.root or info.path)
        if not os.access(info.path, os.W_OK):
            self._steps.append(Step("open", place, "skipped", problem="it is read-only"))
            return
        with (
            self._noted("open", place),
            Vault.open(info.path, kind=info.kind, write=True) as vault,
        ):
            for what, work in (
                ("merge", self._merge),
                ("trim", self._trim_changes),
                ("vacuum", self._vacuum),
                ("statistics", self._take_statistics),
            ):
                with self._noted(what, place):
                    work(vault, place)
            with self._noted("snapshot", place):
                self._save_indexes(vault, info, place)
            if not self.dry_run:
                with self._noted("checkpoint", place):
                    space.checkpoint(vault, _CHECKPOINT_MS)

    @contextmanager
    def _noted(self, what: str, place: str) -> Generator[None]:
        """Note a step that fails, in one sentence: the others are still worth it."""
        try:
            with translated(Path(place)):
                yield
        except MagrayError as error:
            self._steps.append(Step(what, place, "not finished", problem=str(error)))
        except OSError as error:
            self._steps.append(Step(what, place, "not finished", problem=error.strerror or str(error)))

    @contextmanager
    def _step(self, what: str, place: str, vault: Vault, message: str) -> Generator[None]:
        """Note a step with the bytes that it wins; with `dry_run` the caller does nothing inside."""
        before = used_bytes(vault)
        yield
        won = 0 if self.dry_run else before - used_bytes(vault)
        self._steps.append(Step(what, place, message, won))

    def _merge(self, vault: Vault, place: str) -> None:
        """Merge the segments of the lexical index, a few pages at a time."""
        segments = fts_maintenance.segments(vault)
        removed = self._give_back = vault.meta(WORDS_REMOVED) is not None
        if segments < _MANY_SEGMENTS and not removed:
            return
        message = f"{segments} segments of the lexical index merged"
        message += ", words of removed passages deleted" if removed else ""
        if self.dry_run:
            self._steps.append(Step("merge", place, message))
            return
        queries = measure.typical_queries(vault)
        before, used = measure.lexical_ms(vault, queries), used_bytes(vault)
        pages = -_PAGES
        while not self.progress.should_stop() and fts_maintenance.merge(vault, pages):
            pages = _PAGES
            time.sleep(_PAUSE)
        with vault.write():
            if fts_maintenance.segments(vault) <= 1:  # else more was removed meanwhile, for the next run
                vault.remove_meta(WORDS_REMOVED)
        space.checkpoint(vault, _CHECKPOINT_MS)  # what is read from the log is read more slowly
        won = round(before - measure.lexical_ms(vault, queries), 2)
        self._steps.append(Step("merge", place, message, used - used_bytes(vault), won))

    def _trim_changes(self, vault: Vault, place: str) -> None:
        count = vault.count_changes()
        most = max(_KEEP_CHANGES, 2 * vault.counts()[1])
        if count > most:
            message = f"{count - most:,} obsolete entries of the change log deleted"
            with self._step("trim", place, vault, message):
                if not self.dry_run:
                    vault.trim_changes(most)

    def _vacuum(self, vault: Vault, place: str) -> None:
        """Give free pages back to the system, where they are worth it."""
        pages = space.pages(vault)
        free = pages.free * pages.bytes
        little = free < _LEAST_FREE or pages.free * _FREE_SHARE < pages.total
        if not pages.incremental or not free or (little and not self._give_back):
            return
        message = f"{free / 1e6:.1f} MB of free pages released"
        if self.dry_run:
            self._steps.append(Step("vacuum", place, message, free))
            return
        with self._step("vacuum", place, vault, message):
            while not self.progress.should_stop() and space.vacuum(vault, _PAGES):
                time.sleep(_PAUSE)
            space.checkpoint(vault, _CHECKPOINT_MS)

    def _take_statistics(self, vault: Vault, place: str) -> None:
        """Give SQLite's planner statistics of the tables, from a few rows of each."""
        known = space.has_statistics(vault)
        if known and not self.dry_run:
            space.refresh_statistics(vault, _STATISTICS_ROWS)
        elif not known:
            with self._step("statistics", place, vault, "table statistics updated"):
                if not self.dry_run:
                    space.take_statistics(vault, _STATISTICS_ROWS)

    def _save_indexes(self, vault: Vault, info: VaultInfo, place: str) -> None:
        """Write the snapshots of the vector index, and the sealed index where the vault is large."""
        key = max(info.vectors, key=lambda name: info.vectors[name], default=None)
        if key is None or not info.vectors[key] or self.progress.should_stop() or info.path in self._busy:
            return  # what an indexer is writing now would make them old at once
        from magray_memory.index.planner import choose
        from magray_memory.index.vector_store import VectorStore

        store = VectorStore(vault, key, self.settings.vectors)
        try:
            sealing = choose(info.vectors[key], self.settings.vectors.engine, long_lived=False) == "annoy"
            sealed = store.sealed_at()
            behind = vault.max_seq() - (sealed or 0)
            stale = sealed is None or behind > info.vectors[key] // _SEAL_AGAIN_SHARE
            if sealing and stale:
                self._seal(store, place)
            else:
                self._save_snapshot(store, place)
            self._remove_unused(store, place)
        finally:
            store.close()

    def _remove_unused(self, store: VectorStore, place: str) -> None:
        """Remove the snapshots of engines that these settings never choose: a graph takes hundreds of
        megabytes. One that was saved lately may be of an editor with settings of its own.
        """
        from magray_memory.index import snapshot

        path, used = store.vault.path, store.planned_snapshots()
        for kind, saved in list(snapshot.kinds(path, store.key)):
            if kind in used or time.time() - saved < KEPT_DAYS * 86_400:
                continue
            freed = 0 if self.dry_run else snapshot.forget(path, store.key, kind)
            message = f"an index snapshot that no search loads ({kind}) removed"
            self._steps.append(Step("remove", place, message, freed))

    def _save_snapshot(self, store: VectorStore, place: str) -> None:
        from magray_memory.index import snapshot

        message = "an index snapshot written"
        used = used_bytes(store.vault)
        if self.dry_run:
            with suppress(IndexDamaged):
                if snapshot.find(store.vault.path, store.key, "exact", store.vault.id) is not None:
                    return
            self._steps.append(Step("snapshot", place, message))
        elif store.save_snapshot(should_stop=self.progress.should_stop):
            self._steps.append(Step("snapshot", place, message, used - used_bytes(store.vault)))

    def _seal(self, store: VectorStore, place: str) -> None:
        message = f"a sealed index of {store.vault.counts()[1]:,} passages built"
        if self.dry_run:
            self._steps.append(Step("seal", place, message))
            return
        before, used, old = measure.vector_ms(store), used_bytes(store.vault), store.sealed_at()
        store.save_snapshot(should_stop=self.progress.should_stop)
        if store.sealed_at() in (None, old) and not store.seal(self.progress.should_stop):
            problem = store.problem or "another process has done it"
            self._steps.append(Step("seal", place, message, problem=problem))
            return
        won = round(before - measure.vector_ms(store), 2)
        self._steps.append(Step("seal", place, message, used - used_bytes(store.vault), won))

    def _drop_gone(self, vaults: Sequence[VaultInfo]) -> None:
        """Drop the vaults of folders that are gone for good, as far as that can be known."""
        for vault in vaults:
            if not _is_gone_for_good(vault):
                continue
            message = f"the vault of {vault.root}, which is gone, dropped"
            with self._noted("drop", str(vault.root)):
                problems = [] if self.dry_run else drop_vaults(self.home, [vault])
                self._steps.append(
                    Step("drop", str(vault.root), message, vault.bytes, None, "; ".join(problems))
                )

    def _shrink_cache(self) -> None:
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
            problem = "; ".join(cache.warnings)
        won = spare if self.dry_run else before - size_of(self.home.vectors)
        self._steps.append(
            Step("cache", str(self.home.vectors), "the vector cache shrunk", won, None, problem)
        )

    def _remove_leftovers(self) -> None:
        for item in leftovers(self.home):
            if not item.removable or item.in_the_way:
                continue
            problem = ""
            if not self.dry_run:
                try:
                    remove(item.path)
                except OSError as error:
                    problem = error.strerror or str(error)
            won = 0 if problem else item.bytes
            self._steps.append(Step("remove", str(item.path), f"removed: {item.why}", won, None, problem))


def _is_written(info: VaultInfo) -> bool:
    """Whether an indexer writes to a vault now: one that only watches holds its lock as well."""
    if not info.kind.derived or IndexerLock(info.path).holder() is None:
        return False
    written = [0.0]
    for file in (info.path, info.path.with_name(f"{info.path.name}-wal")):
        with suppress(OSError):
            written.append(file.stat().st_mtime)
    return time.time() - max(written) < _QUIET_SECONDS


def _is_gone_for_good(info: VaultInfo) -> bool:
    """Whether a folder has been gone for long, and not with a disk that is not there now."""
    if not info.gone or info.root is None or not info.kind.derived:
        return False
    last = info.last_indexed.timestamp() if info.last_indexed else 0.0
    return time.time() - last >= _GONE_DAYS * 86_400 and info.root.parent.is_dir()
