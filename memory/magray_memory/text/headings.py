"""Headings of a document that people read, in the order of their lines, each with those above it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from magray_memory.text.languages import detect
from magray_memory.text.sections import sections_of

if TYPE_CHECKING:
    from collections.abc import Iterator


class Heading(NamedTuple):
    """A heading: the line, from 1, of its text; the last line of what stands under it; the names above."""

    line: int
    end_line: int
    name: str
    above: tuple[str, ...]


def headings(path: str, text: str) -> Iterator[Heading]:
    """The headings of a text; `path` helps to find its language."""
    found = [
        (row, section.path)
        for section in sections_of(detect(path, text[:4096]), text)
        for row, _ in section.names
    ]
    rows = text.count("\n") + (not text.endswith("\n"))
    for number, (row, names) in enumerate(found):
        depth = len(names)
        end = next((other for other, below in found[number + 1 :] if len(below) <= depth), rows)
        yield Heading(row + 1, max(end, row + 1), names[-1], names[:-1])
