"""Files that git tracks although a rule of git's names them: they are a part of the project, as for git."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from magray_memory.ignore.git_index import TrackedFiles
from magray_memory.ignore.ignore_rule import IgnoreRule
from magray_memory.ignore.lookup import find_left_out
from magray_memory.indexing.walk import Tally, WalkOptions, walk

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

NAMES = ["a", "ab", "ж", "b.txt", "x y", "n" * 120, "c.min", "d.txt", "zz"]
RULES = ["*.txt", "a", "ab/", "/ж", "*", "!b.txt", "x y/", "**/zz", "!*/", "n*", "c.min"]
FORMATS = ["2", "3", "4", "split", "sparse-off", "sha256", "worktree", "untracked-cache"]


def git(folder: Path, *arguments: str) -> bytes:
    environment = {**os.environ, "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    person = ["-c", "user.name=x", "-c", "user.email=x@x", "-c", "protocol.file.allow=always"]
    command = ["git", *person, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True).stdout


def listed(root: Path, *arguments: str) -> list[str]:
    """What git says, of what is there."""
    names = (os.fsdecode(name) for name in git(root, "ls-files", "-z", *arguments).split(b"\0") if name)
    return sorted({name for name in names if os.path.lexists(root / name)})


def files(root: Path, under: str = "", **options: Any) -> list[str]:
    return sorted(found.path for found in walk(root, WalkOptions(**options), Tally(), under))


def make(root: Path, *paths: str, text: str = "x\n") -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def repository(root: Path, form: str = "2") -> Path:
    """An empty repository whose index has this form."""
    root.mkdir(parents=True)
    git(root, "init", "-q", *(["--object-format=sha256"] if form == "sha256" else []))
    settings = {
        "4": ("index.version", "4"),
        "split": ("core.splitIndex", "true"),
        "untracked-cache": ("core.untrackedCache", "true"),
    }
    if form in settings:
        git(root, "config", *settings[form])
    if form == "split":
        git(root, "config", "splitIndex.maxPercentChange", "60")
    if form == "worktree":
        make(root, "first")
        git(root, "add", "first")
        git(root, "commit", "-qm", "first")
        git(root, "worktree", "add", "-q", f"../{root.name}-tree")
        return root.parent / f"{root.name}-tree"
    return root


def random_repository(rng: random.Random, root: Path, form: str) -> Path:
    root = repository(root, form)
    folders = [root]
    for _ in range(8):
        folder = rng.choice(folders) / rng.choice(NAMES)
        if not folder.is_file():
            folder.mkdir(exist_ok=True)
            folders.append(folder)
    for _ in range(40):
        file = rng.choice(folders) / rng.choice(NAMES)
        if not file.exists():
            file.write_text("x")
    for folder in {root, rng.choice(folders)}:
        (folder / ".gitignore").write_text("\n".join(rng.sample(RULES, 3)) + "\n", encoding="utf-8")
    for _ in range(3):
        there = listed(root, "-co")
        for path in rng.sample(there, min(6, len(there))):
            git(root, "add", "-f", *(["-N"] if rng.random() < 0.3 and form != "2" else []), "--", path)
        tracked = listed(root, "-c")
        for path in rng.sample(tracked, min(2, len(tracked))):
            git(root, "rm", "-q", "-f", "--cached", "--", path)
    return root


@pytest.mark.parametrize("form", FORMATS)
def test_random_trees_hold_what_git_lists(tmp_path: Path, form: str) -> None:
    for seed in range(10):
        root = random_repository(random.Random(f"{form}{seed}"), tmp_path / str(seed), form)
        expected = listed(root, "-co", "--exclude-standard")
        assert [path for path in files(root, hidden=True) if path != ".git"] == expected, seed
        for path in listed(root, "-co"):
            left_out = find_left_out(root, path, hidden=True)
            assert (left_out is None) == (path in expected), (seed, path)
        assert_form(root, form)


def assert_form(root: Path, form: str) -> None:
    """The index is what the test means to read."""
    folder = root / os.fsdecode(git(root, "rev-parse", "--git-dir").strip())
    data = (folder / "index").read_bytes()
    assert data[7] in {"4": b"\4", "2": b"\2"}.get(form, b"\2\3")
    assert (b"link" in data and any(folder.glob("sharedindex.*"))) == (form == "split")


def tracked_in(root: Path) -> TrackedFiles:
    return TrackedFiles(root / ".git/index")


def test_tracked_files_below_an_ignored_folder_are_found_and_nothing_else_there(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    make(root, ".gitignore", text="/build/\n")
    make(root, "build/keep/a.py", "build/keep/b.py", "build/more/c.py", "src/d.py")
    git(root, "add", "-f", "build/keep/a.py")
    assert files(root) == ["build/keep/a.py", "src/d.py"]
    assert files(root, "build/keep") == files(root, "build/keep/a.py") == ["build/keep/a.py"]
    assert files(root, "build/more") == []
    tally = Tally(listed=[])
    list(walk(root, WalkOptions(), tally))
    assert [entry.path for entry in tally.listed or () if entry.rule is IgnoreRule.PATTERN] == [
        "build/more/",
        "build/keep/b.py",
    ]
    assert {entry.pattern for entry in tally.listed or () if entry.rule is IgnoreRule.PATTERN} == {"/build/"}
    assert {entry.source for entry in tally.listed or () if entry.rule is IgnoreRule.PATTERN} == {
        ".gitignore:1"
    }


def test_a_folder_without_tracked_files_is_never_listed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(tmp_path / "r")
    make(root, ".gitignore", text="out/\n")
    make(root, "out/a/tracked.py", *(f"out/d{number}/deep/x.py" for number in range(20)))
    git(root, "add", "-f", "out/a/tracked.py")
    seen: list[str] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda folder: (seen.append(str(folder)), scandir(folder))[1])
    assert files(root) == ["out/a/tracked.py"]
    assert sorted(seen) == [str(root), str(root / "out"), str(root / "out/a")]


def test_without_anything_ignored_the_index_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = repository(tmp_path / "r")
    make(root, "a.py", "src/b.py")
    git(root, "add", "-A")
    monkeypatch.setattr(TrackedFiles, "_read", lambda _: pytest.fail("the index was read"))
    assert files(root) == ["a.py", "src/b.py"]


def test_other_rules_leave_out_what_is_tracked_as_before(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    make(root, ".gitignore", text="*.mine\n*.env\n*.lock\nnode_modules/\n")
    make(root, ".magrayignore", text="*.mine\n")
    make(root, "a.mine", "b.pem", "yarn.lock", ".hidden", "node_modules/x/y.js", "kept.py")
    git(root, "add", "-f", ".")
    assert files(root) == ["kept.py"]
    assert files(root, ignore=("kept.py",)) == []
    assert files(root, include=("yarn.lock",)) == ["kept.py", "yarn.lock"]


def test_a_workspace_below_the_top_and_repositories_inside(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    other = repository(tmp_path / "other")
    make(other, "module.py")
    git(other, "add", "-A")
    git(other, "commit", "-qm", "x")
    make(root, ".gitignore", text="*.log.py\n/sub/mod/\n")
    make(root, "sub/a.log.py", "sub/b.log.py")
    git(root, "add", "-f", "sub/a.log.py")
    git(root, "submodule", "add", "-q", "-f", str(other), "sub/mod")
    inner = repository(root / "sub/own")
    make(inner, ".gitignore", text="gen\n")
    make(inner, "gen/x.py", "gen/y.py", "a.log.py")
    git(inner, "add", "-f", "gen/x.py")
    expected = ["a.log.py", "mod/module.py", "own/a.log.py", "own/gen/x.py"]
    assert files(root / "sub") == expected
    assert files(root, "sub") == [f"sub/{path}" for path in expected]
    module = root / "sub/mod"
    make(module, ".gitignore", text="*.tmp.py\n")
    make(module, "one.tmp.py", "two.tmp.py")
    git(module, "add", "-f", "one.tmp.py")
    assert files(module) == ["module.py", "one.tmp.py"]


def test_names_in_any_case_are_the_same_where_the_repository_says_so(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    make(root, "Build/Main.py", "Build/other.py")
    make(root, ".gitignore", text="build/\n")
    git(root, "config", "core.ignorecase", "true")
    git(root, "add", "-f", "Build/Main.py")
    (root / "Build").rename(root / "moved")
    (root / "moved").rename(root / "BUILD")
    (root / "BUILD/Main.py").rename(root / "BUILD/main.py")
    assert files(root) == ["BUILD/main.py"]


def test_a_sparse_index_is_tolerated(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    make(root, ".gitignore", text="*.txt\n")
    make(root, "in/a.txt", "in/b.py", "out/c.txt", "out/deep/d.txt", "top.txt")
    git(root, "add", "-f", ".")
    git(root, "commit", "-qm", "x")
    git(root, "sparse-checkout", "set", "--cone", "--sparse-index", "in")
    assert b"out/\0" in (root / ".git/index").read_bytes()
    make(root, "out/new.txt", "in/new.txt")
    assert files(root) == ["in/a.txt", "in/b.py", "top.txt"]


def test_conflicts_long_names_and_files_marked_unchanged_are_tracked(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    long = "/".join(["d" * 200] * 6) if sys.platform != "win32" else "d" * 100
    deep = "/".join(["e" * 240] * 16 + ["f" * 200]) if sys.platform == "linux" else long
    make(root, ".gitignore", text="*.gen\n")
    make(root, "a.gen", "b.gen", f"{long}/c.gen", text="one\n")
    git(root, "add", "-f", "a.gen", "b.gen", f"{long}/c.gen")
    git(root, "commit", "-qm", "one")
    blob = git(root, "rev-parse", "HEAD:a.gen").strip().decode()
    git(root, "update-index", "--assume-unchanged", "b.gen")
    for stage in "123":
        subprocess.run(
            ["git", "update-index", "--index-info"],
            cwd=root,
            input=f"0 {'0' * 40}\ta.gen\n".encode() * (stage == "1")
            + f"100644 {blob} {stage}\ta.gen\n".encode(),
            check=True,
        )
    entry = f"100644,{blob},{deep}.gen"
    git(root, "update-index", "--add", "--cacheinfo", entry)
    assert len(git(root, "ls-files", "-s", "a.gen").splitlines()) == 3
    assert files(root) == sorted(["a.gen", "b.gen", f"{long}/c.gen"])
    assert tracked_in(root).holds(f"{deep}.gen", False)


def test_a_change_of_the_index_counts_at_the_next_look(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    make(root, ".gitignore", text="*.gen\n")
    make(root, "a.gen", "b.gen")
    assert files(root) == []
    git(root, "add", "-f", "a.gen")
    assert files(root) == ["a.gen"]
    assert find_left_out(root, "b.gen") is not None
    reader = tracked_in(root)
    assert reader.changes() == set()
    assert reader.holds("a.gen", False)
    git(root, "add", "-f", "b.gen")
    git(root, "rm", "-q", "--cached", "a.gen")
    assert not reader.holds("b.gen", False)
    assert reader.changes() == {"a.gen", "b.gen"}
    assert reader.holds("b.gen", False)
    assert reader.changes() == set()
    assert files(root) == ["b.gen"]


@pytest.mark.parametrize("form", ["2", "4", "split", "sha256"])
def test_a_damaged_index_counts_as_none(tmp_path: Path, form: str) -> None:
    root = repository(tmp_path / "r", form)
    make(root, ".gitignore", text="*.gen\n")
    make(root, "kept.py", *(f"d{number}/f{number}.gen" for number in range(20)))
    git(root, "add", "-f", ".")
    git(root, "rm", "-q", "--cached", "d3/f3.gen")
    index = root / ".git/index"
    whole = index.read_bytes()
    rng = random.Random(form)
    changed = [whole[:length] for length in range(0, len(whole), 7)]
    for _ in range(600):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 4)):
            data[rng.randrange(len(data))] = rng.choice((0, 1, 0x7F, 0x80, 0xFF, rng.randrange(256)))
        changed.append(bytes(data))
    changed += [b"", b"DIRC", b"DIRC" + b"\0\0\0\2" + b"\xff" * 4, b"DIRC\0\0\0\5" + whole[8:], bytes(4096)]
    for data in changed:
        index.unlink()
        index.write_bytes(data)
        assert "kept.py" in files(root)
    for other in root.glob(".git/sharedindex.*"):
        other.write_bytes(b"nothing")
    index.unlink()
    index.mkdir()
    assert files(root) == ["kept.py"]


def test_an_index_that_unfolds_without_end_counts_as_none(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    make(root, ".gitignore", text="*.gen\n")
    make(root, "kept.py", "a.gen")
    count = 20_000
    entry = bytes(60) + b"\0\0" + b"\0" + b"abcdefgh" + b"\0"
    (root / ".git/index").write_bytes(
        b"DIRC" + (4).to_bytes(4, "big") + count.to_bytes(4, "big") + entry * count + bytes(20)
    )
    assert files(root) == ["kept.py"]


@pytest.mark.skipif(sys.platform == "win32", reason="pipes")
def test_an_index_that_is_a_pipe_or_may_not_be_read_counts_as_none(tmp_path: Path) -> None:
    root = repository(tmp_path / "r")
    make(root, ".gitignore", text="*.gen\n")
    make(root, "kept.py", "a.gen")
    os.mkfifo(root / ".git/index")
    assert files(root) == ["kept.py"]
    assert find_left_out(root, "a.gen") is not None
