"""Time tokens: the words, numbers and signs of a question, and patterns that fit what a time is said with."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple


class Token(NamedTuple):
    """A word, number or sign of a question, in lower case, and where it stands."""

    text: str
    start: int
    end: int


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{pattern})\Z")


def fits(pattern: str, word: str) -> bool:
    """Whether a word is one of a pattern's."""
    return _pattern(pattern).match(word) is not None
