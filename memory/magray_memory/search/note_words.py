"""Words of names, by which the lexical index finds the files that may link to them."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING
from urllib.parse import quote

from magray_memory.search.note_links import aliases, stem
from magray_memory.storage.fts import match_expression
from magray_memory.text.analyzer import tokens

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.search.note_links import Note

MOST_NAMES = 100
"""So many names are looked for by their words; for more, every file is read."""


def expression_of(names: list[str]) -> str | None:
    """What a passage with a link to one of these fits; None where any may."""
    wanted: dict[str, None] = {}
    for name in names:
        for spelled in _spellings(name):
            terms = tokens(spelled)
            if not terms:
                return None
            wanted[f"({match_expression(terms, ' AND ')})"] = None
    return " OR ".join(wanted) if 0 < len(wanted) <= MOST_NAMES else None


def names_of(note: Note, title: str | None) -> list[str]:
    """What a link to a note can say: its file's name, its title, its aliases."""
    found = [posixpath.basename(stem(note.path)), title or "", *aliases(note.text())]
    return [name for name in found if name.strip()]


def _spellings(name: str) -> Iterator[str]:
    """A name, and as URLs spell it."""
    encoded = quote(name)
    yield name
    if encoded != name:
        yield encoded
        yield name.replace(" ", "%20")
