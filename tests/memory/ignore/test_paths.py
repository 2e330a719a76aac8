"""One answer to whether a path lies in a root, whatever way it is spelled."""

from __future__ import annotations

import os
import sys
import unicodedata
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from magray_memory.ignore.paths import (
    alike_on_disk,
    canonical_root,
    relative_path,
    spelled_on_disk,
    tail,
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root" / "src").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    return canonical_root(tmp_path / "root")


def test_below_the_root_and_the_root_itself(root: Path) -> None:
    assert relative_path(root, root / "src" / "app.py") == "src/app.py"
    assert relative_path(root, root) == ""
    assert relative_path(root, root / "not there" / "yet.py") == "not there/yet.py"


def test_elsewhere_is_none_also_where_the_names_begin_alike(root: Path) -> None:
    assert relative_path(root, root.parent / "elsewhere" / "app.py") is None
    assert relative_path(root, root.parent / "rootless" / "app.py") is None
    assert relative_path(root, root.parent) is None
    assert relative_path(root, Path(root.anchor)) is None


def test_a_relative_path_begins_at_the_current_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root / "src")
    assert relative_path(root, Path("app.py")) == "src/app.py"
    assert relative_path(root, Path("../README.md")) == "README.md"
    assert relative_path(root, Path("../../elsewhere")) is None


def test_two_dots_are_resolved_by_the_text(root: Path) -> None:
    assert relative_path(root, root / "not there" / ".." / "src") == "src"
    assert relative_path(root, root / ".." / "elsewhere") is None


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
def test_links_of_folders_are_resolved_and_the_last_part_is_not(root: Path) -> None:
    outside = root.parent / "elsewhere"
    (root / "way out").symlink_to(outside)
    (outside / "way in").symlink_to(root / "src")
    (root / "short").symlink_to(root / "src")
    assert relative_path(root, root / "way out") == "way out"
    assert relative_path(root, root / "way out" / "file") is None
    assert relative_path(root, outside / "way in" / "app.py") == "src/app.py"
    assert relative_path(root, root / "short" / "app.py") == "src/app.py"


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege")
def test_another_name_of_the_root_is_the_root(root: Path) -> None:
    name = root.parent / "another name"
    name.symlink_to(root)
    assert relative_path(root, name) == ""
    assert relative_path(root, name / "src") == "src"
    assert canonical_root(name) == root


def test_windows_compares_without_case_and_keeps_the_spelling() -> None:
    root = PureWindowsPath(r"c:\code\project")
    assert tail(root, PureWindowsPath(r"C:\Code\Project\Src\App.py")) == "Src/App.py"
    assert tail(root, PureWindowsPath(r"D:\code\project\app.py")) is None
    assert tail(root, PureWindowsPath(r"c:\code\projects")) is None


def test_windows_long_and_network_spellings_are_the_plain_ones() -> None:
    drive = PureWindowsPath(r"c:\code")
    share = PureWindowsPath(r"\\server\share\code")
    assert tail(drive, PureWindowsPath(r"\\?\C:\code\a.py")) == "a.py"
    assert tail(PureWindowsPath(r"\\?\c:\code"), PureWindowsPath(r"C:\code\a.py")) == "a.py"
    assert tail(share, PureWindowsPath(r"\\?\UNC\server\share\code\a.py")) == "a.py"
    assert tail(share, PureWindowsPath(r"\\SERVER\Share\code\a.py")) == "a.py"
    assert tail(share, PureWindowsPath(r"\\server\other\code\a.py")) is None


def test_posix_tells_case_apart() -> None:
    assert tail(PurePosixPath("/code"), PurePosixPath("/Code/a.py")) is None
    assert tail(PurePosixPath("/code"), PurePosixPath("/code/a.py")) == "a.py"


def test_a_volume_that_ignores_case_knows_the_folder_by_any(root: Path) -> None:
    other = root.parent / root.name.upper()
    if not other.exists():
        assert relative_path(root, other / "src" / "app.py") is None
        pytest.skip("this volume tells case apart")
    assert relative_path(root, other / "src" / "app.py") == "src/app.py"


@pytest.mark.skipif(sys.platform != "linux", reason="names are text there")
def test_a_name_that_is_no_text_is_a_name(root: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(root) + b"/\xff.py"))
    assert relative_path(root, odd) == os.fsdecode(b"\xff.py")


def test_a_name_in_another_unicode_form_is_the_one_on_disk(root: Path) -> None:
    for name in ("Йод café.md", "が行/ё.md"):
        stored, typed = unicodedata.normalize("NFD", name), unicodedata.normalize("NFC", name)
        (root / stored).parent.mkdir(exist_ok=True)
        (root / stored).write_text("x", encoding="utf-8")
        assert spelled_on_disk(root, typed) == stored
        assert spelled_on_disk(root, stored) == stored
    assert spelled_on_disk(root, "нет/ё.md") == "нет/ё.md"
    assert spelled_on_disk(root, "") == ""


def test_a_name_in_another_case_is_only_like_the_one_on_disk(root: Path) -> None:
    stored = unicodedata.normalize("NFD", "Йод.md")
    (root / "Мой").mkdir()
    (root / "Мой" / stored).write_text("x", encoding="utf-8")
    (root / "src" / "app.py").write_text("x", encoding="utf-8")
    assert alike_on_disk(root, "SRC/App.py") == "src/app.py"
    assert alike_on_disk(root, "мой/йод.MD") == f"Мой/{stored}"
    assert alike_on_disk(root, "src/other.py") is None
    assert alike_on_disk(root, "src/app.py/more") is None
    if not (root / "SRC").exists():
        assert spelled_on_disk(root, "SRC/app.py") == "SRC/app.py"
