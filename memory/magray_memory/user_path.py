"""Paths as a person writes them: with `~` for a home folder, relative to the current folder."""

from __future__ import annotations

import os
from pathlib import Path

from magray_memory.errors import HomeError, WorkspaceError


def expand_user(path: Path | str) -> Path:
    """The path with a home folder in place of a leading `~` or `~user`.

    A `~` that names no user is part of a file's name, as a shell takes it.
    """
    path = Path(path)
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def absolute_path(path: Path | str) -> Path:
    """The path from its root, links kept. Raises WorkspaceError for a relative one where the current folder
    is gone.
    """
    try:
        return Path(os.path.abspath(expand_user(path)))  # noqa: PTH100 - resolve() would follow links
    except OSError as error:
        raise no_current_folder(error) from error


def require_current_folder() -> Path:
    """The current folder. Raises WorkspaceError where it was deleted or is closed to us."""
    try:
        return Path.cwd()
    except OSError as error:
        raise no_current_folder(error) from error


def no_current_folder(error: OSError) -> WorkspaceError:
    """What to say where the current folder is needed and cannot be used."""
    why = error.strerror or str(error)
    return WorkspaceError(
        "the current folder cannot be used", why, "cd to one that is there, or give full paths"
    )


def home_path(named: Path | str, label: str) -> Path:
    """The folder of all data as a person names it, absolute; `label` says where it stands.

    Raises HomeError for a `~` that names no user: such a folder in whatever folder is the current one is
    meant by nobody, unless it is there.
    """
    path = Path(named)
    try:
        path = path.expanduser()
    except RuntimeError:
        first = path.parts[0]
        if not os.path.isdir(first):  # noqa: PTH112
            raise HomeError(f"{label} {path}", f"there is no user {first[1:]}", "give a full path") from None
    return absolute_path(path)
