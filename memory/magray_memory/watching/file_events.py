"""File events of the operating system, folder by folder, through watchdog.

On Linux every watched folder costs one of the person's inotify watches, so only folders that the ignore rules
keep are watched, each by itself: watchdog's own recursion would spend them on `node_modules`, and says
nothing when there are no more. Elsewhere one watch covers the whole tree and costs nothing more. An event is
only a hint: where something happened, never what.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    OnFileEvent = Callable[[str, str, bool], None]
    """folder (relative to the root), name in it, whether that is a folder."""
    OnOverflow = Callable[[], None]

_LIMITS = ("/proc/sys/fs/inotify/max_user_watches", "/proc/sys/user/max_inotify_watches")
_SHARE = 0.9
"""A workspace that needs more of the limit than this leaves nothing to the editor and all others."""
_NETWORK_FILE_SYSTEMS = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "virtiofs", "vboxsf", "prl_fs", "afs", "ceph", "glusterfs")
)
"""File systems whose changes are partly made by other machines, of which inotify gets no event."""


class CannotWatchError(Exception):
    """The system sends no file events, or not all; the sentence says why."""


class FileEventSource(Protocol):
    """One source of file events of one workspace."""

    @property
    def per_folder(self) -> bool:
        """Whether each folder must be watched by itself."""
        ...

    @property
    def alive(self) -> bool:
        """Whether it still sends events."""
        ...

    def watch(self, folder: str) -> None:
        """Watch a folder, relative to the root; one that is gone or closed to us is passed over.

        Raises CannotWatchError when there are too many.
        """
        ...

    def unwatch(self, folder: str) -> None:
        """Stop watching a folder."""
        ...

    def close(self) -> None:
        """Stop all events."""
        ...


def open_source(root: Path, on_file_event: OnFileEvent, on_overflow: OnOverflow) -> FileEventSource:
    """Start the file events below `root`; `on_file_event` and `on_overflow` (events were lost) are called in
    another thread.

    Raises CannotWatchError.
    """
    if sys.platform == "linux":
        kind = file_system(root)
        if kind in _NETWORK_FILE_SYSTEMS or kind.startswith("fuse."):
            raise CannotWatchError(f"{root} is on a file system ({kind}) that does not report all changes")
    try:
        return (
            _InotifySource(root, on_file_event, on_overflow)
            if sys.platform == "linux"
            else _TreeSource(root, on_file_event)
        )
    except (ImportError, AttributeError) as error:
        raise CannotWatchError(f"watchdog cannot be used ({error})") from error
    except OSError as error:
        raise CannotWatchError(f"the system refused to watch {root}: {error.strerror or error}") from error


def watch_limit() -> int | None:
    """How many folders a person may watch on this system, None where there is no such limit."""
    found: list[int] = []
    for path in _LIMITS:
        with contextlib.suppress(OSError, ValueError):
            found.append(int(Path(path).read_text(encoding="ascii")))
    return min(found, default=None)


def _limit_message() -> str:
    limit = watch_limit()
    allowed = "" if limit is None else f" ({limit:,})"
    return (
        f"there are more folders than the system watches for one person{allowed};"
        " raise fs.inotify.max_user_watches"
    )


def file_system(path: Path) -> str:
    """The type of the file system that holds `path`, as Linux names it; empty when it is not known."""
    best, kind = "", ""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            before, _, after = line.partition(" - ")
            fields = before.split()
            if len(fields) < 5 or not after:
                continue
            mount = fields[4].replace("\\040", " ")
            inside = mount == "/" or str(path) == mount or str(path).startswith(mount + "/")
            if inside and len(mount) >= len(best):
                best, kind = mount, after.split()[0]
    return kind


class _InotifySource:
    """Linux: one descriptor for all, one watch a folder."""

    per_folder = True

    def __init__(self, root: Path, on_file_event: OnFileEvent, on_overflow: OnOverflow) -> None:
        from watchdog.observers.inotify_c import InotifyConstants as C
        from watchdog.observers.inotify_c import InotifyFD, Mask

        self._root = root
        self._on_file_event = on_file_event
        self._on_overflow = on_overflow
        self._mask = Mask(
            C.IN_MODIFY | C.IN_CLOSE_WRITE | C.IN_ATTRIB | C.IN_CREATE | C.IN_MOVE | C.IN_DELETE
            | C.IN_DELETE_SELF | C.IN_MOVE_SELF | C.IN_ONLYDIR | C.IN_DONT_FOLLOW | C.IN_EXCL_UNLINK
        )  # fmt: skip
        self._itself = C.IN_DELETE_SELF | C.IN_MOVE_SELF | C.IN_UNMOUNT | C.IN_IGNORED
        self._is_folder = C.IN_ISDIR
        limit = watch_limit()
        self._most = sys.maxsize if limit is None else int(limit * _SHARE)
        self._by_wd: dict[int, str] = {}
        self._by_folder: dict[str, int] = {}
        self._inotify: Any = InotifyFD()
        self._inotify.start()

    @property
    def alive(self) -> bool:
        return self._inotify.is_alive()

    def watch(self, folder: str) -> None:
        if folder in self._by_folder:
            return
        if len(self._by_folder) >= self._most:
            raise CannotWatchError(_limit_message())
        try:
            wd = self._inotify.add_callback(os.fsencode(self._root / folder), self._mask, self, id(self))
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.ENOMEM):
                raise CannotWatchError(_limit_message()) from error
            return  # it vanished, or may not be looked into
        if wd >= 0:
            self._by_wd[wd] = folder
            self._by_folder[folder] = wd

    def unwatch(self, folder: str) -> None:
        wd = self._by_folder.pop(folder, None)
        if wd is not None and self._by_wd.get(wd) == folder:
            del self._by_wd[wd]
            with contextlib.suppress(OSError):
                self._inotify.remove_callbacks([(wd, id(self))])

    def close(self) -> None:
        self._by_wd.clear()
        self._by_folder.clear()
        self._inotify.stop()

    def on_event(self, event: Any) -> None:
        """Called by watchdog for each event of a folder."""
        folder = self._by_wd.get(event.wd)
        if folder is None:
            return
        if event.name:
            self._on_file_event(folder, os.fsdecode(event.name), bool(event.mask & self._is_folder))
        elif event.mask & self._itself:
            parent, _, name = folder.rpartition("/")
            self._on_file_event(parent, name, True)

    def on_watch_deleted(self, wd: int) -> None:
        """Called by watchdog when the folder of a watch is gone."""
        folder = self._by_wd.pop(wd, None)
        if folder is not None and self._by_folder.get(folder) == wd:
            del self._by_folder[folder]

    def on_queue_overflow(self) -> None:
        """Called by watchdog when the kernel had to drop events."""
        self._on_overflow()


class _TreeSource:
    """macOS and Windows: the system watches the whole tree."""

    per_folder = False

    def __init__(self, root: Path, on_file_event: OnFileEvent) -> None:
        from watchdog.events import FileSystemEventHandler
        from watchdog.observers import Observer

        class _Handler(FileSystemEventHandler):
            def on_any_event(self, event: Any) -> None:
                if event.event_type in ("opened", "closed_no_write"):
                    return
                for path in (event.src_path, event.dest_path):
                    if path and not (event.is_directory and event.event_type == "modified"):
                        report(os.fsdecode(path), bool(event.is_directory))

        def report(path: str, is_folder: bool) -> None:
            with contextlib.suppress(ValueError):
                relative = Path(path).relative_to(root)
                parent = relative.parent.as_posix()
                on_file_event("" if parent == "." else parent, relative.name, is_folder)

        self._observer: Any = Observer()
        self._observer.schedule(_Handler(), str(root), recursive=True)
        self._observer.start()

    @property
    def alive(self) -> bool:
        return self._observer.is_alive() and all(emitter.is_alive() for emitter in self._observer.emitters)

    def watch(self, folder: str) -> None:
        pass

    def unwatch(self, folder: str) -> None:
        pass

    def close(self) -> None:
        self._observer.stop()
