"""The chunker for text without a grammar: cuts where the layout says that something ends.

Also the last resort of the other chunkers, for what their structure leaves too large.
"""

from __future__ import annotations

import re
from itertools import accumulate, count
from operator import add
from typing import TYPE_CHECKING

from magray_memory.text.chunk import AIM, CAP, Chunk

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_PIECES = 50
"""Chunks that one over-long line makes at most; the rest of it is left out, and a note says so."""

_INDENT = 8
"""Columns of indentation that weigh as much against a cut as a blank line weighs for one."""
_CLOSING = re.compile(
    r"\s*(?:[\])}]|end\b|fi\b|done\b|esac\b|</|else\b|elif\b|except\b|catch\b|finally\b|then\b)"
)
_WORDS = (
    "function!?|func|fun|fn|sub|def|defn-?|defun|defmacro|defmulti|defprotocol|defrecord|define|proc|procedure|method"
    "|class|struct|interface|protocol|trait|enum|type|module|namespace|package|object|record|message|service|contract"
    "|macro|task|entity|model|resource|data|variable|input|union|scalar|fragment|let|val|@mixin|@function"
    "|@interface|@implementation|@protocol"
)
_MODIFIERS = (
    "export|public|private|protected|internal|static|abstract|final|async|inline|extern|virtual|override|local|pub|open"
    "|sealed|global|const|default|unsafe|friend|external|partial|extend|rec"
)
_NO_TARGET = "else|try|catch|finally|except|public|private|protected|https?"
_DEFINITION = re.compile(
    rf"(?P<indent>[ \t]*)(?:\([ \t]*)?(?:(?:{_MODIFIERS})\s+)*"
    # let rec name, function name, (defun name, function(name
    rf"(?:(?P<word>{_WORDS})(?:\s+|\((?=\w))(?:rec\s+)?(?:[sg]:)?(?P<name>[\"'\w$][^\s(){{\[:;=<,]*)"
    r"|\[+(?P<section>[^\[\]\n]{1,80})\]+[ \t]*(?:[#;].*)?$"
    # name() {, name <- function(, name(X) ->, - (void)name
    r"|(?P<called>(?!end)[\w.:-]{1,60})[ \t]*\(\)[ \t]*(?:\{.*)?$"
    r"|(?P<assigned>[\w.]{1,60})[ \t]*(?:<-|=)[ \t]*function\b"
    r"|(?P<clause>[a-z][\w@]{0,60})\([^()]*\)[ \t]*(?:when\b.*)?->"
    r"|[-+][ \t]*\([^()]+\)[ \t]*(?P<sent>\w{1,60})"
    rf"|(?!(?i:{_NO_TARGET})\b)(?P<target>[A-Za-z_][\w.-]{{0,60}})[ \t]*:(?:[ \t]|$)(?![=:]))"
)
_CALLABLE = ("called", "assigned", "clause", "sent")
_KINDS = {
    **dict.fromkeys(
        (
            "func",
            "fun",
            "fn",
            "sub",
            "def",
            "defn",
            "defn-",
            "defun",
            "define",
            "proc",
            "procedure",
            "function!",
        ),
        "function",
    ),
    **dict.fromkeys(("defmulti", "@function"), "function"),
    **dict.fromkeys(("defmacro", "@mixin"), "macro"),
    **dict.fromkeys(("let", "val", "scalar"), "constant"),
    **dict.fromkeys(("input", "union", "fragment"), "type"),
    "defrecord": "record",
    "package": "module",
    **dict.fromkeys(("protocol", "defprotocol", "@protocol"), "interface"),
    **dict.fromkeys(("@interface", "@implementation"), "class"),
}
MAX_SYMBOLS = 16
"""Names that a merged chunk carries at most."""
MAX_SYMBOLS_SIZE = 240
"""Characters that the names of a merged chunk have at most, when there are several."""


def line_starts(lengths: Iterable[int]) -> list[int]:
    """Where lines of these lengths begin, each followed by a line break; one more than there are lines."""
    return [0, *map(add, accumulate(lengths), count(1))]


class Lines:
    """A text with the places of its lines, so that sizes and slices of line ranges cost nothing.

    Rows are 0-based and ranges half open, `[start, end)`. `count` leaves out the empty row after a final
    line break.
    """

    __slots__ = ("count", "starts", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        lengths = list(map(len, text.split("\n")))
        if len(lengths) > 1 and lengths[-1] == 0:
            lengths.pop()
        self.count = len(lengths)
        self.starts = line_starts(lengths)

    def size(self, start: int, end: int) -> int:
        """Characters of the rows, without the last line break."""
        return self.starts[end] - self.starts[start] - 1

    def slice(self, start: int, end: int) -> str:
        """The rows' text, without the last line break."""
        return self.text[self.starts[start] : self.starts[end] - 1]

    def is_blank(self, start: int, end: int) -> bool:
        """Whether the rows hold nothing but white space."""
        part = self.slice(start, end)
        return not part or part.isspace()


def chunk_lines(text: str, *, symbols: bool = True) -> tuple[list[Chunk], str | None]:
    """Chunks of any text by its layout, and a note when an over-long line was cut short.

    With `symbols`, what looks like a definition, a section or a key at the left margin names the chunk.
    """
    lines = Lines(text)
    chunks: list[Chunk] = []
    for start, end in cut(lines, 0, lines.count):
        symbol, kind = _name(lines, start, end) if symbols else ("", "text")
        emit(lines, start, end, symbol, kind, chunks)
    return chunks, note_on_long_lines(lines)


def note_on_long_lines(lines: Lines) -> str | None:
    """The sentence for a text with a line of which only the beginning is kept."""
    longest = CAP * MAX_PIECES
    if len(lines.text) <= longest:
        return None
    starts = lines.starts
    cut_short = sum(starts[row + 1] - starts[row] > longest + 1 for row in range(lines.count))
    return f"{cut_short} line(s) longer than {longest:,} characters, kept in part" if cut_short else None


def emit(lines: Lines, start: int, end: int, symbol: str, kind: str, chunks: list[Chunk]) -> None:
    """Append the rows as a chunk unless they are blank; one row over the cap in pieces, cut between words."""
    text = lines.slice(start, end)
    if len(text) <= CAP:
        if text and not text.isspace():
            chunks.append(Chunk(start + 1, end, symbol, kind, text))
        return
    place = 0
    for _ in range(MAX_PIECES):
        if place >= len(text):
            return
        stop = min(place + CAP, len(text))
        if stop < len(text):
            space = max(text.rfind(mark, place + CAP // 2, stop) for mark in (" ", ";", ",", "}"))
            stop = space + 1 if space > place else stop
        piece = text[place:stop]
        if not piece.isspace():
            chunks.append(Chunk(start + 1, end, symbol, kind, piece))
        place = stop


def cut(lines: Lines, start: int, end: int, aim: int = AIM) -> list[tuple[int, int]]:
    """Tile rows `[start, end)` with ranges of about `aim` characters, cut where the indentation falls back.

    A row over the cap stands alone; every other range is within it.
    """
    starts, ranges = lines.starts, list[tuple[int, int]]()
    place = start
    while place < end:
        if starts[end] - starts[place] - 1 <= aim * 1.2 and _longest(lines, place, end) <= CAP:
            ranges.append((place, end))
            break
        stop, best, best_score = place + 1, place + 1, -1e9
        while stop < end and starts[stop + 1] - starts[place] - 1 <= aim:
            stop += 1
            if stop < end and starts[stop] - starts[place] >= aim * 0.4:
                score = _score(lines, stop) + (starts[stop] - starts[place]) / aim
                if score >= best_score:
                    best, best_score = stop, score
        if stop == end or best_score == -1e9:
            best = stop
        ranges.append((place, best))
        place = best
    return ranges


def _longest(lines: Lines, start: int, end: int) -> int:
    starts = lines.starts
    return max(starts[row + 1] - starts[row] for row in range(start, end)) - 1


def _score(lines: Lines, row: int) -> float:
    """How good it is to begin a chunk with this row."""
    starts, text = lines.starts, lines.text
    line = text[starts[row] : min(starts[row + 1] - 1, starts[row] + 200)]
    stripped = line.lstrip()
    if not stripped:
        return -3.0
    score = -(len(line.expandtabs(4)) - len(stripped.expandtabs(4))) / _INDENT
    if lines.is_blank(row - 1, row):
        score += 1.0
    if _CLOSING.match(line):
        score -= 2.0
    elif _DEFINITION.match(line):
        score += 0.7
    return score


def _name(lines: Lines, start: int, end: int) -> tuple[str, str]:
    """Symbol and kind of the definitions at the chunk's smallest indentation."""
    found: list[tuple[int, str, str]] = []
    for line in lines.slice(start, end).split("\n"):
        match = _DEFINITION.match(line[:200])
        if match:
            word = match["word"]
            callable_name = next(filter(None, map(match.__getitem__, _CALLABLE)), None)
            name = (match["name"] or callable_name or match["section"] or match["target"]).strip("\"' ")
            kind = _KINDS.get(word, word) if word else "function" if callable_name else "section"
            if name:
                found.append((len(match["indent"].expandtabs(4)), name, kind))
    if not found:
        return "", "code"
    margin = min(indent for indent, _, _ in found)
    names = [(name, kind) for indent, name, kind in found if indent == margin]
    distinct = list(dict.fromkeys(name for name, _ in names))
    return ", ".join(fitting(distinct, distinct)), names[0][1]


def fitting(names: Iterable[str], by_weight: Iterable[str]) -> list[str]:
    """As many of the names, in their order, as one symbol may carry: those that come first in `by_weight`."""
    kept: set[str] = set()
    size = 0
    for name in by_weight:
        size += len(name) + 2
        if kept and (len(kept) == MAX_SYMBOLS or size > MAX_SYMBOLS_SIZE):
            break
        kept.add(name)
    return [name for name in names if name in kept]
