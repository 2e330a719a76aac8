"""External files: what decides about a workspace and is not watched: git's state, rules outside of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from magray_memory.ignore.gitdir import find_git_dir, find_repository
from magray_memory.polled_files import PolledFiles

if TYPE_CHECKING:
    from pathlib import Path

GIT_LOCK_SECONDS = 10.0
"""A lock older than this belongs to a git that died, or that waits for a person to write a message."""


class ExternalFiles:
    """Polls a dozen files at most."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = find_git_dir(root)
        self._rules = PolledFiles(self._rule_files())

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
        return self._rules.changed(self._rule_files())

    def _rule_files(self) -> tuple[Path, ...]:
        repository = find_repository(self._root)
        if repository is None:
            return ()
        between = self._root.relative_to(repository.top).parts
        above = (repository.top.joinpath(*between[:depth], ".gitignore") for depth in range(len(between)))
        own = (repository.excludes_file,) if repository.excludes_file is not None else ()
        return (*above, repository.exclude_file, *own)
