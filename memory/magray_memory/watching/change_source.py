"""Listens to one workspace: to its folders by notices, or by looking now and then where there are none.

It survives what happens to the root: removed, unmounted, put back, replaced by another.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from magray_memory.errors import WorkspaceError
from magray_memory.watching.file_events import CannotWatchError, listen
from magray_memory.watching.watched_folders import WatchedFolders

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from magray_memory.indexing.walk import WalkOptions
    from magray_memory.watching.debounce import Changes, Debounce
    from magray_memory.watching.file_events import Notices

RESCAN_SECONDS = 600.0
"""The safety net: what no notice told of is found this late."""
POLL_SECONDS = (2.0, 60.0)
"""Without notices: so long, at least and at most, between two looks."""
_POLL_SHARE = 20
"""Looking takes at most one part in so many of the time."""


class ChangeSource:
    """Fills a burst with what changes in a workspace. `check` and `follow` belong to one thread."""

    def __init__(
        self,
        root: Path,
        options: WalkOptions,
        burst: Debounce,
        warn: Callable[[str], None],
        wake: Callable[[], None],
        rescan: float = RESCAN_SECONDS,
    ) -> None:
        """`wake` is called, in another thread, at each notice."""
        self._root = root
        self._burst = burst
        self._warn = warn
        self._wake = wake
        self._rescan = rescan
        self._kept = WatchedFolders(root, options)
        self._notices: Notices | None = None
        self._refused = False
        self._identity: tuple[int, int] | None = None
        self._look_at = 0.0
        self._gone = False

    @property
    def polling(self) -> bool:
        """Whether changes are found by looking only."""
        return self._refused

    def check(self) -> bool:
        """Look after the root and the notices; whether the root is there. Cheap: call it every second."""
        identity = _identity(self._root)
        if identity is None:
            if not self._gone:
                self._gone = True
                self._warn(f"{self._root} is not there any more; what was indexed is kept until it is back")
            self._deafen()
            return False
        if identity != self._identity or (self._notices is not None and not self._notices.alive):
            self._listen()
            self._identity, self._gone = identity, False
            self._burst.add_everything(at_once=True)
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + self._rescan
            self._burst.add_everything(at_once=True)
        return True

    def follow(self, changes: Changes, should_stop: Callable[[], bool]) -> None:
        """Before a run over these changes: watch the folders that came, and not those that went."""
        if self._refused and self._notices is None:
            return
        try:
            self._kept.sync(changes.folders, should_stop)
        except CannotWatchError as error:
            self._refuse(str(error))
        except WorkspaceError:
            self._identity = None  # the root went away meanwhile: `check` says so

    def looked(self, seconds: float) -> None:
        """A run over everything ended that took so long."""
        least, most = POLL_SECONDS
        pause = min(most, max(least, seconds * _POLL_SHARE)) if self._refused else self._rescan
        self._look_at = time.monotonic() + min(pause, self._rescan)

    def close(self) -> None:
        """Stop listening."""
        self._deafen()

    def _listen(self) -> None:
        self._deafen()
        self._refused = False
        try:
            self._notices = listen(self._root, self._heard, self._lost)
        except CannotWatchError as error:
            self._refuse(str(error))
        self._kept.notices = self._notices

    def _deafen(self) -> None:
        if self._notices is not None:
            self._notices.close()
        self._kept.forget()
        self._notices = None
        self._identity = None

    def _refuse(self, why: str) -> None:
        identity = self._identity  # it is known still: there is nothing to begin anew
        self._deafen()
        self._identity, self._refused = identity, True
        least, most = POLL_SECONDS
        self._look_at = time.monotonic() + least
        self._warn(f"{why}; changes are found by looking every {least:.0f} to {most:.0f} seconds")

    def _heard(self, folder: str, name: str, is_folder: bool) -> None:
        if self._kept.heard(folder, name, is_folder, self._burst):
            self._wake()

    def _lost(self) -> None:
        self._burst.add_everything()
        self._wake()


def _identity(root: Path) -> tuple[int, int] | None:
    """What the root is: another folder under the same name is another, and so is another disk."""
    try:
        status = root.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino) if root.is_dir() else None
