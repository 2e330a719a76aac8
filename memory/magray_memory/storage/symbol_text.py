"""Symbol text: the definitions and headings of a passage as the one text that is stored with it.

A line for each, of fields with tabs between: name, container, kind, the lines from the passage's first to the
one that the name stands on, the lines from there to its last, joint, and the folded name where that is not
the name in lower case. Lines are relative, so that they stay when a passage moves in its file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

FIELDS = 7


class SymbolText(NamedTuple):
    """The symbols of a passage as they are stored, and their folded names, a line for each."""

    text: str = ""
    names: str = ""


class PassageSymbol(NamedTuple):
    """A definition or heading: `folded` is what it is looked up by; lines are 1-based and inclusive; `joint`
    stands between its container and its name.
    """

    folded: str
    name: str
    container: str
    kind: str
    line: int
    end_line: int
    joint: str

    @property
    def qualified(self) -> str:
        """The name with what it lies in, in the language's own notation."""
        return f"{self.container}{self.joint}{self.name}" if self.container else self.name


def read_symbols(text: str, start_line: int) -> Iterator[PassageSymbol]:
    """The symbols of a passage that begins with this line; a line that is none, as damage makes, is passed
    over.
    """
    for name, container, kind, line, length, joint, folded in _split(text):
        try:
            at = start_line + int(line)
            end = at + int(length)
        except ValueError:
            continue
        yield PassageSymbol(folded or name.lower(), name, container, kind, at, end, joint)


def names_in(text: str) -> str:
    """The folded names of the symbols in a text, as in SymbolText."""
    return "\n".join(fields[6] or fields[0].lower() for fields in _split(text))


def _split(text: str) -> Iterator[list[str]]:
    for line in text.split("\n") if text else ():
        fields = line.split("\t")
        if len(fields) == FIELDS:
            yield fields
