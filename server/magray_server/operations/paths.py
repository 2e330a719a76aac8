"""Paths as a user gives them."""

from __future__ import annotations

from pathlib import Path

from magray_memory.values import absolute_path


def user_path(text: str) -> Path:
    """A path argument as it was meant: relative to the current folder, whatever bytes are in it."""
    return absolute_path(text)


def current_folder() -> Path | None:
    """The current folder; None where it was removed."""
    try:
        return Path.cwd()
    except OSError:
        return None
