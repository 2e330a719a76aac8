"""Inline filters: `lang:py path:src/` inside the text of a query, told from text that only looks like them.

A person writes filters before or after the words, or among plain words. What is pasted holds `kind:x` and
`tag:y` as well: a line of YAML, a signature, a log. So nothing in a text of several lines is a filter,
nothing with a bracket or a comma at its end, and nothing in the midst of code or of other `name:value` pairs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Callable, Container

FILTERS = ("lang", "path", "tag", "layer", "kind", "since", "until")

_SEVERAL_LINES = r"[\n\r\t\v\f\u0085\u2028\u2029]"
_CODE = r"[{}();=<>|\\]"
_GOES_ON_AFTER = r"[{(\[,=<>|&;]$"
_GOES_ON_BEFORE = r"[)}\],=<>|&;]"
"""What the words beside a filter do not end or begin with: there a piece of code goes on."""
_PAIR = r"[\"'{(]?[^\W\d]\w+[\"']?:(?![:/\\])\S"
_UNLIKELY = r"[{}<>;\"'|]|,$"
"""What no value of a filter holds that a person types without quotes, beside half a pair of brackets."""
_LONGEST = max(map(len, FILTERS))


class InlineFilter(NamedTuple):
    """One filter of a text. `sure`: it stands where a person writes filters, not among the words."""

    name: str
    value: str
    written: str
    sure: bool


class _Token(NamedTuple):
    """A word, a quoted phrase, or what may be a filter: then with its name, and `wrong` with it."""

    text: str
    name: str = ""
    value: str = ""
    wrong: QueryError | None = None


def split(
    text: str, is_valid: Callable[[str, str], bool], as_text: Container[str] = ()
) -> tuple[str, list[InlineFilter]]:
    """The words of a text that are no filters, as they stood, and its filters. Quoted text is never a filter.

    `is_valid` tells whether a filter of a name takes a value: one among the words that does not is text, and
    so is one that `as_text` holds as it is written. Raises QueryError for a quote that is not closed.
    """
    tokens = _tokens(text)
    filters = _filters(text, tokens, is_valid, as_text)
    words = " ".join(token.text for at, token in enumerate(tokens) if at not in filters)
    return words, list(filters.values())


def _filters(
    text: str, tokens: list[_Token], is_valid: Callable[[str, str], bool], as_text: Container[str]
) -> dict[int, InlineFilter]:
    if not any(token.name for token in tokens) or re.search(_SEVERAL_LINES, text.strip()):
        return {}
    rest = [token.text for token in tokens if not token.name and not token.text.startswith('"')]
    pairs = sum(re.match(_PAIR, word) is not None for word in rest)
    if pairs > 1:
        return {}
    plain = pairs == 0 and not any(re.search(_CODE, word) for word in rest)
    first = next((at for at, token in enumerate(tokens) if not token.name), len(tokens))
    last = next((at for at in range(len(tokens) - 1, -1, -1) if not tokens[at].name), -1)
    if rest and re.match(_GOES_ON_BEFORE, tokens[first].text):
        first = 0
    if rest and re.search(_GOES_ON_AFTER, tokens[last].text):
        last = len(tokens)
    found: dict[int, InlineFilter] = {}
    for at, token in enumerate(tokens):
        if not token.name or token.text in as_text:
            continue
        sure = at < first or at > last
        if token.wrong is not None and sure:
            raise token.wrong
        if sure or (plain and token.wrong is None and is_valid(token.name, token.value)):
            found[at] = InlineFilter(token.name, token.value, token.text, sure)
    return found


def _tokens(text: str) -> list[_Token]:
    found: list[_Token] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        token = _filter(text, at)
        if token is None:
            end = text.find('"', at + 1) + 1 if text[at] == '"' else 0
            token = _Token(text[at : end or _word_end(text, at)])
        found.append(token)
        at += len(token.text)
    return found


def _filter(text: str, at: int) -> _Token | None:
    """What may be a filter at a place: its value is right behind the colon ("kind: Deployment" is a line of
    somebody's file), and nothing but white space behind that.
    """
    colon = text.find(":", at, at + _LONGEST + 1)
    if colon < 0 or text[at:colon].lower() not in FILTERS or text[colon + 1 : colon + 2] == ":":
        return None
    shown, name, start = text[at : colon + 1], text[at:colon].lower(), colon + 1
    end = _word_end(text, start)
    if start == end:
        return _Token(shown, name) if text.strip() == shown else None
    if text[start] in "\"'":
        close = text.find(text[start], start + 1)
        if close < 0:
            error = QueryError(shown[:-1], "the quote after it is not closed", f'{shown}"two words"')
            return _Token(text[at:], name, text[start + 1 :], error)
        if close + 1 == _word_end(text, close):
            return _Token(text[at : close + 1], name, text[start + 1 : close])
        return None
    value = text[start:end]
    halved = any(value.count(one) != value.count(other) for one, other in ("()", "[]"))
    return None if halved or re.search(_UNLIKELY, value) else _Token(text[at:end], name, value)


def _word_end(text: str, at: int) -> int:
    while at < len(text) and not text[at].isspace():
        at += 1
    return at
