"""Scratch folders: places for work that precedes a file or folder, which no other process removes meanwhile.

One is named like a draft of that file, and is known for one where a process was killed. A lock in it is held
as long as it is used: a clock says nothing of that, for the machine may have slept.
"""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING

from magray_memory.atomic_file import draft_path
from magray_memory.errors import StorageError
from magray_memory.storage.lock import FileLock

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

_LOCK = ".in-use"


@contextlib.contextmanager
def scratch_folder(path: Path) -> Generator[Path]:
    """Yield an empty folder for work that precedes `path`, named like a draft; it is removed at the end.

    Raises OSError where it cannot be made.
    """
    folder = draft_path(path)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    lock = FileLock(folder / _LOCK)
    with contextlib.suppress(StorageError):  # a file system without locks: its age has to do
        lock.try_acquire()
    try:
        yield folder
    finally:
        lock.release()
        shutil.rmtree(folder, ignore_errors=True)


def in_use(path: Path) -> bool:
    """Whether a draft is a scratch folder that a process uses."""
    return FileLock(path / _LOCK).taken()
