"""Text synchronization as clients do it: one file under two URIs, nulls, and changes that nobody can read."""

from __future__ import annotations

from typing import Any

import pytest

START = {"line": 0, "character": 0}


@pytest.fixture
def forked() -> bool:
    return False


@pytest.fixture
def editor(connect, project):
    client = connect()
    client.start(project)
    client.ready()
    return client


@pytest.fixture
def seen(editor, processes):
    """Waits until exactly these files hold a word."""
    _, _, eventually = processes

    def wait(word: str, *paths: str) -> bool:
        def found() -> list[str]:
            answer = editor.request("magray/search", {"query": word, "mode": "lexical"})
            return [hit["path"] for hit in answer["hits"] if word in hit["snippet"]]

        return eventually(lambda: found() == list(paths), 15)

    return wait


def test_one_file_under_two_uris_keeps_the_text_of_the_one_that_stays(editor, project, seen) -> None:
    file = project / "src/payment.py"
    first = editor.open(file)
    editor.change(first, {"text": "def thylacine(): ...\n"})
    assert seen("thylacine", "src/payment.py")
    second = first.replace("payment", "%70ayment")
    document = {"uri": second, "languageId": "python", "version": 1, "text": file.read_text()}
    editor.notify("textDocument/didOpen", {"textDocument": document})
    assert seen("thylacine", "src/payment.py"), "what is only opened is older than what was typed"
    editor.close_document(second)
    assert seen("thylacine", "src/payment.py")
    editor.notify("textDocument/didOpen", {"textDocument": document})
    editor.change(second, {"text": "def numbat(): ...\n"})
    assert seen("numbat", "src/payment.py") and seen("thylacine")
    editor.close_document(second)
    assert seen("thylacine", "src/payment.py") and seen("numbat")
    editor.close_document(first)
    assert seen("thylacine")


def test_a_link_to_the_folder_is_the_same_file(connect, project, tmp_path, processes) -> None:
    _, _, eventually = processes
    link = tmp_path / "link"
    link.symlink_to(project)
    client = connect()
    client.start(link)
    client.ready()
    real, linked = client.open(project / "src/payment.py"), client.open(link / "src/payment.py")
    client.change(real, {"text": "def thylacine():  # с хвостом\n    return 'x'"})

    def hit() -> dict[str, Any] | None:
        hits = client.request("magray/search", {"query": "thylacine", "mode": "lexical"})["hits"]
        return hits[0] if hits else None

    assert eventually(hit)
    client.close_document(linked)
    assert eventually(hit)
    end = hit()["location"]["range"]["end"]  # pyright: ignore
    assert end == {"line": 1, "character": len("    return 'x'")}, "the open text, not the file"


@pytest.mark.parametrize("extra", [{"range": None}, {"range": None, "rangeLength": None}, {"rangeLength": 3}])
@pytest.mark.parametrize("version", [None, "2", ...])
def test_nulls_of_older_clients_are_understood(editor, project, seen, extra, version) -> None:
    uri = (project / "src/payment.py").as_uri()
    document = {"uri": uri, "version": None, "text": "x = 1\n", "languageId": None}
    editor.notify("textDocument/didOpen", {"textDocument": document})
    identifier = {"uri": uri} if version is ... else {"uri": uri, "version": version}
    change = {"text": "def thylacine(): ...\n", **extra}
    editor.notify("textDocument/didChange", {"textDocument": identifier, "contentChanges": [change]})
    assert seen("thylacine", "src/payment.py")
    place = {"range": {"start": START, "end": START}, "rangeLength": None, "text": "# numbat\n"}
    editor.notify("textDocument/didChange", {"textDocument": identifier, "contentChanges": [place]})
    assert seen("numbat", "src/payment.py")
    assert not [m for m in editor.heard if m["method"] == "window/showMessage"]


BROKEN: list[tuple[Any, str]] = [
    ([{"range": {"start": {"line": "0"}, "end": START}, "text": "walrus"}], "whole"),
    ([{"range": {"start": START}, "text": "walrus"}], "save"),
    ([{"range": [0, 1], "text": "walrus"}], "open"),
    ([{"text": 5}], "save"),
    ([{}], "open"),
    (["walrus"], "whole"),
    ("walrus", "save"),
]


@pytest.mark.parametrize(("changes", "anew"), BROKEN, ids=range(len(BROKEN)))
def test_a_change_that_nobody_can_read_is_told_and_spoils_nothing(
    editor, project, seen, changes, anew
) -> None:
    file = project / "src/payment.py"
    uri = editor.open(file)
    edit = {"range": {"start": START, "end": START}, "text": "# thylacine\n"}
    editor.change(uri, edit)
    assert seen("thylacine", "src/payment.py")
    document = {"uri": uri, "version": 3}
    editor.notify("textDocument/didChange", {"textDocument": document, "contentChanges": changes})
    told = editor.until("window/showMessage")["message"]
    assert "payment.py" in told and "saved or opened again" in told
    editor.change(uri, {**edit, "text": "# walrus\n"}, version=4)
    assert seen("thylacine") and seen("walrus"), "the file is searched, no guess of the text"
    text = "# numbat\n" + file.read_text()
    if anew == "whole":
        editor.change(uri, {"text": text}, version=5)
    elif anew == "save":
        file.write_text(text)
        editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}, "text": text})
    else:
        editor.close_document(uri)
        editor.open(file, text)
        editor.change(uri, {"text": text}, version=2)
    assert seen("numbat", "src/payment.py")
    editor.change(uri, {**edit, "text": "# quokka\n"}, version=6)
    assert seen("quokka", "src/payment.py")
