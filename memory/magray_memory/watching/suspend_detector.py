"""Suspend detector: whether the machine slept, or this process stood still, and file events were missed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

GAP_SECONDS = 15.0


class SuspendDetector:
    """Compares two clocks: one stands still while the machine sleeps, the other goes on."""

    def __init__(
        self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall = wall
        self._steady = steady
        self._apart = wall() - steady()

    def suspended(self) -> bool:
        """Whether the clocks moved apart since the last call; a clock that was set looks the same."""
        before, self._apart = self._apart, self._wall() - self._steady()
        return abs(self._apart - before) > GAP_SECONDS

    def stalled(self, began: float, wanted: float) -> bool:
        """Whether a pause that began then (steady clock) took far longer than the seconds wanted."""
        return self._steady() - began > wanted + GAP_SECONDS
