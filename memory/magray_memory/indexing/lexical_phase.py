"""By words: files are walked and compared, what changed is read, chunked and analysed in parser processes,
and every batch of passages is committed as searchable.

What the next steps need is prepared beside the walk: parsers, the model, approximate vectors.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from magray_memory.errors import MagrayError
from magray_memory.indexing.embedding_phase import interrupted
from magray_memory.indexing.file_store import FileStore
from magray_memory.indexing.parse import CONTENT_RULES_VERSION, Job, Outcome, Task
from magray_memory.indexing.parse_pool import ParsePool, WorkersUnavailable, worker_count
from magray_memory.indexing.redacted_again import redacted_otherwise
from magray_memory.indexing.scan import Plan, Stored, scan
from magray_memory.indexing.walk import WalkOptions
from magray_memory.storage import documents, skipped_files, unfinished
from magray_memory.storage.redactions import RULES
from magray_memory.text.redaction import rules_version

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from magray_memory.config import Settings
    from magray_memory.ignore.ignore_rule import IgnoreRule
    from magray_memory.indexing.event_sender import EventSender
    from magray_memory.indexing.skip import Skip
    from magray_memory.indexing.static_phase import StaticModel, StaticTrial
    from magray_memory.models.loader import ModelLoader
    from magray_memory.storage.durability import Durability
    from magray_memory.storage.home import Home
    from magray_memory.storage.vault import Vault

    Moved = Callable[[Sequence[tuple[Path, Path]]], object]
    """What gets the files that turned up elsewhere, by absolute paths before and after."""

_FEW_FILES = 64
"""Up to so many files one parser process does, and the model is loaded beside it."""


class _Stopped(Exception):  # noqa: N818 - unwinds to where it commits and reports
    pass


@dataclass(slots=True)
class Lexical:
    """What the phase found. `seconds`: what it took."""

    ignored: Counter[IgnoreRule]
    skipped: dict[str, Skip]
    removed: int
    seconds: float


class LexicalPhase:
    """One run of the first phase over one vault, which has a root."""

    def __init__(
        self,
        vault: Vault,
        root: Path,
        home: Home,
        settings: Settings,
        durability: Durability,
        events: EventSender,
        should_stop: Callable[[], bool],
        loading: ModelLoader | None,
        *,
        pool: Callable[[int], ParsePool] = ParsePool,
        load_early: bool = True,
        on_moved: Moved | None = None,
    ) -> None:
        """`loading` None: no vectors follow. `load_early`: the model of a few files is loaded meanwhile."""
        self._vault = vault
        self._root = root
        self._home = home
        self._settings = settings
        self._durability = durability
        self._events = events
        self._should_stop = should_stop
        self._loading = loading
        self._make_pool = pool
        self._load_early = load_early
        self._on_moved = on_moved

    def run(self, subtrees: list[str], *, force: bool) -> Lexical:
        """Make what changed below `subtrees` searchable by words; `force` reads every file again.

        Raises StorageError, WorkspaceError for a root that cannot be read, and Interrupted once
        `should_stop` is true, after committing what is done.
        """
        began = time.monotonic()
        again = self._begin() or force
        stored = Stored(documents.files(self._vault), skipped_files.skipped(self._vault))
        pool = self._make_pool(worker_count(self._settings.index.workers))
        trial: StaticTrial | None = None
        try:
            if not stored.files:
                self._prepare(pool, _FEW_FILES + 1)
                trial = self._static_trial()
            reread = redacted_otherwise(self._vault, self._settings.redaction)
            plan = self._scan(subtrees, stored, again, reread, force, pool)
            self._warn(plan)
            self._load_beside(plan, stored)
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
        self._finish(whole=subtrees == [""], redacted_anew=bool(reread))
        self._tell_moved(store.moved)
        seconds = round(time.monotonic() - began, 3)
        return Lexical(plan.ignored + store.ignored, plan.skipped | store.skipped, store.removed, seconds)

    def _warn(self, plan: Plan) -> None:
        for sentence in plan.warnings:
            self._events.warn(sentence)
        if plan.empty:
            self._events.warn(f"{self._root} is empty now; its index is not deleted (--force deletes it)")

    def _load_beside(self, plan: Plan, stored: Stored) -> None:
        """Have the model of a few changed files loaded while they are parsed."""
        few = bool(stored.files) and 0 < len(plan.tasks) <= _FEW_FILES
        reads = self._settings.embedding.depth != "static"
        if few and reads and self._load_early and self._loading is not None:
            self._loading.start()

    def _finish(self, *, whole: bool, redacted_anew: bool) -> None:
        """Note what the stored passages were made by, once all of them are."""
        if whole:
            self._vault.set_meta("chunker_version", self._version())
            if redacted_anew:
                self._remove_traces()
            self._vault.set_meta(RULES, rules_version(self._settings.redaction))
        unfinished.finish(self._vault, whole=whole)

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
