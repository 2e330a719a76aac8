"""Scan: compares files on disk with what is stored: changed, deleted, skipped before.

A file whose stamp is the one stored (size, times, inode) is not opened. A file that could not be indexed is
not tried again until it changes, except where the system refused to read it, and is reported again only by
a run that names it. Nothing is taken for deleted that merely cannot be seen: folders that cannot be listed
keep what was indexed in them, and so does a root that is suddenly empty (a disk that is not mounted) until
`force` says otherwise.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from magray_memory.ignore.ignore_rule import IgnoreRule
from magray_memory.indexing.parse import Task
from magray_memory.indexing.skip import PASSING, Skip, SkipReason
from magray_memory.indexing.walk import Tally, WalkOptions, walk
from magray_memory.regular_file import unchanged

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from magray_memory.indexing.walk import FoundFile
    from magray_memory.storage.documents import FileState
    from magray_memory.storage.skipped_files import SkippedFile

_PASSING_SECONDS = 86_400.0
"""A file that a busy machine had no time or memory for is tried again after a day."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run has to do."""

    tasks: tuple[Task, ...]
    gone: tuple[FileState, ...]
    """Stored files that are no longer there, or that the rules leave out now."""
    forgotten: tuple[str, ...]
    """Remembered failures whose file is no longer there."""
    ignored: Counter[IgnoreRule]
    skipped: dict[str, Skip]
    """By path, what is known to be wrong without reading anything."""
    warnings: tuple[str, ...]
    empty: bool
    """Whether the root is empty although files of it are stored; then nothing is gone."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What the vault knows. `files` and `skipped` by path."""

    files: Mapping[str, FileState]
    skipped: Mapping[str, SkippedFile]


def scan(
    root: Path,
    options: WalkOptions,
    stored: Stored,
    subtrees: Sequence[str],
    *,
    again: bool = False,
    reread: Collection[str] = (),
    trust_empty: bool = False,
    on_file: Callable[[int], None],
    on_change: Callable[[int], None],
) -> Plan:
    """Walk the subtrees (relative paths, "" is all) and say what to do.

    `again`: read every file, changed or not; `reread`: these files. `trust_empty`: an empty root means that
    all was deleted.
    `on_file(files seen)` is called now and then, and may raise to stop; `on_change(files to read)` at each
    find.
    """
    tally = Tally()
    seen: set[str] = set()
    tasks: list[Task] = []
    skipped: dict[str, Skip] = {}
    for subtree in subtrees:
        for found in walk(root, options, tally, subtree, on_folder=lambda: on_file(len(seen))):
            path = found.path
            if path in seen:
                continue
            seen.add(path)
            if len(seen) % 256 == 0:
                on_file(len(seen))
            state = stored.files.get(path)
            anew = again or path in reread
            if state is not None and not anew and unchanged(state.stamp, found.stamp):
                continue
            before = None if anew else stored.skipped.get(path)
            if before is not None and _still(before, found):
                if before.rule is not None:
                    tally.ignored[IgnoreRule(before.rule)] += 1
                elif path in subtrees:
                    skipped[path] = Skip(SkipReason(before.reason), before.detail)
                continue
            known = b"" if state is None or anew else state.hash
            tasks.append(Task(path, found.stamp, found.wanted, known))
            on_change(len(tasks))
    on_file(len(seen))
    empty = not trust_empty and not seen and bool(stored.files) and not any(root.iterdir())
    missing: set[str] = set() if empty else _missing(stored, seen, tally.unseen, subtrees)
    gone = tuple(state for path, state in stored.files.items() if path in missing)
    forgotten = tuple(path for path in stored.skipped if path in missing)
    return Plan(
        tuple(tasks), gone, forgotten, tally.ignored, tally.problems | skipped, tuple(tally.warnings), empty
    )


def _missing(stored: Stored, seen: set[str], unseen: Sequence[str], subtrees: Sequence[str]) -> set[str]:
    """The stored paths that are no longer there; of what cannot be seen nothing is known."""
    if "" in unseen:
        return set()
    candidates = (stored.files.keys() | stored.skipped.keys()) - seen - set(unseen)
    unseen_folders = tuple(path for path in unseen if path.endswith("/"))
    return {path for path in candidates if not path.startswith(unseen_folders) and _within(path, subtrees)}


def _still(before: SkippedFile, found: FoundFile) -> bool:
    """Whether a failure of an earlier run still holds."""
    if before.reason in PASSING and not 0 <= time.time() - (before.at or 0.0) < _PASSING_SECONDS:
        return False
    if before.reason == SkipReason.UNREADABLE or not unchanged(before.stamp, found.stamp):
        return False
    return not found.wanted or before.rule in (None, IgnoreRule.SECRET)


def _within(path: str, subtrees: Sequence[str]) -> bool:
    return any(not subtree or path == subtree or path.startswith(f"{subtree}/") for subtree in subtrees)
