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
from typing import TYPE_CHECKING

from magray_memory.errors import IndexDamaged
from magray_memory.maintenance import measure
from magray_memory.maintenance.clean import FileCleaner, noted, remove_unused_snapshots
from magray_memory.maintenance.result import Optimized, Step
from magray_memory.progress import SILENT, Progress
from magray_memory.storage import change_log, fts_maintenance, space
from magray_memory.storage.lock import IndexerLock
from magray_memory.storage.short_writes import ShortWrites, many_writes
from magray_memory.storage.space import used_bytes
from magray_memory.storage.vault import WORDS_REMOVED, Vault
from magray_memory.storage.vault_info import VaultInfo, list_vaults

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from magray_memory.config import Settings
    from magray_memory.index.vector_store import VectorStore
    from magray_memory.storage.home import Home

_PAGES = 100
"""Pages that the first transaction merges or gives back; the next ones do what takes some milliseconds."""
_CHANGES = 2_000
_LEAST_FREE = 1_000_000
_FREE_SHARE = 50
_MANY_SEGMENTS = 6
_KEEP_CHANGES = 10_000
_SEAL_AGAIN_SHARE = 20
_CHECKPOINT_MS = 20
"""How long readers are waited for before the log is cut: writers wait too."""
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
        files = FileCleaner(self.home, self.settings, self.dry_run, self.progress, self._steps)
        files.drop_gone(vaults)
        for vault in vaults:
            if self.progress.should_stop():
                break
            if vault.problem:
                place = str(vault.root or vault.path)
                self._steps.append(Step("open", place, "skipped", problem=vault.problem))
            elif not (vault.gone and not vault.path.exists()):
                self.progress.report(f"optimizing {vault.root or vault.path}")
                self._optimize_vault(vault)
        if not self._busy:
            files.shrink_cache()
        files.remove_leftovers()
        self.progress.check()
        return Optimized(self._steps, self.dry_run, round(time.monotonic() - began, 3))

    def _optimize_vault(self, info: VaultInfo) -> None:
        place = str(info.root or info.path)
        if not os.access(info.path, os.W_OK):
            self._steps.append(Step("open", place, "skipped", problem="it is read-only"))
            return
        with (
            noted(self._steps, "open", place),
            Vault.open(info.path, kind=info.kind, write=True) as vault,
        ):
            for what, work in (
                ("merge", self._merge),
                ("trim", self._trim_changes),
                ("vacuum", self._vacuum),
                ("statistics", self._take_statistics),
            ):
                with noted(self._steps, what, place), many_writes(vault):
                    work(vault, place)
            with noted(self._steps, "snapshot", place):
                self._save_indexes(vault, info, place)
            if not self.dry_run:
                with noted(self._steps, "checkpoint", place):
                    space.checkpoint(vault, _CHECKPOINT_MS)

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
        turns, begins, more = ShortWrites(vault, _PAGES), True, True
        while more and not self.progress.should_stop():
            with turns.turn():
                more = fts_maintenance.merge(vault, -turns.size if begins else turns.size)
            begins = False
        with vault.write():
            if fts_maintenance.segments(vault) <= 1:  # else more was removed meanwhile, for the next run
                vault.remove_meta(WORDS_REMOVED)
        space.checkpoint(vault, _CHECKPOINT_MS)  # what is read from the log is read more slowly
        won = round(before - measure.lexical_ms(vault, queries), 2)
        self._steps.append(Step("merge", place, message, used - used_bytes(vault), won))

    def _trim_changes(self, vault: Vault, place: str) -> None:
        count = change_log.count_changes(vault)
        most = max(_KEEP_CHANGES, 2 * vault.counts()[1])
        if count > most:
            message = f"{count - most:,} obsolete entries of the change log deleted"
            with self._step("trim", place, vault, message):
                if not self.dry_run:
                    self._trim_to(vault, most)

    def _trim_to(self, vault: Vault, keep: int) -> None:
        turns, done = ShortWrites(vault, _CHANGES), change_log.changes_trimmed_to(vault)
        last = change_log.max_seq(vault) - keep
        while done < last and not self.progress.should_stop():
            done = min(last, done + turns.size)
            with turns.turn():
                change_log.trim_changes(vault, change_log.max_seq(vault) - done)

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
            turns, more = ShortWrites(vault, _PAGES), True
            while more and not self.progress.should_stop():
                with turns.turn():
                    more = space.vacuum(vault, turns.size)
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
            behind = change_log.max_seq(vault) - (sealed or 0)
            stale = sealed is None or behind > info.vectors[key] // _SEAL_AGAIN_SHARE
            if sealing and stale:
                self._seal(store, place)
            else:
                self._save_snapshot(store, place)
            self._steps += remove_unused_snapshots(store, place, dry_run=self.dry_run)
        finally:
            store.close()

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


def _is_written(info: VaultInfo) -> bool:
    """Whether an indexer writes to a vault now: one that only watches holds its lock as well."""
    if not info.kind.derived or IndexerLock(info.path).holder() is None:
        return False
    written = [0.0]
    for file in (info.path, info.path.with_name(f"{info.path.name}-wal")):
        with suppress(OSError):
            written.append(file.stat().st_mtime)
    return time.time() - max(written) < _QUIET_SECONDS
