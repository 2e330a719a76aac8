"""Line chunker: text without a grammar, cut where its layout says that something ends.

Also the last resort of the other chunkers, for what their structure leaves too large.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.text.chunk_types import MAX_CHARS, TARGET_CHARS, Chunk, ChunkSymbol
from magray_memory.text.definition_rules import WEAK, Defined, DefinitionRules, definition_rules
from magray_memory.text.line_index import LineIndex

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
_CALLED_WORDS = "function|macro|task|define"
"""Those that may be written as a call of what they define: function(name)."""
_CONTROL = (
    "if|elif|elseif|elsif|else|do|while|for|foreach|switch|loop|then|try|catch|finally|break|continue|return"
)
_NO_TARGET = "else|try|catch|finally|except|public|private|protected|https?"
_DEFINITION = re.compile(
    rf"[ \t]*(?:\([ \t]*)?(?:(?:{_MODIFIERS})\s+)*"
    # let rec name, function name, (defun name, function(name
    rf"(?:(?P<word>(?:{_CALLED_WORDS})(?=\(\w)|(?:{_WORDS})(?=\s))[\s(]\s*(?:rec\s+)?(?:[sg]:)?"
    r"(?P<name>[\"'\w$][^\s(){\[:;=<,]*)(?P<valued>[ \t]*=(?!=))?"
    r"|\[+(?P<section>[^\[\]\n]{1,80})\]+[ \t]*(?:[#;].*)?$"
    # name() {, name <- function(, name(X) ->, - (void)name
    rf"|(?P<called>(?!end|(?i:{_CONTROL})\b)[\w.:-]{{1,60}})[ \t]*\(\)[ \t]*(?:\{{.*)?$"
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
_SCOPES = frozenset(("function", "macro", "task", "constant", "method", "procedure"))
"""Kinds of what holds values of its own: a value that is named in one is nobody else's."""
MAX_SYMBOLS = 16
"""Names that a merged chunk carries at most."""
MAX_SYMBOLS_SIZE = 240
"""Characters that the names of a merged chunk have at most, when there are several."""


def chunk_lines(text: str, language: str = "", *, symbols: bool = True) -> tuple[list[Chunk], str | None]:
    """Chunks of any text by its layout, and a note when an over-long line was cut short.

    With `symbols`, what looks like a definition, a section or a key at the left margin names the chunk, by
    the rules of the language where it has some.
    """
    lines = LineIndex(text)
    chunks: list[Chunk] = []
    rules = definition_rules(language)
    ranges = split_rows(lines, 0, lines.count)
    nesting = _Nesting(language) if rules is not None and rules.members else None
    found = [_definitions(lines, start, end, rules, nesting) if symbols else [] for start, end in ranges]
    named = _symbols(found, lines.count)
    first = 0
    for (start, end), definitions in zip(ranges, found, strict=True):
        symbol, kind = "", "code" if symbols else "text"
        if definitions:
            symbol, kind = _symbol_and_kind(definitions)
        last = first
        while last < len(named) and named[last].line <= end:
            last += 1
        append_chunk(lines, (start, end), symbol, kind, chunks, named[first:last])
        first = last
    return chunks, long_lines_note(lines)


def long_lines_note(lines: LineIndex) -> str | None:
    """A note for a text with a line of which only the beginning is indexed, else None."""
    longest = MAX_CHARS * MAX_PIECES
    if len(lines.text) <= longest:
        return None
    starts = lines.starts
    cut_short = sum(starts[row + 1] - starts[row] > longest + 1 for row in range(lines.count))
    return f"{cut_short} line(s) longer than {longest:,} characters, kept in part" if cut_short else None


def append_chunk(
    lines: LineIndex,
    rows: tuple[int, int],
    symbol: str,
    kind: str,
    chunks: list[Chunk],
    symbols: Sequence[ChunkSymbol] = (),
) -> None:
    """Append the rows as a chunk unless they are blank; one row over `MAX_CHARS` in pieces of whole words.

    `symbols`: all that stand in these rows; the first piece of a long row has them.
    """
    start, end = rows
    text = lines.slice(start, end)
    if len(text) <= MAX_CHARS:
        if text and not text.isspace():
            chunks.append(Chunk(start + 1, end, symbol, kind, text, tuple(symbols)))
        return
    offset = 0
    for _ in range(MAX_PIECES):
        if offset >= len(text):
            return
        stop = min(offset + MAX_CHARS, len(text))
        if stop < len(text):
            space = max(text.rfind(mark, offset + MAX_CHARS // 2, stop) for mark in (" ", ";", ",", "}"))
            stop = space + 1 if space > offset else stop
        piece = text[offset:stop]
        if not piece.isspace():
            chunks.append(Chunk(start + 1, end, symbol, kind, piece, () if offset else tuple(symbols)))
        offset = stop


def split_rows(
    lines: LineIndex, start: int, end: int, target_size: int = TARGET_CHARS
) -> list[tuple[int, int]]:
    """Tile rows `[start, end)` with ranges of about `target_size` characters, where indentation falls back.

    A row over `MAX_CHARS` stands alone; every other range is within it.
    """
    starts, ranges = lines.starts, list[tuple[int, int]]()
    row = start
    while row < end:
        if starts[end] - starts[row] - 1 <= target_size * 1.2 and _longest(lines, row, end) <= MAX_CHARS:
            ranges.append((row, end))
            break
        stop, best, best_score = row + 1, row + 1, -1e9
        while stop < end and starts[stop + 1] - starts[row] - 1 <= target_size:
            stop += 1
            if stop < end and starts[stop] - starts[row] >= target_size * 0.4:
                score = _break_score(lines, stop) + (starts[stop] - starts[row]) / target_size
                if score >= best_score:
                    best, best_score = stop, score
        if stop == end or best_score == -1e9:
            best = stop
        ranges.append((row, best))
        row = best
    return ranges


def _longest(lines: LineIndex, start: int, end: int) -> int:
    starts = lines.starts
    return max(starts[row + 1] - starts[row] for row in range(start, end)) - 1


def _break_score(lines: LineIndex, row: int) -> float:
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


class _Line(NamedTuple):
    """A line that defines something: its number (1-based) and indentation, and what it defines."""

    line: int
    indent: int
    name: str
    kind: str
    valued: bool
    member: bool = False


_BLOCKS = {"graphql": ('"""', '"""'), "powershell": ("<#", "#>")}
"""What begins and ends a comment or a description of several lines, where types have members and it is not
as in C. Three quotes are none in Dart: a line may begin with those that end a text.
"""


class _Nesting:
    """What the lines of a text stand right in, told by their indentation, line by line."""

    def __init__(self, language: str) -> None:
        self._outer: list[tuple[int, str]] = []
        self._opening, self._closing = _BLOCKS.get(language, ("/*", "*/"))
        self._inside = False

    def comments(self, line: str) -> bool:
        """Whether the next line is in a comment or description of several lines, which begin on their own."""
        if self._inside:
            self._inside = self._closing not in line
            return True
        begun = line.lstrip()
        if begun.startswith(self._opening):
            self._inside = self._closing not in begun[len(self._opening) :]
        return self._inside

    def around(self, line: str) -> str:
        """The kind of the definition in whose body the next line stands, with no other line between; "" else.

        A brace on its own line belongs to the line above it.
        """
        if _is_bare(line):
            return ""
        outer, indent = self._outer, _indent(line)
        while outer and outer[-1][0] >= indent:
            outer.pop()
        return outer[-1][1] if outer else ""

    def enter(self, line: str, kind: str) -> None:
        """Go on behind a line that defines something of a kind, "" for nothing."""
        if not _is_bare(line):
            self._outer.append((_indent(line), kind))


def _is_bare(line: str) -> bool:
    stripped = line.strip()
    return not stripped or stripped == "{"


def _indent(line: str) -> int:
    columns = line.expandtabs(4)
    return len(columns) - len(columns.lstrip(" "))


def _definitions(
    lines: LineIndex, start: int, end: int, rules: DefinitionRules | None, nesting: _Nesting | None
) -> list[_Line]:
    """The lines of these rows that look like a definition, a section or a key."""
    found: list[_Line] = []
    for number, line in enumerate(lines.slice(start, end).split("\n"), start + 1):
        defined = _defined(line, rules, nesting)
        if defined is None:
            continue
        indent = _indent(line)
        again = bool(found) and found[-1].indent == indent and found[-1].name == defined.name
        if not (again and rules is not None and rules.clauses):
            found.append(_Line(number, indent, *defined))
    return found


def _defined(line: str, rules: DefinitionRules | None, nesting: _Nesting | None) -> Defined | None:
    """What a line defines, by the rules of its language or by words that most have."""
    if rules is None:
        return _define(line[:200])
    if nesting is None:
        return rules.find(line[:200])
    if nesting.comments(line):
        return None
    defined = rules.find(line[:200], nesting.around(line))
    nesting.enter(line, defined.kind if defined is not None else "")
    return defined


def _define(line: str) -> Defined | None:
    """What a line of any language looks to define."""
    match = _DEFINITION.match(line)
    if match is None:
        return None
    word = match["word"]
    callable_name = next(filter(None, map(match.__getitem__, _CALLABLE)), None)
    name = (match["name"] or callable_name or match["section"] or match["target"]).strip("\"' ")
    if not name:
        return None
    valued = word is not None and match["valued"] is not None
    kind = _KINDS.get(word, word) if word else "function" if callable_name else WEAK
    return Defined(name, "variable" if valued and kind == "function" else kind, valued)


def _symbol_and_kind(found: list[_Line]) -> tuple[str, str]:
    """Symbol and kind of the definitions at the smallest indentation."""
    named = [line for line in found if not line.member]
    if not named:
        return "", "code"
    margin = min(line.indent for line in named)
    names = [(line.name, line.kind) for line in named if line.indent == margin]
    distinct = list(dict.fromkeys(name for name, _ in names))
    return ", ".join(fit_names(distinct, distinct)), names[0][1]


def _symbols(found: list[list[_Line]], rows: int) -> list[ChunkSymbol]:
    """The definitions of all ranges, each in what is less indented above it and to the next that is not more
    so; of keys and sections only those at the smallest indentation of their range, no values in functions.
    """
    symbols: list[ChunkSymbol] = []
    outer: list[tuple[int, int]] = []  # indentation and number of those that are not over
    for lines in found:
        margin = min((line.indent for line in lines), default=0)
        for line in lines:
            if line.kind == WEAK and line.indent > margin:
                continue
            while outer and outer[-1][0] >= line.indent:
                ended = outer.pop()[1]
                symbols[ended] = symbols[ended]._replace(end_line=line.line - 1)
            around = symbols[outer[-1][1]].name if outer and line.kind != WEAK else ""
            if line.valued and outer and symbols[outer[-1][1]].kind in _SCOPES:
                continue
            outer.append((line.indent, len(symbols)))
            symbols.append(ChunkSymbol(line.name, around, line.kind, line.line, rows))
    return symbols


def fit_names(names: Iterable[str], by_weight: Iterable[str]) -> list[str]:
    """As many of the names, in their order, as one symbol may carry: those that come first in `by_weight`."""
    fitting: set[str] = set()
    size = 0
    for name in by_weight:
        size += len(name) + 2
        if fitting and (len(fitting) == MAX_SYMBOLS or size > MAX_SYMBOLS_SIZE):
            break
        fitting.add(name)
    return [name for name in names if name in fitting]
