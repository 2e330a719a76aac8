"""Use log: uses of records wait here and are written together, after what was asked for was answered.

Nothing that is read waits for it, and nothing fails by it: where the notebook cannot be written, because its
home is read-only or its disk full, a use is not counted.
"""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Literal

from magray_memory.errors import MagrayError
from magray_memory.storage import uses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from magray_memory.storage.vault import Vault

What = Literal["shown", "recalled"]

WAIT_SECONDS = 1.0
"""In a long-lived program uses are written so long after the first of them."""


class UseLog:
    """Uses that are still to be counted. Safe in several threads."""

    def __init__(
        self,
        notebook: Path,
        writing: Callable[[], Vault],
        clock: Callable[[], float],
        *,
        by_itself: bool,
    ) -> None:
        """`writing`: the notebook, open for writing; `by_itself`: write after a moment, not when told."""
        self._notebook = notebook
        self._writing = writing
        self._clock = clock
        self._by_itself = by_itself
        self._guard = threading.Lock()
        self._pending: list[uses.Use] = []
        self._timer: threading.Timer | None = None

    def note(self, documents: Iterable[int], what: What) -> None:
        """Note that records were opened, or recalled by name. Costs next to nothing."""
        now = self._clock()
        with self._guard:
            self._pending += [uses.use(document, what, now) for document in documents]
            if self._by_itself and self._pending and self._timer is None:
                self._timer = threading.Timer(WAIT_SECONDS, self.write)
                self._timer.daemon = True
                self._timer.start()

    def write(self) -> None:
        """Count what was noted until now. Never fails."""
        with self._guard:
            pending, self._pending = self._pending, []
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        if not pending or not os.access(self._notebook, os.W_OK):
            return
        try:
            uses.note_uses(self._writing(), pending)
        except MagrayError:
            return
