"""By meaning: every passage gets its vector, the new set of vectors serves once it is whole, and readers get
an index of it.

A model that cannot run is a warning and leaves the search by words; a vector is never made up.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from magray_memory.errors import EmbeddingUnavailable, IndexDamaged, Interrupted, StorageError
from magray_memory.indexing.embedding_passes import Pass, passes_of
from magray_memory.indexing.static_phase import FEW_PASSAGES
from magray_memory.storage import change_log, embedding_depth, static_vectors, vector_spaces
from magray_memory.storage import wanted as wanted_passages
from magray_memory.storage.pending import count_heads, count_pending

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.config import Settings
    from magray_memory.indexing.embedding_passes import DepthChooser
    from magray_memory.indexing.event_sender import EventSender
    from magray_memory.models.loader import ModelLoader
    from magray_memory.models.model import Model
    from magray_memory.storage.durability import Durability
    from magray_memory.storage.embedding_depth import Depth
    from magray_memory.storage.home import Home
    from magray_memory.storage.vault import Vault

_KEPT_AT = "static_kept_at"
"""Stored with a vault: the state of vectors for which the approximate ones are those that are needed."""


@dataclass(slots=True)
class Semantic:
    """What the phase did; nothing when it did not run. `seconds` is None while passages are left."""

    embedded: int = 0
    reused: int = 0
    seconds: float | None = None
    device: str | None = None
    model: str | None = None


class EmbeddingPhase:
    """One run of the second phase over one vault. `yielded`: `should_yield` ended it early; `depth`: how much
    of each passage the model read at its end.
    """

    def __init__(
        self,
        vault: Vault,
        home: Home,
        settings: Settings,
        durability: Durability,
        events: EventSender,
        should_stop: Callable[[], bool],
        should_yield: Callable[[], bool] | None = None,
        depth: DepthChooser | None = None,
    ) -> None:
        """`depth`: how much of each passage the model reads; None, all of it."""
        self._vault = vault
        self._home = home
        self._settings = settings
        self._durability = durability
        self._events = events
        self._should_stop = should_stop
        self._should_yield = should_yield
        self._choose = depth
        self.depth = embedding_depth.FULL
        self.yielded = False

    def run(self, loading: ModelLoader) -> Semantic:
        """Embed what is pending. Without a model that runs it says so, and search stays lexical.

        Raises StorageError, and Interrupted once `should_stop` is true: what is done is kept.
        """
        from magray_memory.models.model import resolve_model
        from magray_memory.models.recipe import embedding_key

        began = time.monotonic()
        done = Semantic()
        try:
            model = resolve_model(self._settings.embedding.model, self._home.models)
            key = embedding_key(model)
            vector_spaces.begin(self._vault, key)
            pending = self._count_pending(key)
            self.depth = self._now()
            if pending:
                self._approximate()
            self._run_passes(loading, model, key, done, many=pending > FEW_PASSAGES)
            if self.depth.name == "heads" and not self._embedding_ends():
                self._approximate_heads()
            self._note_depth()
        except EmbeddingUnavailable as error:
            self._events.warn(f"semantic search is not up to date: {error.message}")
            return done
        if self._should_stop():
            raise interrupted()
        done.model = model.id
        if self.yielded:
            return done
        if self.depth.name == "static":
            done.seconds = round(time.monotonic() - began, 3)
            return done
        self._save_snapshot(key)
        if self.yielded or not self._settle(key):
            return done
        done.seconds = round(time.monotonic() - began, 3)
        passages = self._vault.counts()[1]
        self._events.semantic_ready(passages, done.embedded, done.reused, done.seconds)
        return done

    def _now(self) -> Depth:
        return embedding_depth.FULL if self._choose is None else self._choose.now()

    def _run_passes(
        self, loading: ModelLoader, model: Model, key: str, done: Semantic, *, many: bool
    ) -> None:
        """The passes of the depth of the moment, each once; one that it forbids meanwhile ends early."""
        finished: set[Pass] = set()
        while not self._embedding_ends():
            self.depth = self._now()
            passes = [wanted for wanted in passes_of(self.depth, many=many) if wanted not in finished]
            wanted = next((wanted for wanted in passes if self._is_lacking(key, wanted)), None)
            if wanted is None:
                return

            def ends(wanted: Pass = wanted) -> bool:
                return self._embedding_ends() or wanted not in passes_of(self._now(), many=many)

            self._embed(loading, model, key, done, wanted, ends)
            if not ends():
                finished.add(wanted)

    def _note_depth(self) -> None:
        """Note for `status` how much of the passages is read, and why."""
        if self._choose is not None:
            embedding_depth.note(self._vault, self.depth)

    def _approximate(self) -> None:
        """Have what waits for the model found by approximate vectors meanwhile."""
        from magray_memory.indexing.static_phase import catch_up, static_model

        static = static_model(self._settings, self._home)
        if static is not None:
            few = 1 if self.depth.name == "static" else FEW_PASSAGES
            catch_up(self._vault, static, self._durability, self._embedding_ends, few)

    def _approximate_heads(self) -> None:
        """Have prose whose beginning alone is read found by its rest, too."""
        from magray_memory.indexing.static_phase import catch_up_with_heads, static_model

        static = static_model(self._settings, self._home) if self._vault.kind.derived else None
        if static is not None:
            catch_up_with_heads(self._vault, static, self._durability, self._embedding_ends)

    def _count_pending(self, key: str) -> int:
        with self._vault.read() as connection:
            return count_pending(connection, key)

    def _is_lacking(self, key: str, wanted: Pass) -> bool:
        """Whether a passage may lack what a pass makes; asked often, where nothing does."""
        with self._vault.read() as connection:
            if count_pending(connection, key):
                return True
            return not wanted.head and count_heads(connection, key) > 0

    def _settle(self, key: str) -> bool:
        """Have the new set of vectors serve once it is whole; returns whether it does.

        The set that served until then stays for the programs that still answer with it, and goes in the next
        run: the cache keeps the vectors of another model, so that changing back costs no embedding.
        """
        if vector_spaces.serving(self._vault) == key:
            self._drop_approximate(key)
            for other in vector_spaces.others(self._vault):
                self._drop(other)
            return True
        from magray_memory.storage import vectors

        damaged = vectors.find_damaged(self._vault, key)
        if damaged:
            vectors.remove_vectors(self._vault, key, damaged)
        if vector_spaces.switch(self._vault, key):
            return True
        missing = self._count_pending(key)
        self._events.warn(f"the old model answers: passages without a vector of the new one: {missing:,}")
        return False

    def _drop_approximate(self, key: str) -> None:
        """Remove the approximate vectors that no search needs, once every passage has a vector."""
        with self._vault.read() as connection:
            made = static_vectors.has_static(connection) and count_pending(connection, key) == 0
            at = f"{key} {static_vectors.static_state(connection)} {count_heads(connection, key)}"
        if made and self._vault.meta(_KEPT_AT) != at:
            with self._vault.write() as connection:
                static_vectors.drop_unneeded(connection, key)
                at = f"{key} {static_vectors.static_state(connection)} {count_heads(connection, key)}"
                self._vault.set_meta(_KEPT_AT, at)

    def _drop(self, key: str) -> None:
        from magray_memory.index.snapshot import forget
        from magray_memory.models.recipe import is_current
        from magray_memory.storage import vectors
        from magray_memory.storage.vector_cache import VectorCache

        if is_current(key):
            size = self._settings.storage.vector_cache_mb * 1_000_000
            with VectorCache(self._home.vectors, size) as cache:
                for batch in vectors.iter_encoded(self._vault, key):
                    cache.put_many(key, batch)
        vectors.drop_vectors(self._vault, key)
        forget(self._vault.path, key)

    def _embed(
        self,
        loading: ModelLoader,
        model: Model,
        key: str,
        done: Semantic,
        this: Pass,
        ends: Callable[[], bool],
    ) -> None:
        from magray_memory.indexing.embedding_worker import EmbeddingWorker, Wanted
        from magray_memory.storage.vector_cache import VectorCache

        def snapshot() -> None:
            self._save_snapshot(key)

        first = Wanted(lambda: wanted_passages.take(self._vault.path), Pass(head=self.depth.name == "heads"))

        with VectorCache(self._home.vectors, self._settings.storage.vector_cache_mb * 1_000_000) as cache:
            phase = EmbeddingWorker(
                self._vault,
                key,
                model.dim,
                self._durability,
                self._events,
                cache,
                ends,
                snapshot,
                this,
                first,
            )
            try:
                phase.run(loading.get)
            finally:
                done.embedded += phase.done.embedded
                done.reused += phase.done.reused
                done.device = phase.device or done.device
                for warning in cache.warnings:
                    self._events.warn(warning)

    def _embedding_ends(self) -> bool:
        if self._should_yield is not None and not self.yielded and self._should_yield():
            self.yielded = True
        return self.yielded or self._should_stop()

    def _save_snapshot(self, key: str) -> None:
        """Write the vector index for readers, if vectors changed since it was last looked at.

        A snapshot only saves time, so a failure to write one is a warning and stops nothing.
        """
        at = f"{key} {change_log.max_seq(self._vault)}"
        if self._vault.meta("snapshot_at") == at and self._verified(key):
            return
        from magray_memory.index.vector_store import VectorStore

        store = VectorStore(self._vault, key, self._settings.vectors)
        try:
            store.save_snapshot(should_stop=self._embedding_ends)
        except Interrupted:
            if self._should_stop():
                raise
            return
        except StorageError as error:
            self._events.warn(f"the index snapshot was not written: {error.message}")
            return
        finally:
            store.close()
        self._vault.set_meta("snapshot_at", at)

    def _verified(self, key: str) -> bool:
        """Whether there is a sound snapshot; one that was copied is read once here, not by every search."""
        from magray_memory.index import snapshot

        try:
            header = snapshot.find(self._vault.path, key, "exact", self._vault.id)
            if header is not None:
                snapshot.verify(self._vault.path, header, note_stat=True)
        except IndexDamaged:
            return False
        return header is not None


def interrupted() -> Interrupted:
    """What a run raises that was asked to stop, after committing what is done."""
    return Interrupted("indexing was interrupted", "completed work is saved", "run it again to resume")
