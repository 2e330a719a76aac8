"""Where tags stand in a note, and where one is being typed in its front matter."""

from __future__ import annotations

import pytest

from magray_memory.text.chunk import chunk
from magray_memory.text.tag_places import begun_in_front_matter, is_below, tag_places

NOTE = """---
title: one thing
tags: [one, two/three, "four"]  # five
теги:
  - раз
  - Два/три
Keywords: x, y
aliases: [one]
---
# Title #head

Text #one and #Two/Three `#code` #123 #ff0 (#this), #six-6
    #indented
```
#fenced
```
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_tag_has_its_place(end: str) -> None:
    lines = NOTE.replace("\n", end).splitlines(keepends=True)
    places = list(tag_places(lines))
    found = [(place.line, lines[place.line][place.start : place.end], place.name) for place in places]
    assert found == [
        (2, "one", "one"),
        (2, "two/three", "two/three"),
        (2, "four", "four"),
        (4, "раз", "раз"),
        (5, "Два/три", "два/три"),
        (6, "x", "x"),
        (6, "y", "y"),
        (9, "head", "head"),
        (11, "one", "one"),
        (11, "Two/Three", "two/three"),
        (11, "six-6", "six-6"),
    ]
    assert {name for _, _, name in found} == set(chunk("a.md", NOTE, language="markdown").tags)


def test_what_is_nested_is_below() -> None:
    assert is_below("work/a", "work") and is_below("work", "work")
    assert not is_below("workshop", "work") and not is_below("work", "work/a")


@pytest.mark.parametrize(
    ("text", "begun"),
    [
        ("---\ntags: [a, b¦", "b"),
        ("---\ntags: [a, b¦]\n---\n", "b"),
        ('---\ntags: ["a", "б/в¦', "б/в"),
        ("---\ntags:\n  - one\n  - ¦\n---\n", ""),
        ("---\ntags:\n- o¦", "o"),
        ("---\ntags: ¦\n---\n", ""),
        ("---\nТеги: раб¦\n---\n", "раб"),
        ("---\nтег:\n  - #раб¦\n", "раб"),
        ("---\nkeywords: a b¦\n", "b"),
        ('+++\ntags = ["a", "b¦"]\n+++\n', "b"),
        ('+++\n[taxonomies]\ntags = [\n  "b¦"\n]\n+++\n', "b"),
        ('---\n"tags": b¦\n---\n', "b"),
        ("---\ntitle: b¦\n---\n", None),
        ("---\naliases:\n  - b¦\n---\n", None),
        ("---\ntags: [a]\ntitle: b\n  - c¦\n---\n", None),
        ("---\ntags: [a]\n---\nprose, b¦\n", None),
        ("text\n---\ntags: b¦\n", None),
        ("---\nta¦gs: b\n", None),
        ("---\ntags:b¦\n", None),
        ("tags: b¦\n", None),
    ],
)
def test_a_tag_is_begun_where_the_front_matter_states_tags(text: str, begun: str | None) -> None:
    before, _, after = text.partition("¦")
    lines = (before + after).splitlines(keepends=True)
    row, column = before.count("\n"), len(before.rpartition("\n")[2])
    found = begun_in_front_matter(lines, row, column)
    assert (None if found is None else found[1]) == begun
    if found is not None:
        assert lines[row][found[0] : column] == begun
