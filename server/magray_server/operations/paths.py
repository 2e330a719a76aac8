"""Paths as a user gives them."""

from __future__ import annotations

import os
from pathlib import Path

from magray_memory.values import expand_user


def user_path(text: str) -> Path:
    """A path argument as it was meant: relative to the current folder, whatever bytes are in it."""
    return Path(os.path.abspath(expand_user(text)))  # noqa: PTH100 - resolve() would follow links


def current_folder() -> Path | None:
    """The current folder; None where it was removed."""
    try:
        return Path.cwd()
    except OSError:
        return None
