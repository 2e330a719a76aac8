"""Git commit: what a repository has checked out, read from its files; git itself need not be installed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from magray_memory.regular_file import Unreadable, Vanished, read_file

if TYPE_CHECKING:
    from pathlib import Path

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_MOST = 1_000_000
_GITDIR = "gitdir: "


def checked_out(root: Path) -> str | None:
    """The commit that is checked out in the repository around a folder; None without one, or before the
    first.
    """
    git = _git_folder(root)
    return None if git is None else _head(git)


def common_folder(root: Path) -> Path | None:
    """The folder with the references of the repository around a folder; None without one."""
    git = _git_folder(root)
    common = "" if git is None else read_text(git / "commondir").strip()
    return git / common if git is not None and common else git


def _git_folder(root: Path) -> Path | None:
    for folder in (root, *root.parents):
        git = folder / ".git"
        if git.is_dir():
            return git
        if git.is_file():  # a worktree, or a submodule
            pointer = read_text(git).strip()
            return folder / pointer.removeprefix(_GITDIR) if pointer.startswith(_GITDIR) else None
    return None


def _head(git: Path) -> str | None:
    head = read_text(git / "HEAD").strip()
    if not head.startswith("ref: "):
        return head if _COMMIT.fullmatch(head) else None
    name = head.removeprefix("ref: ").strip()
    common = read_text(git / "commondir").strip()  # a worktree's branches are those of its repository
    for place in (git, git / common) if common else (git,):
        commit = read_text(place / name).strip() or _packed(place, name)
        if _COMMIT.fullmatch(commit):
            return commit
    return None


def _packed(git: Path, name: str) -> str:
    for line in read_text(git / "packed-refs").splitlines():
        commit, _, ref = line.partition(" ")
        if ref == name:
            return commit
    return ""


def read_text(path: Path) -> str:
    """A small file of git's; empty where there is none."""
    try:
        return read_file(str(path), _MOST).data.decode("utf-8", "replace")
    except (Vanished, Unreadable):
        return ""
