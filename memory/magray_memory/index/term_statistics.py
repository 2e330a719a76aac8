"""Term statistics: how many passages of a vault hold a word, cached between searches, and idf."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from magray_memory.storage.fts import term_frequencies

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable


class TermStatistics:
    """How many passages hold a term, cached between searches of one vault while it keeps its size.

    Only the rarity of words is taken from here, so a count that is a few passages old does no harm.
    """

    def __init__(self) -> None:
        self.passages = 0
        self._cached_at = -1
        self._cache: dict[str, int] = {}

    def frequencies(
        self, connection: sqlite3.Connection, passages: int, terms: Iterable[str]
    ) -> dict[str, int]:
        """The number of passages with each term."""
        self.passages = passages
        if abs(passages - self._cached_at) > max(10, self._cached_at // 100) or len(self._cache) > 100_000:
            self._cache, self._cached_at = {}, passages
        cache = self._cache  # another thread may begin a new one
        wanted = list(dict.fromkeys(terms))
        # A word that nobody used may be used by now; one that is there stays about as rare as it was.
        unknown = [term for term in wanted if not cache.get(term)]
        if unknown:
            cache.update(dict.fromkeys(unknown, 0))
            cache.update(term_frequencies(connection, unknown))
        return {term: cache[term] for term in wanted}


def idf(frequency: int, passages: int) -> float:
    """Robertson's weight of a term that `frequency` of `passages` hold, in its never negative form."""
    return math.log(1 + (passages - frequency + 0.5) / (frequency + 0.5)) if passages >= frequency else 0.0
