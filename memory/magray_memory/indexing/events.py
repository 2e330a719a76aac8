"""What an indexer tells while it works: dicts as `magray index --events` prints them, one JSON line each.

start           root, files known, pid
progress        phase (scan, lexical, semantic), done, total, rate (per second); at most 4 a second
lexical_ready   files, passages, seconds: everything can be found by words
semantic_ready  passages, embedded, reused, seconds: everything can be found by meaning
changed         files, removed: something became searchable or ceased to be; at most once a second
device          device, model: what the model really runs on; when that changes or a GPU is not to be had,
                reason and hint
warning         message; path where it is about a file, code where nothing goes on until it is over
done, error     the report; code, message, hint
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Event = dict[str, Any]

_PROGRESS_SECONDS = 0.25
_CHANGED_SECONDS = 1.0


class Events:
    """Sends events to one listener, never more progress than a person can see."""

    def __init__(self, listen: Callable[[Event], None]) -> None:
        self._listen = listen
        self._phase = ""
        self._began = 0.0
        self._told = 0.0
        self._told_change = 0.0
        self._files = 0
        self._removed = 0

    def send(self, event: str, **facts: Any) -> None:
        """One event, at once."""
        self._listen({"event": event, **facts})

    def warn(self, message: str, path: str | None = None) -> None:
        """Something that the person should know and that stops nothing."""
        self.send("warning", message=message, **({} if path is None else {"path": path}))

    def progress(self, phase: str, done: int, total: int | None) -> None:
        """How far a phase is. The first and the last of a phase are always told."""
        now = time.monotonic()
        if phase != self._phase:
            self._phase, self._began, self._told = phase, now, 0.0
        if now - self._told < _PROGRESS_SECONDS and done != total:
            return
        self._told = now
        elapsed = now - self._began
        self.send(
            "progress",
            phase=phase,
            done=done,
            total=total,
            rate=round(done / elapsed, 1) if elapsed > 0.05 else 0,
        )

    def changed(self, files: int, removed: int, *, last: bool = False) -> None:
        """So many files were committed; told together with others of the same second, and with the last."""
        self._files += files
        self._removed += removed
        now = time.monotonic()
        if (self._files or self._removed) and (last or now - self._told_change >= _CHANGED_SECONDS):
            self.send("changed", files=self._files, removed=self._removed)
            self._files = self._removed = 0
            self._told_change = now
