"""Neutral paths: folders as another machine, or another person on it, understands them."""

from __future__ import annotations

from pathlib import Path, PurePath


def neutral(path: PurePath | str) -> str:
    """A path with `~` for the person's folder, and `/` on every system."""
    path = PurePath(path)
    try:
        inside = path.relative_to(Path.home())
    except (ValueError, RuntimeError):
        return path.as_posix()
    return "~" if inside == PurePath() else f"~/{inside.as_posix()}"


def local(path: str) -> Path:
    """The path on this machine."""
    if path == "~" or path.startswith("~/"):
        try:
            return Path.home() / path[2:]
        except RuntimeError:
            return Path(path)
    return Path(path)
