"""Annoy engine: a sealed forest, mapped from its file and shared by all processes, for large vaults.

A command that answers one query cannot afford to load a graph, and a product over every row of a large
vault reads all of it. A forest opens in no time and touches a few pages. It never changes: `optimize` makes
it. What changed since is masked in it (`_dead`) and answered by the exact engine beside it, whose matrix
is only mapped. annoy allocates up to its largest label, so labels are dense ordinals and a second file,
mapped too, says which passage each one is.
"""

from __future__ import annotations

import os
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from magray_memory.errors import IndexDamaged, Interrupted
from magray_memory.index.protocol import among, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import BinaryIO

    from magray_memory.index.exact import ExactIndex
    from magray_memory.index.protocol import Ids, Matrix, Scores, ShouldStop

FOREST = "ann"
ORDINALS = "ids"
"""The two payloads of a sealed index; they belong together when they end with the same change."""

# 100,000 × 384, clustered, 2 cores: 30 trees build in 3.9 s and find .9995 of the best ten in 0.2 ms.
_TREES = 30
_SEED = 1
_INSPECTED = 3_000
"""Nodes looked at for a query at least: recall@10 of .99 at 100,000 passages."""
_MAX_DELTA_SHARE = 10
"""A sealed index that a tenth of the vault has left is not worth asking."""
_FILTER_SHARE = 5
_FILTER_ROWS = 100_000
"""A filter that leaves less than a fifth, or than this, is answered exactly: a forest that is asked for many
neighbours is no quicker.
"""


class Forest:
    """annoy's forest with the passage id of each of its ordinals.

    ImportError when annoy is not installed or was built for another system.
    """

    def __init__(self, native: Any, ids: Ids, file: BinaryIO, size: int) -> None:
        self.ids = ids
        self._native = native
        self._file = file
        self._size = size

    @property
    def intact(self) -> bool:
        """Whether the mapped file is as long as it was."""
        return os.fstat(self._file.fileno()).st_size >= self._size

    @classmethod
    def load(cls, forest: Path, ordinals: Path, count: int, dim: int) -> Forest:
        """Map two files whose checksums are known to be right. Raises IndexDamaged, OSError."""
        native = import_module("annoy").AnnoyIndex(dim, "angular")
        file = forest.open("rb")
        try:
            native.load(os.fspath(forest))
            ids: Ids = np.fromfile(ordinals, dtype="<i8")
        except BaseException:
            file.close()
            raise
        if native.get_n_items() != count or len(ids) != count:
            file.close()
            raise IndexDamaged(f"the snapshot {forest} has {native.get_n_items()} vectors", f"not {count}")
        return cls(native, ids, file, os.fstat(file.fileno()).st_size)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def neighbours(self, query: Scores, k: int) -> tuple[Ids, int]:
        """Rows of `ids` of about the k nearest, in no particular order, and how many were asked for."""
        wanted = min(k, len(self.ids))
        ordinals = self._native.get_nns_by_vector(query, wanted, max(_INSPECTED, wanted * _TREES))
        return np.array(ordinals, dtype=np.int64), wanted


def build(
    path: Path, dim: int, batches: Iterable[tuple[Ids, Matrix]], should_stop: ShouldStop | None = None
) -> Ids:
    """Write a forest of these batches to a new file; returns the passage id of each ordinal.

    Built in the file itself, so that memory holds no second copy. Raises ImportError, OSError, Interrupted.
    """
    native = import_module("annoy").AnnoyIndex(dim, "angular")
    native.set_seed(_SEED)
    native.on_disk_build(os.fspath(path))
    ids: list[Ids] = []
    ordinal = 0
    for some, rows in batches:
        if should_stop is not None and should_stop():
            raise Interrupted("building the vector index was stopped")
        ids.append(some)
        for row in rows:
            native.add_item(ordinal, row)
            ordinal += 1
    native.build(_TREES, 1 if should_stop is not None else -1)
    native.unload()
    return np.concatenate(ids) if ids else np.empty(0, dtype=np.int64)


class AnnoyIndex:
    """A sealed forest and, for what it cannot answer, the same vectors in the exact engine."""

    engine = "annoy"

    def __init__(self, forest: Forest, exact: ExactIndex) -> None:
        self._forest = forest
        self._exact = exact
        exact.widens = False
        self._guard = threading.Lock()
        self._dead = np.zeros(len(forest.ids), dtype=np.bool_)
        self._delta = np.empty(0, dtype=np.int64)

    @property
    def count(self) -> int:
        """How many vectors it holds; removed ones do not count."""
        return self._exact.count

    @property
    def growth(self) -> int:
        """How many rows were added since it was loaded, removed ones among them."""
        return self._exact.growth

    @property
    def intact(self) -> bool:
        """Whether the mapped forest and rows are still as long as they were."""
        return self._forest.intact and self._exact.intact

    def search(self, query: Scores, k: int, allowed: Ids | None = None) -> tuple[Ids, Scores]:
        """The ids and cosines of the `k` nearest, best first: by the forest, with exact cosines.

        Exact throughout where a filter leaves little, or much was added and removed.
        """
        dead, delta = self._dead, self._delta
        matching = self.count if allowed is None else len(allowed)
        gone = int(np.count_nonzero(dead))
        wanted = min(k, matching) + gone
        if allowed is not None:
            wanted = 10 + int(1.3 * wanted * len(dead) / max(1, matching))
        few = min(len(dead) // _FILTER_SHARE, _FILTER_ROWS)
        narrow = matching < few or _FILTER_SHARE * wanted > len(dead)
        worn = _MAX_DELTA_SHARE * (gone + len(delta)) > len(dead)
        if k <= 0 or narrow or worn:
            return self._exact.search(query, k, allowed)
        ordinals, _ = self._forest.neighbours(np.ascontiguousarray(query, dtype=np.float32), wanted)
        ids = np.sort(self._forest.ids[ordinals[~dead[ordinals]]])
        near = np.union1d(ids, delta)
        if allowed is not None:
            near = near[among(near, allowed)]
        # Cosines come from the exact rows: annoy's own lose precision, and the delta has none.
        ids, scores = self._exact.search(query, k, near)
        return (ids, scores) if len(ids) >= min(k, matching) else self._exact.search(query, k, allowed)

    def add(self, ids: Ids, vectors: Matrix) -> None:
        """Add vectors, or replace those of ids that are there: exact until the forest is built again."""
        with self._guard:
            self._exact.add(ids, vectors)
            self._leave(ids)
            self._delta = np.union1d(self._delta, ids)

    def remove(self, ids: Ids) -> None:
        """Forget these ids; in the forest they are only marked."""
        with self._guard:
            self._leave(ids)
            self._delta = np.setdiff1d(self._delta, ids)
            self._exact.remove(ids)

    def close(self) -> None:
        """Let go of the forest and the rows."""
        self._forest.close()
        self._exact.close()

    def _leave(self, ids: Ids) -> None:
        rows = rows_of(self._forest.ids, np.unique(ids))
        if len(rows):
            dead = self._dead.copy()
            dead[rows] = True
            self._dead = dead
