"""Vector index of one vault in one vector space, brought up to date at every search.

It starts from a snapshot where there is a sound one, else from the vectors in the vault, which are its truth;
what changed since then comes from the vault's change log. Whatever goes wrong with a snapshot or with a
native library is named in `problem` and costs time, never an answer.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from magray_memory.errors import IndexDamaged
from magray_memory.index import annoy, sketch, snapshot
from magray_memory.index.exact import ExactIndex, write
from magray_memory.index.hnsw import Graph, HnswIndex
from magray_memory.index.planner import choose
from magray_memory.index.sketch import Sketch, SketchIndex
from magray_memory.storage import change_log
from magray_memory.storage import vectors as rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from magray_memory.config import VectorSettings
    from magray_memory.index.protocol import Ids, Scores, ShouldStop, VectorIndex
    from magray_memory.storage.vault import Vault

T = TypeVar("T")

_KEEP_CHANGES = 10_000
# A snapshot is written again when this much has changed since the last: catching up on 1,000 rows takes 3 ms.
_WORTH_CHANGES = 500
_WORTH_SHARE = 20
# More changes than this are read from a newer snapshot, where there is one.
_MANY_CHANGES = 5_000
_BLOCK = 2048
# Rows beside the mapped matrix, in memory of this process, before a newer snapshot is taken.
_MUCH_GROWTH = 10_000


class VectorStore:
    """Search by vector in a vault. Thread-safe; opens at the first use.

    `key`: the embedding key. `long_lived`: whether the process answers many searches.
    """

    def __init__(self, vault: Vault, key: str, settings: VectorSettings, *, long_lived: bool = False) -> None:
        self.vault = vault
        self.key = key
        self.problem: str | None = None
        self.seq = -1
        self.settings = settings
        self._long_lived = long_lived
        self._index: VectorIndex | None = None
        self._vault_id = ""
        self._guard = threading.RLock()

    @property
    def engine(self) -> str:
        """The engine at work: `exact`, `hnsw`, `sketch` or `annoy`; `none` before the first vector."""
        return "none" if self._index is None else self._index.engine

    @property
    def count(self) -> int:
        """Vectors that can be found, as of the last refresh."""
        return 0 if self._index is None else self._index.count

    def search(self, query: Scores, k: int, allowed: Ids | None = None) -> tuple[Ids, Scores]:
        """The nearest passages now: ids and cosines, descending; exactly min(k, stored and allowed) of them.

        query: (dim,) of length 1. `allowed`: ascending ids. Inside `vault.read()` it is of that moment.
        Raises the vault's errors.
        """
        index = self.current()
        if index is None:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        return index.search(query, k, allowed)

    def current(self) -> VectorIndex | None:
        """The index with all that was committed until now; None before the first vector."""
        self.refresh()
        return self._index

    def refresh(self) -> None:
        """Take in what was committed since the last time. Costs two small queries when that is nothing."""
        with self._guard, self.vault.read():
            latest = change_log.max_seq(self.vault)
            cut = self._index is not None and not self._index.intact
            reopened = cut or self._vault_id != self.vault.id
            if reopened:
                self._open()
            if cut:
                self.problem = (
                    "an index snapshot was cut while it was in use; the vectors of the vault answer"
                )
            # A read that began before another thread's refresh sees an older state: the index is ahead of it.
            if latest > self.seq:
                self._catch_up(latest)
            elif not reopened:
                return
            if self.seq == latest and self.count != rows.count_vectors(self.vault, self.key):
                self.problem = "the vector index did not match its vault and was rebuilt from it"
                self._scan()

    def _open(self) -> None:
        if self._index is not None:
            self._index.close()
        self._index, self.seq, self._vault_id = None, -1, self.vault.id
        count = rows.count_vectors(self.vault, self.key)
        if count == 0:
            return
        wanted = self._engine_for(count, long_lived=self._long_lived)
        # While a graph is still to be built, and where its library is missing, sketches do.
        engines = ("exact",) if wanted == "exact" else (wanted, "sketch", "exact")
        loaded = next(filter(None, map(self._load, dict.fromkeys(engines))), None)
        if loaded is None:
            self._scan()
        else:
            self._index, self.seq = loaded

    def _engine_for(self, count: int, *, long_lived: bool) -> str:
        found = rows.key_of(self.vault, self.key)
        dim = 0 if found is None else found[1]
        graph_mb = self.settings.graph_mb
        return choose(count, self.settings.engine, long_lived=long_lived, graph_mb=graph_mb, dim=dim)

    def planned_snapshots(self) -> frozenset[str]:
        """The kinds of snapshot that a process with these settings may load, whether it lives long or
        answers once.
        """
        count = rows.count_vectors(self.vault, self.key)
        planned = {self._engine_for(count, long_lived=long) for long in (False, True)}
        sealed = {"ann", "ids"} if "annoy" in planned else set[str]()
        return frozenset((planned - {"annoy"}) | sealed | {"exact", "sketch"})

    def _load(self, engine: str) -> tuple[VectorIndex, int] | None:
        """The index of a sound snapshot and the change that it ends with."""
        if engine == "annoy":
            return self._load_sealed()
        if engine == "sketch":
            return self._load_sketched()
        if engine != "hnsw":
            return self._load_exact()
        graph = self._load_graph()
        if graph is None:
            return None
        matrix, seq = self._load_exact() or (self._scanned(), change_log.max_seq(self.vault))
        # Changes between the two are applied to both: what one has already, it takes in unharmed.
        if matrix is None:
            return None
        graph[0].ef = self.settings.ef or graph[0].ef
        return HnswIndex(graph[0], matrix), min(seq, graph[1])

    def _load_sealed(self) -> tuple[VectorIndex, int] | None:
        ordinals = self._load_payload(annoy.ORDINALS, lambda path, head: path)
        if ordinals is None:
            return None
        forest = self._load_payload(
            annoy.FOREST, lambda path, head: annoy.Forest.load(path, ordinals[0], head.count, head.dim)
        )
        # Two files, two renames: a kill in between leaves two that do not belong together.
        exact = self._load_exact()
        if forest is not None and (forest[1] != ordinals[1] or exact is None):
            forest[0].close()
        if forest is None or forest[1] != ordinals[1] or exact is None:
            return None
        return annoy.AnnoyIndex(forest[0], exact[0]), min(exact[1], forest[1])

    def _load_sketched(self) -> tuple[VectorIndex, int] | None:
        drawn = self._load_payload("sketch", lambda path, head: Sketch.load(path, head.count, head.dim))
        exact = None if drawn is None else self._load_exact()
        # Row by row of one snapshot: where the other was written again since, they do not belong together.
        if drawn is None or exact is None or drawn[1] != exact[1]:
            return None
        return SketchIndex(drawn[0], exact[0]), exact[1]

    def _load_exact(self) -> tuple[ExactIndex, int] | None:
        return self._load_payload("exact", lambda path, head: ExactIndex.load(path, head.count, head.dim))

    def _load_graph(self) -> tuple[Graph, int] | None:
        return self._load_payload(
            "hnsw", lambda path, head: Graph.load(path, head.count, head.dim, head.removed)
        )

    def _load_payload(self, engine: str, load: Callable[[Path, snapshot.Header], T]) -> tuple[T, int] | None:
        path = self.vault.path
        found = rows.key_of(self.vault, self.key)
        try:
            header = snapshot.find(path, self.key, engine, self.vault.id)
            if found is None or header is None or header.dim != found[1]:
                return None
            if header.seq > change_log.max_seq(self.vault):
                return None  # later than this transaction: it lacks passages that are still seen here
            return load(snapshot.verify(path, header, note_stat=self.vault.writable), header), header.seq
        except IndexDamaged as error:
            self.problem = error.message
        except ImportError as error:
            self.problem = _not_loaded(engine, error)
        except OSError as error:
            self.problem = f"the index snapshot of {path} cannot be read: {error.strerror or error}"
        return None

    def _scanned(self) -> ExactIndex | None:
        found = rows.key_of(self.vault, self.key)
        if found is None:
            return None
        count = rows.count_vectors(self.vault, self.key)
        return ExactIndex.from_batches(found[1], count, rows.iter_vectors(self.vault, self.key))

    def _scan(self) -> None:
        before = self._index
        self._index, self.seq = self._scanned(), change_log.max_seq(self.vault)
        if before is not None:
            before.close()

    def _catch_up(self, latest: int) -> None:
        index = self._index
        if index is not None and self._better_snapshot(index, latest):
            index = self._index
        changes = None if index is None else change_log.changes_after(self.vault, self.seq)
        if changes is None:
            self._open()  # the first vectors, or too far behind
            index = self._index
            changes = None if index is None else change_log.changes_after(self.vault, self.seq)
        if index is None:
            self.seq = latest
        elif changes is None:
            self._scan()
        else:
            self._apply(index, changes)
            self.seq = latest

    def _better_snapshot(self, index: VectorIndex, latest: int) -> bool:
        """Take a newer snapshot, or one of the engine that fits by now, where that is better than catching
        up.
        """
        wanted = self._engine_for(index.count, long_lived=self._long_lived)
        much = latest - self.seq > _MANY_CHANGES or index.growth > max(_MUCH_GROWTH, index.count // 2)
        if wanted == index.engine and not much:
            return False
        loaded = self._load(wanted)
        if loaded is None or (wanted == index.engine and loaded[1] <= self.seq):
            return False
        self._index, self.seq = loaded
        return True

    def _apply(self, index: VectorIndex | Graph, changes: Sequence[tuple[int, int, int | None, str]]) -> None:
        """Make the index agree with the vault about what changed, whatever the order in which it did."""
        found = rows.key_of(self.vault, self.key)
        key_id = -1 if found is None else found[0]
        order = sorted({passage_id for _, passage_id, key, _ in changes if key == key_id})
        for start in range(0, len(order), _BLOCK):
            ids = np.array(order[start : start + _BLOCK], dtype=np.int64)
            present, matrix = rows.get_vectors(self.vault, self.key, ids)
            index.remove(np.setdiff1d(ids, present, assume_unique=True))
            if len(present):
                index.add(present, matrix)
        # What another space lost is of no concern, unless it was this one before it was dropped and remade.
        lost = {passage_id for _, passage_id, key, op in changes if key != key_id and op == "remove"}
        gone = rows.without_vector(self.vault, key_id, sorted(lost.difference(order)))
        if gone:
            index.remove(np.array(gone, dtype=np.int64))

    def save_snapshot(self, *, force: bool = False, should_stop: ShouldStop | None = None) -> bool:
        """Write the snapshot when enough has changed, or always with `force`; returns whether it was.

        Made from the vault, one batch in memory at a time; a large vault gets the graph of `hnsw` as well,
        which takes 24 s for 100,000 new passages, unless that would take too much memory, and sketches. Also
        trims the change log. For writers only. Raises
        StorageError (disk full, not allowed: the vault itself is as it was) and Interrupted.
        """
        saved = False
        with self.vault.read():
            found = rows.key_of(self.vault, self.key)
            count = rows.count_vectors(self.vault, self.key)
            if found is None or count == 0:
                return False
            if self._worth_saving("exact", count, force):
                saved = self._save("exact", found[1], lambda draft: self._write_exact(draft, found[1]))
            if "sketch" in (self._engine_for(count, long_lived=long) for long in (True, False)):
                saved = self._save_sketch(found[1]) or saved
            wanted = self._engine_for(count, long_lived=True)
            if wanted == "hnsw" and self._worth_saving("hnsw", count, force):
                saved = self._save_graph(found[1], count, should_stop) or saved
        if saved:
            change_log.trim_changes(self.vault, max(_KEEP_CHANGES, 2 * count))
        return saved

    def _worth_saving(self, engine: str, count: int, force: bool) -> bool:
        if force:
            return True
        try:
            header = snapshot.find(self.vault.path, self.key, engine, self.vault.id)
            if header is None:
                return True
            snapshot.verify(self.vault.path, header, note_stat=True)
        except IndexDamaged:
            return True
        behind = change_log.max_seq(self.vault) - header.seq
        return behind > max(_WORTH_CHANGES, count // _WORTH_SHARE)

    def _save(
        self,
        engine: str,
        dim: int,
        fill: Callable[[Path], int],
        removed: tuple[int, ...] = (),
        seq: int | None = None,
    ) -> bool:
        upto = change_log.max_seq(self.vault) if seq is None else seq
        header = snapshot.Header(engine, self.key, dim, upto, self.vault.id, removed)
        return snapshot.save(self.vault.path, header, fill) is not None

    def _save_sketch(self, dim: int) -> bool:
        """Sketches of the exact snapshot that is there now, unless they are there too."""
        exact, known = self._load_exact(), self._load_payload("sketch", lambda path, head: None)
        if exact is None or (known is not None and known[1] == exact[1]):
            return False
        return self._save("sketch", dim, lambda draft: sketch.write(draft, exact[0].base), seq=exact[1])

    def _write_exact(self, draft: Path, dim: int) -> int:
        return write(draft, dim, rows.iter_vectors(self.vault, self.key))

    def _save_graph(self, dim: int, count: int, should_stop: ShouldStop | None) -> bool:
        try:
            graph = self._graph_of_before(count)
            if graph is None:
                graph = Graph.build(dim, count, rows.iter_vectors(self.vault, self.key), should_stop)
        except ImportError as error:
            self.problem = _not_loaded("hnsw", error)
            return False
        return self._save("hnsw", dim, graph.save, graph.removed)

    def _graph_of_before(self, count: int) -> Graph | None:
        """The graph of the last snapshot with what changed since, None where it must be built again."""
        loaded = self._load_graph()
        changes = None if loaded is None else change_log.changes_after(self.vault, loaded[1])
        if loaded is None or changes is None or len(changes) > count:
            return None
        self._apply(loaded[0], changes)
        return loaded[0] if len(loaded[0].alive) == count else None

    def sealed_at(self) -> int | None:
        """The last change in the sealed index, None when there is none that fits this vault."""
        try:
            header = snapshot.find(self.vault.path, self.key, annoy.FOREST, self.vault.id)
            other = snapshot.find(self.vault.path, self.key, annoy.ORDINALS, self.vault.id)
        except IndexDamaged:
            return None
        return header.seq if header is not None and other is not None and header.seq == other.seq else None

    def seal(self, should_stop: ShouldStop | None = None) -> bool:
        """Make the sealed index of commands that answer one query; returns whether it was written.

        False with a `problem` where annoy cannot be loaded. Raises StorageError, Interrupted. For writers
        only.
        """
        with self.vault.read():
            found = rows.key_of(self.vault, self.key)
            if found is None or rows.count_vectors(self.vault, self.key) == 0:
                return False
            ids: list[Ids] = []

            def fill(draft: Path) -> int:
                batches = rows.iter_vectors(self.vault, self.key)
                ids.append(annoy.build(draft, found[1], batches, should_stop))
                return len(ids[0])

            def fill_ordinals(draft: Path) -> int:
                draft.write_bytes(ids[0].astype("<i8").tobytes())
                return len(ids[0])

            try:
                return self._save(annoy.FOREST, found[1], fill) and self._save(
                    annoy.ORDINALS, found[1], fill_ordinals
                )
            except ImportError as error:
                self.problem = _not_loaded("annoy", error)
                return False

    def close(self) -> None:
        """Let go of the index; the next search opens it again."""
        with self._guard:
            if self._index is not None:
                self._index.close()
            self._index, self.seq, self._vault_id = None, -1, ""


def _not_loaded(engine: str, error: ImportError) -> str:
    library = "hnswlib" if engine == "hnsw" else "annoy"
    return f"{library} cannot be loaded ({error}); the exact engine is used"
