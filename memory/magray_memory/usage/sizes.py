"""Sizes of a home: its bytes by what they are for."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from magray_memory.usage.statistics import Sizes

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.storage.home import Home


def sizes_of(home: Home, backups: Path) -> Sizes:
    """Every file of the home; links are not followed, and what cannot be read counts nothing."""
    found: dict[str, int] = dict.fromkeys(("notebook", "vector_cache", "usage", "other"), 0)
    for entry in _entries(home.path):
        if not entry.is_dir(follow_symlinks=False):
            found[_what(home, entry.name)] += entry.stat(follow_symlinks=False).st_size
    folders = {
        "workspaces": home.workspaces,
        "models": home.models,
        "logs": home.logs,
        "backups": backups,
    }
    for name, folder in folders.items():
        found[name] = _below(folder)
    known = {folder.name for folder in folders.values() if folder.parent == home.path}
    for entry in _entries(home.path):
        if entry.is_dir(follow_symlinks=False) and entry.name not in known:
            found["other"] += _below(home.path / entry.name)
    return Sizes(**found, total=sum(found.values()))


def _what(home: Home, name: str) -> str:
    if name.startswith((f"{home.notebook.stem}.", f".{home.notebook.stem}.")):
        return "notebook"
    if name.startswith(f"{home.vectors.name}"):
        return "vector_cache"
    return "usage" if name.startswith(home.usage.name) else "other"


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError:
        return []


def _below(folder: Path) -> int:
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118 - thousands of them
    return total
