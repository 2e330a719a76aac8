"""The folders that the ignore rules keep: what is watched, and which notices matter.

A folder is watched before it is listed, so that nothing can happen in between unheard; what it held before is
found by the run that follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.ignore.defaults import MARKERS
from magray_memory.indexing.walk import WalkOptions, folders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from magray_memory.ignore.rules import FolderRules
    from magray_memory.watching.debounce import Debounce
    from magray_memory.watching.file_events import Notices

SETTINGS_FILE = ".magray.toml"
_RULE_FILES = frozenset((".gitignore", ".magrayignore", ".git", *MARKERS))


class WatchedFolders:
    """Kept folders of a workspace with their rules, and the watches on them where there are any."""

    def __init__(self, root: Path, options: WalkOptions) -> None:
        self._root = root
        self._options = options
        self._rules: dict[str, FolderRules] = {}
        self.notices: Notices | None = None

    def __len__(self) -> int:
        return len(self._rules)

    def sync(self, places: Iterable[str], should_stop: Callable[[], bool]) -> None:
        """Watch what is kept at and below these paths ("" is all), and nothing else there.

        Raises WorkspaceError when the root cannot be listed, CannotWatchError when there are too many.
        """
        wanted = sorted(places)
        for place in wanted:  # all of them first: a folder that moved keeps its watch under either name
            self._drop(place)
        for place in wanted:
            for folder, rules in folders(self._root, self._options, place, self._watch):
                if rules is None:
                    self._unwatch(folder)
                else:
                    self._rules[folder] = rules
                if should_stop():
                    return

    def forget(self) -> None:
        """Watch nothing any more; the notices are closed already."""
        self._rules.clear()
        self.notices = None

    def heard(self, folder: str, name: str, is_folder: bool, burst: Debounce) -> bool:
        """A notice: note what is to be looked at again. False when it does not matter."""
        if not name:
            burst.add_everything()
            return True
        if name in _RULE_FILES or (name == SETTINGS_FILE and not folder):
            burst.add(folder, folder=True)
            return True
        rules = self._rules.get(folder)
        place = f"{folder}/{name}" if folder else name
        if rules is None:
            # Of a folder that is being looked at right now where each is watched; of one left out elsewhere.
            matters = self.notices is not None and self.notices.per_folder
        else:
            matters = rules.judge(name, is_folder).rule is None or place in self._rules
        matters = matters and _storable(place)
        if matters:
            burst.add(place, folder=is_folder or place in self._rules)
        return matters

    def _watch(self, folder: str) -> None:
        if self.notices is not None:
            self.notices.watch(folder)

    def _unwatch(self, folder: str) -> None:
        if self.notices is not None:
            self.notices.unwatch(folder)

    def _drop(self, place: str) -> None:
        below = f"{place}/"
        gone = [f for f in self._rules if not place or f == place or f.startswith(below)]
        for folder in gone:
            del self._rules[folder]
            self._unwatch(folder)


def _storable(path: str) -> bool:
    """Names that are not valid Unicode cannot be indexed; the next full run counts them."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
