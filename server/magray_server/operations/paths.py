"""Paths as a user gives them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory.values import absolute_path, relative_path, spelled_on_disk

if TYPE_CHECKING:
    from magray_server.operations.operation import Context


STREAM = "-"
"""In place of a path: stdin or stdout."""


def user_path(text: str) -> Path:
    """A path argument as it was meant: relative to the current folder, whatever bytes are in it."""
    return absolute_path(text)


def current_folder() -> Path | None:
    """The current folder; None where it was removed."""
    try:
        return Path.cwd()
    except OSError:
        return None


def seen_from(context: Context, text: str) -> Path:
    """The path; where nothing is, the same one below the root, as JSON has it, when something is there."""
    path, root = Path(text), context.memory.workspace
    if context.folder is None or root is None or _is_there(root, path):
        return path
    from_root = Path(os.path.normpath(root / os.path.relpath(path, context.folder)))
    return from_root if _is_there(root, from_root) else path


def _is_there(root: Path, path: Path) -> bool:
    if os.path.lexists(path):
        return True
    inside = relative_path(root, path)
    return inside is not None and os.path.lexists(root / spelled_on_disk(root, inside))
