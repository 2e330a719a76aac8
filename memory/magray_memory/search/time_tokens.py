"""Time tokens: the words, numbers and signs of a question, and patterns that fit what a time is said with."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from magray_memory.search import time_words as words

_MASKED = re.compile(
    r'"[^"]*"|«[^»]*»|`[^`]*`'  # what is quoted
    r"|\S*[^\W\d_](?:[._@\\#]|::|->)\w\S*|\S*\w[._@\\#][^\W\d_]\S*"  # `monday.com`, `last_week`
    r"|\S*[^\W\d_]:?/\S+/\S*|(?<!\S)[#@]\w\S*"  # `src/march/index`, `#friday`
)
_TOKEN = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?"
    r"|\d{4}-\d{1,2}-\d{1,2}(?!\d)|\d{4}-W\d{2}|\d{4}-\d{2}(?!\d)|\d{4}/\d{1,2}/\d{1,2}(?!\d)"
    r"|\d{1,2}/\d{1,2}/\d{4}(?!\d)|\d{1,2}\.\d{1,2}\.\d{4}|\d{2}\.\d{2}\.\d{2}(?![.\d])"
    r"|\.\.|\d+(?:st|nd|rd|th)\b|\d+-(?:й|го|му|м|е|я|ю|х|ые|ых)\b|(?:19|20)\d0s\b"
    r"|[QqHh][1-4]\b|[CcKk]?[Ww]\d{1,2}\b|\d+|[^\W\d_]+|[^\w\s]",
    re.IGNORECASE,
)
_DAY_NUMBER = re.compile(r"(\d{1,2})(?:st|nd|rd|th|-\w+)?")


class Token(NamedTuple):
    """A word, number or sign of a question in lower case, where it stands, and whether its first letter is a
    capital.
    """

    text: str
    start: int
    end: int
    capital: bool


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{pattern})\Z")


@lru_cache(4096)
def fits(pattern: str, word: str) -> bool:
    """Whether a word is one of a pattern's."""
    return _pattern(pattern).match(word) is not None


class Sentence:
    """The tokens of a question, without what is quoted and without what is a part of a name, a path or an
    address.

    A place is the index of a token; one that is outside of the sentence has the empty word.
    """

    def __init__(self, text: str) -> None:
        self.text = _MASKED.sub(lambda match: "\u0000" * len(match[0]), text)
        self.tokens = [
            Token(m[0].lower(), m.start(), m.end(), m[0][0].isupper()) for m in _TOKEN.finditer(self.text)
        ]

    def word(self, at: int) -> str:
        """The token at a place."""
        return self.tokens[at].text if 0 <= at < len(self.tokens) else ""

    def fits(self, pattern: str, at: int) -> bool:
        """Whether the token at a place is one of a pattern's."""
        return fits(pattern, self.word(at))

    def one_of(self, patterns: tuple[str, ...], at: int) -> int | None:
        """The number of the pattern that the token at a place fits."""
        return next((number for number, pattern in enumerate(patterns) if self.fits(pattern, at)), None)

    def skip(self, pattern: str, at: int, most: int = 3) -> int:
        """The place behind at most so many tokens of a pattern."""
        end = at
        while end - at < most and self.fits(pattern, end):
            end += 1
        return end

    def goes_on(self, at: int) -> bool:
        """Whether a word stands at a place that may be the noun of what stands before it."""
        word = self.word(at)
        return word[:1].isalpha() and not fits(words.BETWEEN_PHRASES, word)

    def count(self, at: int) -> tuple[float, int] | None:
        """A number in digits or words, and the place behind it: "3", "a couple of", "два с половиной"."""
        word = self.word(at)
        if re.fullmatch(r"\d{1,4}", word):
            return self._and_a_half(float(word), at + 1)
        if word not in words.NUMBERS:
            return None
        end = at + 1
        if self.word(end) in ("couple", "few"):
            word, end = self.word(end), end + 1
        if word in ("couple", "half") and self.word(end) in ("of", "a", "an"):
            end += 1
        return self._and_a_half(words.NUMBERS[word], end)

    def _and_a_half(self, number: float, at: int) -> tuple[float, int]:
        end = self.half(at)
        return (number + 0.5, end) if end is not None else (number, at)

    def half(self, at: int) -> int | None:
        """The place behind "and a half" or "с половиной"."""
        if [self.word(at + n) for n in range(3)] == ["and", "a", "half"]:
            return at + 3
        return at + 2 if self.word(at) == "с" and self.word(at + 1) == "половиной" else None

    def unit(self, at: int, *, counted: bool = False) -> str | None:
        """The unit of time at a place; `counted`: a number stands before it, so that a letter is enough."""
        word = self.word(at)
        if counted and word in words.LETTERS:
            return words.LETTERS[word]
        return next((name for name, pattern in words.UNITS.items() if fits(pattern, word)), None)

    def weekday(self, at: int, *, several: bool = False) -> int | None:
        """The number of the weekday at a place, from 0; with `several` also of "Mondays"."""
        found = self.one_of(words.WEEKDAYS, at)
        if found is not None or not several:
            return found
        one = self.word(at).removesuffix("s")
        return next((number for number, day in enumerate(words.WEEKDAYS) if fits(day, one)), None)

    def month(self, at: int) -> int | None:
        """The number of the month at a place, from 1."""
        number = self.one_of(words.MONTHS, at)
        return None if number is None else number + 1

    def ordinal(self, at: int) -> tuple[int, int] | None:
        """An ordinal number in words or figures, and the place behind it: "third", "двадцать третий"."""
        match = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th|-\w+)", self.word(at))
        if match is not None:
            return int(match[1]), at + 1
        tens = {"twenty": 20, "двадцать": 20, "thirty": 30, "тридцать": 30}.get(self.word(at))
        begin = at if tens is None else at + 1 + (self.word(at + 1) == "-")
        number = self.one_of(words.ORDINALS, begin)
        if number is None or (tens is not None and number >= 9):
            return None
        return (tens or 0) + number + 1, begin + 1

    def day(self, at: int) -> tuple[int, int] | None:
        """The number of a day of the month, and the place behind it."""
        match = _DAY_NUMBER.fullmatch(self.word(at))
        found = (int(match[1]), at + 1) if match is not None else self.ordinal(at)
        return found if found is not None and 1 <= found[0] <= 31 else None
