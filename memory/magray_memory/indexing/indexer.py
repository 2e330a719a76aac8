"""Indexer: brings a vault up to date with its files, first the lexical index, then the vectors.

walk → compare → read, chunk and analyse in parser processes → commit (searchable by words) → embed → commit
(searchable by meaning) → index snapshot. Every commit stands alone: whatever ends a run, the next one does
only what is missing. One run at a time has the vault, by an operating system lock.
"""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass
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
from magray_memory.indexing.embedding_phase import EmbeddingPhase, Semantic, interrupted
from magray_memory.indexing.event_sender import EventSender
from magray_memory.indexing.file_store import FileStore
from magray_memory.indexing.parse import CONTENT_RULES_VERSION, Job, Outcome, Task
from magray_memory.indexing.parse_pool import ParsePool, WorkersUnavailable, worker_count
from magray_memory.indexing.redacted_again import redacted_otherwise
from magray_memory.indexing.report import IndexReport, Seconds, SkippedItem
from magray_memory.indexing.scan import Plan, Stored, scan
from magray_memory.indexing.walk import WalkOptions
from magray_memory.models.loader import ModelLoader
from magray_memory.storage import documents, integrity_checks, skipped_files, unfinished
from magray_memory.storage.durability import Durability
from magray_memory.storage.embedding_depth import FULL
from magray_memory.storage.integrity_checks import Part
from magray_memory.storage.lock import IndexerLock
from magray_memory.storage.redactions import RULES
from magray_memory.storage.row_checksums import BY_DAMAGED_ROWS, ROWS_DAMAGED
from magray_memory.storage.sqlite_errors import damaged
from magray_memory.storage.unsynced import TORN
from magray_memory.text.redaction import rules_version

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from magray_memory.config import Settings
    from magray_memory.ignore.ignore_rule import IgnoreRule
    from magray_memory.indexing.skip import Skip
    from magray_memory.indexing.static_phase import StaticModel, StaticTrial
    from magray_memory.models.embedder import Embedder
    from magray_memory.storage.home import Home
    from magray_memory.storage.vault import Vault

    Moved = Callable[[Sequence[tuple[Path, Path]]], object]
    """What gets the files that turned up elsewhere, by absolute paths before and after."""

__all__ = ["IndexReport", "Indexer", "Seconds", "SkippedItem"]

_FEW_FILES = 64
"""Up to so many files one parser process does, and the model is loaded beside it."""


class _Stopped(Exception):  # noqa: N818 - unwinds to where it commits and reports
    pass


@dataclass(slots=True)
class _Lexical:
    """What the first phase found."""

    ignored: Counter[IgnoreRule]
    skipped: dict[str, Skip]
    removed: int
    seconds: float


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
        found = self._lexical_phase(subtrees, force, lexical)
        files, passages = self._vault.counts()
        self._events.lexical_ready(files, passages, found.seconds)
        if self._named:
            self._name_left_out(subtrees)
        done = Semantic() if lexical or self._loading is None else self._by_meaning(self._loading)
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

    def _lexical_phase(self, subtrees: list[str], force: bool, lexical: bool) -> _Lexical:
        """Make what changed searchable by words. Raises Interrupted after committing what is done."""
        began = time.monotonic()
        again = self._begin() or force
        stored = Stored(documents.files(self._vault), skipped_files.skipped(self._vault))
        pool = self._make_pool(worker_count(self._settings.index.workers))
        trial: StaticTrial | None = None
        try:
            if not stored.files:
                self._prepare(pool, _FEW_FILES + 1)
                trial = None if lexical else self._static_trial()
            reread = redacted_otherwise(self._vault, self._settings.redaction)
            plan = self._scan(subtrees, stored, again, reread, force, pool)
            for sentence in plan.warnings:
                self._events.warn(sentence)
            if plan.empty:
                self._events.warn(f"{self._root} is empty now; its index is not deleted (--force deletes it)")
            if (
                stored.files
                and 0 < len(plan.tasks) <= _FEW_FILES
                and not lexical
                and self._loading is not None
                and self._should_yield is None
                and self._settings.embedding.depth != "static"
            ):
                self._loading.start()
            if subtrees == [""]:
                self._expect(plan, stored)
            static = self._static_model(plan, trial)
            store = self._store(plan, stored, pool, static)
        except _Stopped:
            raise interrupted() from None
        finally:
            pool.close()
            if trial is not None:
                trial.close()
        self._events.changed(0, 0, last=True)
        whole = subtrees == [""]
        if whole:
            self._vault.set_meta("chunker_version", self._version())
            if reread:
                self._remove_traces()
            self._vault.set_meta(RULES, rules_version(self._settings.redaction))
        unfinished.finish(self._vault, whole=whole)
        self._tell_moved(store.moved)
        seconds = round(time.monotonic() - began, 3)
        return _Lexical(plan.ignored + store.ignored, plan.skipped | store.skipped, store.removed, seconds)

    def _tell_moved(self, moved: Sequence[tuple[str, str]]) -> None:
        if not moved or self._on_moved is None:
            return
        try:
            self._on_moved([(self._root / old, self._root / new) for old, new in moved])
        except MagrayError as error:
            self._events.warn(f"links in records to files that moved stay as they are: {error.message}")

    def _remove_traces(self) -> None:
        """What other rules of redaction left in free pages, merged words and the log is overwritten."""
        from magray_memory.storage import purge

        try:
            purge.merge_words(self._vault)
            purge.rewrite(self._vault)
            purge.truncate_log(self._vault)
        except MagrayError as error:
            self._events.warn(f"what was redacted may still stand in free pages: {error}")

    def _expect(self, plan: Plan, stored: Stored) -> None:
        """Note how many files there will be, where a run that is killed would leave many out."""
        new = sum(task.path not in stored.files for task in plan.tasks)
        if new > _FEW_FILES or unfinished.expected_files(self._vault) is not None:
            unfinished.expect(self._vault, len(stored.files) - len(plan.gone) + new)

    def _static_trial(self) -> StaticTrial | None:
        """Finds out whether approximate vectors can be made, beside the walk through a new workspace."""
        if self._loading is None:
            return None
        from magray_memory.indexing.static_phase import StaticTrial, static_model

        model = static_model(self._settings, self._home)
        return None if model is None else StaticTrial(model)

    def _static_model(self, plan: Plan, trial: StaticTrial | None) -> StaticModel | None:
        """What makes approximate vectors beside the words, where the model takes long to make its own."""
        if trial is None or len(plan.tasks) <= _FEW_FILES or not trial.passed():
            return None
        return trial.model

    def _store(self, plan: Plan, stored: Stored, pool: ParsePool, static: StaticModel | None) -> FileStore:
        """Carry out the plan; raises _Stopped."""
        from magray_memory.index.lexical import LexicalIndex

        index = LexicalIndex(self._vault)
        with self._vault.write():
            index.ensure_version()
        key = "" if static is None else static.table.key
        store = FileStore(self._vault, index, self._durability, self._events, stored, plan, key)
        self._parse(plan, store, pool, static)
        store.remove_gone(self._should_stop)
        if self._should_stop():
            raise _Stopped
        store.forget(plan.forgotten)
        return store

    def _begin(self) -> bool:
        """Whether stored files must be read again because another version makes passages of them now."""
        version = self._version()
        stored = self._vault.meta("chunker_version")
        if stored is None and self._vault.counts()[0] == 0:
            with self._vault.write():
                self._vault.set_meta("chunker_version", version)
                self._vault.set_meta(RULES, rules_version(self._settings.redaction))
                unfinished.expect(self._vault, 0)
            return False
        return stored != version

    def _version(self) -> str:
        """Names all that decides, besides a file's content, what is stored of it."""
        from magray_memory.models.recipe import RECIPE_VERSION
        from magray_memory.text.chunk import CHUNKER_VERSION

        index = self._settings.index
        versions = f"{CHUNKER_VERSION}/{RECIPE_VERSION}/{CONTENT_RULES_VERSION}"
        return f"{versions}/{index.max_file_bytes}/{index.parse_seconds:g}"

    def _prepare(self, pool: ParsePool, files: int) -> None:
        """Have parsers starting while the walk goes on: one for a few files, all for many."""
        try:
            pool.prepare(1 if files <= _FEW_FILES else worker_count(self._settings.index.workers))
        except WorkersUnavailable:
            return  # `_parse` finds out again, and copes

    def _scan(
        self,
        subtrees: list[str],
        stored: Stored,
        again: bool,
        reread: frozenset[str],
        force: bool,
        pool: ParsePool,
    ) -> Plan:
        index = self._settings.index
        options = WalkOptions(index.ignore, index.include, index.hidden)

        def on_file(seen: int) -> None:
            if self._should_stop():
                raise _Stopped
            self._events.progress("scan", seen, None)

        def on_change(files: int) -> None:
            if files in (1, _FEW_FILES + 1):
                self._prepare(pool, files)

        return scan(
            self._root,
            options,
            stored,
            subtrees,
            again=again,
            reread=reread,
            trust_empty=force,
            on_file=on_file,
            on_change=on_change,
        )

    def _parse(self, plan: Plan, store: FileStore, pool: ParsePool, static: StaticModel | None) -> None:
        """Read, parse and store every task; raises _Stopped when asked, after committing what is done."""
        index = self._settings.index
        redaction = self._settings.redaction
        own = (redaction.enabled, redaction.patterns, redaction.allow)
        table = None if static is None else (static.folder, static.words)
        job = Job(str(self._root), index.max_file_bytes, index.parse_seconds, store.moves(), own, table)
        tasks: list[Task] = list(plan.tasks)
        done, total = 0, len(tasks)
        while tasks and not self._should_stop():
            for outcome in self._outcomes(tasks, job, pool):
                store.add(outcome)
                done += 1
                self._events.progress("lexical", done, max(total, done))
            store.flush()
            tasks, store.again = store.again, []
            total += len(tasks)
        store.flush()
        if self._should_stop():
            raise _Stopped

    def _outcomes(self, tasks: list[Task], job: Job, pool: ParsePool) -> Iterator[Outcome]:
        answered: set[str] = set()
        try:
            for outcome in pool.run(iter(tasks), job, self._should_stop):
                answered.add(outcome.path)
                yield outcome
        except WorkersUnavailable as error:
            self._events.warn(f"files are parsed in this process: {error.message}")
            yield from self._outcomes_here([task for task in tasks if task.path not in answered], job)

    def _outcomes_here(self, tasks: list[Task], job: Job) -> Iterator[Outcome]:
        """Without isolation, where no process can be started: a frozen program, a locked-down system."""
        from magray_memory.indexing.parse_worker import parse_safely
        from magray_memory.text.chunk import chunk

        for task in tasks:
            if self._should_stop():
                return
            yield parse_safely(task, job, chunk)


def _never() -> bool:
    return False
