"""Usage room: what is asked is noted after the answer, and counted by `stats`. All of it stays in the home.

with Memory.open() as memory:
    answer = memory.search.query(SearchQuery("retries"))
    memory.usage.note("search", answer)
    memory.usage.stats()
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

from magray_memory.deferred_writes import DeferredWrites
from magray_memory.storage import usage_log

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from magray_memory.context import Context
    from magray_memory.search.hits import Hit, SearchAnswer
    from magray_memory.storage.usage_log import Asked
    from magray_memory.storage.vault import Vault
    from magray_memory.usage.statistics import Stats

UNUSED_DAYS = 90
_FOUND = 5
"""Documents of an answer that count as found: what a person looks at."""


class Usage:
    """What was asked of this home, and what is used of it. Safe in several threads."""

    def __init__(
        self,
        context: Context,
        notebook: Callable[[], Vault | None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`notebook`: opens it to read; None where there is none."""
        self._context = context
        self._notebook = notebook
        self._clock = clock
        self._pending = DeferredWrites(self._add, by_itself=context.long_lived)

    def note(self, what: Literal["search", "recall"], answer: SearchAnswer) -> None:
        """Note a question that was answered; written down after the answer is out. Never fails."""
        if not self._context.settings.usage.enabled:
            self.erase_where_off()
            return
        found = tuple(dict.fromkeys(_place(hit) for hit in answer.hits[:_FOUND]))
        hits = answer.hits
        best = hits[0].confidence if hits else None
        asked = usage_log.Asked(self._clock(), what, answer.query, len(hits), answer.took_ms, found, best)
        self._pending.add([asked])

    def write(self) -> None:
        """Write down what was noted until now. Never fails."""
        self._pending.write()

    def close(self) -> None:
        """Write down what was noted until now. Never fails."""
        self.write()

    def erase(self) -> None:
        """Erase what was kept. Never fails."""
        usage_log.erase(self._context.home.usage)

    def erase_where_off(self) -> None:
        """Erase what was kept, where the settings say that nothing is. Never fails."""
        if not self._context.settings.usage.enabled and self._context.home.usage.is_file():
            self.erase()

    def stats(self, since: float | None = None, *, limit: int = 10, unused_days: int = UNUSED_DAYS) -> Stats:
        """Counts of records, of uses and of questions since a time, with `limit` names in each list.

        Raises StorageError for a notebook that cannot be read.
        """
        from magray_memory.usage.counting import Counting

        self.erase_where_off()
        self.write()
        return Counting(self._context, self._notebook(), self._clock(), since, limit).stats(unused_days)

    def _add(self, asked: Sequence[Asked]) -> None:
        usage_log.add(self._context.home.usage, asked, self._context.settings.usage.keep_days)


def _place(hit: Hit) -> str:
    """A record by its id, a file by its path: an index that is made again gives files other ids."""
    return hit.id if hit.path is None else f"{hit.root}/{hit.path}"
