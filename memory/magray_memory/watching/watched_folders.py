"""Watched folders: those that the ignore rules let in, and which file events in them matter.

A folder is watched before it is listed, so that no event in between is missed; what it held before is
found by the run that follows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.config import WORKSPACE_FILE
from magray_memory.ignore.defaults import MARKERS
from magray_memory.ignore.paths import spelled_on_disk
from magray_memory.indexing.walk import WalkOptions, folders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from magray_memory.ignore.rules import FolderRules
    from magray_memory.watching.debounce import Debounce
    from magray_memory.watching.file_events import FileEventSource

_RULE_FILES = frozenset((".gitignore", ".magrayignore", ".git", *MARKERS))


class WatchedFolders:
    """The folders of a workspace with their rules, and the watches on them where there are any."""

    def __init__(self, root: Path, options: WalkOptions) -> None:
        self._root = root
        self._options = options
        self._rules: dict[str, FolderRules] = {}
        self._repositories: dict[str, FolderRules] = {}
        """Of `_rules`, the root's and those of the folders where another repository begins."""
        self.source: FileEventSource | None = None

    def __len__(self) -> int:
        return len(self._rules)

    def sync(self, paths: Iterable[str], should_stop: Callable[[], bool]) -> None:
        """Watch the folders at and below these paths ("" is all) that the rules let in, and no others.

        Raises WorkspaceError when the root cannot be listed, CannotWatchError when there are too many.
        """
        wanted = sorted(paths)
        for path in wanted:  # all of them first: a folder that moved keeps its watch under either name
            self._drop(path)
        for path in wanted:
            for folder, rules in folders(self._root, self._options, path, self._watch):
                if rules is None:
                    self._unwatch(folder)
                else:
                    self._rules[folder] = rules
                    if rules.tracked is not None and not (folder and rules.inside):
                        self._repositories[folder] = rules
                if should_stop():
                    return

    def clear(self) -> None:
        """Watch nothing any more; the event source is closed already."""
        self._rules.clear()
        self._repositories.clear()
        self.source = None

    def on_file_event(self, folder: str, name: str, is_folder: bool, debounce: Debounce) -> bool:
        """Add what a file event makes worth a look to the debounce. False when it does not matter."""
        if not name:
            debounce.add_everything()
            return True
        if name in _RULE_FILES or (name == WORKSPACE_FILE and not folder):
            debounce.add(folder, folder=True)
            return True
        rules = self._rules.get(folder)
        path = f"{folder}/{name}" if folder else name
        if rules is None:
            # Where each folder is watched by itself this one is being listed; elsewhere it is left out.
            matters = self.source is not None and self.source.per_folder
        else:
            matters = rules.judge(name, is_folder).rule is None or path in self._rules
        matters = matters and _storable(path)
        if matters:
            debounce.add(path, folder=is_folder or path in self._rules)
        return matters

    def poll_tracked(self, debounce: Debounce) -> None:
        """Add what git tracks now, or no longer, although its rules name it: no file event tells of that."""
        for folder, rules in self._repositories.items():
            for path in () if rules.tracked is None else rules.tracked.changes():
                if path.startswith(rules.inside):
                    inside = spelled_on_disk(rules.folder, path.removeprefix(rules.inside))
                    self._add_ignored(f"{folder}/{inside}" if folder else inside, debounce)

    def _add_ignored(self, path: str, debounce: Debounce) -> None:
        """Add the outermost of a path and its folders that git's rules name."""
        folder = ""
        while rules := self._rules.get(folder):
            name, *below = path[len(folder) :].lstrip("/").split("/", 1)
            entry = f"{folder}/{name}" if folder else name
            is_dir = bool(below) or (self._root / entry).is_dir()
            if rules.ignored_by_git(name, is_dir):
                debounce.add(entry, folder=is_dir)
                return
            if not below:
                return
            folder = entry

    def _watch(self, folder: str) -> None:
        if self.source is not None:
            self.source.watch(folder)

    def _unwatch(self, folder: str) -> None:
        if self.source is not None:
            self.source.unwatch(folder)

    def _drop(self, path: str) -> None:
        below = f"{path}/"
        gone = [f for f in self._rules if not path or f == path or f.startswith(below)]
        for folder in gone:
            del self._rules[folder]
            self._repositories.pop(folder, None)
            self._unwatch(folder)


def _storable(path: str) -> bool:
    """Names that are not valid Unicode cannot be indexed; the next full run counts them."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
