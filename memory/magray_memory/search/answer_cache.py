"""Answer cache of a long-lived process: an answer is given again while nothing that made it has changed.

An answer is of one state of its vaults, of the open texts and of the files that it shows. All three are
looked at again before it is given a second time: a few file times, against a search. Answers that were less
than whole are not cached.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from magray_memory.lru_cache import LruCache
from magray_memory.regular_file import stamp_of

if TYPE_CHECKING:
    import os
    from collections.abc import Hashable, Iterable

    from magray_memory.regular_file import Stamp
    from magray_memory.search.hits import Hit, SearchAnswer
    from magray_memory.search.query import SearchQuery

SECONDS = 30.0
"""Recency is part of the ranking, so an answer grows old by itself."""
_SETTLED_NS = 50_000_000
"""File times move in steps of milliseconds: a state as young as this may change within its step."""


@dataclass(frozen=True, slots=True)
class _CachedAnswer:
    state: Hashable
    files: tuple[Stamp | None, ...]
    answer: SearchAnswer


class AnswerCache:
    """At most `size` answers by query."""

    def __init__(self, size: int) -> None:
        self._cache: LruCache[SearchQuery, _CachedAnswer] = LruCache(size, SECONDS)

    def get(self, query: SearchQuery, state: Hashable) -> SearchAnswer | None:
        """The answer to just this query, if everything is as it was."""
        began = time.perf_counter()
        cached = self._cache.get(query)
        if cached is None:
            return None
        if cached.state != state or _files(cached.answer.hits) != cached.files:
            self._cache.miss(query)
            return None
        took = round((time.perf_counter() - began) * 1000, 2)
        return msgspec.structs.replace(cached.answer, took_ms=took)

    def put(self, query: SearchQuery, state: Hashable, answer: SearchAnswer) -> None:
        """Cache an answer of a state that was taken before its search began."""
        # What a record cites may change without any of its own files.
        cites = any(hit.citation for hit in answer.hits)
        if answer.degraded is None and state is not None and not cites:
            self._cache.put(query, _CachedAnswer(state, _files(answer.hits), answer))

    def shrink(self, share: float) -> None:
        """Let go of all but this share of the size, 0…1."""
        self._cache.shrink(share)

    def as_json(self) -> dict[str, Any]:
        """Its figures for health; see `LruCache.as_json`."""
        return self._cache.as_json()


def vault_state(path: Path) -> Hashable | None:
    """Names the state of a vault's files; None for one so young that it may change unseen."""
    state: list[tuple[int, int, int]] = []
    for name in (path, path.with_name(path.name + "-wal")):
        found = _stat(name)
        if found is not None:
            if time.time_ns() - found.st_mtime_ns < _SETTLED_NS:
                return None
            state.append((found.st_ino, found.st_size, found.st_mtime_ns))
    return tuple(state)


def _files(hits: Iterable[Hit]) -> tuple[Stamp | None, ...]:
    found: list[Stamp | None] = []
    for hit in hits:
        if hit.root is not None and hit.path is not None:
            file = _stat(Path(hit.root) / hit.path)
            found.append(None if file is None else stamp_of(file))
    return tuple(found)


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (OSError, ValueError):
        return None
