"""Paths as a person gives them."""

from __future__ import annotations

import os
from pathlib import Path


def user_path(text: str) -> Path:
    """A path argument as it was meant: relative to the current folder, whatever bytes are in it."""
    return Path(os.path.abspath(Path(text).expanduser()))  # noqa: PTH100 - resolve() would follow links
