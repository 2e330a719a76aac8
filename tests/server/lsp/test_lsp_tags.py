"""Tags in an editor: where one stands in notes and records, and completion inside of front matter."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .test_lsp_note_links import applied, at, completed, opened, references

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "plan.md": "---\ntags: [work/big, Работа]\n---\n# Plan\n\nSee #work and `#work`.\n",
    "deep/other.md": "# Other\n\n😀 #work/big/one, #workshop #работа\n",
    "list.md": "---\ntags:\n  - work\n---\nNothing else.\n",
    "code.py": "# a comment #work\n",
}
RECORDS = {"magrayStatus": True, "magrayRecords": True}


@pytest.fixture(scope="module")
def server(connect_once, tmp_path_factory) -> Any:
    """A server that the tests leave as it was; its `root` is the folder of notes."""
    root: Path = tmp_path_factory.mktemp("notes")
    for name, text in FILES.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text, "utf-8")
    client = connect_once()
    client.root = root
    client.start(root, profile={"experimental": RECORDS})
    client.ready()
    client.request("magray/remember", {"text": "Ask #work/big first.\n\nThen #work.", "title": "One"})
    client.request("magray/remember", {"text": "Nothing of it.", "tag": ["work/small"]})
    client.request("magray/remember", {"text": "In the trash #work."})
    client.request("magray/forget", {"ids": ["n3"]})
    return client


WORK = [
    "other.md:3:4",
    "list.md:3:4",
    "plan.md:2:7",
    "plan.md:6:5",
    "n1.md:1:5",
    "n1.md:3:6",
    "n2.md:1:0",
]


def test_a_tag_leads_to_all_that_has_it(server) -> None:
    uri = opened(server, server.root / "plan.md")
    found = references(server, uri, at(FILES["plan.md"], "#work and", 2))
    assert sorted(found) == sorted(WORK)
    assert references(server, uri, at(FILES["plan.md"], "#work and", 0)) == found, "the mark is of the tag"
    below = references(server, uri, at(FILES["plan.md"], "work/big", 3))
    assert sorted(below) == ["n1.md:1:5", "other.md:3:4", "plan.md:2:7"]
    russian = references(server, uri, at(FILES["plan.md"], "Работа", 1))
    assert sorted(russian) == ["other.md:3:29", "plan.md:2:17"]
    code = references(server, uri, at(FILES["plan.md"], "`#work`", 3))
    assert code == [], "what stands in code is no tag, so this asks for links to the note"
    server.close_document(uri)


def test_what_is_not_saved_counts(server) -> None:
    uri = opened(server, server.root / "list.md", "Now #work/here stands here.\n")
    found = references(server, uri, {"line": 0, "character": 6})
    assert found == ["list.md:1:5"]
    everywhere = references(server, uri, {"line": 0, "character": 4})
    assert everywhere == found
    server.close_document(uri)


def test_a_record_that_is_open_knows_its_tags(server) -> None:
    text = "Ask #work/big first.\n\nThen #work."
    document = {"uri": "magray:/records/n1.md", "languageId": "markdown", "version": 1, "text": text}
    server.notify("textDocument/didOpen", {"textDocument": document})
    found = references(server, "magray:/records/n1.md", at(text, "Then #work", 8))
    assert sorted(found) == sorted(WORK)
    server.close_document("magray:/records/n1.md")


@pytest.mark.parametrize(
    ("typed", "label", "line"),
    [
        ("---\ntags: [a, wo¦]\n---\n", "work/big", "tags: [a, work/big]"),
        ("---\ntags:\n  - ¦\n---\n", "work", "  - work"),
        ("---\nтеги: [раб¦", "работа", "теги: [работа"),
        ("---\nТег:\n- work/b¦\n---\n", "work/big", "- work/big"),
        ("---\nkeywords: x, w¦\n---\n", "workshop", "keywords: x, workshop"),
        ('+++\ntags = ["work/big/¦"]\n+++\n', "work/big/one", 'tags = ["work/big/one"]'),
        ("---\r\ntags: [w¦]\r\n---\r\n", "work/small", "tags: [work/small]"),
    ],
)
def test_tags_are_completed_in_front_matter(server, typed, label, line) -> None:
    text = typed.replace("¦", "")
    before = typed.partition("¦")[0]
    position = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
    uri = opened(server, server.root / "new.md", text)
    items = completed(server, uri, position)
    server.close_document(uri)
    assert label in items, items
    assert line in [row.rstrip("\r\n") for row in applied(text, [items[label]["textEdit"]]).split("\n")]


@pytest.mark.parametrize("typed", ["---\ntitle: wo¦\n---\n", "---\ntags: [a]\n---\nwo¦", "ta¦"])
def test_elsewhere_nothing_is_completed(server, typed) -> None:
    before, _, after = typed.partition("¦")
    uri = opened(server, server.root / "new.md", before + after)
    position = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
    assert completed(server, uri, position) == {}
    server.close_document(uri)
