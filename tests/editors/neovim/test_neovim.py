"""The client for Neovim, in a real Neovim against the real server and model."""

from __future__ import annotations

import shutil
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    Run = Callable[..., subprocess.CompletedProcess[str]]

HERE = Path(__file__).parent


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A project with a real package in it."""
    root = tmp_path / "проект с пробелом"
    root.mkdir()
    (root / ".magray.toml").touch()
    shutil.copytree(Path(click.__file__).parent, root / "click", ignore=shutil.ignore_patterns("*.pyc"))
    (root / ".gitignore").write_text("*.log\n", encoding="utf-8")
    (root / "build.log").write_text("done\n", encoding="utf-8")
    return root


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """A plain folder of notes: nothing marks it."""
    root = tmp_path / "notes"
    root.mkdir()
    text = "# Подписи\n\nПодпись письма проверяется открытым ключом отправителя.\n"
    (root / "подписи.md").write_text(text, encoding="utf-8")
    (root / "ports.md").write_text("# Ports\n\nThe server listens on 8080.\n", encoding="utf-8")
    return root


@pytest.mark.usefixtures("known_home")
def test_a_day_with_code_notes_and_records(neovim: Run, code: Path, notes: Path) -> None:
    neovim("walk.lua", str(code), str(notes))


def test_the_modules_that_need_no_server(neovim: Run) -> None:
    neovim("unit.lua")


def test_every_picker_gets_the_ranking_and_opens_the_line(neovim: Run) -> None:
    neovim("pickers.lua")


def test_no_server_and_one_that_dies(neovim: Run, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / ".magray.toml").touch()
    neovim("trouble.lua", str(folder), MAGRAY_EMBEDDING__MODEL="not-there")


def test_nothing_is_loaded_before_its_use_and_help_is_found(neovim: Run) -> None:
    neovim("startup.lua")


@pytest.mark.usefixtures("known_home")
def test_as_you_type_the_first_hits_come_in_our_own_windows(neovim: Run, code: Path) -> None:
    neovim("live.lua", str(code))


@pytest.mark.usefixtures("known_home")
def test_one_server_for_two_folders_and_a_restart(neovim: Run, code: Path, notes: Path) -> None:
    (notes / ".obsidian").mkdir()
    neovim("roots.lua", str(code), str(notes))


def test_buffers_and_folders_that_are_not_as_expected(neovim: Run, tmp_path: Path) -> None:
    folder = tmp_path / "папка с пробелом"
    folder.mkdir()
    (folder / ".magray.toml").touch()
    neovim("strange.lua", str(folder), MAGRAY_EMBEDDING__MODEL="not-there")


def test_notes_are_completed_created_and_renamed(neovim: Run, tmp_path: Path) -> None:
    folder = tmp_path / "заметки"
    (folder / ".obsidian").mkdir(parents=True)
    name = unicodedata.normalize("NFD", "йод и ёлка.md")  # as macOS writes it
    (folder / name).write_text("# Iodine\n", encoding="utf-8")
    (folder / "links.md").write_text("See [[йод и ёлка]].\n\n\n", encoding="utf-8")
    neovim("notes.lua", str(folder), MAGRAY_EMBEDDING__MODEL="not-there")
