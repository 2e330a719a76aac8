"""Workspace root: the project around the current folder; never the whole disk or the home folder."""

from __future__ import annotations

from pathlib import Path

from magray_memory.errors import WorkspaceError
from magray_memory.user_path import expand_user

_MARKS = (".magray.toml", ".git")


def find_root(folder: Path) -> Path:
    """The nearest folder from `folder` upwards with `.magray.toml` or `.git` (a file in worktrees), else
    itself.

    The root of the disk and the person's home are never chosen, even if they are repositories: standing in
    one of them raises WorkspaceError, standing below finds `folder` itself.
    """
    start = _existing(folder)
    home = _home()
    if _too_wide(start, home):
        raise WorkspaceError(
            f"{start} is not indexed as a whole",
            "it is the home folder" if start == home else "it is the root of the disk",
            "magray --workspace FOLDER, or change to a project first",
        )
    for candidate in (start, *start.parents):
        if _too_wide(candidate, home):
            break
        if any(_lies_in(candidate, mark) for mark in _MARKS):
            return candidate
    return start


def indexed_unasked(root: Path) -> bool:
    """Whether a canonical root may be indexed although nobody named it: not the home folder, not a whole
    disk.
    """
    return not _too_wide(root, _home())


def named_root(folder: Path) -> Path:
    """The folder that a person named, whatever it is. Raises WorkspaceError if it is no folder."""
    return _existing(folder)


def _existing(folder: Path) -> Path:
    try:
        resolved = expand_user(folder).resolve()
        is_dir = resolved.is_dir()
    except (OSError, RuntimeError, ValueError) as error:
        raise WorkspaceError(f"{_shown(folder)} cannot be opened", str(error)) from error
    if not is_dir:
        why = "it is a file" if resolved.exists() else "there is no such folder"
        raise WorkspaceError(f"{_shown(folder)} is not a workspace", why, "name a folder")
    return resolved


def _lies_in(folder: Path, name: str) -> bool:
    try:
        return (folder / name).exists()
    except OSError:
        return False


def _too_wide(folder: Path, home: Path | None) -> bool:
    return folder in (home, folder.parent)


def _home() -> Path | None:
    try:
        return Path.home().resolve()
    except (OSError, RuntimeError):
        return None


def _shown(path: Path) -> str:
    return str(path).encode("utf-8", "backslashreplace").decode()
