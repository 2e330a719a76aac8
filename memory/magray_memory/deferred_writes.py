"""Deferred writes: what need not be on the disk at once waits here and is written together, after the answer.

Nothing that is read waits for it.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

T = TypeVar("T")

WAIT_SECONDS = 1.0
"""In a long-lived program things are written so long after the first of them."""


class DeferredWrites(Generic[T]):
    """Things that wait to be written. Safe in several threads."""

    def __init__(self, write: Callable[[Sequence[T]], object], *, by_itself: bool) -> None:
        """`write` gets all that waits; `by_itself`: it is called after a moment, not when told."""
        self._write = write
        self._by_itself = by_itself
        self._guard = threading.Lock()
        self._pending: list[T] = []
        self._timer: threading.Timer | None = None

    def add(self, things: Iterable[T]) -> None:
        """Have things written later. Costs next to nothing."""
        with self._guard:
            self._pending += things
            if self._by_itself and self._pending and self._timer is None:
                self._timer = threading.Timer(WAIT_SECONDS, self.write)
                self._timer.daemon = True
                self._timer.start()

    def write(self) -> None:
        """Write what waits now."""
        with self._guard:
            pending, self._pending = self._pending, []
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        if pending:
            self._write(pending)
