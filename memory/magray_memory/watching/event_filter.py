"""What a watcher tells: a run that changed nothing tells nothing, and nothing is said twice in a row."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.indexing.events import Event

_NEWS = frozenset(("changed", "device"))


class EventFilter:
    """Passes an indexer's events on, run by run. Safe in several threads."""

    def __init__(self, listen: Callable[[Event], None]) -> None:
        self._listen = listen
        self._guard = threading.Lock()
        self._start: Event | None = None
        self._aloud = True
        self._told: set[str] = set()
        self._device: Event | None = None
        self._owed = False
        self.busy = False
        """Whether the run that is under way, or was the last, found something to do."""

    def begin(self, *, aloud: bool) -> None:
        """A run begins; `aloud`: it is told even if nothing changed."""
        with self._guard:
            self._aloud = aloud or self._owed
            self._start = None
            self.busy = False

    def say(self, message: str) -> None:
        """Something that came to pass: told each time."""
        with self._guard:
            self._listen({"event": "warning", "message": message})

    def warn(self, message: str) -> None:
        """Something that the person should know, told once until `forget`."""
        self.hear({"event": "warning", "message": message})

    def forget(self) -> None:
        """What was warned of may be told again."""
        with self._guard:
            self._told.clear()

    def hear(self, event: Event) -> None:
        """An event of the indexer."""
        with self._guard:
            self._hear(event)

    def _hear(self, event: Event) -> None:
        kind = event["event"]
        if kind == "error":
            return  # the watcher decides what an error means
        if kind == "warning":
            if event["message"] not in self._told:
                self._told.add(event["message"])
                self._listen(event)
            return
        if kind == "device" and event == self._device:
            return
        if kind == "device":
            self._device = event
        working = kind in _NEWS or (kind == "progress" and event["phase"] != "scan" and event["done"])
        self.busy = self.busy or bool(working)
        if not self._aloud and not self.busy:
            if kind == "start":
                self._start = event
            return
        if self._start is not None:
            self._listen(self._start)
            self._start = None
        # Who was told of a start waits for its `done`, also when another run has to bring it.
        self._owed = kind != "done" and (self._owed or kind == "start" or bool(working))
        self._listen(event)
