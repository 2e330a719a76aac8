"""Notes as an editor's first-class documents: completed, linked back, outlined, renamed and created."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

EDITS: dict[str, Any] = {
    "workspace": {
        "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create", "rename", "delete"]},
        "fileOperations": {"willRename": True},
    },
    "textDocument": {
        "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": [""]}}},
        "documentSymbol": {"hierarchicalDocumentSymbolSupport": True},
        "rename": {"prepareSupport": True},
    },
}
FILES = {
    "plan.md": "---\ntitle: Большой план\naliases: [Замысел]\ntags: [work/big]\n---\n"
    "# Plan\n\n## Part one\n\nText. ^block1\n\n## Part two\n",
    "index.md": "# Index\n\n[[plan]] and [[plan#Part one]], [[plan|the plan]], ![[plan]], [[Большой план]].\n"
    "[md](plan.md), [md](./plan.md#part-one \"a title\"), [md](<plan.md>), `[[plan]]`\n"
    "```\n[[plan]] [no](plan.md)\n```\n[ref]: plan.md\n[web](https://plan.md) #work/small\n",
    "deep/inner note.md": "# Inner\n\n[[../plan]] [[/plan]] [up](../plan.md) ![pic](pic.png) [[other]]\n",
    "deep/other.md": "# Other\r\n\r\nSee [[inner note]], [[deep/inner note#Inner|x]] "
    "and [in](inner%20note.md).\r\n",
    "code.py": "# see [[plan]]\nx = [[1]]\n",
    "Заметка.md": "# Заметка\n\n[[Заметка]] 😀 [[plan]] "
    "[себя](%D0%97%D0%B0%D0%BC%D0%B5%D1%82%D0%BA%D0%B0.md)\n",
}  # fmt: skip


def write_notes(root: Path) -> Path:
    for name, text in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    (root / "deep" / "pic.png").write_bytes(b"\x89PNG\r\n\x1a\n\0")
    return root


def begin_on(client: Any, eventually: Any, notes: Path, *roots: Path, encoding: str, profile: Any) -> Any:
    asks = {"general": {"positionEncodings": [encoding]}, "experimental": {"magrayStatus": True}}
    options = {"notes": {"folders": [str(notes)]}}
    client.start(*roots, profile={**EDITS, **profile, **asks}, initializationOptions=options)
    for name in ("Part one", "Заметка", "Inner"):
        query = {"query": name, "mode": "lexical"}
        assert eventually(lambda q=query: client.request("magray/search", q)["hits"])
    return client


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return write_notes(tmp_path / "Мои заметки")


@pytest.fixture
def begin(connect, project, notes, processes):
    def start(*, encoding: str = "utf-16", **profile: Any) -> Any:
        _, _, eventually = processes
        return begin_on(connect(), eventually, notes, project, encoding=encoding, profile=profile)

    return start


@pytest.fixture(scope="module")
def server(connect_once, tmp_path_factory, eventually) -> Any:
    """A server that the tests leave as it was; its `root` is the folder of notes."""
    notes = write_notes(tmp_path_factory.mktemp("shared") / "Мои заметки")
    client = begin_on(connect_once(), eventually, notes, encoding="utf-16", profile={})
    client.root = notes
    return client


def opened(client: Any, path: Path, text: str | None = None) -> str:
    text = path.read_bytes().decode() if text is None else text
    return client.open(path, text, "markdown")


def at(text: str, what: str, inside: int = 2, encoding: str = "utf-16") -> dict[str, int]:
    """The position of a place in a text, so many characters behind where `what` begins."""
    index = text.index(what) + inside
    line = text.count("\n", 0, index)
    before = text[text.rfind("\n", 0, index) + 1 : index]
    units = {"utf-8": len(before.encode()), "utf-32": len(before)}
    return {"line": line, "character": units.get(encoding, len(before.encode("utf-16-le")) // 2)}


def applied(text: str, edits: list[dict[str, Any]], encoding: str = "utf-16") -> str:
    """A text after edits, by the rules of the protocol."""
    rows = text.splitlines(keepends=True)

    def offset(position: dict[str, int]) -> int:
        row = rows[position["line"]]
        codec = {"utf-8": "utf-8", "utf-32": "utf-32-le"}.get(encoding, "utf-16-le")
        unit = {"utf-8": 1, "utf-32": 4}.get(encoding, 2)
        inside = len(row.encode(codec)[: unit * position["character"]].decode(codec))
        return sum(map(len, rows[: position["line"]])) + inside

    for edit in sorted(edits, key=lambda e: -offset(e["range"]["start"])):
        span = edit["range"]
        text = text[: offset(span["start"])] + edit["newText"] + text[offset(span["end"]) :]
    return text


def completed(client: Any, uri: str, position: dict[str, int]) -> dict[str, dict[str, Any]]:
    found = client.request("textDocument/completion", {"textDocument": {"uri": uri}, "position": position})
    return {item["label"]: item for item in found["items"]} if found else {}


def after(client: Any, notes: Path, typed: str, label: str, name: str = "index.md") -> str:
    """The line that was typed (`|` is the cursor) after an item was chosen."""
    text = f"😀 {typed.replace('¦', '')}\r\n"
    uri = opened(client, notes / name, text)
    item = completed(client, uri, at(text, "😀 ", 2 + typed.index("¦")))[label]
    client.close_document(uri)
    return applied(text, [item["textEdit"]]).strip().removeprefix("😀 ")


def references(client: Any, uri: str, position: dict[str, int], declaration: bool = False) -> list[str]:
    params = {
        "textDocument": {"uri": uri},
        "position": position,
        "context": {"includeDeclaration": declaration},
    }
    found = client.request("textDocument/references", params) or []
    return [
        f"{place['uri'].rpartition('/')[2]}:{place['range']['start']['line'] + 1}"
        f":{place['range']['start']['character']}"
        for place in found
    ]


@pytest.mark.parametrize(
    ("typed", "label", "line"),
    [
        ("see [[¦", "plan", "see [[plan]]"),
        ("see [[pl¦]] now", "plan", "see [[plan]] now"),
        ("see [[pl¦x]] now", "plan", "see [[plan]] now"),
        ("see [[¦", "Большой план", "see [[plan|Большой план]]"),
        ("see [[больш¦]]", "Большой план", "see [[plan|Большой план]]"),
        ("see [[замыс¦", "Замысел", "see [[plan|Замысел]]"),
        ("see [[x¦|shown]]", "Большой план", None),
        ("see [[b¦|shown]]", "index", None),
        ("see [[i¦|shown]]", "index", "see [[index|shown]]"),
        ("see [[i¦#Part]]", "index", "see [[index#Part]]"),
        ("see [[inner¦", "inner note", "see [[inner note]]"),
        ("see [[deep/¦", "inner note", "see [[inner note]]"),
        ("[[plan#¦", "Part two", "[[plan#Part two]]"),
        ("[[plan#¦]]", "Part two", "[[plan#Part two]]"),
        ("[[замысел#two¦|x]]", "Part two", "[[замысел#Part two|x]]"),
        ("[[plan#^¦", "^block1", "[[plan#^block1]]"),
        ("a #¦", "#work", "a #work"),
        ("a #wo¦", "#work/big", "a #work/big"),
        ("a #work/¦", "#work/small", "a #work/small"),
    ],
)
def test_what_is_begun_is_completed(server, typed, label, line) -> None:
    client, notes = server, server.root
    if line is None:
        with pytest.raises(KeyError):
            after(client, notes, typed, label)
    else:
        assert after(client, notes, typed, label) == line


def test_completion_of_its_own_headings_and_of_what_is_not_saved(server) -> None:
    client, notes = server, server.root
    text = "# Top\n\n## A [[link]] & more\n\n[[#\n"
    uri = opened(client, notes / "index.md", text)
    found = completed(client, uri, at(text, "[[#", 3))
    assert list(found) == ["Top", "A link & more"]
    plan = opened(client, notes / "plan.md", "# New heading\n")
    line = "[[plan#\n"
    client.change(uri, {"text": line})
    assert list(completed(client, uri, at(line, "[[plan#", 7))) == ["New heading"]
    client.close_document(plan)
    client.close_document(uri)


@pytest.mark.parametrize(
    "typed", ["`[[¦`", "[[plan]]¦", "a#¦", "## ¦", "x[¦", "[[a|¦", "https://x/#¦", "```\n[[¦\n```"]
)
def test_nothing_is_completed_elsewhere(server, typed) -> None:
    client, notes = server, server.root
    text = f"{typed.replace('¦', '')}\n"
    uri = opened(client, notes / "index.md", text)
    row = typed[: typed.index("¦")]
    position = {"line": row.count("\n"), "character": len(row.rpartition("\n")[2])}
    assert completed(client, uri, position) == {}
    client.close_document(uri)


def test_nothing_is_completed_in_code(server) -> None:
    client, notes = server, server.root
    uri = client.open(notes / "code.py", "x = [[\n# a #\n")
    assert completed(client, uri, {"line": 0, "character": 6}) == {}
    assert completed(client, uri, {"line": 1, "character": 5}) == {}
    client.close_document(uri)


def test_records_are_completed_and_complete(begin, notes) -> None:
    client = begin()
    client.request("magray/remember", {"text": "At noon. #ops/deploy", "title": "Deploy time"})
    client.request("magray/remember", {"text": "Odd.", "title": "Odd [title]"})
    assert after(client, notes, "[[depl¦", "Deploy time") == "[[Deploy time]]"
    assert after(client, notes, "[[odd¦", "Odd [title]") == "[[n2]]"
    assert after(client, notes, "#ops¦", "#ops/deploy") == "#ops/deploy"
    text = "See [[pl"
    document = {"uri": "magray:/records/n1.md", "languageId": "markdown", "version": 1, "text": text}
    client.notify("textDocument/didOpen", {"textDocument": document})
    assert "plan" in completed(client, "magray:/records/n1.md", {"line": 0, "character": len(text)})


PLAN = [
    "code.py:1:8",
    "inner%20note.md:3:2",
    "inner%20note.md:3:14",
    "inner%20note.md:3:27",
    "index.md:3:2",
    "index.md:3:15",
    "index.md:3:34",
    "index.md:3:54",
    "index.md:3:64",
    "index.md:4:5",
    "index.md:4:20",
    "index.md:4:57",
    "index.md:8:7",
    "%D0%97%D0%B0%D0%BC%D0%B5%D1%82%D0%BA%D0%B0.md:3:17",
]


def test_backlinks_of_a_note_are_all_its_forms(begin, notes) -> None:
    client = begin()
    uri = opened(client, notes / "plan.md")
    assert sorted(references(client, uri, {"line": 5, "character": 3})) == sorted(PLAN)
    assert sorted(references(client, uri, {"line": 1, "character": 3})) == sorted(PLAN)
    index = opened(client, notes / "index.md")
    assert sorted(references(client, index, at(FILES["index.md"], "[[plan]]"))) == sorted(PLAN)
    assert sorted(references(client, index, at(FILES["index.md"], "(./plan.md#", 3)))[:2] == [
        "index.md:3:15",
        "index.md:4:20",
    ]
    assert references(client, uri, {"line": 5, "character": 3}, True)[0] == "plan.md:1:0"


def test_backlinks_of_a_heading_are_those_to_it(begin, notes) -> None:
    client = begin()
    uri = opened(client, notes / "plan.md")
    assert references(client, uri, {"line": 7, "character": 3}) == ["index.md:3:15", "index.md:4:20"]
    assert references(client, uri, {"line": 11, "character": 3}) == []
    assert references(client, uri, {"line": 7, "character": 3}, True)[0] == "plan.md:8:0"
    index = opened(client, notes / "index.md", "x [[plan#Part two]]\n")
    assert references(client, uri, {"line": 11, "character": 3}) == ["index.md:1:4"]
    assert references(client, index, {"line": 0, "character": 5}) == ["index.md:1:4"]
    python = client.open(notes / "code.py")
    assert references(client, python, {"line": 1, "character": 0}) == []


def test_headings_of_notes_are_symbols_and_of_a_projects_files_are_not(begin, notes, project) -> None:
    client = begin()
    uri = opened(client, notes / "plan.md")
    (plan,) = client.request("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
    assert (plan["name"], plan["range"]["start"]["line"], plan["range"]["end"]["line"]) == ("Plan", 5, 11)
    assert [
        (c["name"], c["range"]["start"]["line"], c["range"]["end"]["line"]) for c in plan["children"]
    ] == [
        ("Part one", 7, 10),
        ("Part two", 11, 11),
    ]
    assert plan["selectionRange"]["end"] == {"line": 5, "character": 6}
    readme = opened(client, project / "README.md")
    assert client.request("textDocument/documentSymbol", {"textDocument": {"uri": readme}}) is None
    (project / ".obsidian").mkdir()
    assert client.request("textDocument/documentSymbol", {"textDocument": {"uri": readme}})
    python = client.open(project / "src/payment.py")
    assert client.request("textDocument/documentSymbol", {"textDocument": {"uri": python}}) is None


def test_an_editor_without_nesting_gets_a_flat_list(begin, notes) -> None:
    client = begin(textDocument={})
    uri = opened(client, notes / "plan.md", "# A\r\n\r\n# B 😀\r\n\r\n### C\r\n")
    found = client.request("textDocument/documentSymbol", {"textDocument": {"uri": uri}})
    assert [(symbol["name"], symbol.get("containerName")) for symbol in found] == [
        ("A", None),
        ("B 😀", None),
        ("C", "B 😀"),
    ]
    assert found[1]["location"]["range"]["end"] == {"line": 2, "character": 6}


def renamed(client: Any, notes: Path, pairs: dict[str, str], encoding: str = "utf-16") -> dict[str, str]:
    """The texts of the files that a rename changes, by path before it."""
    files = [
        {"oldUri": (notes / old).as_uri(), "newUri": (notes / new).as_uri()} for old, new in pairs.items()
    ]
    edit = client.request("workspace/willRenameFiles", {"files": files})
    return texts_after(notes, edit, encoding)


def texts_after(notes: Path, edit: dict[str, Any] | None, encoding: str = "utf-16") -> dict[str, str]:
    found: dict[str, str] = {}
    for change in (edit or {}).get("documentChanges", []):
        if "textDocument" in change:
            path = next(p for p in notes.rglob("*") if p.as_uri() == change["textDocument"]["uri"])
            before = path.read_bytes().decode()
            found[path.relative_to(notes).as_posix()] = applied(before, change["edits"], encoding)
    return found


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_a_renamed_note_keeps_its_links_in_their_form(begin, notes, encoding) -> None:
    client = begin(encoding=encoding)
    changed = renamed(client, notes, {"plan.md": "new plan.md"}, encoding)
    assert changed["index.md"] == (
        "# Index\n\n[[new plan]] and [[new plan#Part one]], [[new plan|the plan]], ![[new plan]], "
        "[[Большой план]].\n"
        '[md](new%20plan.md), [md](./new%20plan.md#part-one "a title"), [md](<new plan.md>), `[[plan]]`\n'
        "```\n[[plan]] [no](plan.md)\n```\n[ref]: new%20plan.md\n[web](https://plan.md) #work/small\n"
    )
    assert changed["deep/inner note.md"] == (
        "# Inner\n\n[[../new plan]] [[/new plan]] [up](../new%20plan.md) ![pic](pic.png) [[other]]\n"
    )
    assert changed["Заметка.md"] == FILES["Заметка.md"].replace("[[plan]]", "[[new plan]]")
    assert changed["code.py"] == FILES["code.py"].replace("[[plan]]", "[[new plan]]")
    assert set(changed) == {"index.md", "deep/inner note.md", "Заметка.md", "code.py"}


def test_a_note_that_moves_keeps_its_own_links_too(begin, notes) -> None:
    client = begin()
    changed = renamed(client, notes, {"deep/inner note.md": "inner note.md"})
    assert changed == {
        "deep/inner note.md": "# Inner\n\n[[./plan]] [[/plan]] [up](plan.md) "
        "![pic](deep/pic.png) [[other]]\n",
        "deep/other.md": FILES["deep/other.md"]
        .replace("[[deep/inner note#", "[[inner note#")
        .replace("(inner%20note.md)", "(../inner%20note.md)"),
    }


def test_a_renamed_folder_keeps_links_into_it(begin, notes, processes) -> None:
    _, _, eventually = processes
    client = begin()
    (notes / "index.md").write_text("[[deep/other]] [[other]]\n")
    (notes / "picture.md").write_text("![p](deep/pic.png)\n")
    query = {"query": "picture", "mode": "lexical"}
    assert eventually(lambda: client.request("magray/search", query)["hits"])
    changed = renamed(client, notes, {"deep": "глубже/in"})
    assert changed["index.md"] == "[[in/other]] [[other]]\n"
    assert changed["picture.md"] == "![p](глубже/in/pic.png)\n"
    assert changed["deep/inner note.md"] == (
        "# Inner\n\n[[../../plan]] [[/plan]] [up](../../plan.md) ![pic](pic.png) [[other]]\n"
    )
    assert changed["deep/other.md"] == FILES["deep/other.md"].replace("[[deep/inner", "[[in/inner")
    assert set(changed) == {"index.md", "picture.md", "deep/inner note.md", "deep/other.md"}


def test_letters_in_a_url_stay_encoded_as_they_were(begin, notes) -> None:
    client = begin()
    changed = renamed(client, notes, {"Заметка.md": "Запись.md"})
    assert changed["Заметка.md"] == (
        "# Заметка\n\n[[Запись]] 😀 [[plan]] [себя](%D0%97%D0%B0%D0%BF%D0%B8%D1%81%D1%8C.md)\n"
    )


def test_a_name_that_another_note_has_becomes_a_path(begin, notes) -> None:
    client = begin()
    changed = renamed(client, notes, {"plan.md": "sub/other.md"})
    assert "[[sub/other]] and [[sub/other#Part one]]" in changed["index.md"]
    assert "[md](sub/other.md)" in changed["index.md"]


def test_the_text_of_an_open_buffer_counts(begin, notes) -> None:
    client = begin()
    uri = opened(client, notes / "index.md", "unsaved\n\n[[plan]]\n")
    files = [{"oldUri": (notes / "plan.md").as_uri(), "newUri": (notes / "p.md").as_uri()}]
    edit = client.request("workspace/willRenameFiles", {"files": files})
    change = next(c for c in edit["documentChanges"] if c["textDocument"]["uri"] == uri)
    assert change["textDocument"]["version"] == 1
    assert applied("unsaved\n\n[[plan]]\n", change["edits"]) == "unsaved\n\n[[p]]\n"


def test_what_no_note_links_to_changes_nothing(server) -> None:
    client, notes = server, server.root
    assert renamed(client, notes, {"index.md": "start.md"}) == {}
    assert client.request("workspace/willRenameFiles", {"files": []}) is None
    elsewhere = [{"oldUri": "untitled:x", "newUri": "file:///nowhere/y.md"}]
    assert client.request("workspace/willRenameFiles", {"files": elsewhere}) is None


def test_a_note_is_renamed_from_a_link(begin, notes) -> None:
    client = begin()
    text = FILES["index.md"]
    uri = opened(client, notes / "index.md")
    place = {"textDocument": {"uri": uri}, "position": at(text, "[[plan#Part", 4)}
    prepared = client.request("textDocument/prepareRename", place)
    assert prepared["placeholder"] == "plan"
    span = prepared["range"]
    assert (span["start"]["character"], span["end"]["character"]) == (15, 19)
    edit = client.request("textDocument/rename", {**place, "newName": "проект"})
    assert "[[проект]] and [[проект#Part one]]" in texts_after(notes, edit)["index.md"]
    rename = edit["documentChanges"][-1]
    assert (rename["kind"], rename["oldUri"]) == ("rename", (notes / "plan.md").as_uri())
    assert rename["newUri"] == (notes / "проект.md").as_uri()
    edit = client.request("textDocument/rename", {**place, "newName": "deep/plan.md"})
    assert edit["documentChanges"][-1]["newUri"] == (notes / "deep/plan.md").as_uri()
    for name, why in (("index", "already"), ("a#b", "none of"), ("", "none of"), ("../../x/y", "below")):
        assert why in client.error("textDocument/rename", {**place, "newName": name})["message"]
    nothing = {"textDocument": {"uri": uri}, "position": {"line": 1, "character": 0}}
    assert client.request("textDocument/prepareRename", nothing) is None
    assert "no link" in client.error("textDocument/rename", {**nothing, "newName": "x"})["message"]


def test_an_editor_that_names_only_operations_on_files_renames_and_creates(begin, notes) -> None:
    operations = {"resourceOperations": ["rename", "create", "delete"]}  # as Neovim does
    client = begin(workspace={"workspaceEdit": operations, "fileOperations": {"willRename": True}})
    uri = opened(client, notes / "index.md")
    place = {"textDocument": {"uri": uri}, "position": at(FILES["index.md"], "[[plan]]"), "newName": "x"}
    kinds = [change.get("kind") for change in client.request("textDocument/rename", place)["documentChanges"]]
    assert kinds.count("rename") == 1
    assert kinds[-1] == "rename"
    files = [{"oldUri": (notes / "plan.md").as_uri(), "newUri": (notes / "p.md").as_uri()}]
    assert client.request("workspace/willRenameFiles", {"files": files})["documentChanges"]
    other = opened(client, notes / "deep/other.md", "[[new]]\n")
    position = {"line": 0, "character": 3}
    asked = {"textDocument": {"uri": other}, "range": {"start": position, "end": position},
             "context": {"diagnostics": [], "only": ["quickfix"]}}  # fmt: skip
    (action,) = client.request("textDocument/codeAction", asked)
    assert action["edit"]["documentChanges"][0]["kind"] == "create"


def test_an_editor_that_renames_no_files_is_told(begin, notes) -> None:
    client = begin(workspace={})
    uri = opened(client, notes / "index.md")
    place = {"textDocument": {"uri": uri}, "position": at(FILES["index.md"], "[[plan]]"), "newName": "x"}
    assert "cannot rename" in client.error("textDocument/rename", place)["message"]
    files = [{"oldUri": (notes / "plan.md").as_uri(), "newUri": (notes / "p.md").as_uri()}]
    edit = client.request("workspace/willRenameFiles", {"files": files})
    assert edit["changes"][uri]
    asked = {"textDocument": {"uri": uri}, "range": {"start": place["position"], "end": place["position"]},
             "context": {"diagnostics": []}}  # fmt: skip
    assert client.request("textDocument/codeAction", asked) == []


@pytest.mark.parametrize(
    ("link", "path", "text"),
    [
        ("[[new note]]", "new note.md", "# new note\n\n"),
        ("[[new note#Part|x]]", "new note.md", "# new note\n\n## Part\n\n"),
        ("[[sub/new]]", "sub/new.md", "# new\n\n"),
        ("[[./sub/new]]", "deep/sub/new.md", "# new\n\n"),
        ("[[../new]]", "new.md", "# new\n\n"),
        ("[x](./new%20one.md)", "deep/new one.md", "# new one\n\n"),
        ("[[Йод]]", "deep/Йод.md", "# Йод\n\n"),
        ("[[v1.2]]", "deep/v1.2.md", "# v1.2\n\n"),
        ("[[plan]]", None, ""),
        ("[[Замысел]]", None, ""),
        ("[[../../new]]", None, ""),
        ("[x](pic2.png)", None, ""),
        ("[x](https://example.org/a.md)", None, ""),
        ("[[a:b]]", None, ""),
        ("`[[new]]`", None, ""),
        ("[[ ]]", None, ""),
    ],
)
def test_a_link_to_nothing_offers_its_note(server, link, path, text) -> None:
    client, notes = server, server.root
    uri = opened(client, notes / "deep/other.md", f"see {link}\n")
    position = {"line": 0, "character": 7}
    asked = {
        "textDocument": {"uri": uri},
        "range": {"start": position, "end": position},
        "context": {"diagnostics": [], "only": ["quickfix"]},
    }
    found = client.request("textDocument/codeAction", asked)
    client.close_document(uri)
    if path is None:
        assert found == []
        return
    if "/" not in path and link.startswith("[[new"):
        path = f"deep/{path}"
    (action,) = found
    create, edit = action["edit"]["documentChanges"]
    assert create["kind"] == "create"
    assert create["uri"] == (notes / path).as_uri()
    assert edit["edits"][0]["newText"] == text
    assert action["kind"] == "quickfix"


LINKS: list[tuple[str, str | None, int]] = [
    ("[[plan#part two]]", "plan.md", 12),
    ("[[PLAN#Part%20one]]", "plan.md", 8),
    ("[[замысел#^block1]]", "plan.md", 10),
    ("[[#Other]]", "deep/other.md", 1),
    ("[[inner%20note]]", "deep/inner note.md", 1),
    ("[[./inner note]]", "deep/inner note.md", 1),
    ("[x](../plan.md#part-two)", "plan.md", 12),
    ("[x](<inner note.md>)", "deep/inner note.md", 1),
    ("[x](inner%20note.md)", "deep/inner note.md", 1),
    ("[x](/plan.md)", "plan.md", 1),
    ("![[" + unicodedata.normalize("NFD", "Заметка") + "]]", "Заметка.md", 1),
    ("[x](../" + unicodedata.normalize("NFD", "заметка") + ".md)", "Заметка.md", 1),
    ("[x](pic.png)", None, 0),
    ("[x](nothing.md)", None, 0),
]


@pytest.mark.parametrize(("link", "path", "line"), LINKS)
def test_every_spelling_leads_to_its_line(server, link, path, line) -> None:
    client, notes = server, server.root
    text = f"# Other\r\n\r\n😀 {link}\r\n"
    uri = opened(client, notes / "deep/other.md", text)
    place = {"textDocument": {"uri": uri}, "position": at(text, link, 3)}
    found = client.request("textDocument/definition", place)
    shown = client.request("textDocument/documentLink", {"textDocument": {"uri": uri}})
    client.close_document(uri)
    if path is None:
        assert found is None
        return
    assert (found["uri"], found["range"]["start"]["line"] + 1) == ((notes / path).as_uri(), line)
    if "[[" in link:
        (one,) = shown
        assert one["target"] == (notes / path).as_uri() + (f"#L{line}" if line > 1 else "")


def test_a_record_is_followed_where_the_editor_opens_such(connect, notes, processes) -> None:
    client = connect()
    asks = {"experimental": {"magrayStatus": True, "magrayRecords": True}}
    client.start(notes, profile=asks)
    client.ready()
    client.request("magray/remember", {"text": "At noon.", "title": "Deploy time"})
    text = "See [[deploy time]] and [[n1|that]].\n"
    uri = opened(client, notes / "index.md", text)
    for what in ("[[deploy", "[[n1"):
        place = {"textDocument": {"uri": uri}, "position": at(text, what, 3)}
        assert client.request("textDocument/definition", place)["uri"] == "magray:/records/n1.md"
    shown = client.request("textDocument/documentLink", {"textDocument": {"uri": uri}})
    assert [link["target"] for link in shown] == ["magray:/records/n1.md"] * 2
    asked = {"textDocument": {"uri": uri}, "range": {"start": at(text, "[[n1"), "end": at(text, "[[n1")},
             "context": {"diagnostics": [], "only": ["quickfix"]}}  # fmt: skip
    assert client.request("textDocument/codeAction", asked) == []


def test_backlinks_of_a_record(connect, notes) -> None:
    client = connect()
    client.start(notes, profile={"experimental": {"magrayStatus": True, "magrayRecords": True}})
    client.ready()
    client.request("magray/remember", {"text": "At noon.", "title": "Deploy time", "key": "deploy"})
    client.request("magray/remember", {"text": "Later than [[deploy time]]."})
    uri = opened(
        client, notes / "index.md", "See [[deploy time]], [[n1|that]], [[deploy]], [[n2]] `[[n1]]`.\n"
    )
    expected = ["index.md:1:6", "index.md:1:23", "index.md:1:36", "n2.md:1:0"]
    assert references(client, uri, {"line": 0, "character": 8}) == expected
    document = {"uri": "magray:/records/n1.md", "languageId": "markdown", "version": 1, "text": "At noon."}
    client.notify("textDocument/didOpen", {"textDocument": document})
    assert references(client, "magray:/records/n1.md", {"line": 0, "character": 3}) == expected
    assert references(client, uri, {"line": 0, "character": 48}) == ["index.md:1:48"]


def test_the_server_says_what_it_does(connect, notes) -> None:
    client = connect()
    capabilities = client.start(notes, profile=EDITS)["capabilities"]
    assert capabilities["completionProvider"]["triggerCharacters"] == ["[", "#", "/", "^"]
    assert capabilities["renameProvider"]["prepareProvider"] is True
    assert capabilities["referencesProvider"] and capabilities["documentSymbolProvider"]
    globs = [
        f["pattern"]["glob"] for f in capabilities["workspace"]["fileOperations"]["willRename"]["filters"]
    ]
    assert "**" in globs
    assert capabilities["codeActionProvider"]["codeActionKinds"] == ["magray", "magray.remember", "quickfix"]
