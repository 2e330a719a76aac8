"""Cleaning of a home's files: what expired, what belongs to nothing, what nobody uses; with the bytes won.

Truth is never among it: a notebook that was set aside stays, and backups go by their own rules. Every removal
is of one whole file or one transaction, so a run that is killed leaves the rest for the next one.
"""

from __future__ import annotations

import contextlib
import os
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory.errors import MagrayError
from magray_memory.maintenance.result import Step
from magray_memory.maintenance.vaults import drop_vaults
from magray_memory.progress import SILENT, Progress
from magray_memory.storage import usage_log
from magray_memory.storage.leftovers import KEPT_DAYS, leftovers, remove
from magray_memory.storage.sqlite_errors import translated
from magray_memory.storage.vault_info import VaultInfo, list_vaults, size_of

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from magray_memory.config import Settings
    from magray_memory.index.vector_store import VectorStore
    from magray_memory.storage.home import Home

_GONE_DAYS = 30
_LOG_DAYS = 30
_UNUSED_VECTOR_DAYS = 180
_DAY = 86_400.0


@dataclass(slots=True)
class FileCleaner:
    """Removes files of a home, and notes each with its bytes; with `dry_run` it only notes them."""

    home: Home
    settings: Settings
    dry_run: bool = False
    progress: Progress = SILENT
    steps: list[Step] = field(default_factory=list[Step])

    def run(self, backups: Path, *, busy: bool = False) -> list[Step]:
        """Everything; `busy`: whether an indexer uses the vector cache. Raises Interrupted between steps."""
        vaults = list_vaults(self.home)
        self.drop_gone(vaults)
        for vault in vaults:
            self.progress.check()
            if not vault.problem and vault.path.exists():
                self._remove_snapshots(vault)
        if not busy:
            with noted(self.steps, "cache", str(self.home.vectors)):
                self._remove_unused_vectors()
            self.shrink_cache()
        self.progress.check()
        self.remove_leftovers()
        self._remove_logs()
        self._trim_questions()
        self.progress.check()
        self._prune_backups(backups)
        return self.steps

    def drop_gone(self, vaults: Sequence[VaultInfo]) -> None:
        """Drop the vaults of folders that are gone for good, as far as that can be known."""
        for vault in vaults:
            if not _is_gone_for_good(vault):
                continue
            message = f"the vault of {vault.root}, which is gone, dropped"
            with noted(self.steps, "drop", str(vault.root)):
                problems = [] if self.dry_run else drop_vaults(self.home, [vault])
                self.steps.append(
                    Step("drop", str(vault.root), message, vault.bytes, None, "; ".join(problems))
                )

    def shrink_cache(self) -> None:
        """Keep the vector cache within its limit, and give its free pages back."""
        with noted(self.steps, "cache", str(self.home.vectors)):
            self._shrink_cache()

    def _shrink_cache(self) -> None:
        from magray_memory.storage.vector_cache import VectorCache

        if not self._may_write(self.home.vectors):
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
        self.steps.append(
            Step("cache", str(self.home.vectors), "the vector cache shrunk", won, None, problem)
        )

    def remove_leftovers(self) -> None:
        """Remove what killed or former programs left, and what was set aside for long."""
        with noted(self.steps, "remove", str(self.home.path)):
            self._remove_leftovers()

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
            self.steps.append(Step("remove", str(item.path), f"removed: {item.why}", won, None, problem))

    def _remove_unused_vectors(self) -> None:
        """Remove the vectors that no run of the indexer has asked for in half a year."""
        from magray_memory.storage.vector_cache import VectorCache

        if not self._may_write(self.home.vectors):
            return
        before = time.time() - _UNUSED_VECTOR_DAYS * _DAY
        with VectorCache(self.home.vectors, 1 << 40) as cache:
            count, bytes_ = cache.unused(before)
            if not count:
                return
            if not self.dry_run:
                cache.remove_unused(before)
            problem = "; ".join(cache.warnings)
        message = f"{count:,} vectors removed that were not used for {_UNUSED_VECTOR_DAYS} days"
        self.steps.append(Step("cache", str(self.home.vectors), message, bytes_, None, problem))

    def _remove_snapshots(self, info: VaultInfo) -> None:
        from magray_memory.index.vector_store import VectorStore
        from magray_memory.storage.vault import Vault

        place = str(info.root or info.path)
        for key in info.vectors:
            with (
                noted(self.steps, "remove", place),
                Vault.open(info.path, kind=info.kind) as vault,
                contextlib.closing(VectorStore(vault, key, self.settings.vectors)) as store,
            ):
                self.steps += remove_unused_snapshots(store, place, dry_run=self.dry_run)

    def _remove_logs(self) -> None:
        """Remove logs that nobody has written to for a month; a program that runs keeps its own young."""
        for file in sorted(self.home.logs.glob("*")) if self.home.logs.is_dir() else ():
            with noted(self.steps, "log", str(file)):
                stat = file.lstat()
                if not file.is_file() or time.time() - stat.st_mtime < _LOG_DAYS * _DAY:
                    continue
                if not self.dry_run:
                    file.unlink(missing_ok=True)
                message = f"a log of {_LOG_DAYS} days ago removed"
                self.steps.append(Step("log", str(file), message, stat.st_size))

    def _trim_questions(self) -> None:
        """Remove questions that are older than the settings keep; all where nothing is to be kept."""
        log = self.home.usage
        if not self._may_write(log):
            return
        before = time.time() - self.settings.usage.keep_days * _DAY
        with noted(self.steps, "usage", str(log)):
            size = size_of(log)
            if not self.settings.usage.enabled:
                won = size if self.dry_run else usage_log.erase(log)
                self.steps.append(Step("usage", str(log), "the log of questions erased", won))
            elif count := usage_log.spare(log, before):
                if not self.dry_run:
                    usage_log.trim(log, before)
                won = 0 if self.dry_run else size - size_of(log)
                self.steps.append(Step("usage", str(log), f"{count:,} old questions removed", won))

    def _prune_backups(self, folder: Path) -> None:
        from magray_memory.archive.retention import prune

        if not folder.is_dir():
            return
        with noted(self.steps, "backup", str(folder)):
            now = datetime.now(UTC)
            pruned = prune(folder, self.settings.backup, now, dry_run=self.dry_run, progress=self.progress)
            self.steps += [
                Step("backup", str(backup.path), "a backup that no rule keeps deleted", backup.bytes)
                for backup in pruned.deleted
            ]

    @staticmethod
    def _may_write(file: Path) -> bool:
        return file.is_file() and os.access(file, os.W_OK)


@contextmanager
def noted(steps: list[Step], what: str, place: str) -> Generator[None]:
    """Note a step that fails, in one sentence: the others are still worth it."""
    try:
        with translated(Path(place)):
            yield
    except MagrayError as error:
        steps.append(Step(what, place, "not finished", problem=str(error)))
    except OSError as error:
        steps.append(Step(what, place, "not finished", problem=error.strerror or str(error)))


def remove_unused_snapshots(store: VectorStore, place: str, *, dry_run: bool) -> list[Step]:
    """Remove the snapshots of engines that these settings never choose: a graph takes hundreds of megabytes.

    One that was saved lately may be of an editor with settings of its own.
    """
    from magray_memory.index import snapshot

    steps: list[Step] = []
    path, used = store.vault.path, store.planned_snapshots()
    for kind, saved in list(snapshot.kinds(path, store.key)):
        if kind in used or time.time() - saved < KEPT_DAYS * 86_400:
            continue
        freed = snapshot.forget(path, store.key, kind, dry_run=dry_run)
        message = f"an index snapshot that no search loads ({kind}) removed"
        steps.append(Step("remove", place, message, freed))
    return steps


def _is_gone_for_good(info: VaultInfo) -> bool:
    """Whether a folder has been gone for long, and not with a disk that is not there now."""
    if not info.gone or info.root is None or not info.kind.derived:
        return False
    last = info.last_indexed.timestamp() if info.last_indexed else 0.0
    return time.time() - last >= _GONE_DAYS * 86_400 and info.root.parent.is_dir()
