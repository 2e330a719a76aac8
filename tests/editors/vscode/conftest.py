"""A real editor with the extension that is built from this tree, the real server and the real model."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from workbench import Browser, Editor, Window

ROOT = Path(__file__).parents[3]
EXTENSION = ROOT / "editors" / "vscode"
PICTURES = Path(os.environ.get("MAGRAY_PICTURES") or ROOT / "build" / "pictures" / "vscode")
PROGRAMS = Path(sys.executable).parent
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


def make_place(folder: Path, trial: Mapping[str, bytes] | None = None) -> Place:
    """A machine where `uv tool install` puts the server into `~/.local/bin`; `trial`: files of its home."""
    place = Place(folder / "person", folder / "home", folder / "shop")
    if trial:
        place.home.mkdir(mode=0o700)
    for name, data in (trial or {}).items():
        (place.home / name).write_bytes(data)
        (place.home / name).chmod(0o600)
    programs = place.person / ".local" / "bin"
    programs.mkdir(parents=True)
    (programs / "magray-lsp").symlink_to(PROGRAMS / "magray-lsp")
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
    code_server: Path,
    packages: Sequence[Path],
    folder: Path,
    environment: Mapping[str, str],
    *,
    trusted: bool = True,
    language: str = "en",
    **settings: Any,
) -> Editor:
    """An editor with these extensions and settings, which trusts every folder, or none."""
    from workbench import Editor

    editor = Editor(code_server, folder / "editor", environment)
    editor.settings(security__workspace__trust__startupPrompt="never", **settings)
    editor.install(*packages)
    if language != "en":
        editor.speak(language)
    editor.start("--locale", language, *(["--disable-workspace-trust"] if trusted else []))
    return editor


@pytest.fixture(scope="module")
def place(
    code_server: Path, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Place:
    """A person's machine, where there is an editor to use it with."""
    assert code_server.is_dir()
    return make_place(tmp_path_factory.mktemp("vscode"), request.getfixturevalue("trial"))


@pytest.fixture(scope="module")
def editor(code_server: Path, vsix: Path, place: Place) -> Iterator[Editor]:
    made = make_editor(code_server, [vsix], place.person.parent, place.environment)
    yield made
    made.stop()


@pytest.fixture(scope="module")
def window(editor: Editor, browser: Browser, place: Place) -> Iterator[Window]:
    """One window for all tests of a module, in the order in which a person does these things."""
    opened = browser.open(editor.address(place.workspace))
    yield opened
    opened.page.context.close()


def magray(place: Place, *arguments: str) -> Any:
    """What the shell says of the same home."""
    command = [str(PROGRAMS / "magray"), "--home", str(place.home), "--json", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=place.workspace)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def searched(window: Window, question: str, first: str = "", command: str = "Search Memory") -> list[str]:
    """The rows that a question gets; `first`: what the first of them must have."""
    window.command(f"magray: {command}")
    window.wait_for(lambda: "magray" not in window.input.input_value(), "the list of answers")
    window.type(question)
    window.wait_for(
        lambda: (
            window.rows.count() > 0
            and first in window.row_texts()[0]
            and "Nothing" not in window.row_texts()[0]
        ),
        f"an answer to {question}",
    )
    return window.row_texts()


def server_processes(editor: Editor) -> list[psutil.Process]:
    """The servers that the editor has started and that still run."""
    assert editor.pid is not None
    return [
        process
        for process in psutil.Process(editor.pid).children(recursive=True)
        if process.status() != psutil.STATUS_ZOMBIE and "magray-lsp" in " ".join(process.cmdline())
    ]
