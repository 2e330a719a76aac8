"""Secret tokens: keys and tokens that are known by their form, whatever stands around them."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.text import token_shapes

if TYPE_CHECKING:
    from collections.abc import Iterator

START = 3
"""Characters by which the shapes of a place are looked up."""
_BEFORE = 24
_BEFORE_IN_PATH = 72
"""Characters before a long word in which a token that it belongs to may begin; in an address."""
_AFTER = 96
_WORD = re.compile(r"[A-Za-z0-9]++")
_ESCAPED = "nrt"
"""Letters that, behind a backslash, end a line or are a tab: in a text that is quoted in another."""
_BEHIND_NAME = re.compile(r"[\w-]", re.ASCII)
_HEX_WORD = re.compile(r"[0-9a-f]{32}-")
_CLASS = re.compile(r"\[(\w+)\]")


class Span(NamedTuple):
    """A secret in a text: `text[start:end]`."""

    start: int
    end: int
    kind: str


class _Shapes(NamedTuple):
    issued: dict[str, tuple[tuple[str, str, str], ...]]
    enclosed: dict[str, tuple[tuple[str, re.Pattern[str]], ...]]


@cache
def beginnings() -> frozenset[str]:
    """The first characters of tokens, `START` of them."""
    return frozenset(_shapes().issued)


def tokens_at(text: str, first: int, end: int, floor: int) -> Iterator[Span]:
    """The tokens of known form of which the long word `text[first:end]` is a part, none of them beginning
    before `floor`.
    """
    shapes = _shapes()
    begin = max(floor, first - (_BEFORE_IN_PATH if text[first - 1 : first] == "/" else _BEFORE))
    for word in _WORD.finditer(text, begin, end):
        at = word.start()
        if at == begin and at and text[at - 1].isalnum():
            continue
        if text[at - 1 : at] == "\\" and text[at] in _ESCAPED:
            at += 1
        alone = _BEHIND_NAME.search(text, at - 1, at) is None or text[at - 2 : at - 1] == "\\"
        for start, kind, whole in shapes.issued.get(text[at : at + START], ()):
            fits = text.startswith(start, at) and (alone or whole[0] != "^")
            found = _compiled(whole.removeprefix("^")).match(text, at) if fits else None
            if found is not None:
                yield Span(at, at + len(found[0].rstrip(".")), kind)  # the sentence may end here
                break
    for kind, whole in _enclosed(text, first, end):
        found = whole.search(text, begin, end + _AFTER)
        if found is not None:
            yield Span(*found.span(), kind)


def _enclosed(text: str, first: int, end: int) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The shapes whose sign stands beside a long word, or in one that begins with 32 hexadecimal digits, and
    those that are words of its length.
    """
    by_sign = _shapes().enclosed
    if _HEX_WORD.match(text, first, end):
        return by_sign["-"]
    found = by_sign.get(text[first - 1 : first], ())
    if not found and text[end : end + 1] == "." and text[first] in "MNO":
        found = by_sign["."]
    return found + by_sign.get(str(end - first), ())


@cache
def _compiled(whole: str) -> re.Pattern[str]:
    return re.compile(whole, re.ASCII)  # most shapes are never looked for


@cache
def _shapes() -> _Shapes:
    issued: dict[str, list[tuple[str, str, str]]] = {}
    for line in token_shapes.ISSUED.strip().splitlines():
        kind, starts, whole = (part.strip() for part in line.split("|", 2))
        for start in starts.split():
            for literal in _literals(start):
                issued.setdefault(literal[:START], []).append((literal, kind, whole))
    enclosed: dict[str, list[tuple[str, re.Pattern[str]]]] = {}
    for line in token_shapes.ENCLOSED.strip().splitlines():
        kind, sign, whole = (part.strip() for part in line.split("|", 2))
        enclosed.setdefault(sign, []).append((kind, re.compile(whole, re.ASCII)))
    return _Shapes(
        {key: tuple(shapes) for key, shapes in issued.items()},
        {sign: tuple(shapes) for sign, shapes in enclosed.items()},
    )


def _literals(start: str) -> list[str]:
    """What a start with one class in it stands for."""
    found = _CLASS.search(start)
    if found is None:
        return [start]
    return [start[: found.start()] + letter + start[found.end() :] for letter in found[1]]
