"""Snippet: the few lines of a passage that show why it was found."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.search.query_terms import may_match, term_prefixes
from magray_memory.text.analyzer import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAX_LINES = 4
MAX_WIDTH = 200
_SCANNED_LINES = 400
_SCANNED_WIDTH = 2000
_EQUAL = 1e-9
"""How far sums of the same weights in another order differ."""
_PIECE = re.compile(r"\S{1,80}")
"""A word; of what is written without spaces, a part."""


class Snippet(NamedTuple):
    """Rows of a text: `row` is the number of the first (0-based), `text` them without common indentation."""

    row: int
    text: str


def snippet(text: str, weights: Mapping[str, float], max_lines: int = MAX_LINES, *, row: int) -> Snippet:
    """The window of `max_lines` rows that begins with `row`; `weights` as in `best_row`."""
    lines = text.split("\n")
    row = min(row, len(lines) - 1)
    while row < len(lines) - 1 and not lines[row].strip():
        row += 1
    window = [line.rstrip() for line in lines[row : row + max_lines]]
    while window and not window[-1]:
        window.pop()
    return Snippet(row, "\n".join(_shorten(line, weights) for line in _dedent(window)))


def best_row(text: str, weights: Mapping[str, float], max_lines: int = MAX_LINES) -> int | None:
    """Where the window of `max_lines` rows begins that has the most weight of distinct query terms; None when
    none occurs. Of windows that weigh the same, the one whose first row weighs most, then the first.

    `weights` maps a query's terms to what each is worth. A term counts once in a window, so that a line that
    repeats a word is not better than one that holds two of them.
    """
    known = frozenset(weights)
    scanned = [line[:_SCANNED_WIDTH] for line in text.split("\n")[:_SCANNED_LINES]]
    found = [frozenset[str]()] * len(scanned)
    for at in _possible_lines(scanned, term_prefixes(weights)):
        found[at] = known.intersection(tokens(scanned[at]))
    best: int | None = None
    best_value = best_own = 0.0
    for at, terms in enumerate(found):
        if not terms:
            continue
        # A window begins where a term stands: the lines before it show nothing of the query.
        value = sum(weights[t] for t in terms.union(*found[at + 1 : at + max_lines]))
        own = sum(weights[t] for t in terms)
        if value > best_value + _EQUAL or (value > best_value - _EQUAL and own > best_own + _EQUAL):
            best, best_value, best_own = at, value, own
    return best


def _possible_lines(lines: list[str], prefixes: tuple[str, ...]) -> Iterable[int]:
    """The lines that may hold a term; looked for in all of them at once where the text is plain."""
    text = "\n".join(lines)
    if not text.isascii():
        return [at for at, line in enumerate(lines) if may_match(line, prefixes)]
    lowered = text.lower()
    ends = list(accumulate(len(line) + 1 for line in lines))
    possible: set[int] = set()
    for prefix in prefixes:
        at = lowered.find(prefix)
        while at >= 0:
            line = bisect_right(ends, at)
            possible.add(line)
            at = lowered.find(prefix, ends[line])
    return possible


def _dedent(lines: list[str]) -> list[str]:
    lines = [line.expandtabs(4) for line in lines]
    indent = min((len(line) - len(line.lstrip()) for line in lines if line), default=0)
    return [line[indent:] for line in lines]


def _shorten(line: str, weights: Mapping[str, float]) -> str:
    """A long line cut around the first word of the query that stands in it."""
    if len(line) <= MAX_WIDTH:
        return line
    pieces = _PIECE.finditer(line[:20_000])
    at = next((p.start() for p in pieces if not weights.keys().isdisjoint(tokens(p[0]))), 0)
    start = max(0, min(at - MAX_WIDTH // 4, len(line) - MAX_WIDTH))
    cut = line[start : start + MAX_WIDTH]
    return ("…" if start else "") + cut + ("…" if start + MAX_WIDTH < len(line) else "")
