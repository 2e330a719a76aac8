"""Encoding detection: which of the encodings from before Unicode makes text of bytes, judged by its letters.

Each encoding that is known here reads the same bytes, and a language model says what its reading costs: by
pairs of letters for Cyrillic, Greek, Hebrew, Arabic and Thai, whatever their case; by accents inside words
for Latin letters; by common characters for Chinese, Japanese and Korean. A cost is the negative logarithm of
a probability (in nats), so the least sum is the likeliest reading, down to single words.
"""

from __future__ import annotations

import math
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.text import letter_pairs

if TYPE_CHECKING:
    from collections.abc import Callable

_SAMPLE = 4096
_LINES = re.compile(rb"[^\n\x80-\xff]{0,16}[\x80-\xff][^\n]{0,4000}")
_WORDS = re.compile(r"(?:[^\W\d_]|[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])+|[^\x00-\x7f]")
"""Words, those of Thai with the vowels and tones that stand above and below their letters; single marks."""

_ODD = 9.0
"""A character that no text of this kind has."""
_BROKEN = 14.0
"""Bytes that the encoding has no character for."""
_MIXED_CASE = 6.0
"""A small letter before a capital in one word, and the like."""
_GLUED = 6.0
"""Cyrillic or Greek letters and Latin ones in one word."""
_CROWDED = 2.5
"""An accent more than every third letter of a word has."""
_PUNCTUATION = frozenset("«»„“”‘’–—…•·©®™°§№€£±²³½¼ªº¿¡´×÷\xa0")
_PUNCTUATION_COST = 5.0
_QUOTES = frozenset("«»")
_QUOTE_COST = 2.9
"""Less than a letter: they come in pairs, and in every sentence of some languages."""
_CJK_PUNCTUATION = frozenset("　、。「」『』（），：；！？・…")

_WESTERN = "éäöüáíóãçèñßåøæúàêôîâûëïùœ"
_ICELANDIC = "áéíóúýðþæö"
_CENTRAL = (
    "ąćęłńóśźż",
    "áčďéěíňóřšťúůýž",
    "áäčďéíĺľňóôŕšťúýž",
    "áéíóöőúüű",
    "ăâîşţ",
    "čćđšž",
    "äöüß",
)
"""Of the languages that share an encoding, each by itself: Polish, Czech, Slovak, Hungarian, Romanian,
Croatian, German.
"""
_BALTIC = ("ąčęėįšųūž", "āčēģīķļņšūž", "äöüõšž")
"""Lithuanian, Latvian, Estonian."""
_TURKISH = "çğıöşüâîû"

MAX_COST = 5.6
"""Nats for each byte beyond which a reading is no text: random bytes cost 6.5 to 7, words 1.5 to 5.4."""


class Guess(NamedTuple):
    """An encoding, and what each byte of a character beyond ASCII costs when read in it, in nats."""

    encoding: str
    cost: float


class _Candidate(NamedTuple):
    """An encoding, the model of the languages that use it, and how seldom it is met, in nats."""

    encoding: str
    cost: Callable[[str], float]
    rarity: float


def guess(data: bytes) -> Guess:
    """The likeliest encoding of bytes of which at least one is over 127."""
    sample = b"\n".join(_lines(data))
    best, least = Guess("ascii", math.inf), math.inf
    for encoding, cost_of, rarity in _candidates():
        text = sample.decode(encoding, "replace")
        cost = cost_of(text) + rarity
        if cost < least:
            count = len(sample) - sum(char < "\x80" for char in text)
            best, least = Guess(encoding, cost / max(count, 1)), cost
    return best


def _lines(data: bytes) -> list[bytes]:
    """The parts of lines from shortly before their first byte over 127, up to `_SAMPLE` bytes in all."""
    lines: list[bytes] = []
    left = _SAMPLE
    for match in _LINES.finditer(data):
        lines.append(match.group()[:left])
        left -= len(lines[-1])
        if left <= 0:
            break
    return lines


@cache
def _candidates() -> tuple[_Candidate, ...]:
    cyrillic = _pair_cost(letter_pairs.CYRILLIC, letter_pairs.CYRILLIC_PAIRS)
    greek = _pair_cost(letter_pairs.GREEK, letter_pairs.GREEK_PAIRS)
    chinese = _ideograph_cost(letter_pairs.CHINESE, "gb2312", 0xB0, 0xD7)
    taiwanese = _ideograph_cost(letter_pairs.TAIWANESE, "big5", 0xA4, 0xC6)
    japanese = _ideograph_cost(letter_pairs.JAPANESE, "shift_jis", 0x88, 0x98, kana=True)
    korean = _ideograph_cost(letter_pairs.KOREAN, "euc_kr", 0xB0, 0xC8)
    return (
        _Candidate("cp1251", cyrillic, 0.0),
        _Candidate("koi8-u", cyrillic, 1.0),
        _Candidate("cp866", cyrillic, 1.0),
        _Candidate("iso8859-5", cyrillic, 4.0),
        _Candidate("cp1252", _accent_cost(_WESTERN), 0.0),
        _Candidate("cp1252", _accent_cost(_ICELANDIC), 3.5),
        *(_Candidate("cp1250", _accent_cost(letters), 2.0) for letters in _CENTRAL),
        *(_Candidate("iso8859-2", _accent_cost(letters), 3.0) for letters in _CENTRAL),
        _Candidate("cp1254", _accent_cost(_TURKISH), 3.0),
        *(_Candidate("cp1257", _accent_cost(letters), 3.0) for letters in _BALTIC),
        _Candidate("cp874", _pair_cost(letter_pairs.THAI, letter_pairs.THAI_PAIRS), 3.0),
        _Candidate("cp1255", _pair_cost(letter_pairs.HEBREW, letter_pairs.HEBREW_PAIRS), 3.0),
        _Candidate("cp1256", _pair_cost(letter_pairs.ARABIC, letter_pairs.ARABIC_PAIRS), 3.0),
        _Candidate("cp1253", greek, 3.0),
        _Candidate("iso8859-7", greek, 3.5),
        _Candidate("gb18030", chinese, 1.0),
        _Candidate("big5", taiwanese, 1.5),
        _Candidate("shift_jis", japanese, 1.0),
        _Candidate("euc_jp", japanese, 4.0),
        _Candidate("euc_kr", korean, 1.5),
    )


def _mark_cost(char: str) -> float:
    """The cost of a character over 127 that is no letter of the language."""
    if char == "\ufffd":
        return _BROKEN
    if char in _QUOTES:
        return _QUOTE_COST
    return _PUNCTUATION_COST if char in _PUNCTUATION else _ODD


def _mixes_case(word: str) -> bool:
    one_case = word == word.lower() or word.isupper()  # the letters of some scripts have none
    return not (one_case or (word[0].isupper() and word[1:].islower()))


def _words(text: str) -> list[str]:
    """The words, and the single marks, that have something beyond ASCII."""
    return [word for word in _WORDS.findall(text) if not word.isascii()]


def _pair_cost(alphabet: str, rows: tuple[str, ...]) -> Callable[[str], float]:
    """The model of languages with letters of their own: pairs of letters, the ends of words included."""
    letters, alphabet_of = f" {alphabet}", frozenset(alphabet)
    costs = {
        one + other: int(digit, 36) / 2
        for one, row in zip(letters, rows, strict=True)
        for other, digit in zip(letters, row, strict=True)
    }

    def cost_of(one: str, other: str) -> float:
        known = costs.get(one + other)
        if known is not None:
            return known
        return 0.0 if other < "\x80" else _ODD / 2 if other in alphabet_of else _mark_cost(other)

    def cost(text: str) -> float:
        total = 0.0
        for word in _words(text):
            if alphabet_of.isdisjoint(word.lower()):
                total += sum(_mark_cost(char) for char in word if char > "\x7f")
                continue
            padded = f" {word.lower()} "
            total += sum(map(cost_of, padded, padded[1:]))
            total += _MIXED_CASE * _mixes_case(word)
            total += _GLUED * any(char < "\x80" for char in word)
        return total

    return cost


def _accent_cost(common: str) -> Callable[[str], float]:
    """The model of languages with Latin letters: accents are few, inside words, and of the same case."""
    frequent = frozenset(common)

    def letter_cost(char: str) -> float:
        if not char.isalpha():
            return _mark_cost(char)
        return 3.0 if char.lower() in frequent else 5.5

    def cost(text: str) -> float:
        total = 0.0
        for word in _words(text):
            odd = [char for char in word if char > "\x7f"]
            total += sum(letter_cost(char) for char in odd)
            total += _CROWDED * max(len(odd) - (len(word) - len(odd)) / 2 - 0.5, 0.0)
            total += _MIXED_CASE * (len(word) > 1 and _mixes_case(word))
        return total

    return cost


def _ideograph_cost(
    common: str, standard: str, first: int, last: int, *, kana: bool = False
) -> Callable[[str], float]:
    """The model of a language with thousands of characters: by rank (Zipf's law) for the common ones, then
    those that a standard has in its rows from `first` to `last`.
    """
    costs = {char: 1.7 + math.log(rank + 20) for rank, char in enumerate(common)}
    costs |= dict.fromkeys(_CJK_PUNCTUATION, 5.0)
    if kana:
        costs |= {chr(code): 4.4 for code in range(0x3041, 0x30FF)}

    def cost_of(char: str) -> float:
        known = costs.get(char)
        if known is None:
            usual = first <= char.encode(standard, "replace")[0] <= last
            known = costs[char] = 9.4 if usual else 2 * _ODD
        return known

    return lambda text: sum(cost_of(char) for char in text if char > "\x7f")
