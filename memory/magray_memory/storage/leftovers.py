"""Leftover files of a home: left by a killed process, or by a vault that is gone."""

from __future__ import annotations

import contextlib
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory.atomic_file import STALE_SECONDS, is_draft, is_own
from magray_memory.storage import scratch
from magray_memory.storage.lock import FileLock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.storage.home import Home

KEPT_DAYS = 7
"""Retention of a quarantined workspace vault, in days."""

BUILDS = "magray-build"
"""A folder of the system's temporary one, in which builds of models once kept what they had fetched."""
_FORMER_DRAFT = re.compile(
    r"\.tmp$|^\..*\.(new|salvaging|scratch)(-wal|-shm|-journal)?$"
    r"|^\.(device|probes)\.json\.[\d.]+$|^\.trying-|^magray-probe-"
)
"""Names that drafts once had: an older program may have been killed in this home."""
_DAMAGED = re.compile(r"\.damaged-\d{8}T\d{6}Z")
_PART = re.compile(
    r"^(?P<stem>[0-9a-f]{16})\.(db(-wal|-shm|\.lock|\.pid|\.wanted|\.snapshot\.lock)"
    r"|[0-9a-f]{8}\..*(snapshot|exact|hnsw|sketch|ann|ids))$"
)
_ONLY_FILES = re.compile(
    r"(\.lock|\.pid|\.wanted|-wal|-shm|\.snapshot|\.exact|\.hnsw|\.sketch|\.ann|\.ids)$"
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


def remove(path: Path) -> None:
    """Remove a leftover, a folder with all that is in it. Raises OSError."""
    if path.is_dir() and not path.is_symlink():
        import shutil

        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def leftovers(home: Home) -> Iterator[Leftover]:
    """All of a home, and what killed builds of earlier versions left in the temporary folder of the system. A
    folder that cannot be read has none.
    """
    yield from _of_folder(home.path, workspaces=False)
    yield from _of_folder(home.workspaces, workspaces=True)
    yield from _drafts(home.models)
    for entry in _entries(home.models):
        if entry.is_folder and not _is_draft(entry.path.name):
            yield from _drafts(entry.path)
    yield from _former_builds()


def _former_builds() -> Iterator[Leftover]:
    import tempfile

    try:
        shared = Path(tempfile.gettempdir())
    except FileNotFoundError:  # there is no temporary folder
        return
    for entry in _entries(shared, BUILDS):
        if entry.age > STALE_SECONDS and entry.mine:
            yield entry.as_leftover("a build of a model left it")


def _of_folder(folder: Path, *, workspaces: bool) -> Iterator[Leftover]:
    found = list(_entries(folder))
    names = {entry.path.name for entry in found}
    for entry in found:
        name = entry.path.name
        if _is_draft(name):
            yield from _draft(entry)
        elif _DAMAGED.search(name):
            derived = workspaces or not name.startswith("notebook")
            old = derived and entry.age > KEPT_DAYS * 86_400
            yield entry.as_leftover("it was damaged and quarantined", removable=old)
        elif entry.is_folder:
            if _ONLY_FILES.search(name):
                yield entry.as_leftover("it is a folder where a file belongs", in_the_way=True)
        elif workspaces and (why := _orphaned(folder, name, names)):
            yield entry.as_leftover(why)


def _drafts(folder: Path) -> Iterator[Leftover]:
    for entry in _entries(folder):
        if _is_draft(entry.path.name):
            yield from _draft(entry)


def _is_draft(name: str) -> bool:
    return is_draft(name) or _FORMER_DRAFT.search(name) is not None


def _draft(entry: _Entry) -> Iterator[Leftover]:
    path = entry.path
    if entry.age > STALE_SECONDS and not is_own(path.name) and not scratch.in_use(path):
        yield entry.as_leftover("it is a draft that was never finished")


@dataclass(frozen=True, slots=True)
class _Entry:
    path: Path
    is_folder: bool
    bytes: int
    age: float
    mine: bool

    def as_leftover(self, why: str, *, removable: bool = True, in_the_way: bool = False) -> Leftover:
        return Leftover(self.path, why, self.bytes, self.age, removable, in_the_way)


def _entries(folder: Path, named: str = "") -> Iterator[_Entry]:
    """Files and folders by name, or just those that hold `named`; a folder that cannot be read has none."""
    now = time.time()
    try:
        found = [entry for entry in os.scandir(folder) if named in entry.name]
        entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        try:
            stat = entry.stat(follow_symlinks=False)
            is_folder = entry.is_dir(follow_symlinks=False)
        except OSError:
            continue
        path, mine = folder / entry.name, os.name == "nt" or stat.st_uid == os.geteuid()
        size = _size(path) if is_folder and (named or _is_draft(entry.name)) else stat.st_size
        yield _Entry(path, is_folder, size, now - stat.st_mtime, mine)


def _size(folder: Path) -> int:
    """Bytes of the files in a folder and below."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118 - thousands of them
    return total


def _orphaned(folder: Path, name: str, names: set[str]) -> str:
    """Why a file beside workspace vaults belongs to nothing any more; empty where it does belong."""
    part = _PART.match(name)
    if part is None:
        return ""
    vault = f"{part['stem']}.db"
    if vault not in names:
        held = name.endswith(".lock") and FileLock(folder / name).taken()
        return "" if held else "the vault that it belonged to is gone"
    if name == f"{vault}.pid" and not FileLock(folder / f"{vault}.lock").taken():
        return "the indexer that it names is no longer running"
    return ""
