"""Event filter of a watcher: a run that changed nothing sends nothing, and no warning is sent twice."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from magray_memory.indexing.events import Changed, Device, Done, Failed, Progress, Start, Warned

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.indexing.events import Event


class EventFilter:
    """Passes an indexer's events on, run by run. Safe in several threads."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self._on_event = on_event
        self._guard = threading.Lock()
        self._held_start: Event | None = None
        self._always = True
        self._warned: set[str] = set()
        self._device: Event | None = None
        self._done_owed = False
        self.busy = False
        """Whether the run that is under way, or was the last, found something to do."""

    def begin(self, *, always: bool) -> None:
        """A run begins; `always`: its events are sent even if nothing changed."""
        with self._guard:
            self._always = always or self._done_owed
            self._held_start = None
            self.busy = False

    def warn(self, message: str, code: str | None = None) -> None:
        """Send a warning once, until `reset_warnings`."""
        self.send(Warned(message, code=code))

    def warn_again(self, message: str) -> None:
        """Send a warning, whether or not it was sent before."""
        with self._guard:
            self._on_event(Warned(message))

    def reset_warnings(self) -> None:
        """What was warned of may be sent again."""
        with self._guard:
            self._warned.clear()

    def send(self, event: Event) -> None:
        """Take an event of the indexer, and pass it on or not."""
        with self._guard:
            match event:
                case Failed():
                    pass  # the watcher decides what an error means
                case Warned():
                    if event.message not in self._warned:
                        self._warned.add(event.message)
                        self._on_event(event)
                case _ if event != self._device:
                    self._send(event)
                case _:
                    pass

    def _send(self, event: Event) -> None:
        if isinstance(event, Device):
            self._device = event
        working = isinstance(event, Changed | Device) or (
            isinstance(event, Progress) and event.phase != "scan" and event.done > 0
        )
        self.busy = self.busy or working
        if not self._always and not self.busy:
            if isinstance(event, Start):
                self._held_start = event
            return
        if self._held_start is not None:
            self._on_event(self._held_start)
            self._held_start = None
        # A listener that got a `start` waits for its `done`, also when another run has to bring it.
        self._done_owed = not isinstance(event, Done) and (
            self._done_owed or working or isinstance(event, Start)
        )
        self._on_event(event)
