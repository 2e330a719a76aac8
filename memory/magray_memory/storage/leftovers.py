"""Files of a home that nothing needs any more: left behind by a kill, or by a vault that is gone."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from magray_memory.storage.lock import FileLock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from magray_memory.storage.home import Home

KEPT_DAYS = 7
"""A damaged workspace vault that was moved aside is kept so long."""

_STALE_SECONDS = 3600.0
_DRAFT = re.compile(r"\.tmp$|^\..*\.(new|salvaging|scratch)(-wal|-shm|-journal)?$|^\.device\.json\.\d+$")
_DAMAGED = re.compile(r"\.damaged-\d{8}T\d{6}Z")
_PART = re.compile(
    r"^(?P<stem>[0-9a-f]{16})\.(db(-wal|-shm|\.lock|\.pid|\.snapshot\.lock)"
    r"|[0-9a-f]{8}\..*(snapshot|exact|hnsw|sketch|ann|ids))$"
)
_ONLY_FILES = re.compile(
    r"(\.lock|\.pid|-wal|-shm|\.snapshot|\.exact|\.hnsw|\.sketch|\.ann|\.ids)$"
    r"|^(\.creating|device\.json|vectors\.db)$"
)


@dataclass(frozen=True, slots=True)
class Leftover:
    """One such file (or folder): why it is of no use, its bytes, its age in seconds.

    `removable`: nothing is lost with it. `in_the_way`: a folder where a file belongs.
    """

    path: Path
    why: str
    bytes: int
    age: float
    removable: bool = True
    in_the_way: bool = False


def leftovers(home: Home) -> Iterator[Leftover]:
    """All of a home. A folder that cannot be read has none."""
    yield from _of_folder(home.path, workspaces=False)
    yield from _of_folder(home.workspaces, workspaces=True)


def _of_folder(folder: Path, *, workspaces: bool) -> Iterator[Leftover]:
    now = time.time()
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    names = {entry.name for entry in entries}
    for entry in entries:
        try:
            stat = entry.stat(follow_symlinks=False)
            is_folder = entry.is_dir(follow_symlinks=False)
        except OSError:
            continue
        path, age, size = folder / entry.name, now - stat.st_mtime, 0 if is_folder else stat.st_size
        why = _why(folder, entry.name, names, age, workspaces=workspaces)
        if _DAMAGED.search(entry.name):
            derived = workspaces or not entry.name.startswith("notebook")
            old = derived and age > KEPT_DAYS * 86_400
            yield Leftover(path, "it was damaged and moved aside", size, age, removable=old)
        elif is_folder and _ONLY_FILES.search(entry.name):
            yield Leftover(path, "it is a folder where a file belongs", size, age, in_the_way=True)
        elif why and not is_folder:
            yield Leftover(path, why, size, age)


def _why(folder: Path, name: str, names: set[str], age: float, *, workspaces: bool) -> str:
    if _DRAFT.search(name):
        return "it is a draft that was never finished" if age > _STALE_SECONDS else ""
    part = _PART.match(name) if workspaces else None
    if part is None:
        return ""
    vault = f"{part['stem']}.db"
    if vault not in names:
        held = name.endswith(".lock") and FileLock(folder / name).taken()
        return "" if held else "the vault that it belonged to is gone"
    if name == f"{vault}.pid" and not FileLock(folder / f"{vault}.lock").taken():
        return "the indexer that it names is not at work any more"
    return ""
