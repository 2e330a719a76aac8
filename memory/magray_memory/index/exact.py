"""Exact engine: one matrix product over all vectors, the matrix mapped from its snapshot.

Nothing is approximate and there is nothing to build, so it is the right engine below about 50,000 passages
and the reference for any other. What changed since the snapshot stands beside it: removed rows in a mask, new
rows in an array that grows. A search takes one view of these and keeps it: masks are replaced, never changed
in place, and rows are only ever appended, so nobody waits for anybody.

The snapshot holds float16, as the vault does: half the disk, and nothing lost. The first search of everything
widens the rows to float32 and keeps them (0.3 ms for 1,000 rows of 384), up to 256 MB of them. Beyond, beside
a graph, and where a filter leaves few, only the rows that are looked at are widened, block by block.
"""

from __future__ import annotations

import mmap
import threading
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from magray_memory import atomic_file
from magray_memory.errors import IndexDamaged
from magray_memory.index.protocol import among, as_long_as_mapped, best, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from magray_memory.index.protocol import Ids, Matrix, Scores

_BLOCK = 8192
_FIRST_CAPACITY = 256
_PRODUCT_FLOATS = 393_216
_WIDEST_BYTES = 256_000_000
_READ_BYTES = 16_000_000
"""A file up to this size is read at once (3 ms): what is read cannot end the process when the file is cut."""
# Rows taken one by one cost about three times what they cost in a run: above this share all rows are
# multiplied.
_SUBSET_SHARE = 4


class _View(NamedTuple):
    ids: Ids
    matrix: Matrix | NDArray[np.float16]
    alive: NDArray[np.bool_] | None
    new_ids: Ids
    new_matrix: Matrix
    new_alive: NDArray[np.bool_]
    living: int


class ExactIndex:
    """All vectors, searched exactly. Made of ascending ids and their rows (n, dim)."""

    engine = "exact"

    def __init__(
        self, ids: Ids, matrix: Matrix | NDArray[np.float16], mapped: mmap.mmap | None = None
    ) -> None:
        """`mapped`: the file that both are views of."""
        self._mapped = mapped
        self.dim = matrix.shape[1]
        self.widens = True
        """Whether rows may be held in memory as float32; not beside a graph, which has its own copy."""
        self._guard = threading.Lock()
        self._new_row: dict[int, int] = {}
        self._view = _View(
            ids,
            matrix,
            None,
            np.empty(0, dtype=np.int64),
            np.empty((0, self.dim), dtype=np.float32),
            np.empty(0, dtype=np.bool_),
            len(ids),
        )
        # Appended rows live here; views are slices of it.
        self._new_ids = np.empty(0, dtype=np.int64)
        self._new_matrix = np.empty((0, self.dim), dtype=np.float32)

    @classmethod
    def from_batches(cls, dim: int, count: int, batches: Iterable[tuple[Ids, Matrix]]) -> ExactIndex:
        """Take in batches of `count` vectors whose ids ascend, as `iter_vectors` gives them.

        As float16, like a snapshot: half the memory, and never a second copy.
        """
        ids, matrix = np.empty(count, dtype=np.int64), np.empty((count, dim), dtype=np.float16)
        filled = 0
        for some, rows in batches:
            if filled + len(some) > len(ids):  # a counter that is wrong costs a copy, and no search
                ids = np.resize(ids, 2 * (filled + len(some)))
                matrix = np.resize(matrix, (len(ids), dim))
            ids[filled : filled + len(some)], matrix[filled : filled + len(some)] = some, rows
            filled += len(some)
        return cls(ids[:filled], matrix[:filled])

    @classmethod
    def load(cls, path: Path, count: int, dim: int) -> ExactIndex:
        """Map a file that `write` made, or read a small one. Raises IndexDamaged, OSError."""
        ids_at = _ids_offset(count, dim)
        with path.open("rb") as file:
            size = file.seek(0, 2)
            if size != ids_at + 8 * count or count <= 0:
                raise IndexDamaged(
                    f"the snapshot {path} has the wrong size", f"{size} bytes for {count} vectors"
                )
            mapped, data = None, b""
            if size <= _READ_BYTES:
                file.seek(0)
                data = file.read(size)
            else:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        whole = data if mapped is None else mapped
        if len(whole) != size:
            raise IndexDamaged(f"the snapshot {path} was cut while it was read", "")
        ids = np.frombuffer(whole, dtype="<i8", count=count, offset=ids_at)
        matrix = np.frombuffer(whole, dtype="<f2", count=count * dim).reshape(count, dim)
        return cls(ids, matrix, mapped)

    @property
    def count(self) -> int:
        """How many vectors it holds; removed ones do not count."""
        return self._view.living

    @property
    def intact(self) -> bool:
        """Whether the mapped snapshot is still as long as it was."""
        return as_long_as_mapped(self._mapped)

    @property
    def base_ids(self) -> Ids:
        """Ids of the rows that were loaded, removed ones among them; row by row as in the snapshot."""
        return self._view.ids

    @property
    def base(self) -> Matrix | NDArray[np.float16]:
        """The rows that were loaded."""
        return self._view.matrix

    @property
    def new_ids(self) -> Ids:
        """Ids of the rows that came since, ascending."""
        view = self._view
        return np.sort(view.new_ids[view.new_alive])

    @property
    def growth(self) -> int:
        """How many rows were added since it was loaded, removed ones among them."""
        return len(self._view.new_ids)

    def search(self, query: Scores, k: int, allowed: Ids | None = None) -> tuple[Ids, Scores]:
        """The ids and cosines of the `k` nearest, best first: a product with every row allowed.

        `query` (dim); `allowed`: ids, ascending. Raises ValueError for another shape.
        """
        view = self._view
        # A search of a good part of the rows multiplies all of them: see _product_of.
        if allowed is None or _SUBSET_SHARE * len(allowed) >= len(view.ids):
            view = self._widen()
        query = np.ascontiguousarray(query, dtype=np.float32)
        if query.shape != (self.dim,):
            raise ValueError(f"a query of shape {query.shape} for vectors of {self.dim} dimensions")
        ids, scores = _base_scores(view, query, k, allowed)
        rows = np.flatnonzero(view.new_alive)
        if allowed is not None and len(rows):
            rows = rows[among(view.new_ids[rows], allowed)]
        if len(rows):
            ids = np.concatenate([ids, view.new_ids[rows]])
            scores = np.concatenate([scores, _product_of(view.new_matrix, rows, query)])
        return best(ids, scores, k)

    def add(self, ids: Ids, vectors: Matrix) -> None:
        """Add vectors, or replace those of ids that are there.

        `ids` (n), `vectors` (n, dim) of length 1. Raises ValueError for another shape.
        """
        if len(ids) == 0:
            return
        if vectors.shape != (len(ids), self.dim):
            raise ValueError(f"vectors of shape {vectors.shape} for {len(ids)} ids of {self.dim} dimensions")
        with self._guard:
            self._tombstone(ids)
            start = len(self._view.new_ids)
            stop = start + len(ids)
            self._reserve(stop)
            self._new_ids[start:stop] = ids
            self._new_matrix[start:stop] = vectors
            self._new_row.update(zip(ids.tolist(), range(start, stop), strict=True))
            view = self._view
            alive = np.concatenate([view.new_alive, np.ones(len(ids), dtype=np.bool_)])
            self._view = view._replace(
                new_ids=self._new_ids[:stop],
                new_matrix=self._new_matrix[:stop],
                new_alive=alive,
                living=view.living + len(ids),
            )

    def remove(self, ids: Ids) -> None:
        """Forget these ids; unknown ones are passed over."""
        if len(ids) == 0:
            return
        with self._guard:
            self._tombstone(ids)
            self._compact()

    def close(self) -> None:
        """The mapping goes with the last array that shows it."""
        empty, self._mapped = np.empty(0, dtype=np.int64), None
        self._view = self._view._replace(
            ids=empty, matrix=np.empty((0, self.dim), dtype=np.float32), living=0
        )

    def _widen(self) -> _View:
        view = self._view
        if view.matrix.dtype == np.float32 or not self.widens or 4 * view.matrix.size > _WIDEST_BYTES:
            return view
        with self._guard:
            if self._view.matrix.dtype != np.float32:
                self._view = self._view._replace(matrix=self._view.matrix.astype(np.float32))
            return self._view

    def _tombstone(self, ids: Ids) -> None:
        view = self._view
        rows = rows_of(view.ids, np.unique(ids))
        alive, new_alive, gone = view.alive, view.new_alive, 0
        if len(rows):
            alive = np.ones(len(view.ids), dtype=np.bool_) if alive is None else alive.copy()
            gone += int(np.count_nonzero(alive[rows]))
            alive[rows] = False
        new_rows = [row for row in map(self._new_row.get, set(ids.tolist())) if row is not None]
        if new_rows:
            new_alive = new_alive.copy()
            gone += int(np.count_nonzero(new_alive[new_rows]))
            new_alive[new_rows] = False
            for passage_id in ids.tolist():
                self._new_row.pop(passage_id, None)
        self._view = view._replace(alive=alive, new_alive=new_alive, living=view.living - gone)

    def _compact(self) -> None:
        view = self._view
        keep = np.flatnonzero(view.new_alive)
        if len(view.new_ids) < _FIRST_CAPACITY or 2 * len(keep) > len(view.new_ids):
            return
        self._new_ids, self._new_matrix = view.new_ids[keep], view.new_matrix[keep]
        self._new_row = {passage_id: row for row, passage_id in enumerate(self._new_ids.tolist())}
        self._view = view._replace(
            new_ids=self._new_ids, new_matrix=self._new_matrix, new_alive=np.ones(len(keep), dtype=np.bool_)
        )

    def _reserve(self, size: int) -> None:
        if size <= len(self._new_ids):
            return
        capacity = max(_FIRST_CAPACITY, size, 2 * len(self._new_ids))
        used = len(self._view.new_ids)
        ids = np.empty(capacity, dtype=np.int64)
        matrix = np.empty((capacity, self.dim), dtype=np.float32)
        ids[:used], matrix[:used] = self._view.new_ids, self._view.new_matrix
        self._new_ids, self._new_matrix = ids, matrix


def _base_scores(view: _View, query: Scores, k: int, allowed: Ids | None) -> tuple[Ids, Scores]:
    if allowed is None:
        scores = product(view.matrix, query)
        if view.alive is None:
            return best(view.ids, scores, k)
        scores[~view.alive] = -np.inf
        ids, scores = best(view.ids, scores, k)
        found = np.isfinite(scores)
        return ids[found], scores[found]
    rows = rows_of(view.ids, allowed)
    if view.alive is not None:
        rows = rows[view.alive[rows]]
    return view.ids[rows], _product_of(view.matrix, rows, query)


def product(matrix: Matrix | NDArray[np.float16], query: Scores) -> Scores:
    """The dot product of every row with the query.

    In blocks too small for the linear algebra library to share out among threads: those wait for each other
    by spinning, and beside a busy process (an indexer, say) 20,000 rows take 13 ms, not 1.1.
    """
    scores = np.empty(len(matrix), dtype=np.float32)
    step = max(1, _PRODUCT_FLOATS // max(1, matrix.shape[1]))
    for start in range(0, len(matrix), step):
        part = matrix[start : start + step].astype(np.float32, copy=False)
        np.dot(part, query, out=scores[start : start + step])
    return scores


def _product_of(matrix: Matrix | NDArray[np.float16], rows: NDArray[np.intp], query: Scores) -> Scores:
    """Scores of some rows; blocks keep the copy of the rows small."""
    if matrix.dtype == np.float32 and _SUBSET_SHARE * len(rows) >= len(matrix):
        return product(matrix, query)[rows]
    scores = np.empty(len(rows), dtype=np.float32)
    for start in range(0, len(rows), _BLOCK):
        part = rows[start : start + _BLOCK]
        scores[start : start + len(part)] = product(matrix[part], query)
    return scores


def _ids_offset(count: int, dim: int) -> int:
    return -(-2 * count * dim // 8) * 8


def write(path: Path, dim: int, batches: Iterable[tuple[Ids, Matrix]]) -> int:
    """Write the file that `ExactIndex.load` maps: the rows, then their ids, ascending; returns how many.

    The matrix comes first because its length need not be known before the last batch.
    """
    ids: list[Ids] = []
    with atomic_file.create(path) as file:
        for some, rows in batches:
            ids.append(some)
            file.write(np.ascontiguousarray(rows, dtype="<f2").data)
        count = sum(map(len, ids))
        file.write(bytes(_ids_offset(count, dim) - 2 * count * dim))
        for some in ids:
            file.write(np.ascontiguousarray(some, dtype="<i8").data)
    return count
