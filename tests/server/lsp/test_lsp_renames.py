"""A heading that is renamed, and records that link to what is renamed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .test_lsp_note_links import EDITS, at, opened, texts_after

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "plan.md": "# Plan\n\n## Part one ##\n\nSee [[#Part one]] and [x](#part-one).\n\nSetext 😀 part\n---\n",
    "index.md": "😀 [[plan#Part one]], [[plan#part one|x]], [y](plan.md#part-one), "
    "[[plan#Setext 😀 part]] [[Plan]]\n",
}


@pytest.fixture
def server(connect, processes, tmp_path) -> Any:
    _, _, eventually = processes
    root: Path = tmp_path / "notes"
    root.mkdir()
    for name, text in FILES.items():
        (root / name).write_text(text, "utf-8")
    client = connect()
    profile = {**EDITS, "experimental": {"magrayStatus": True}}
    profile["workspace"] = {**EDITS["workspace"], "fileOperations": {"willRename": True, "didRename": True}}
    answer = client.start(root, profile=profile)
    client.root, client.capabilities = root, answer["capabilities"]
    client.ready()
    client.request("magray/remember", {"text": "Look at [[plan#Part one]] and [[index]]."})
    query = {"query": "Setext", "mode": "lexical"}
    assert eventually(lambda: client.request("magray/search", query)["hits"])
    return client


def _record(client: Any) -> dict[str, Any]:
    return client.request("magray/show", {"id": "n1", "history": True})


def test_a_heading_is_renamed_with_its_links(server, eventually) -> None:
    text = FILES["plan.md"]
    uri = opened(server, server.root / "plan.md")
    place = {"textDocument": {"uri": uri}, "position": at(text, "## Part one", 5)}
    prepared = server.request("textDocument/prepareRename", place)
    assert prepared["placeholder"] == "Part one"
    assert (prepared["range"]["start"]["character"], prepared["range"]["end"]["character"]) == (3, 11)
    edit = server.request("textDocument/rename", {**place, "newName": "Первая часть"})
    changed = texts_after(server.root, edit)
    assert changed["plan.md"] == text.replace("Part one", "Первая часть").replace("part-one", "первая-часть")
    assert changed["index.md"] == (
        "😀 [[plan#Первая часть]], [[plan#Первая часть|x]], [y](plan.md#первая-часть), "
        "[[plan#Setext 😀 part]] [[Plan]]\n"
    )
    assert "Part one" in _record(server)["text"], "not before the note says so"
    params = {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": changed["plan.md"]}]}
    server.notify("textDocument/didChange", params)
    assert eventually(lambda: "[[plan#Первая часть]]" in _record(server)["text"])
    assert [state["text"] for state in _record(server)["history"]] == [
        "Look at [[plan#Part one]] and [[index]]."
    ]


def test_every_kind_of_heading_is_renamed(server) -> None:
    uri = opened(server, server.root / "plan.md")
    place = {"textDocument": {"uri": uri}, "position": at(FILES["plan.md"], "Setext", 8)}
    assert server.request("textDocument/prepareRename", place)["placeholder"] == "Setext 😀 part"
    changed = texts_after(server.root, server.request("textDocument/rename", {**place, "newName": "Other"}))
    assert "\nOther\n---\n" in changed["plan.md"]
    assert "[[plan#Other]]" in changed["index.md"]
    title = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 3}}
    changed = texts_after(server.root, server.request("textDocument/rename", {**title, "newName": "Draft"}))
    assert set(changed) == {"plan.md"}, "[[Plan]] is the file's name too"
    for wrong in ("", "two\nlines"):
        assert "one line" in server.error("textDocument/rename", {**title, "newName": wrong})["message"]
    nothing = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 0}}
    assert server.request("textDocument/prepareRename", nothing) is None
    assert "no heading" in server.error("textDocument/rename", {**nothing, "newName": "x"})["message"]


@pytest.mark.parametrize("told", [True, False])
def test_records_follow_a_note_that_is_renamed(server, eventually, told) -> None:
    (server.root / "index.md").rename(server.root / "start.md")
    if told:
        files = [
            {"oldUri": (server.root / "index.md").as_uri(), "newUri": (server.root / "start.md").as_uri()}
        ]
        server.notify("workspace/didRenameFiles", {"files": files})
    assert eventually(lambda: "[[start]]" in _record(server)["text"])
    assert len(_record(server)["history"]) == 1


def test_the_server_asks_to_be_told_of_renames(server) -> None:
    operations = server.capabilities["workspace"]["fileOperations"]
    assert operations["didRename"] == operations["willRename"]
