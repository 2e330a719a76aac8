"""Change source of one workspace: file events of the system, or polling where there are none.

It survives what happens to the root: removed, unmounted, put back, replaced by another.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from magray_memory.errors import WorkspaceError
from magray_memory.watching.file_events import CannotWatchError, open_source
from magray_memory.watching.watched_folders import WatchedFolders

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from magray_memory.indexing.walk import WalkOptions
    from magray_memory.watching.debounce import Changes, Debounce
    from magray_memory.watching.file_events import FileEventSource

RESCAN_SECONDS = 600.0
"""The safety net: a change without a file event is found this late."""
POLL_SECONDS = (2.0, 60.0)
"""Without file events: so long, at least and at most, between two scans."""
_POLL_SHARE = 20
"""Polling takes at most one part in so many of the time."""


class ChangeSource:
    """Adds what changes in a workspace to a debounce. `check` and `update_watches` belong to one thread."""

    def __init__(
        self,
        root: Path,
        options: WalkOptions,
        debounce: Debounce,
        warn: Callable[[str], None],
        wake: Callable[[], None],
        rescan: float = RESCAN_SECONDS,
    ) -> None:
        """`wake` is called, in another thread, at each file event that matters."""
        self._root = root
        self._debounce = debounce
        self._warn = warn
        self._wake = wake
        self._rescan = rescan
        self._folders = WatchedFolders(root, options)
        self._event_source: FileEventSource | None = None
        self._polling = False
        self._identity: tuple[int, int] | None = None
        self._rescan_at = 0.0
        self._gone = False

    def check(self) -> bool:
        """Check the root and the event source; whether the root is there. Cheap: call it every second."""
        identity = _identity(self._root)
        if identity is None:
            if not self._gone:
                self._gone = True
                self._warn(f"{self._root} no longer exists; its index is retained until it is back")
            self._stop_event_source()
            return False
        if identity != self._identity or (self._event_source is not None and not self._event_source.alive):
            self._start_event_source()
            self._identity, self._gone = identity, False
            self._debounce.add_everything(at_once=True)
        if time.monotonic() >= self._rescan_at:
            self._rescan_at = time.monotonic() + self._rescan
            self._debounce.add_everything(at_once=True)
        return True

    def poll_tracked(self) -> None:
        """Look whether git tracks other files now of those that its rules name."""
        self._folders.poll_tracked(self._debounce)

    def update_watches(self, changes: Changes, should_stop: Callable[[], bool]) -> None:
        """Before a run over these changes: watch added folders, and not removed ones."""
        if self._polling and self._event_source is None:
            return
        try:
            self._folders.sync(changes.folders, should_stop)
        except CannotWatchError as error:
            self._fall_back_to_polling(str(error))
        except WorkspaceError:
            self._identity = None  # the root went away meanwhile: `check` says so

    def scanned(self, seconds: float) -> None:
        """A scan of everything ended that took so many seconds: plan the next."""
        least, most = POLL_SECONDS
        pause = min(most, max(least, seconds * _POLL_SHARE)) if self._polling else self._rescan
        self._rescan_at = time.monotonic() + min(pause, self._rescan)

    def close(self) -> None:
        """Stop the file events."""
        self._stop_event_source()

    def _start_event_source(self) -> None:
        self._stop_event_source()
        self._polling = False
        try:
            self._event_source = open_source(self._root, self._on_file_event, self._on_overflow)
        except CannotWatchError as error:
            self._fall_back_to_polling(str(error))
        self._folders.source = self._event_source

    def _stop_event_source(self) -> None:
        if self._event_source is not None:
            self._event_source.close()
        self._folders.clear()
        self._event_source = None
        self._identity = None

    def _fall_back_to_polling(self, why: str) -> None:
        identity = self._identity  # still known: nothing needs a full run
        self._stop_event_source()
        self._identity, self._polling = identity, True
        least, most = POLL_SECONDS
        self._rescan_at = time.monotonic() + least
        self._warn(f"{why}; changes are found by polling every {least:.0f} to {most:.0f} seconds")

    def _on_file_event(self, folder: str, name: str, is_folder: bool) -> None:
        if self._folders.on_file_event(folder, name, is_folder, self._debounce):
            self._wake()

    def _on_overflow(self) -> None:
        self._debounce.add_everything()
        self._wake()


def _identity(root: Path) -> tuple[int, int] | None:
    """What the root is: another folder under the same name is another, and so is another disk."""
    try:
        status = root.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if root.is_dir() else None
