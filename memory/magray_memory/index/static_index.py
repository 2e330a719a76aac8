"""Static index: the passages of a vault that have no vector of their own yet, by their approximate ones.

They are compared one by one: there are many only while a large vault is embedded for the first time. Scores
are on the scale of the model's cosines, so that both kinds rank together (`models/static_scores.py`).

Prose of which the model has read the beginning alone is scored by both: the approximate vector knows the
rest. NDCG@10 with the beginnings read, by the model's vectors and by both (`xquad-en`, `xquad-ru`, Russian
questions to `xquad-en`): hybrid .975, .960, .797 and .979, .964, .830, by vectors alone .874, .826, .791 and
.906, .861, .822. Code gains nothing by it, nor does what the model has read whole.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from magray_memory.index.protocol import best
from magray_memory.models.static_scores import Center
from magray_memory.storage import change_log, static_vectors

if TYPE_CHECKING:
    import sqlite3

    from numpy.typing import NDArray

    from magray_memory.index.protocol import Ids, Scores
    from magray_memory.models.static_scores import CenteredRows
    from magray_memory.models.static_table import StaticTable
    from magray_memory.storage.vault import Vault


HEAD_SHARE = 1 / 3
"""What the approximate vector says of the score of prose that the model has read in part."""
_NO_IDS = np.empty(0, np.int64)


class _State(NamedTuple):
    """Passages that have only an approximate vector: ascending ids [n], rows [n, row_bytes]; none of them
    without a center.
    """

    ids: Ids
    rows: NDArray[np.uint8]
    center: Center | None = None
    centered: CenteredRows | None = None
    heads: Ids = _NO_IDS
    """Passages of prose that are read in part, ascending."""
    centered_heads: CenteredRows | None = None


class StaticIndex:
    """Approximate vectors of a vault by one table, as of the last search. Safe in several threads."""

    def __init__(self, vault: Vault, table: StaticTable) -> None:
        self.table = table
        self._vault = vault
        self._guard = threading.Lock()
        self._at: tuple[int, int] | None = None
        self._none = _State(np.empty(0, np.int64), np.empty((0, table.row_bytes), np.uint8))
        self._state = self._none

    def count(self) -> int:
        """How many passages have only an approximate vector."""
        return len(self._current().ids)

    def vectors(self, wanted: Ids) -> Scores:
        """The approximate vectors, float32 [n, dim], of those of the passages that have no others."""
        state = self._current()
        return self.table.decode(state.rows[np.isin(state.ids, wanted)])

    def search(
        self, query: Scores, k: int, allowed: Ids | None = None, *, passage: bool = False
    ) -> tuple[Ids, Scores]:
        """The ids and scores of the `k` nearest passages without a vector of their own, best first.

        `query` float32 [dim], with `passage` that of a text and of no question; `allowed`: ids, ascending.
        Inside `vault.read()` it is of that moment.
        """
        ids, _, center, centered, *_ = self._current()
        if center is None or centered is None:
            return ids, np.empty(0, np.float32)
        scores = center.ask(query, passage=passage).cosines(centered)
        if allowed is not None:
            kept = np.isin(ids, allowed, assume_unique=True)
            ids, scores = ids[kept], scores[kept]
        return best(ids, scores, k)

    def blend(self, query: Scores, found: dict[int, float], *, passage: bool = False) -> None:
        """Let the approximate vectors have their part in the scores of prose that is read in part.

        `found`: scores by the model's vectors, by id.
        """
        state = self._current()
        if state.center is None or state.centered_heads is None:
            return
        at = np.flatnonzero(np.isin(state.heads, np.fromiter(found, np.int64, len(found))))
        scores = state.center.ask(query, passage=passage).cosines(state.centered_heads.take(at))
        for passage_id, score in zip(state.heads[at].tolist(), scores.tolist(), strict=True):
            found[passage_id] += (score - found[passage_id]) * HEAD_SHARE

    def _current(self) -> _State:
        """The passages that an approximate vector helps. Costs two small queries where there are none."""
        vault, key = self._vault, self.table.embedding_key
        with self._guard, vault.read() as connection:
            if not static_vectors.may_help(connection, key):
                self._at, self._state = None, self._none
                return self._state
            at = (change_log.max_seq(vault), static_vectors.static_state(connection))
            if at != self._at:
                self._state = self._read(connection)
                self._at = at
            return self._state

    def _read(self, connection: sqlite3.Connection) -> _State:
        width = self.table.row_bytes
        packed, data = static_vectors.static_rows(connection, self.table.key, width)
        ids = np.frombuffer(packed, "<i8").astype(np.int64)
        rows = np.frombuffer(data, np.uint8).reshape(len(ids), width)
        embedded = static_vectors.embedded_ids(connection, self.table.embedding_key)
        alone = np.flatnonzero(~np.isin(ids, np.array(embedded, np.int64)))
        heads = static_vectors.prose_heads(connection, self.table.embedding_key)
        in_part = np.flatnonzero(np.isin(ids, np.array(heads, np.int64)))
        if not len(alone) and not len(in_part):
            return self._none
        center = Center(self.table, rows)  # of all texts: the mean stays as it is while they are embedded
        alone, in_part = (at[np.argsort(ids[at])] for at in (alone, in_part))
        kept = rows[alone]
        return _State(
            ids[alone], kept, center, center.centered(kept), ids[in_part], center.centered(rows[in_part])
        )
