"""Linked worktrees inside a workspace: the same files again, which are left out."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from magray_memory.ignore.ignore_rule import IgnoreRule
from magray_memory.ignore.lookup import find_left_out
from magray_memory.indexing.walk import Tally, WalkOptions, walk

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


def git(folder: Path, *arguments: str) -> None:
    person = ["-c", "user.name=x", "-c", "user.email=x@x", "-c", "protocol.file.allow=always"]
    subprocess.run(["git", *person, *arguments], cwd=folder, check=True, capture_output=True)


def repository(folder: Path, name: str = "a.py") -> Path:
    folder.mkdir(parents=True)
    git(folder, "init", "-q")
    (folder / name).write_text("x = 1\n")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "first")
    return folder


def found(root: Path, options: WalkOptions | None = None) -> tuple[list[str], Tally]:
    tally = Tally()
    return [file.path for file in walk(root, options or WalkOptions(), tally)], tally


def test_linked_worktrees_of_the_same_repository_are_left_out(tmp_path: Path) -> None:
    root = repository(tmp_path / "main")
    git(root, "worktree", "add", "-q", "trees/one")
    git(root, "worktree", "add", "-q", "two")
    paths, tally = found(root)
    assert paths == ["a.py"]
    assert tally.ignored[IgnoreRule.WORKTREE] == 2
    assert found(root, WalkOptions(include=("two/",)))[0] == ["a.py", "two/a.py"]
    assert found(root / "two")[0] == ["a.py"]
    git(root / "two", "worktree", "add", "-q", "three")
    assert found(root / "two")[0] == ["a.py"]


def test_a_worktree_that_is_left_out_is_named_with_its_rule(tmp_path: Path) -> None:
    root = repository(tmp_path / "main")
    git(root, "worktree", "add", "-q", "trees/one")
    for path in ("trees/one", "trees/one/a.py"):
        entry = find_left_out(root, path)
        assert entry is not None
        assert (entry.path, entry.rule) == ("trees/one/", IgnoreRule.WORKTREE)
        assert "worktree" in entry.sentence
    assert find_left_out(root, "trees/one/a.py", include=("trees/one/",)) is None
    tally = Tally(listed=[])
    list(walk(root, WalkOptions(), tally))
    assert [entry.path for entry in tally.listed or ()] == ["trees/one/"]


def test_other_repositories_and_submodules_stay(tmp_path: Path) -> None:
    root = repository(tmp_path / "main")
    repository(root / "vendored", "b.py")
    other = repository(tmp_path / "other", "c.py")
    git(root, "submodule", "add", "-q", str(other), "module")
    git(other, "worktree", "add", "-q", str(root / "foreign"))
    assert found(root)[0] == [".gitmodules", "a.py", "foreign/c.py", "module/c.py", "vendored/b.py"] or found(
        root
    )[0] == ["a.py", "foreign/c.py", "module/c.py", "vendored/b.py"]


def test_a_worktree_beside_a_folder_of_the_repository(tmp_path: Path) -> None:
    root = repository(tmp_path / "main")
    (root / "sub").mkdir()
    git(root, "worktree", "add", "-q", "sub/tree")
    assert found(root / "sub")[0] == []
