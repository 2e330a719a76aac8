"""Indexer: brings a vault up to date with its files, first the lexical index, then the vectors.

walk → compare → read, chunk and analyse in parser processes → commit (searchable by words) → embed → commit
(searchable by meaning) → index snapshot. Every commit stands alone: whatever ends a run, the next one does
only what is missing. One run at a time has the vault, by an operating system lock.
"""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

from magray_memory.errors import (
    LexicalDamaged,
    MagrayError,
    RowsDamaged,
    WorkspaceError,
)
from magray_memory.ignore.paths import relative_path
from magray_memory.indexing.coverage import Standing, by_rule, why
from magray_memory.indexing.embedding_passes import DepthChooser
from magray_memory.indexing.embedding_phase import EmbeddingPhase, Semantic
from magray_memory.indexing.event_sender import EventSender
from magray_memory.indexing.lexical_phase import Lexical, LexicalPhase
from magray_memory.indexing.parse_pool import ParsePool
from magray_memory.indexing.report import IndexReport, Seconds, SkippedItem
from magray_memory.models.loader import ModelLoader
from magray_memory.storage import integrity_checks
from magray_memory.storage.durability import Durability
from magray_memory.storage.embedding_depth import FULL
from magray_memory.storage.integrity_checks import Part
from magray_memory.storage.lock import IndexerLock
from magray_memory.storage.row_checksums import BY_DAMAGED_ROWS, ROWS_DAMAGED
from magray_memory.storage.sqlite_errors import damaged
from magray_memory.storage.unsynced import TORN

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from magray_memory.config import Settings
    from magray_memory.indexing.lexical_phase import Moved
    from magray_memory.models.embedder import Embedder
    from magray_memory.storage.home import Home
    from magray_memory.storage.vault import Vault

__all__ = ["IndexReport", "Indexer", "Seconds", "SkippedItem"]


class Indexer:
    """Indexes one workspace into its vault, which must be open for writing and have a root."""

    def __init__(
        self,
        vault: Vault,
        home: Home,
        settings: Settings,
        embedder_factory: Callable[[], Embedder] | None = None,
        events: EventSender | None = None,
        should_stop: Callable[[], bool] | None = None,
        *,
        pool: Callable[[int], ParsePool] = ParsePool,
        should_yield: Callable[[], bool] | None = None,
        lock: IndexerLock | None = None,
        on_moved: Moved | None = None,
        depth: DepthChooser | None = None,
    ) -> None:
        """`embedder_factory` None leaves embeddings out. `should_stop` is asked often, in several threads.
        `on_moved` gets the files that turned up elsewhere. `depth` says
        how much of each passage the model reads; after a run, `depth` is how much it read.

        For a watcher: `should_yield` ends the embedding early when it turns true, which is no error (then
        `yielded` is true), and keeps the model closed until there is a text to embed. `lock` is held already.
        """
        if vault.root is None:
            raise WorkspaceError("this vault has no folder to index", "it is the notebook")
        self._vault = vault
        self._root: Path = vault.root
        self._home = home
        self._settings = settings
        self._loading = None if embedder_factory is None else ModelLoader(embedder_factory)
        self._events = events or EventSender()
        self._should_stop = should_stop or _never
        self._make_pool = pool
        self._should_yield = should_yield
        self._lock = lock
        self._on_moved = on_moved
        self._named = False
        self.yielded = False
        self._depth = depth or DepthChooser(settings)
        self.depth = FULL
        self._durability = Durability(settings.storage.durability)

    def run(
        self,
        paths: Sequence[Path] | None = None,
        *,
        force: bool = False,
        lexical: bool = False,
        named: bool = False,
    ) -> IndexReport:
        """Index everything, or what lies at or below `paths` (files or folders, there or deleted).

        `force` reads every file again; `lexical` leaves embeddings out; `named`: a person named the paths,
        and is warned of each that a rule leaves out. Raises VaultLocked, WorkspaceError
        for a path outside of the workspace or a root that cannot be read, StorageError, and Interrupted when
        `should_stop` turned true: everything done until then is kept. The last event is `done`, unless it
        gave way, or `error` with what is raised.
        """
        self._named = named
        try:
            subtrees = [""] if paths is None else [self._relative(path) for path in paths]
            with IndexerLock(self._vault.path).acquire() if self._lock is None else nullcontext():
                report = self._run_through_damage(subtrees, force, lexical)
        except MagrayError as error:
            self._events.failed(error)
            raise
        if not self.yielded:
            self._events.done(report)
        return report

    def _run_through_damage(self, subtrees: list[str], force: bool, lexical: bool) -> IndexReport:
        """The run; again, after a repair, where it met a damaged index or damaged rows."""
        if damage := self._vault.meta(ROWS_DAMAGED):
            self._refuse_damaged_file()
            self._repair_rows(torn=damage == TORN)
            subtrees, force = [""], force or damage == TORN
        try:
            return self._run(subtrees, force, lexical)
        except LexicalDamaged as error:
            # The batch that met the damage is undone, the index marked: now it is made again first.
            self._events.warn(f"{error.what}; it is rebuilt")
            return self._run(subtrees, force, lexical)
        except (RowsDamaged, *BY_DAMAGED_ROWS):
            if not self._repair_rows():
                raise
            return self._run([""], force, lexical)

    def _refuse_damaged_file(self) -> None:
        """Raises VaultDamaged where SQLite finds pages that are wrong: a run need not meet them itself."""
        found = integrity_checks.complaints(self._vault)
        wrong = next((complaint.text for complaint in found if complaint.part is Part.FILE), None)
        if wrong is not None:
            raise damaged(self._vault.path, wrong)
        if any(complaint.part is Part.INDEXES for complaint in found):
            integrity_checks.rebuild_indexes(self._vault)
        dangling = integrity_checks.dangling_table(self._vault)
        if dangling is not None:
            raise damaged(self._vault.path, f"rows of {dangling} refer to rows that are not there")

    def _repair_rows(self, *, torn: bool = False) -> int:
        """Forget what damaged rows are about, so that it is read again; returns how many files or facts."""
        from magray_memory.index.altered_rows import repair_altered

        count = repair_altered(self._vault, torn=torn)
        if count:
            self._events.warn(
                f"rows of {self._vault.path} were damaged; their files are read again: {count:,}"
            )
        return count

    def _run(self, subtrees: list[str], force: bool, lexical: bool) -> IndexReport:
        known = self._vault.counts()[0]
        self._events.start(str(self._root), known)
        loading = None if lexical else self._loading
        found = self._by_words(subtrees, force, loading)
        files, passages = self._vault.counts()
        self._events.lexical_ready(files, passages, found.seconds)
        if self._named:
            self._name_left_out(subtrees)
        done = Semantic() if loading is None else self._by_meaning(loading)
        self._vault.set_meta("last_indexed_at", str(time.time()))
        return IndexReport(
            files=files,
            ignored=found.ignored.total(),
            left_out=by_rule(found.ignored),
            passages=passages,
            embedded=done.embedded,
            reused=done.reused,
            removed=found.removed,
            skipped=tuple(SkippedItem(path, skip.sentence) for path, skip in sorted(found.skipped.items())),
            seconds=Seconds(found.seconds, done.seconds),
            device=done.device,
            model=done.model,
        )

    def _name_left_out(self, subtrees: list[str]) -> None:
        """Warn of each path of a run that a rule leaves out: somebody waits for it to be found."""
        for path in subtrees:
            found = why(self._root, path, self._settings.index, self._vault)
            if found is not None and found.standing is Standing.LEFT_OUT:
                self._events.warn(f"{path}: {found.reason}", path)

    def _by_words(self, subtrees: list[str], force: bool, loading: ModelLoader | None) -> Lexical:
        phase = LexicalPhase(
            self._vault,
            self._root,
            self._home,
            self._settings,
            self._durability,
            self._events,
            self._should_stop,
            loading,
            pool=self._make_pool,
            load_early=self._should_yield is None,
            on_moved=self._on_moved,
        )
        return phase.run(subtrees, force=force)

    def _by_meaning(self, loading: ModelLoader) -> Semantic:
        phase = EmbeddingPhase(
            self._vault,
            self._home,
            self._settings,
            self._durability,
            self._events,
            self._should_stop,
            self._should_yield,
            self._depth,
        )
        try:
            return phase.run(loading)
        finally:
            self.yielded, self.depth = phase.yielded, phase.depth

    def _relative(self, path: Path) -> str:
        """The path from the root, `/` between folders. Raises WorkspaceError."""
        inside = relative_path(self._root, path)
        if inside is None:
            raise WorkspaceError(f"{path} is not indexed", f"it lies outside of the workspace {self._root}")
        return inside


def _never() -> bool:
    return False
