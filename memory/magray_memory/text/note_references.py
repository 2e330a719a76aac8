"""References to notes in a text: `[[wiki links]]` and, in Markdown, links by path, each with its place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.text.languages import detect
from magray_memory.text.markdown import prose_lines
from magray_memory.text.wiki_links import wiki_links

if TYPE_CHECKING:
    from collections.abc import Iterator

_INLINE = re.compile(
    r"!?\[(?:[^\[\]\n]|\[[^\[\]\n]*\]){0,999}\]\(\s{0,9}"
    r"(?:<([^<>\n]{0,999})>|((?:[^\s()<>\\]|\\.|\([^\s()]{0,200}\)){1,999}))"
    r"(?:\s{1,9}(?:\"[^\"\n]{0,999}\"|'[^'\n]{0,999}'|\([^()\n]{0,999}\)))?\s{0,9}\)"
)
_DEFINITION = re.compile(r" {0,3}\[(?!\^)[^\[\]\n]{1,999}\]:\s{0,9}(?:<([^<>\n]{0,999})>|(\S{1,999}))")
_ELSEWHERE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:|//")
"""What begins so is a URL, or the path of a drive."""


class NoteReference(NamedTuple):
    """A link: 0-based line, the columns of its target, and that as written; `first` and `last` are the
    columns of the whole link.

    `by_path`: it is a Markdown link, whose target is a path from the document's folder, percent-encoded
    unless `bracketed`. `in_code`: it stands in a comment of code.
    """

    line: int
    start: int
    end: int
    target: str
    first: int
    last: int
    in_code: bool = False
    by_path: bool = False
    bracketed: bool = False


def note_references(path: str, lines: list[str]) -> Iterator[NoteReference]:
    """The references of a text, the wiki links first; `path` helps to find its language."""
    for link in wiki_links(path, lines):
        yield NoteReference(
            link.line, link.start, link.end, link.target, link.start - 2, link.end + 2, link.in_code
        )
    if not any("](" in line or "]:" in line for line in lines):
        return
    if detect(path, "".join(lines[:100])[:4096]) != "markdown":
        return
    for number, line in enumerate(prose_lines(lines)):
        if "](" in line:
            for match in _INLINE.finditer(line):
                yield from _by_path(number, match)
        elif "]:" in line and (match := _DEFINITION.match(line)):
            yield from _by_path(number, match)


def _by_path(number: int, match: re.Match[str]) -> Iterator[NoteReference]:
    group = 1 if match[1] is not None else 2
    target = match[group]
    if target and not _ELSEWHERE.match(target):
        yield NoteReference(
            number, *match.span(group), target, *match.span(), by_path=True, bracketed=group == 1
        )
