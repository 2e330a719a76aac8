"""Walking and reading: odd names, links, special files, what vanishes, and finding the root."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from magray_memory.errors import WorkspaceError
from magray_memory.ignore.ignore_rule import IgnoreRule
from magray_memory.ignore.workspace_root import find_root, indexed_unasked, named_root
from magray_memory.indexing.walk import Tally, WalkOptions, walk
from magray_memory.regular_file import Unreadable, Vanished, read_file, stamp_of

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX names and files")


def seen(root: Path, under: str = "") -> tuple[list[str], Tally]:
    tally = Tally()
    return [found.path for found in walk(root, WalkOptions(), tally, under)], tally


def test_files_come_sorted_with_their_state(tmp_path: Path) -> None:
    for name in ("b.py", "a.py", "d/c.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x" * 7)
    found = list(walk(tmp_path, WalkOptions(), Tally()))
    assert [item.path for item in found] == ["a.py", "b.py", "d/c.py"]
    assert all(item.stamp == stamp_of((tmp_path / item.path).stat()) for item in found)


def test_odd_names_are_names_like_any_other(tmp_path: Path) -> None:
    names = ["with space.py", "ёлка.py", "🎄.py", "quote'\".py" if os.name != "nt" else "q.py"]
    names += [] if os.name == "nt" else ["new\nline.py", "tab\t.py", "-rf.py"]
    for name in names:
        (tmp_path / name).write_text("x")
    assert set(seen(tmp_path)[0]) == set(names)


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are bytes on Linux alone")
def test_a_name_that_is_no_text_is_told_and_skipped_unless_the_rules_leave_it_out(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff.py")).write_text("x")
    (tmp_path / os.fsdecode(b"\xff.log")).write_text("x")
    (tmp_path / os.fsdecode(b"d\xfe")).mkdir()
    found, tally = seen(tmp_path)
    assert found == []
    assert {skip.sentence for skip in tally.problems.values()} == {"its name is not valid Unicode"}
    assert len(tally.problems) == 2


@posix
def test_links_and_special_files_are_left_alone(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (tmp_path / "outside.py").write_text("x")
    (root / "real.py").write_text("x")
    (root / "link.py").symlink_to("real.py")
    (root / "out.py").symlink_to(tmp_path / "outside.py")
    (root / "dangling.py").symlink_to("nowhere")
    (root / "sub/loop").symlink_to(root)
    os.mkfifo(root / "pipe.py")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(root / "sock.py"))
        found, tally = seen(root)
    assert found == ["real.py"]
    assert tally.ignored[IgnoreRule.LINK] == 4
    assert tally.ignored[IgnoreRule.SPECIAL_FILE] == 2
    assert tally.problems == {}


@posix
def test_a_folder_that_cannot_be_listed_is_a_problem_and_not_an_absence(tmp_path: Path) -> None:
    for name in ("open/a.py", "shut/b.py", "blind/c.py"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("x")
    (tmp_path / "shut").chmod(0)
    (tmp_path / "blind").chmod(0o600)  # its names can be listed, its files not looked at
    try:
        found, tally = as_nobody(tmp_path)
    finally:
        (tmp_path / "shut").chmod(0o700)
        (tmp_path / "blind").chmod(0o700)
    assert found == ["open/a.py"]
    assert set(tally.problems) == {"shut/", "blind/c.py"}
    assert {"shut/", "blind/c.py"} <= set(tally.unseen)


def as_nobody(root: Path) -> tuple[list[str], Tally]:
    """Walk without the rights of root, which permissions do not stop."""
    if os.geteuid() != 0:
        return seen(root)
    for folder in (root, *root.iterdir()):
        os.chown(folder, 65534, 65534)
    for parent in root.parents:
        if not parent.stat().st_mode & 1:
            parent.chmod(parent.stat().st_mode | 0o011)
    os.seteuid(65534)
    try:
        return seen(root)
    finally:
        os.seteuid(0)


def test_a_part_of_the_workspace_obeys_the_rules_above_it(tmp_path: Path) -> None:
    for name in ("a/x.py", "a/b/y.py", "a/b/z.txt", "c/w.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / ".gitignore").write_text("a/b/*.txt\n")
    assert seen(tmp_path, "a/b")[0] == ["a/b/y.py"]
    assert seen(tmp_path, "a/x.py")[0] == ["a/x.py"]
    assert seen(tmp_path, "a/none.py")[0] == []
    assert seen(tmp_path, "a/b/z.txt")[0] == []


def test_a_root_that_is_gone_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(WorkspaceError):
        seen(tmp_path / "none")


def test_reading_never_follows_a_link_or_waits_for_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("x")
    assert read_file(str(tmp_path / "real"), 10).data == b"x"
    with pytest.raises(Vanished):
        read_file(str(tmp_path / "none"), 10)
    with pytest.raises((Vanished, Unreadable)):
        read_file(str(tmp_path), 10)
    if os.name == "nt":
        return
    (tmp_path / "link").symlink_to("real")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe"):
        with pytest.raises(Vanished):
            read_file(str(tmp_path / name), 10)


def test_of_a_file_beyond_the_limit_only_the_beginning_is_read(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"a" * 200_000)
    contents = read_file(str(tmp_path / "big"), 100_000)
    assert (contents.whole, contents.stamp[0], len(contents.data)) == (False, 200_000, 8000)


def test_bytes_and_state_belong_together_while_a_file_is_written(tmp_path: Path) -> None:
    file = tmp_path / "busy"
    file.write_bytes(b"x" * 100)
    code = (
        "import sys, time\n"
        "end = time.time() + 1\n"
        "n = 100\n"
        "while time.time() < end:\n"
        "    n += 1\n"
        "    with open(sys.argv[1], 'wb') as f: f.write(b'x' * n)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(file)]) as writer:
        while writer.poll() is None:
            contents = read_file(str(file), 1_000_000)
            assert len(contents.data) == contents.stamp[0]
    time.sleep(0.05)
    assert read_file(str(file), 1_000_000).stamp == stamp_of(file.stat())


def test_the_root_is_the_nearest_project_upwards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    deep = home / "project/tree/src"
    deep.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    assert find_root(deep) == deep.resolve()
    (home / ".git").mkdir()  # a home kept in git is not the workspace of everything in it
    assert find_root(deep) == deep.resolve()
    (home / "project/.git").mkdir()
    assert find_root(deep) == (home / "project").resolve()
    (home / "project/tree/.git").write_text("gitdir: ../.git/worktrees/tree\n")
    assert find_root(deep) == (home / "project/tree").resolve()
    (deep / ".magray.toml").write_text("")
    assert find_root(deep) == deep.resolve()


def test_the_disk_and_the_home_want_naming(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    for folder in (tmp_path, Path(tmp_path.anchor)):
        with pytest.raises(WorkspaceError):
            find_root(folder)
        assert named_root(folder) == folder.resolve()
        assert not indexed_unasked(folder.resolve())
    (tmp_path / "project").mkdir()
    assert indexed_unasked((tmp_path / "project").resolve())


def test_what_is_no_folder_is_no_workspace(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "none", tmp_path / "file/below", Path("a\0b")):
        with pytest.raises(WorkspaceError):
            named_root(path)
