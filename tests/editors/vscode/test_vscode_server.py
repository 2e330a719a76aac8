"""The server's program: not there, installed, of another interpreter, one that keeps dying."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from extension_package import make_package
from server_package import make_index

import magray_memory

from .conftest import PROGRAMS, make_editor, make_place, server_processes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench import Browser, Editor, Window

    from .conftest import Place

SERVER = PROGRAMS / "magray-lsp"
MODEL = Path(magray_memory.__file__).parent / "models" / "bundled" / "multilingual-e5-small-enru"
PYTHON_EXTENSION = """
const vscode = require("vscode");
const changes = new vscode.EventEmitter();
const chosen = () => ({
  path: vscode.workspace.getConfiguration("python").get("defaultInterpreterPath"),
});
exports.activate = () => {
  vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration("python.defaultInterpreterPath")) {
      changes.fire(chosen());
    }
  });
  return {
    environments: {
      getActiveEnvironmentPath: chosen,
      resolveEnvironment: async ({ path }) => ({ executable: { uri: vscode.Uri.file(path) } }),
      onDidChangeActiveEnvironmentPath: changes.event,
    },
  };
};
"""
PYTHON_MANIFEST = {
    "publisher": "ms-python",
    "name": "python",
    "main": "./main.js",
    "activationEvents": [],
    "capabilities": {"untrustedWorkspaces": {"supported": True}},
}


def servers(editor: Editor) -> list[str]:
    """Their command lines."""
    return [" ".join(process.cmdline()) for process in server_processes(editor)]


def set_workspace(folder: Path, **settings: object) -> None:
    """Write a folder's settings, names with `__` for dots."""
    (folder / ".vscode").mkdir(parents=True, exist_ok=True)
    named = {name.replace("__", "."): value for name, value in settings.items()}
    (folder / ".vscode" / "settings.json").write_text(json.dumps(named), encoding="utf-8")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory, trial: dict[str, bytes]) -> Place:
    """A machine without a server."""
    place = make_place(tmp_path_factory.mktemp("bare"), trial)
    shutil.rmtree(place.person / ".local")
    return place


@pytest.fixture(scope="module")
def bare_editor(code_server: Path, vsix: Path, bare: Place) -> Iterator[Editor]:
    root = bare.person.parent
    programs = os.pathsep.join(
        folder
        for folder in os.environ["PATH"].split(os.pathsep)
        if not (Path(folder) / "magray-lsp").exists()
    )
    index = make_index(root / "index", str(SERVER))
    python = make_package(root, PYTHON_MANIFEST, {"main.js": PYTHON_EXTENSION})
    environment = {**bare.environment, **index, "PATH": programs}
    made = make_editor(
        code_server, [vsix, python], root, environment, python__defaultInterpreterPath=sys.executable
    )
    yield made
    made.stop()


@pytest.fixture
def bare_window(
    bare_editor: Editor, browser: Browser, bare: Place, request: pytest.FixtureRequest
) -> Iterator[Window]:
    """A window on a folder with the settings that a test names, else an interpreter that is not there."""
    shutil.rmtree(bare.workspace / ".vscode", ignore_errors=True)
    set_workspace(
        bare.workspace, **getattr(request, "param", {"python__defaultInterpreterPath": "/nowhere/python"})
    )
    opened = browser.open(bare_editor.address(bare.workspace))
    yield opened
    opened.page.context.close()


with_python = pytest.mark.parametrize(
    "bare_window", [{"python__defaultInterpreterPath": sys.executable}], indirect=True, ids=["python"]
)
with_server = pytest.mark.parametrize(
    "bare_window", [{"magray__serverPath": str(SERVER)}], indirect=True, ids=["server"]
)


def test_without_a_server_one_message_says_what_to_do_and_nothing_is_tried_again(
    bare_window: Window, bare_editor: Editor
) -> None:
    for _ in range(2):
        bare_window.command("magray: Search Memory")
        bare_window.wait_for(bare_window.messages, "the message")
    bare_window.page.wait_for_timeout(1_000)
    assert bare_window.all_messages() == ["The magray server was not found on this machine."]
    bare_window.wait_for(lambda: "the server is not installed" in bare_window.status, "the state")
    assert bare_window.message_buttons() == ["Install…", "How to install", "Open settings"]
    assert servers(bare_editor) == []
    bare_window.picture("no-server-at-all")


@with_python
def test_an_installation_that_fails_is_told_and_leaves_nothing(
    bare_window: Window, bare_editor: Editor, bare: Place
) -> None:
    wheel = next((bare.person.parent / "index").glob("*.whl"))
    away = wheel.rename(wheel.with_suffix(".away"))
    try:
        install(bare_window)
        bare_window.told("could not be installed")
        assert not own_environment(bare_editor).exists()
        bare_window.press(
            "Show log", lambda: "No matching distribution found for magray" in bare_window.output, "the log"
        )
    finally:
        away.rename(wheel)


@with_python
def test_the_server_is_installed_into_an_environment_of_its_own_after_asking(
    bare_window: Window, bare_editor: Editor
) -> None:
    install(bare_window)
    bare_window.wait_for(lambda: "ready" in bare_window.status, "the installed server")
    bare_window.picture("installed")
    own = own_environment(bare_editor)
    assert (own / "bin" / "magray-lsp").exists()
    bare_window.command("magray: Search Memory")
    bare_window.type("HookCaller")
    bare_window.wait_for(lambda: "pluggy/_caller.py" in bare_window.row_texts()[0], "an answer")
    bare_window.close_lists()


@with_python
def test_an_update_that_fails_keeps_the_server_that_works(
    bare_window: Window, bare_editor: Editor, bare: Place
) -> None:
    broken = bare.person.parent / "index" / "magray-9.9.1-py3-none-any.whl"
    broken.write_bytes(b"half a download")
    try:
        install(bare_window)
        bare_window.told("could not be installed")
    finally:
        broken.unlink()
    assert (own_environment(bare_editor) / "bin" / "magray-lsp").exists()
    bare_window.command("magray: Restart Server")
    bare_window.wait_for(lambda: "ready" in bare_window.status, "the server as before")


def test_another_interpreter_brings_its_own_server(
    bare_window: Window, bare_editor: Editor, bare: Place
) -> None:
    environments = [bare.person.parent / name for name in ("first", "second")]
    for environment in environments:
        (environment / "bin").mkdir(parents=True, exist_ok=True)
        for name, program in (("python", Path(sys.executable)), ("magray-lsp", SERVER)):
            if not (environment / "bin" / name).exists():
                (environment / "bin" / name).symlink_to(program)
    for environment in environments:
        set_workspace(bare.workspace, python__defaultInterpreterPath=str(environment / "bin" / "python"))
        if not servers(bare_editor):
            bare_window.command("magray: Search Memory")
        bare_window.wait_for(
            lambda environment=environment: (
                [str(environment / "bin") in line for line in servers(bare_editor)] == [True]
            ),
            f"the server of {environment.name} alone",
        )
        bare_window.wait_for(lambda: "ready" in bare_window.status, "ready")


def test_a_server_that_dies_at_once_is_told_once_and_not_started_for_ever(
    bare_editor: Editor, browser: Browser, bare: Place
) -> None:
    starts = bare.person.parent / "starts"
    program = bare.person.parent / "dies"
    program.write_text(f"#!/bin/sh\necho start >>'{starts}'\nexit 7\n", encoding="utf-8")
    program.chmod(0o755)
    set_workspace(bare.workspace, magray__serverPath=str(program))
    window = browser.open(bare_editor.address(bare.workspace))
    window.command("magray: Search Memory")
    window.told("could not be started")
    tried = starts.read_text().count("start")
    window.page.wait_for_timeout(3_000)
    assert starts.read_text().count("start") == tried
    assert len(window.all_messages()) == 1
    assert "needs attention" in window.status
    set_workspace(bare.workspace, magray__serverPath=str(SERVER))
    window.wait_for(lambda: "ready" in window.status, "the program that was named instead")
    window.page.context.close()


@with_server
def test_a_server_that_keeps_ending_is_given_up_until_the_person_starts_it(
    bare_window: Window, bare_editor: Editor
) -> None:
    bare_window.command("magray: Search Memory")
    bare_window.wait_for(lambda: "ready" in bare_window.status, "ready")
    bare_window.close_lists()
    killed: set[int] = set()
    for _ in range(4):
        (process,) = bare_window.wait_for(
            lambda: (
                [one for one in server_processes(bare_editor) if one.pid not in killed]
                if "ready" in bare_window.status
                else None
            ),
            "a server that is ready",
        )
        killed.add(process.pid)
        os.kill(process.pid, signal.SIGKILL)
    bare_window.told("ended too often")
    bare_window.page.wait_for_timeout(2_000)
    assert servers(bare_editor) == []
    bare_window.picture("given-up")
    bare_window.press("Start again", lambda: "ready" in bare_window.status, "ready again")


def test_limits_end_when_their_cause_does(
    code_server: Path, vsix: Path, browser: Browser, tmp_path: Path, trial: dict[str, bytes]
) -> None:
    place = make_place(tmp_path, trial)
    model = tmp_path / "model"
    editor = make_editor(code_server, [vsix], tmp_path, {**place.environment, "MAGRAY_MODEL": str(model)})
    try:
        window = browser.open(editor.address(place.workspace))
        window.command("magray: Search Memory")
        window.wait_for(lambda: "works with limits" in window.status, "degraded")
        window.type("HookCaller")
        window.wait_for(lambda: "pluggy/_caller.py" in window.row_texts()[0], "an answer by words")
        window.wait_for(lambda: "by words only" in window.list_title, "the limit in the title")
        window.picture("degraded")
        lists = {"Results": "Searched by words only", "Related": "by words only", "Coverage": "by words only"}
        window.button("Keep the results", lambda: window.tree("Results"), "the results in the side bar")
        window.open_file("_manager.py:100")
        window.command("magray: Find Similar")
        window.command("magray: Focus on Coverage View")
        for view, limit in lists.items():
            window.wait_for(
                lambda view=view, limit=limit: limit in window.view_message(view), f"the limit in {view}"
            )
        window.picture("degraded-views")
        window.command("magray: Recall")
        window.type("HookCaller")
        window.wait_for(lambda: "by words only" in window.list_title, "the limit of recall")
        window.close_lists()
        model.symlink_to(MODEL)
        window.command("magray: Restart Server")
        window.wait_for(lambda: "ready" in window.status, "ready")
        window.command("magray: Search Memory")
        window.wait_for(lambda: window.rows.count() and "by words only" not in window.list_title, "no limit")
        window.close_lists()
        for view in ("Related", "Coverage"):
            window.wait_for(
                lambda view=view: "by words only" not in window.view_message(view), f"no limit in {view}"
            )
        # Another home is another server's.
        other = tmp_path / "other"
        editor.settings(magray__home=str(other))
        window.wait_for(other.is_dir, "the home that the setting names")
        window.wait_for(lambda: "ready" in window.status, "ready")
        window.wait_for(lambda: len(server_processes(editor)) == 1, "one server")
        window.page.context.close()
    finally:
        editor.stop()


def test_a_folder_without_trust_names_no_program_and_no_interpreter_until_it_is_trusted(
    code_server: Path, vsix: Path, browser: Browser, tmp_path: Path, trial: dict[str, bytes]
) -> None:
    place = make_place(tmp_path, trial)
    evil = place.workspace / "env" / "bin"
    evil.mkdir(parents=True)
    for name in ("python", "magray-lsp"):
        (evil / name).write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\nexec '{SERVER}' \"$@\"\n", "utf-8")
        (evil / name).chmod(0o755)
    set_workspace(place.workspace, python__defaultInterpreterPath=str(evil / "python"))
    python = make_package(tmp_path, PYTHON_MANIFEST, {"main.js": PYTHON_EXTENSION})
    editor = make_editor(code_server, [vsix, python], tmp_path, place.environment, trusted=False)
    try:
        window = browser.open(editor.address(place.workspace))
        window.command("magray: Search Memory")
        window.wait_for(lambda: "ready" in window.status, "the server of the person")
        window.close_lists()
        assert not (tmp_path / "ran").exists()
        window.command("Workspaces: Manage Workspace Trust")
        trust = window.page.locator("a.monaco-button").filter(has_text=re.compile(r"^\s*Trust\s*$")).first
        window.until(
            lambda: trust.click(timeout=5_000),
            (tmp_path / "ran").exists,
            "the interpreter of a folder that is trusted now",
        )
        window.page.context.close()
    finally:
        editor.stop()


def install(window: Window) -> None:
    """Run the command and agree."""
    window.command("magray: Install Server")
    window.wait_for(lambda: "Install the magray server" in window.dialog, "the question")
    window.decide("Install")


def own_environment(editor: Editor) -> Path:
    """The environment of the extension itself."""
    return editor.place / "data" / "User" / "globalStorage" / "magray.magray" / "server"
