"""A link leads to the note and the line that it names, however it is spelled."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest

from magray_memory.index.open_vaults import OpenVault
from magray_memory.search.note_links import NoteNames, part_line

if TYPE_CHECKING:
    from ..conftest import Workspace

FILES = {
    "A.md": """# A

## Part one

text

## `Code` & more!

### Below

A block. ^block1

## Other

### Below
""",
    "B note.md": """---
title: Большой план
aliases: [Бэ, 'Second, name']
---
# B

Часть
=====

## Итог
""",
    "sub/deep.md": "# Deep\n\n## Part\n",
    "sub/x.md": "# X in sub\n",
    "x.md": "# X at the root\n",
    unicodedata.normalize("NFD", "Йод.md"): "# Ёлка\n",
    "g.rst": "Guide\n=====\n\nSetup\n-----\n\ntext\n",
    "100%.md": "# Percent\n",
}
SOURCE = "sub/x.md"


@pytest.mark.parametrize(
    ("link", "path", "line"),
    [
        ("A", "A.md", 1),
        ("A.md", "A.md", 1),
        ("a", "A.md", 1),
        ("A#Part one", "A.md", 3),
        ("A#part-one", "A.md", 3),
        ("A#Part%20one", "A.md", 3),
        ("A#Part one|shown", "A.md", 3),
        ("A\\|shown", "A.md", 1),
        ("A#Code & more!", "A.md", 7),
        ("A#code-more", "A.md", 7),
        ("A#Below", "A.md", 9),
        ("A#Other#Below", "A.md", 15),
        ("A#^block1", "A.md", 11),
        ("A#nothing", "A.md", 1),
        ("B note", "B note.md", 1),
        ("B%20note", "B note.md", 1),
        ("B%20note#Итог", "B note.md", 10),
        ("b note#часть", "B note.md", 7),
        ("большой план#итог", "B note.md", 10),
        ("Бэ", "B note.md", 1),
        ("бэ#Итог", "B note.md", 10),
        ("second, name", "B note.md", 1),
        ("deep#Part", "sub/deep.md", 3),
        ("sub/deep", "sub/deep.md", 1),
        ("/sub/deep", "sub/deep.md", 1),
        ("./deep#part", "sub/deep.md", 3),
        ("../x", "x.md", 1),
        ("./x", "sub/x.md", 1),
        ("../sub/deep.md", "sub/deep.md", 1),
        ("#X in sub", "sub/x.md", 1),
        ("Йод", unicodedata.normalize("NFD", "Йод.md"), 1),
        (unicodedata.normalize("NFD", "йод"), unicodedata.normalize("NFD", "Йод.md"), 1),
        (unicodedata.normalize("NFD", "Ёлка"), unicodedata.normalize("NFD", "Йод.md"), 1),
        ("g#Setup", "g.rst", 4),
        ("100%", "100%.md", 1),
    ],
)
def test_a_link_leads_to_its_line(ws: Workspace, link: str, path: str, line: int) -> None:
    for name, text in FILES.items():
        ws.write(name, text)
    ws.index(lexical=True)
    vault = OpenVault(ws.vault, "workspace", ws.root, vectors=lambda key: pytest.fail(key))
    note = NoteNames([vault]).resolve(link, (ws.root, SOURCE))
    assert note is not None
    assert (note.path, note.line()) == (path, line)


@pytest.mark.parametrize("link", ["nothing", "../../x", "./nothing", "../deep", " ", "#", "Part one", "B"])
def test_a_link_to_nothing_leads_nowhere(ws: Workspace, link: str) -> None:
    for name, text in FILES.items():
        ws.write(name, text)
    ws.index(lexical=True)
    vault = OpenVault(ws.vault, "workspace", ws.root, vectors=lambda key: pytest.fail(key))
    assert NoteNames([vault]).resolve(link, (ws.root, SOURCE)) is None


def test_headings_in_fences_are_none() -> None:
    assert part_line("a.md", "```\n# Part\n```\n\n# Part\n", "Part") == 5
