"""Static index: the passages of a vault that have no vector of their own yet, by their approximate ones.

They are compared one by one: there are many only while a large vault is embedded for the first time. Scores
are on the scale of the model's cosines, so that both kinds rank together.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

from magray_memory.index.protocol import best
from magray_memory.storage import change_log, static_vectors
from magray_memory.storage.pending import count_pending

if TYPE_CHECKING:
    import sqlite3

    from numpy.typing import NDArray

    from magray_memory.index.protocol import Ids, Scores
    from magray_memory.models.static_table import StaticTable
    from magray_memory.storage.vault import Vault

_BLOCK = 8192


class StaticIndex:
    """Approximate vectors of a vault by one table, as of the last search. Safe in several threads."""

    def __init__(self, vault: Vault, table: StaticTable) -> None:
        self.table = table
        self._vault = vault
        self._guard = threading.Lock()
        self._state: tuple[int, int] | None = None
        self._ids: Ids = np.empty(0, np.int64)
        self._rows: NDArray[np.uint8] = np.empty((0, table.row_bytes), np.uint8)

    def count(self) -> int:
        """How many passages have only an approximate vector."""
        return len(self._current()[0])

    def vectors(self, wanted: Ids) -> Scores:
        """The approximate vectors, float32 [n, dim], of those of the passages that have no others."""
        ids, rows = self._current()
        return self.table.decode(rows[np.isin(ids, wanted)])

    def search(self, query: Scores, k: int, allowed: Ids | None = None) -> tuple[Ids, Scores]:
        """The ids and scores of the `k` nearest passages without a vector of their own, best first.

        `query` float32 [dim]; `allowed`: ids, ascending. Inside `vault.read()` it is of that moment.
        """
        ids, rows = self._current()
        if allowed is not None and len(ids):
            kept = np.isin(ids, allowed, assume_unique=True)
            ids, rows = ids[kept], rows[kept]
        if not len(ids):
            return ids, np.empty(0, np.float32)
        asked = self.table.project(query)
        scores = np.empty(len(ids), np.float32)
        for start in range(0, len(ids), _BLOCK):
            scores[start : start + _BLOCK] = asked.cosines(rows[start : start + _BLOCK])
        return best(ids, scores, k)

    def _current(self) -> tuple[Ids, NDArray[np.uint8]]:
        """The passages that have only an approximate vector. Costs one small query where there are none."""
        vault, key = self._vault, self.table.embedding_key
        with self._guard, vault.read() as connection:
            if count_pending(connection, key) == 0:
                self._state = None
                self._ids, self._rows = self._ids[:0], self._rows[:0]
                return self._ids, self._rows
            state = (change_log.max_seq(vault), static_vectors.static_state(connection))
            if state != self._state:
                self._ids, self._rows = self._read(connection)
                self._state = state
            return self._ids, self._rows

    def _read(self, connection: sqlite3.Connection) -> tuple[Ids, NDArray[np.uint8]]:
        """Ascending ids [n], rows [n, row_bytes]."""
        width = self.table.row_bytes
        packed, data = static_vectors.static_rows(connection, self.table.key, width)
        if not packed:
            return self._ids[:0], self._rows[:0]
        ids = np.frombuffer(packed, "<i8").astype(np.int64)
        rows = np.frombuffer(data, np.uint8).reshape(len(ids), width)
        embedded = static_vectors.embedded_ids(connection, self.table.embedding_key)
        alone = np.flatnonzero(~np.isin(ids, np.array(embedded, np.int64)))
        order = alone[np.argsort(ids[alone])]
        return ids[order], rows[order]
