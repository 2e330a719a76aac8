"""Document frequencies of terms: how many passages of a vault hold a word, cached between searches."""

from __future__ import annotations

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
        self._at = -1
        self._known: dict[str, int] = {}

    def frequencies(
        self, connection: sqlite3.Connection, passages: int, terms: Iterable[str]
    ) -> dict[str, int]:
        """The number of passages with each term."""
        self.passages = passages
        if abs(passages - self._at) > max(10, self._at // 100) or len(self._known) > 100_000:
            self._known, self._at = {}, passages
        wanted = list(dict.fromkeys(terms))
        # A word that nobody used may be used by now; one that is there stays about as rare as it was.
        unknown = [term for term in wanted if not self._known.get(term)]
        if unknown:
            self._known.update(dict.fromkeys(unknown, 0))
            self._known.update(term_frequencies(connection, unknown))
        return {term: self._known[term] for term in wanted}
