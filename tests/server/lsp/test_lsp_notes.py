"""Folders of notes beside the open ones: indexed and watched by the server, whenever they are named."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "Заметки"
    folder.mkdir()
    (folder / "kiwi.md").write_text("# Kiwi\n\nThe kiwi orchard blooms in May.\n")
    return folder


def found(client: Any, query: str) -> list[str]:
    answer = client.request("magray/search", {"query": query, "mode": "lexical"})
    return [hit["path"] for hit in answer["hits"]]


def test_folders_of_notes_are_indexed_and_watched(connect, project, notes, processes) -> None:
    _, _, eventually = processes
    client = connect()
    client.start(project, initializationOptions={"notes": {"folders": [str(notes)]}})
    assert eventually(lambda: found(client, "kiwi orchard") == ["kiwi.md"])
    (notes / "emu.md").write_text("# Emu\n\nThe emu cannot fly.\n")
    assert eventually(lambda: found(client, "emu") == ["emu.md"])
    given = [(notes / "emu.md").as_uri(), (project / "src/payment.py").as_uri(), str(notes / "moa.md")]
    files = client.request("magray/why", {"paths": given})["files"]
    assert [(file["path"], file["state"]) for file in files] == [
        ("emu.md", "indexed"),
        ("src/payment.py", "indexed"),
        ("moa.md", "missing"),
    ]
    (notes / "kiwi.md").unlink()
    assert eventually(lambda: found(client, "kiwi orchard") == [])
    report = client.request("magray/index", {"workspace": notes.as_uri(), "lexical": True})
    assert report["files"] == 1
    assert client.request("magray/index", {"workspace": str(notes), "paths": ["emu.md"]})["files"] == 1


def test_folders_of_notes_that_settings_name_later_follow(connect, project, notes, processes) -> None:
    _, _, eventually = processes
    client = connect()
    client.start(project)
    client.ready()
    command = [sys.executable, "-m", "magray_server.cli.main", "--home", str(client.root), "config", "set"]
    subprocess.run([*command, "notes.folders", str(notes)], check=True, timeout=60)
    assert eventually(lambda: found(client, "kiwi orchard") == ["kiwi.md"])
    subprocess.run([*command, "--unset", "notes.folders"], check=True, timeout=60)
    assert eventually(lambda: found(client, "kiwi orchard") == [])
    client.notify("workspace/didChangeConfiguration", {"settings": {"notes": {"folders": [str(notes)]}}})
    assert eventually(lambda: found(client, "kiwi orchard") == ["kiwi.md"])
    (notes / "emu.md").write_text("# Emu\n\nThe emu cannot fly.\n")
    assert eventually(lambda: found(client, "emu") == ["emu.md"])


def test_a_folder_of_notes_that_is_not_there_yet_is_told_and_taken_when_it_comes(
    connect, project, tmp_path, processes
) -> None:
    _, _, eventually = processes
    later = tmp_path / "later"
    client = connect()
    client.start(project, initializationOptions={"notes": {"folders": [str(later)]}})
    client.until("magray/status", lambda status: "later does not exist" in (status["message"] or ""))
    later.mkdir()
    (later / "kiwi.md").write_text("# Kiwi\n\nThe kiwi orchard blooms in May.\n")
    assert eventually(lambda: found(client, "kiwi orchard") == ["kiwi.md"])


def test_notes_are_served_where_no_folder_is_open(connect, notes, processes) -> None:
    _, _, eventually = processes
    client = connect()
    client.start(initializationOptions={"notes": {"folders": [str(notes)]}})
    assert eventually(lambda: found(client, "kiwi orchard") == ["kiwi.md"])


def test_a_file_of_a_folder_inside_another_answers_once(connect, project, processes) -> None:
    _, _, eventually = processes
    inner = project / "notes"
    (inner / "quokka.py").write_text("def find_quokka():\n    return 'an old quokka'\n")
    client = connect()
    client.start(project, inner)

    def symbols(name: str) -> list[str]:
        return [symbol["name"] for symbol in client.request("workspace/symbol", {"query": name})]

    assert eventually(lambda: found(client, "quokka") == ["quokka.py"])
    assert symbols("find_quokka") == ["find_quokka"]
    uri = client.open(inner / "quokka.py", "def find_numbat():\n    return 'a numbat'\n")
    assert eventually(lambda: found(client, "numbat") == ["quokka.py"])
    assert found(client, "quokka") in ([], ["quokka.py"])  # by its name
    assert eventually(lambda: symbols("find_quokka") == [])
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    (inner / "quokka.py").unlink()
    assert eventually(lambda: found(client, "quokka") == [])
    assert symbols("find_quokka") == []
