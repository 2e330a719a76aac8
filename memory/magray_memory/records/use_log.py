"""Use log: uses of records wait here and are written together, after what was asked for was answered.

Nothing that is read waits for it, and nothing fails by it: where the notebook cannot be written, because its
home is read-only or its disk full, a use is not counted.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING, Literal

from magray_memory.deferred_writes import DeferredWrites
from magray_memory.errors import MagrayError
from magray_memory.storage import uses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from magray_memory.storage.vault import Vault

What = Literal["shown", "recalled"]


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
        self._pending = DeferredWrites(self._count, by_itself=by_itself)

    def note(self, documents: Iterable[int], what: What) -> None:
        """Note that records were opened, or recalled by name. Costs next to nothing."""
        now = self._clock()
        self._pending.add([uses.use(document, what, now) for document in documents])

    def write(self) -> None:
        """Count what was noted until now. Never fails."""
        self._pending.write()

    def _count(self, noted: Sequence[uses.Use]) -> None:
        if os.access(self._notebook, os.W_OK):
            with contextlib.suppress(MagrayError):
                uses.note_uses(self._writing(), noted)
