"""A real editor with the extension that is built from this tree, the real server and the real model."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench import Browser, Editor, Window

ROOT = Path(__file__).parents[3]
EXTENSION = ROOT / "editors" / "vscode"
PICTURES = Path(os.environ.get("MAGRAY_PICTURES") or ROOT / "build" / "pictures" / "vscode")
PATIENT = {"MAGRAY_EMBEDDING__PROBE_SECONDS": "120"}
"""A trial of the model on a machine that is busy with tests takes longer than on an editor's."""

PLUGINS = """# Плагины

Плагин регистрируется в менеджере; спецификация хука объявляется отдельно от его реализации.

## Порядок вызова

Реализации вызываются в обратном порядке регистрации. #plugins
"""


def left_out(why: str) -> NoReturn:
    """Skip, or fail where this editor is required."""
    if os.environ.get("MAGRAY_REQUIRE_VSCODE"):
        pytest.fail(why)
    pytest.skip(why)


@pytest.fixture(scope="session")
def code_server() -> Path:
    """The folder of code-server."""
    from workbench import find_chromium, find_code_server

    found = find_code_server()
    if found is None or not (found / "out" / "node" / "entry.js").is_file():
        left_out("code-server was not found (try: scripts/install_code_server)")
    if find_chromium() is None:
        left_out("chromium was not found (try: apt-get install chromium)")
    return found


@pytest.fixture(scope="session")
def vsix(code_server: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension's package, built from a copy of the tree: other tests may do so at the same time."""
    copy = tmp_path_factory.mktemp("extension") / "vscode"
    shutil.copytree(EXTENSION, copy, ignore=shutil.ignore_patterns("node_modules", "dist", "out"))
    modules = EXTENSION / "node_modules"
    if (modules / ".package-lock.json").is_file():
        (copy / "node_modules").symlink_to(modules, target_is_directory=True)
    else:
        npm(copy, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel", "error")
    npm(copy, "run", "--silent", "build")
    npm(copy, "run", "--silent", "package")
    return copy / "magray.vsix"


def npm(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        ["npm", *arguments], cwd=folder, capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def browser(code_server: Path) -> Iterator[Browser]:
    from workbench import Browser, find_chromium

    made = Browser(find_chromium() or "", PICTURES)
    yield made
    made.close()


@dataclass(frozen=True)
class Place:
    """A person's machine: their home folder, magray's home, and a workspace of real packages."""

    person: Path
    home: Path
    workspace: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment of the editor."""
        return {"HOME": str(self.person), "MAGRAY_HOME": str(self.home), **PATIENT}


def make_place(folder: Path) -> Place:
    """A machine where `uv tool install` has put the server into `~/.local/bin`."""
    place = Place(folder / "person", folder / "home", folder / "shop")
    programs = place.person / ".local" / "bin"
    programs.mkdir(parents=True)
    (programs / "magray-lsp").symlink_to(Path(sys.executable).parent / "magray-lsp")
    packages = Path(sysconfig.get_path("purelib"))
    for name in ("pluggy", "iniconfig"):
        shutil.copytree(packages / name, place.workspace / name, ignore=shutil.ignore_patterns("__pycache__"))
    (place.workspace / "docs").mkdir()
    (place.workspace / "docs" / "plugins.md").write_text(PLUGINS, encoding="utf-8")
    (place.workspace / ".gitignore").write_text("build/\n*.log\n", encoding="utf-8")
    (place.workspace / "debug.log").write_text("nothing\n", encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", place.workspace], check=True)
    return place


def make_editor(
    code_server: Path, vsix: Path, folder: Path, environment: dict[str, str], *, trusted: bool = True
) -> Editor:
    """An editor that trusts every folder, or none."""
    from workbench import Editor

    editor = Editor(code_server, folder / "editor", environment)
    editor.settings(security__workspace__trust__startupPrompt="never")
    editor.install(vsix)
    editor.start(*(["--disable-workspace-trust"] if trusted else []))
    return editor


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    return make_place(tmp_path_factory.mktemp("vscode"))


@pytest.fixture(scope="module")
def editor(code_server: Path, vsix: Path, place: Place) -> Iterator[Editor]:
    made = make_editor(code_server, vsix, place.person.parent, place.environment)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def window(editor: Editor, browser: Browser, place: Place) -> Iterator[Window]:
    """One window for all tests of a module, in the order in which a person does these things."""
    opened = browser.open(editor.address(place.workspace))
    yield opened
    opened.page.context.close()
