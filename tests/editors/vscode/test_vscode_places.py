"""The extension elsewhere: two folders, a program that is not there, an index from before."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .conftest import make_editor, make_place

if TYPE_CHECKING:
    from workbench import Browser, Editor

    from .conftest import Place


def test_two_folders_are_searched_by_one_server(editor: Editor, browser: Browser, place: Place) -> None:
    other = place.workspace.parent / "ledger"
    other.mkdir()
    (other / "ledger.py").write_text(
        "def balance_of_account(entries):\n    return sum(entries)\n", encoding="utf-8"
    )
    both = place.workspace.parent / "both.code-workspace"
    folders = [{"path": str(place.workspace)}, {"path": str(other)}]
    both.write_text(json.dumps({"folders": folders}), encoding="utf-8")
    window = browser.open(editor.address(both))
    for question, path in (("balance of account", "ledger.py"), ("HookCaller", "pluggy/_caller.py")):
        window.command("magray: Search Memory")
        window.type(question)
        window.wait_for(lambda path=path: path in window.row_texts()[0], question)
    assert "shop • pluggy/_caller.py" in window.row_texts()[0]
    window.picture("two-folders")
    window.close_lists()

    # One of them goes away: the other is searched and indexed on, and coverage says what is missing.
    shutil.rmtree(other)
    window.command("magray: Focus on Coverage View")
    window.wait_for(lambda: "works with limits" in window.status, "the limit")
    window.wait_for(
        lambda: any(row.startswith("ledger") and "no such folder" in row for row in window.tree("Coverage")),
        "the folder that is gone",
    )
    window.command("magray: Index Open Folders")
    window.told("1 file should have been indexed")
    window.clear_messages()
    window.command("magray: Search Memory")
    window.type("HookCaller")
    window.wait_for(lambda: "pluggy/_caller.py" in window.row_texts()[0], "an answer")
    window.close_lists()
    window.page.context.close()


def test_a_program_that_is_not_there_is_told_once_with_what_to_do(
    editor: Editor, browser: Browser, place: Place
) -> None:
    folder = place.workspace.parent / "elsewhere"
    (folder / ".vscode").mkdir(parents=True)
    settings = {"magray.serverPath": "/nowhere/magray-lsp"}
    (folder / ".vscode" / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    window = browser.open(editor.address(folder))
    window.command("magray: Search Memory")
    window.told("/nowhere/magray-lsp")
    window.picture("no-server")
    assert len(window.all_messages()) == 1
    window.wait_for(lambda: "not installed" in window.status, "the state")
    window.press(
        "Install", lambda: "Install the magray server" in window.dialog, "the question before installing"
    )
    window.picture("install")
    window.decide("Cancel")
    # Naming the right one is enough: the change of the setting starts it.
    right = {"magray.serverPath": "${userHome}/.local/bin/magray-lsp"}
    (folder / ".vscode" / "settings.json").write_text(json.dumps(right), encoding="utf-8")
    window.wait_for(lambda: "not installed" not in window.status, "the server")
    window.page.context.close()


def test_a_folder_with_an_index_is_followed_from_the_start_and_names_no_program_without_trust(
    code_server: Path, vsix: Path, browser: Browser, tmp_path: Path, trial: dict[str, bytes]
) -> None:
    place = make_place(tmp_path, trial)
    program = str(Path(sys.executable).parent / "magray")
    command = [program, "--home", str(place.home), "--workspace", str(place.workspace), "index", "--lexical"]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    (place.workspace / ".vscode").mkdir()
    named = {"magray.serverPath": "/nowhere/magray-lsp"}
    (place.workspace / ".vscode" / "settings.json").write_text(json.dumps(named), encoding="utf-8")
    editor = make_editor(code_server, [vsix], place.person.parent, place.environment, trusted=False)
    try:
        window = browser.open(editor.address(place.workspace))
        window.wait_for(lambda: "ready" in window.status, "ready, without any command")
        window.picture("restricted")
        assert window.page.locator(".statusbar-item[id*='workspaceTrust']").count() == 1
        window.page.context.close()
    finally:
        editor.stop()
