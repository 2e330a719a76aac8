"""Collects what changed until there is a pause, so that a save, a checkout or a copied tree is one run.

A burst is ripe after a moment of quiet, or when it has waited long enough: an endless stream of changes is
indexed while it goes on. Many changes are a run over everything, which then costs less.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

QUIET_SECONDS = 0.2
LONGEST_SECONDS = 2.0
MANY_PLACES = 64
"""More changed places than this are looked for by a walk over the whole workspace; folders alike."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a burst came to; paths relative to the root, `/` between folders."""

    places: frozenset[str]
    """Files and folders to look at again."""
    folders: frozenset[str]
    """Those that are, or were, folders: what is watched in them changes too. "" is the whole workspace."""
    everything: bool
    """Anything may have changed; `places` is empty then, `folders` need not be."""


class Debounce:
    """Safe in several threads; `clock` counts seconds."""

    def __init__(
        self,
        quiet: float = QUIET_SECONDS,
        longest: float = LONGEST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._quiet = quiet
        self._longest = longest
        self._clock = clock
        self._guard = threading.Lock()
        self._places: set[str] = set()
        self._folders: set[str] = set()
        self._everything = False
        self._first: float | None = None
        self._last = 0.0

    def add(self, place: str, *, folder: bool = False) -> None:
        """Something happened at this path."""
        with self._guard:
            self._note()
            if folder:
                self._folders.add(place)
                if len(self._folders) > MANY_PLACES or place == "":
                    self._folders = {""}
            if not self._everything:
                self._places.add(place)
                self._everything = place == "" or len(self._places) > MANY_PLACES

    def add_everything(self, *, at_once: bool = False) -> None:
        """Anything may have happened; `at_once`: and there is no reason to wait for quiet."""
        self.add("", folder=True)
        if at_once:
            with self._guard:
                self._first = self._last - self._longest

    def _note(self) -> None:
        self._last = self._clock()
        if self._first is None:
            self._first = self._last

    def ripe_in(self) -> float | None:
        """Seconds until the burst is ripe, 0 when it is, None when there is none."""
        with self._guard:
            if self._first is None:
                return None
            return max(0.0, min(self._last + self._quiet, self._first + self._longest) - self._clock())

    def take(self) -> Changes:
        """All that waits; from now on a new burst is collected."""
        with self._guard:
            everything = self._everything
            changes = Changes(
                frozenset() if everything else frozenset(self._places),
                frozenset(("",)) if "" in self._folders else frozenset(self._folders),
                everything,
            )
            self._places.clear()
            self._folders.clear()
            self._everything, self._first = False, None
            return changes
