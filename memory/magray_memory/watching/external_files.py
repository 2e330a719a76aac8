"""External files: what decides about a workspace and is not watched: git's state and rules, settings."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from magray_memory.ignore.gitdir import find_git_dir, find_repository
from magray_memory.watching.watched_folders import SETTINGS_FILE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

GIT_LOCK_SECONDS = 10.0
"""A lock older than this belongs to a git that died, or that waits for a person to write a message."""

_State = tuple[int, int, int] | None


class ExternalFiles:
    """Polls a dozen files at most."""

    def __init__(self, root: Path, settings_files: Iterable[Path] = ()) -> None:
        self._root = root
        self._settings = (root / SETTINGS_FILE, *settings_files)
        self._lock = find_git_dir(root)
        self._rules = self._rule_files()
        self._rules_seen = _states(self._rules)
        self._settings_seen = _states(self._settings)

    def git_is_busy(self) -> bool:
        """Whether git is in the middle of something, as far as its lock of the index tells."""
        if self._lock is None:
            return False
        try:
            age = time.time() - (self._lock / "index.lock").stat().st_mtime
        except OSError:
            return False
        return -GIT_LOCK_SECONDS < age < GIT_LOCK_SECONDS

    def rules_changed(self) -> bool:
        """Whether an ignore file outside of what is watched changed since the last call."""
        self._lock = find_git_dir(self._root)
        self._rules = self._rule_files()
        before, self._rules_seen = self._rules_seen, _states(self._rules)
        return before != self._rules_seen

    def settings_changed(self) -> bool:
        """Whether a settings file changed since the last call."""
        before, self._settings_seen = self._settings_seen, _states(self._settings)
        return before != self._settings_seen

    def _rule_files(self) -> tuple[Path, ...]:
        repository = find_repository(self._root)
        if repository is None:
            return ()
        between = self._root.relative_to(repository.top).parts
        above = (repository.top.joinpath(*between[:depth], ".gitignore") for depth in range(len(between)))
        own = (repository.excludes_file,) if repository.excludes_file is not None else ()
        return (*above, repository.exclude_file, *own)


def _states(files: Iterable[Path]) -> dict[str, _State]:
    return {str(file): _state(file) for file in files}


def _state(file: Path) -> _State:
    try:
        status = os.stat(file)  # noqa: PTH116 - a dozen of these every other second
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
