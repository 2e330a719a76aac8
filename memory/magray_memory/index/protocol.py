"""Vector index protocol: what every vector engine does, so that its callers need not know which one it is.

Ids are passage ids, int64. Vectors are float32 rows of length 1, so that a dot product is a cosine.
`allowed`, where given, is an ascending array of the ids that may be found: the filter is applied before the
best are taken, and a search always returns min(k, number of stored ids that are allowed) results.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable
    from mmap import mmap

    from numpy.typing import NDArray

    Ids = NDArray[np.int64]
    Scores = NDArray[np.float32]
    Matrix = NDArray[np.float32]
    ShouldStop = Callable[[], bool]


class VectorIndex(Protocol):
    """Nearest vectors by cosine. Searches may run in several threads while one adds and removes."""

    @property
    def engine(self) -> str:
        """The word for it in settings and in `status`."""
        ...

    @property
    def count(self) -> int:
        """Vectors that can be found."""
        ...

    @property
    def growth(self) -> int:
        """Vectors beside what was loaded: when there are many, loading a newer snapshot saves memory."""
        ...

    @property
    def intact(self) -> bool:
        """Whether every file that is mapped is as long as it was: reading beyond its end ends the process."""
        ...

    def search(self, query: Scores, k: int, allowed: Ids | None = None) -> tuple[Ids, Scores]:
        """The best ids and their cosines, descending; query (dim,)."""
        ...

    def add(self, ids: Ids, vectors: Matrix) -> None:
        """Add vectors (n, dim) of distinct ids, replacing those of ids that are there."""
        ...

    def remove(self, ids: Ids) -> None:
        """Remove vectors; ids that are not there are no error."""
        ...

    def close(self) -> None:
        """Let go of files and memory; the index is not used again."""
        ...


def as_long_as_mapped(mapped: mmap | None) -> bool:
    """Whether a mapped file has not been cut since; by its own descriptor, whatever has its name now."""
    return mapped is None or mapped.size() >= len(mapped)


def best(ids: Ids, scores: Scores, k: int) -> tuple[Ids, Scores]:
    """The k highest scores, descending, the lower id first where they are equal."""
    if 0 < k < len(scores):
        top = np.argpartition(scores, len(scores) - k)[len(scores) - k :]
        ids, scores = ids[top], scores[top]
    elif k <= 0:
        ids, scores = ids[:0], scores[:0]
    order = np.lexsort((ids, -scores))
    return ids[order], scores[order]


def among(ids: Ids, allowed: Ids) -> NDArray[np.bool_]:
    """Which of the ids stand in an ascending array, whose length hardly matters."""
    if len(allowed) == 0:
        return np.zeros(len(ids), dtype=np.bool_)
    rows = np.searchsorted(allowed, ids)
    rows[rows == len(allowed)] = 0
    return allowed[rows] == ids


def rows_of(ids: Ids, wanted: Ids) -> NDArray[np.intp]:
    """Where the wanted ids stand in an ascending array; those that do not stand there are left out."""
    if len(ids) == 0 or len(wanted) == 0:
        return np.empty(0, dtype=np.intp)
    rows = np.searchsorted(ids, wanted)
    rows[rows == len(ids)] = 0
    return rows[ids[rows] == wanted]
