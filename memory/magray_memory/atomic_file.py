"""Atomic replacement of a file: a draft is written beside it and renamed over it. The one place that does so.

A reader sees the old file or the new one, never half of either; a writer that fails leaves the old one as it
was. A draft is named `.<file>.<pid>-<thread>.draft`: two writers do not clash, and the draft that a killed
writer leaves behind is known for what it is (`storage/leftovers.py` finds it).
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import sys
import threading
import time
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from pathlib import Path

SQLITE_COMPANIONS = ("-wal", "-shm", "-journal")
"""Suffixes of the files that SQLite keeps beside a database."""

_DRAFT = r"^\.(?P<target>.+)\.(?P<process>\d+)-\d+\.draft(-wal|-shm|-journal)?$"
STALE_SECONDS = 3600.0
"""A draft of this age has no writer any more."""
_NO_FOLDER_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)
"""How file systems refuse that have nothing to sync for a folder."""
_RENAME_SECONDS = 1.0
_RENAME_PAUSE = 0.02


def draft_path(path: Path) -> Path:
    """Path of this thread's draft of a file or folder, in the same folder."""
    return path.with_name(f".{path.name.lstrip('.')}.{os.getpid()}-{threading.get_native_id()}.draft")


def is_draft(name: str) -> bool:
    """Whether a file name is that of a draft, or of what SQLite keeps beside one."""
    return re.match(_DRAFT, name) is not None


def is_own(name: str) -> bool:
    """Whether it is a draft of this process, which may be at work on it whatever the clock says: the machine
    may have slept, and the disk may be another one's.
    """
    match = re.match(_DRAFT, name)
    return match is not None and int(match["process"]) == os.getpid()


def target_name(name: str) -> str:
    """The name of the file that a draft is of."""
    match = re.match(_DRAFT, name)
    return name if match is None else match["target"]


def remove_drafts(path: Path, older_than: float = STALE_SECONDS) -> None:
    """Remove the drafts of a file that killed writers left: those of at least so many seconds. Never fails.

    An age of 0 is for the holder of a lock without which nobody writes the file.
    """
    now = time.time()
    with contextlib.suppress(OSError), os.scandir(path.parent) as entries:
        for entry in entries:
            match = re.match(_DRAFT, entry.name)
            if match is not None and match["target"] == path.name.lstrip("."):
                with contextlib.suppress(OSError):
                    if now - entry.stat(follow_symlinks=False).st_mtime >= older_than:
                        path.with_name(entry.name).unlink()


@contextlib.contextmanager
def replacing(
    path: Path, *, durable: bool = False, private: bool = True, companions: Sequence[str] = ()
) -> Generator[Path]:
    """Yield the path of a draft to write; rename it over `path` at the end, remove it on any exception.

    The new file has the permissions of the one that it replaces, but for those of other people where it is
    `private`. `durable`: its content is on the disk before
    its name is, so that a power failure leaves one whole file; which one, `sync_folder` makes sure.
    `companions`: suffixes of files that belong to the draft and are removed with it. Raises OSError.
    """
    draft = draft_path(path)
    parts = [draft, *(draft.with_name(draft.name + suffix) for suffix in companions)]
    try:
        yield draft
        if durable:
            with draft.open("r+b") as file:
                os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            draft.chmod(stat.S_IMODE(path.stat().st_mode))
        if private:
            narrow(draft)
        _rename(draft, path)
    finally:
        for part in parts:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk, where the system can do that. Raises OSError when it fails."""
    if sys.platform == "win32":
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except PermissionError:  # it may be written and not be listed
        return
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def one_editor(folder: Path, seconds: float = 10.0) -> Generator[None]:
    """One at a time reads a file of this folder, changes and replaces it; the others wait so long at most.

    A lock on the folder itself leaves no file behind. It has no effect on Windows. Raises OSError.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        deadline = time.monotonic() + seconds
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise
            time.sleep(_RENAME_PAUSE)
        yield
    finally:
        os.close(descriptor)


def make_private(folder: Path) -> None:
    """Make a folder and those above it that are missing, open to the person alone, with their names on the
    disk. Raises OSError.

    `Path.mkdir` gives its mode to the last of them only.
    """
    missing = [folder]
    while not missing[-1].parent.exists():
        missing.append(missing[-1].parent)
    for place in reversed(missing):
        if not place.exists():
            place.mkdir(mode=0o700, exist_ok=True)
            sync_folder(place.parent)


def narrow(path: Path) -> None:
    """Take other people's rights from a file of the person; another owner's stays as it is. Never fails."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        found = path.stat()
        if found.st_mode & 0o077 and found.st_uid == os.geteuid():
            path.chmod(stat.S_IMODE(found.st_mode) & 0o700)


def make_file(path: Path) -> None:
    """Make an empty file that others cannot read, where there is none; narrow the one that is there. Raises
    OSError.
    """
    try:
        create(path).close()
    except FileExistsError:
        narrow(path)


def create(path: Path) -> BinaryIO:
    """A new file that others cannot read, to write. Raises OSError, FileExistsError among them."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    return os.fdopen(os.open(path, flags, 0o600), "wb")


def write_text(path: Path, text: str, *, durable: bool = False, private: bool = True) -> None:
    """Replace a file by UTF-8 text, line ends as they are given. Raises OSError."""
    write_bytes(path, text.encode("utf-8"), durable=durable, private=private)


def write_bytes(path: Path, data: bytes, *, durable: bool = False, private: bool = True) -> None:
    """Replace a file by these bytes. Raises OSError."""
    with replacing(path, durable=durable, private=private) as draft:
        if private:
            with contextlib.suppress(FileNotFoundError):
                draft.unlink()  # a killed writer of this thread's number
            with create(draft) as file:
                file.write(data)
        else:
            draft.write_bytes(data)


def _rename(draft: Path, path: Path) -> None:
    deadline = time.monotonic() + _RENAME_SECONDS
    while True:
        try:
            draft.replace(path)
            return
        except PermissionError:
            # Windows refuses while another process has the file open, a virus scanner for instance.
            if sys.platform != "win32" or time.monotonic() >= deadline:
                raise
        time.sleep(_RENAME_PAUSE)
