"""Debounce: collects pending changes until there is a pause, so that a save, a checkout or a copied tree is
one run.

Pending changes are due after a moment of quiet, or when they have waited long enough: an endless stream of
changes is indexed while it goes on. Many changes are a run over everything, which then costs less.
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
MAX_PATHS = 64
"""More changed paths than this are looked for by a walk over the whole workspace; folders alike."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Pending changes that were taken; paths relative to the root, `/` between folders."""

    paths: frozenset[str]
    """Files and folders to look at again."""
    folders: frozenset[str]
    """Those that are, or were, folders: what is watched in them changes too. "" is the whole workspace."""
    everything: bool
    """Anything may have changed; `paths` is empty then, `folders` need not be."""


class Debounce:
    """The pending changes of one workspace. Safe in several threads; `clock` counts seconds."""

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
        self._paths: set[str] = set()
        self._folders: set[str] = set()
        self._everything = False
        self._first: float | None = None
        self._last = 0.0

    def add(self, path: str, *, folder: bool = False) -> None:
        """Something happened at this path."""
        with self._guard:
            self._touch()
            if folder:
                self._folders.add(path)
                if len(self._folders) > MAX_PATHS or path == "":
                    self._folders = {""}
            if not self._everything:
                self._paths.add(path)
                self._everything = path == "" or len(self._paths) > MAX_PATHS

    def add_everything(self, *, at_once: bool = False) -> None:
        """Anything may have happened; `at_once`: and there is no reason to wait for quiet."""
        self.add("", folder=True)
        if at_once:
            with self._guard:
                self._first = self._last - self._longest

    def _touch(self) -> None:
        self._last = self._clock()
        if self._first is None:
            self._first = self._last

    def due_in(self) -> float | None:
        """Seconds until the pending changes are due, 0 when they are, None when there are none."""
        with self._guard:
            if self._first is None:
                return None
            return max(0.0, min(self._last + self._quiet, self._first + self._longest) - self._clock())

    def take(self) -> Changes:
        """Take all pending changes."""
        with self._guard:
            everything = self._everything
            changes = Changes(
                frozenset() if everything else frozenset(self._paths),
                frozenset(("",)) if "" in self._folders else frozenset(self._folders),
                everything,
            )
            self._paths.clear()
            self._folders.clear()
            self._everything, self._first = False, None
            return changes
