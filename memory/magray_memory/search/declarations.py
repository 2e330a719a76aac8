"""Declarations that a passage is not named after: fields, members of enums, options, keys of settings.

A chunker names functions, classes and constants. A name that is only a line among others in one of them is
looked for when it is asked for, in the passages that the words have found.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from magray_memory.search.vault_view import VaultView, reading
from magray_memory.storage.passages import passage_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NO_TYPE = (
    "return|throw|throws|delete|new|else|goto|yield|await|in|is|not|and|or|case|import|from|export|assert|raise|print"
    "|if|elif|unless|while|until|for|del|use|typeof|echo|break|continue|when|then|do|as|with|of"
)
_TYPED = rf"(?:(?!(?:{_NO_TYPE})\b)[\w<>\[\],.:?|'\\]*[\w>\]:?'][ \t*&!]+)"
_MAX_LINES = 20
"""Lines with the name that are looked at in a passage."""
_SHAPES = (
    # int limit = 7;   readonly limit: number   , limit :: Int
    (1.0, rf"[{{,|]?[ \t]*{_TYPED}+NAME[ \t]*\??(?:=(?!=)|:|;|,|\)|$)"),
    # limit: 7   "limit": 7   'limit' => 7
    (0.9, r"[{,|]?[ \t]*[\"']?NAME[\"']?[ \t]*\??(?::(?!=)|=>)"),
    # LIMIT, in an enum
    (0.9, r"NAME,?[ \t]*(?:(?://|/\*|#|--).*)?$|(?:\w+[ \t]+)*enum\b.*[{,][ \t]*NAME\b"),
    # LIMIT(7), in an enum; limit = 7, but not limit=7, which passes an argument
    (0.7, r"UPPER\("),
    (0.7, r"NAME[ \t]+=(?!=)|NAME=(?!=).*[^,(\n]$"),
    # OPCODE(LIMIT, 7)
    (0.5, r"[A-Z][A-Z_]+\(NAME\b"),
)


@lru_cache(maxsize=64)
def _patterns(name: str) -> tuple[tuple[float, re.Pattern[str]], ...]:
    escaped = re.escape(name)
    upper = escaped if name.isupper() else r"(?!)"
    shapes = [(sure, shape.replace("NAME", escaped).replace("UPPER", upper)) for sure, shape in _SHAPES]
    return tuple((sure, re.compile(rf"[ \t]*(?:{shape})")) for sure, shape in shapes)


def declares(text: str, name: str) -> float:
    """How sure it is that one of these lines declares the name, 0…1; a mere use is 0."""
    return _declaring(text, name)[0]


def declared_row(text: str, name: str) -> int | None:
    """The row (0-based) that most surely declares the name, None when none does."""
    sure, at = _declaring(text, name)
    return text.count("\n", 0, at) if sure else None


def _declaring(text: str, name: str) -> tuple[float, int]:
    """How sure the surest of these lines is, and where it begins."""
    sure, begin, end = 0.0, 0, -1
    at = text.find(name)
    for _ in range(_MAX_LINES):
        if at < 0:
            break
        start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
        line = text[start:] if end < 0 else text[start:end]
        here = next((s for s, pattern in _patterns(name) if pattern.match(line)), 0.0)
        if here > sure:
            sure, begin = here, start
        at = text.find(name, end) if end >= 0 else -1
    return sure, begin


@reading
def declarations(view: VaultView, names: Mapping[str, float], passages: Iterable[int]) -> dict[int, float]:
    """What these passages declare of the names, each with what it is worth; those that declare none are left
    out.
    """
    found = passage_texts(view.connection, passages)
    sure = {row: max(w * declares(text, name) for name, w in names.items()) for row, text in found}
    return {passage: value for passage, value in sure.items() if value}
