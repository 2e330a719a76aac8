"""Documents that are no files, positions that are nowhere, spellings that differ: an answer, or one error."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

NO_FILES = (
    "untitled:Untitled-1",
    "git:/tmp/x.py?%7B%22ref%22%3A%22~%22%7D",
    "vscode-notebook-cell:/tmp/x.ipynb#W0sZmlsZQ%3D%3D",
    "vscode-remote://ssh-remote%2Bhost/tmp/x.py",
    "output:extension-output-1",
    "file:",
    "file://server/share/x.py",
    "file:///tmp/a%00b.py",
    "http://[broken",
    "\ud800",
    "file:///tmp/\ud800.py",
    "",
)


def about(uri: str, line: Any = 0, character: Any = 0) -> dict[str, Any]:
    return {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}


@pytest.mark.parametrize("uri", NO_FILES, ids=range(len(NO_FILES)))
def test_what_is_no_file_is_open_and_harmless(shared, uri: str) -> None:
    document = {
        "uri": uri,
        "languageId": "python",
        "version": 1,
        "text": "def nothing(): ...  # [[Deploy]]\n",
    }
    shared.notify("textDocument/didOpen", {"textDocument": document})
    start = {"line": 0, "character": 0}
    shared.change(uri, {"range": {"start": start, "end": start}, "text": "def thylacine(): ...\n"})
    shared.request("textDocument/hover", about(uri, 0, 5))
    shared.request("textDocument/definition", about(uri, 1, 26))
    span = {"start": start, "end": {"line": 1, "character": 0}}
    context = {"diagnostics": []}
    assert shared.request("textDocument/codeAction", {**about(uri), "range": span, "context": context}) == []
    assert shared.request("textDocument/codeLens", about(uri)) == []
    links = shared.request("textDocument/documentLink", about(uri))
    assert [link["target"] for link in links] == [(shared.root / "notes/Deploy.md").as_uri()]
    assert shared.error("magray/related", {"uri": uri})["code"] == -32602
    answer = shared.answer(shared.ask("magray/index", {"paths": [uri or ":"]}))
    assert "result" in answer or answer["error"]["code"] in (-32602, -32803)
    shared.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    changes = [{"uri": uri, "type": 1}]
    shared.notify("workspace/didChangeWatchedFiles", {"changes": changes})
    folder = {"uri": uri, "name": "strange"}
    shared.notify("workspace/didChangeWorkspaceFolders", {"event": {"added": [folder], "removed": [folder]}})
    assert shared.request("magray/search", {"query": "thylacine", "mode": "lexical"})["hits"] == []
    shared.notify("textDocument/didClose", {"textDocument": {"uri": uri}})


@pytest.mark.parametrize(
    "spell", [str, quote, lambda path: quote(path).replace("/", "%2F").replace("%2F", "/")]
)
def test_a_file_is_the_same_however_it_is_spelled(shared, spell: Any, processes) -> None:
    _, _, eventually = processes
    path = shared.root / "notes/подписи.md"
    uri = f"file://{spell(str(path))}"
    document = {"uri": uri, "languageId": "markdown", "version": 1, "text": "# Кенгуру\n\nПрыгает далеко.\n"}
    shared.notify("textDocument/didOpen", {"textDocument": document})

    def found() -> list[str]:
        answer = shared.request("magray/search", {"query": "кенгуру", "mode": "lexical"})
        return [hit["path"] for hit in answer["hits"]]

    assert eventually(lambda: found() == ["notes/подписи.md"])
    assert shared.request("textDocument/hover", about(path.as_uri(), 0, 3)) is None
    assert eventually(lambda: shared.request("magray/related", {"uri": uri})["hits"])
    shared.notify("textDocument/didClose", {"textDocument": {"uri": uri}})
    assert eventually(lambda: found() == [])


@pytest.mark.parametrize(
    ("line", "character"),
    [
        (0, 2**31 - 1),
        (2**31 - 1, 0),
        (10**6, 10**6),
        (-1, 0),
        (0, -1),
        (0.5, 0),
        ("0", 0),
        (None, 0),
        (2**70, 0),
    ],
)
def test_positions_that_are_nowhere(shared, line: Any, character: Any) -> None:
    uri = shared.open(shared.root / "src/payment.py")
    for method in ("textDocument/hover", "textDocument/definition"):
        answer = shared.answer(shared.ask(method, about(uri, line, character)))
        assert answer.get("result", ...) is None or answer["error"]["code"] == -32602
    place = {"line": line, "character": character}
    shared.change(uri, {"range": {"start": place, "end": place}, "text": "x"})
    assert shared.request("magray/search", {"query": "payment"})["hits"]
    shared.notify("textDocument/didClose", {"textDocument": {"uri": uri}})


def test_a_line_of_five_megabytes_is_edited_and_asked_about(shared) -> None:
    file = shared.root / "src/storage.py"
    uri = shared.open(file, "# " + "word " * 1_000_000)
    for version in range(2, 12):
        place = {"line": 0, "character": 2_500_000 + version}
        shared.change(uri, {"range": {"start": place, "end": place}, "text": "[[Deploy]]"}, version=version)
    shared.request("textDocument/hover", about(uri, 0, 2_500_000))
    assert shared.request("textDocument/definition", about(uri, 0, 2_500_016))["uri"].endswith("Deploy.md")
    assert len(shared.request("textDocument/documentLink", about(uri))) >= 1
    assert shared.request("magray/search", {"query": "open the database", "k": 1})["hits"]
    shared.notify("textDocument/didClose", {"textDocument": {"uri": uri}})


def test_a_reader_lets_go_of_its_own_text_when_the_other_server_has_indexed_it(
    connect, project, processes
) -> None:
    _, _, eventually = processes
    first, second = connect(), connect()
    first.start(project)
    first.ready()
    second.start(project)
    second.ready()
    file = project / "src/storage.py"
    uri = second.open(file)
    text = "def bilby_ears():\n    return 2\n"
    second.change(uri, {"text": text})

    def found(client: Any) -> list[dict[str, Any]]:
        return client.request("magray/search", {"query": "bilby_ears", "mode": "lexical"})["hits"]

    assert eventually(lambda: found(second) and found(second)[0]["passage"] >= 1 << 40)
    assert not found(first), "nothing unsaved leaves the server"
    file.write_text(text)
    second.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    assert eventually(lambda: found(first), 20)
    assert eventually(lambda: found(second) and found(second)[0]["passage"] < 1 << 40, 20)
