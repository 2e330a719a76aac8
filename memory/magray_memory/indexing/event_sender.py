"""Event sender: an indexer's events for a listener, one at a time, progress and changes throttled.

Without a listener no event is made, and msgspec is not imported.
"""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.errors import MagrayError
    from magray_memory.indexing.events import Event, Phase
    from magray_memory.indexing.report import IndexReport

_PROGRESS_SECONDS = 0.25
_CHANGED_SECONDS = 1.0


class EventSender:
    """The events of one indexer. Safe in several threads."""

    def __init__(
        self,
        on_event: Callable[[Event], None] | None = None,
        on_warning: Callable[[str], None] | None = None,
    ) -> None:
        """`on_event` gets every event; `on_warning` the sentences of the warnings alone."""
        self._on_event = on_event
        self._on_warning = on_warning
        self._guard = threading.Lock()
        self._phase = ""
        self._phase_began = 0.0
        self._progress_at = 0.0
        self._changed_at = 0.0
        self._files = 0
        self._removed = 0

    def send(self, event: Event) -> None:
        """Pass an event on, at once."""
        if self._on_event is not None:
            with self._guard:
                self._on_event(event)

    def start(self, root: str, files: int) -> None:
        """A run begins; `files` are indexed already."""
        if self._on_event is not None:
            from magray_memory.indexing.events import Start

            self.send(Start(root, files, os.getpid()))

    def warn(self, message: str, path: str | None = None) -> None:
        """Something that the person should know and that stops nothing; `path`: the file that it is about."""
        if self._on_warning is not None:
            with self._guard:
                self._on_warning(message)
        if self._on_event is not None:
            from magray_memory.indexing.events import Warned

            self.send(Warned(message, path))

    def device(
        self, device: str, model: str | None, reason: str | None = None, hint: str | None = None
    ) -> None:
        """The model runs on this device; `reason`: why not on the one before, or on the one asked for."""
        if self._on_event is not None:
            from magray_memory.indexing.events import Device

            self.send(Device(device, model, reason, hint))

    def progress(self, phase: Phase, done: int, total: int | None) -> None:
        """How far a phase is; the first and the last of a phase are always sent."""
        if self._on_event is None:
            return
        now = time.monotonic()
        if phase != self._phase:
            self._phase, self._phase_began, self._progress_at = phase, now, 0.0
        if now - self._progress_at < _PROGRESS_SECONDS and done != total:
            return
        from magray_memory.indexing.events import Progress

        self._progress_at = now
        elapsed = now - self._phase_began
        self.send(Progress(phase, done, total, round(done / elapsed, 1) if elapsed > 0.05 else 0))

    def changed(self, files: int, removed: int, *, last: bool = False) -> None:
        """So many files were committed; sent together with others of the same second, and with the last."""
        if self._on_event is None:
            return
        self._files += files
        self._removed += removed
        now = time.monotonic()
        if (self._files or self._removed) and (last or now - self._changed_at >= _CHANGED_SECONDS):
            from magray_memory.indexing.events import Changed

            event = Changed(self._files, self._removed)
            self._files = self._removed = 0
            self._changed_at = now
            self.send(event)

    def lexical_ready(self, files: int, passages: int, seconds: float) -> None:
        """Every file can be found by words."""
        if self._on_event is not None:
            from magray_memory.indexing.events import LexicalReady

            self.send(LexicalReady(files, passages, seconds))

    def semantic_ready(self, passages: int, embedded: int, reused: int, seconds: float) -> None:
        """Every passage can be found by meaning."""
        if self._on_event is not None:
            from magray_memory.indexing.events import SemanticReady

            self.send(SemanticReady(passages, embedded, reused, seconds))

    def done(self, report: IndexReport) -> None:
        """The run ended."""
        if self._on_event is not None:
            import msgspec

            from magray_memory.indexing.events import Done

            self.send(msgspec.convert(report, Done, from_attributes=True))

    def failed(self, error: MagrayError) -> None:
        """The run ended with an error."""
        if self._on_event is not None:
            from magray_memory.indexing.events import Failed

            self.send(Failed(error.code, error.message, error.hint))
