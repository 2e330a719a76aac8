"""File names for records: readable, and the same file on every system.

A name is in NFC, at most 140 bytes with its ending (the least limit of a file system in use, an encrypted
one), holds no character that Windows or a link of Obsidian refuses, and differs from every other one in more
than case.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import chain, count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_BYTES = 140
ENDING = ".md"
_REFUSED = re.compile(r'[<>:"/\\|?*#^\[\]]+')
_SPACES = re.compile(r"\s+")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])(?=\.|$)", re.IGNORECASE)
_MARKS = "#>*-+`=~_ \t"
_LEFT_OUT = frozenset(("Cc", "Cf", "Cs", "Co", "Cn"))
_JOINERS = "\u200c\u200d"
"""Between the letters of some scripts and the parts of an emoji."""


class FileNames:
    """Gives each record a name of its own in a folder."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        """`taken`: the names that are in the folder."""
        self._taken = {folded(name) for name in taken}

    def name(self, title: str | None, text: str, record: str) -> str:
        """A name by the title, else by the first line with words, with the record's id where another file is
        called so.
        """
        words = stem_of(title or "") or stem_of(first_line(text)) or record
        suffixes = chain(("", f" ({record})"), (f" ({record}-{number})" for number in count(2)))
        names = (
            f"{_cut(words, MAX_BYTES - len(suffix.encode()) - len(ENDING))}{suffix}{ENDING}"
            for suffix in suffixes
        )
        found = next(name for name in names if folded(name) not in self._taken)
        self._taken.add(folded(found))
        return found


def first_line(text: str) -> str:
    """The first line with words, without the marks of Markdown, front matter and fences left out."""
    rows = text[:4000].split("\n")
    if rows[0].rstrip() == "---" and "---" in rows[1:]:
        rows = rows[rows.index("---", 1) + 1 :]
    lines = (row.strip().lstrip(_MARKS) for row in rows if not row.startswith("```"))
    return next((line[:300] for line in lines if any(map(str.isalnum, line))), "")


def stem_of(text: str) -> str:
    """As much of a text as a file can be called by, without an ending; "" for none."""
    kept = "".join(
        character
        for character in unicodedata.normalize("NFC", text)
        if character.isspace() or character in _JOINERS or unicodedata.category(character) not in _LEFT_OUT
    )
    stem = _SPACES.sub(" ", _REFUSED.sub(" ", kept)).strip(" .\u200c\u200d")
    stem = _DEVICE.sub(lambda match: f"{match[0]}_", stem, count=1) if _DEVICE.match(stem) else stem
    return _cut(stem, MAX_BYTES - len(ENDING))


def folded(name: str) -> str:
    """The name as file systems compare it that do not tell case, or composed letters, apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())


def _cut(stem: str, most: int) -> str:
    data = stem.encode()
    if len(data) <= most:
        return stem
    return data[:most].decode(errors="ignore").rstrip(" .\u200c\u200d")
