"""Paths as a person writes them, with `~` for a home folder."""

from __future__ import annotations

from pathlib import Path


def expand_user(path: Path | str) -> Path:
    """The path with a home folder in place of a leading `~` or `~user`.

    A `~` that names no user is part of a file's name, as a shell takes it.
    """
    path = Path(path)
    try:
        return path.expanduser()
    except RuntimeError:
        return path
