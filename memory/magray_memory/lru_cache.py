"""LRU cache in memory: the least recently used entry goes first, none outlives its time."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

K = TypeVar("K", bound="Hashable")
V = TypeVar("V")


class LruCache(Generic[K, V]):
    """At most `size` values, each for at most `seconds`. Safe in several threads. Size 0 keeps nothing."""

    def __init__(self, size: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.size = size
        self.seconds = seconds
        self.hits = 0
        self.misses = 0
        self._clock = clock
        self._held: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._guard = threading.Lock()

    def __len__(self) -> int:
        return len(self._held)

    def get(self, key: K) -> V | None:
        """The value, None when there is none or it is too old."""
        with self._guard:
            found = self._held.get(key)
            if found is None or self._clock() - found[0] >= self.seconds:
                self._held.pop(key, None)
                self.misses += 1
                return None
            self._held.move_to_end(key)
            self.hits += 1
            return found[1]

    def put(self, key: K, value: V) -> None:
        """Keep a value; the least recently used goes when there are too many."""
        with self._guard:
            self._held[key] = (self._clock(), value)
            self._held.move_to_end(key)
            self._trim(self.size)

    def shrink(self, share: float) -> None:
        """Let go of all but this share of the size."""
        with self._guard:
            self._trim(int(self.size * share))

    def miss(self, key: K) -> None:
        """A value just given turned out to hold no more: it goes, and the hit was none."""
        with self._guard:
            self._held.pop(key, None)
            self.hits -= 1
            self.misses += 1

    def clear(self) -> None:
        """Let go of everything."""
        self.shrink(0)

    def _trim(self, size: int) -> None:
        while len(self._held) > size:
            self._held.popitem(last=False)

    def as_json(self) -> dict[str, Any]:
        """Its figures for health; `rate`: the share of those asked for that were there, None before any."""
        asked = self.hits + self.misses
        return {
            "entries": len(self._held),
            "size": self.size,
            "seconds": self.seconds,
            "hits": self.hits,
            "misses": self.misses,
            "rate": round(self.hits / asked, 3) if asked else None,
        }
