"""Spare parser: after a run one parser process stays ready for the next change, until none has come."""

from __future__ import annotations

import contextlib
import time

from magray_memory.indexing.parse_pool import ParsePool, WorkersUnavailable


class SpareParser:
    """Makes the pools of the runs; after a run one parser stays ready, for the next save is near."""

    def __init__(self) -> None:
        self._spare: ParsePool | None = None
        self._made = 0.0

    def pool(self, size: int) -> ParsePool:
        """A pool for a run, with the spare parser in it if there is one."""
        spare, self._spare = self._spare, None
        return spare or ParsePool(size)

    def prepare(self, size: int) -> None:
        """Start a parser for the next run."""
        self.close_if_idle(0.0)
        self._spare, self._made = ParsePool(size), time.monotonic()
        with contextlib.suppress(WorkersUnavailable):
            self._spare.prepare(1)

    def close_if_idle(self, idle: float) -> None:
        """End the parser if it waited so many seconds in vain."""
        if self._spare is not None and time.monotonic() - self._made >= idle:
            self._spare.close()
            self._spare = None
