"""reStructuredText chunker: by section title, literal blocks and tables in one piece.

What a directive describes (`.. function:: open(file)`, `.. setting:: DEBUG`) is a section of its own below
the heading, named after it, for that is what people look for. A label belongs to the title it stands over.
"""

from __future__ import annotations

import re
import unicodedata

from magray_memory.text.chunk_types import DocumentChunks
from magray_memory.text.line_index import LineIndex
from magray_memory.text.section_chunker import (
    AFTER_HEADING,
    INSIDE_BLOCK,
    MAX_HEADING,
    MAX_NAMES,
    Section,
    chunk_sections,
)

_ADORNMENT = re.compile(r"([!-/:-@\[-`{-~])\1*\s*$")
_BEFORE_TITLE = re.compile(
    r"\.\. _[^\n]*:\s*$|\s*$|\.\. (?:index|module|currentmodule|highlight|role|default-role|setting"
    r"|fieldlookup|templatetag|templatefilter|django-admin|envvar|confval|option|program)::"
)
_DIRECTIVE = re.compile(r"(\s*)\.\. ([A-Za-z][\w:.+-]{0,60})::(?:\s+(.*))?$")
_OBJECTS = frozenset(
    (
        "function", "class", "method", "classmethod", "staticmethod", "decorator", "decoratormethod",
        "property", "attribute", "data", "exception", "option", "confval", "envvar", "describe", "object",
        "program", "setting", "templatefilter", "templatetag", "django-admin", "fieldlookup", "macro",
        "type", "struct", "enum", "member", "var", "namespace", "concept", "opcode", "pdbcommand",
        "command",
    )
)  # fmt: skip
_LITERALS = frozenset(
    (
        "code", "code-block", "sourcecode", "parsed-literal", "literalinclude", "highlight", "math",
        "raw", "graphviz", "digraph", "doctest", "testcode", "testoutput", "productionlist", "prompt",
        "mermaid", "uml", "plantuml", "table", "list-table", "csv-table", "ipython", "console",
    )
)  # fmt: skip
_TABLE = re.compile(r"\s*(?:\+[-=+]+\+|=+(?: +=+)+)\s*$")
_ROLE = re.compile(r":[\w:+.-]+:`([^`]*)`")
_TARGET = re.compile(r"`([^`<]*?)\s*<[^`<>]*>`_*")
_MARKUP = (
    (re.compile(r"\\\s|\*+|`+_*"), ""),
    (re.compile(r"\|(\w[^|]*)\|_*"), r"\1"),
    (re.compile(r"\\"), ""),
)


def chunk_rst(text: str) -> DocumentChunks:
    """The chunks of a reStructuredText; its title is that of the first section, tags and links are empty."""
    outline = Outline(text)
    chunks = chunk_sections(outline.lines, outline.sections, outline.breaks)
    return DocumentChunks(outline.title, [], [], chunks)


class Outline:
    """One pass over a reStructuredText: its sections, and which rows belong to the row above."""

    def __init__(self, text: str) -> None:
        self.lines = LineIndex(text)
        self.breaks = bytearray(self.lines.count)
        self.sections = [Section(0, ())]
        self.title: str | None = None
        self._rows = text.split("\n")[: self.lines.count]
        self._styles: list[str] = []
        self._headings: list[str] = []
        self._objects: list[tuple[int, str]] = []  # indentation and name of the descriptions we are in
        self._unopened: list[tuple[int, str]] = []  # row and name of those that share the next one's text
        self._indents = [len(row) - len(row.lstrip()) if row.strip() else -1 for row in self._rows]
        self._scan()

    def _scan(self) -> None:
        row, after_heading = 0, False
        while row < len(self._rows):
            indent = self._indents[row]
            if indent < 0:
                row += 1
                continue
            if indent == 0 and (behind := self._title(row)):
                row, after_heading = behind, True
                continue
            self._close_objects(row, indent)
            if after_heading:
                self.breaks[row] = AFTER_HEADING
                after_heading = False
            row = self._past_block(row, indent)

    def _title(self, row: int) -> int:
        """Open a section if a title begins at this row; the row behind it, or 0."""
        rows = self._rows
        over = _ADORNMENT.match(rows[row])
        if (
            over
            and row + 2 < len(rows)
            and rows[row + 1].strip()
            and rows[row + 2].rstrip() == rows[row].rstrip()
        ):
            if len(rows[row].rstrip()) < max(3, _width(rows[row + 1].rstrip())):
                return 0
            self._section(row, row + 3, row + 1, over[1] + over[1])
            return row + 3
        if row and self._indents[row - 1] >= 0 and not self._ends_title(row - 1):
            return 0
        under = _ADORNMENT.match(rows[row + 1]) if row + 1 < len(rows) else None
        if over or not under or rows[row].startswith(".. ") or rows[row][:1] == "|":
            return 0
        length = len(rows[row + 1].rstrip())
        if length < 4 and length < _width(rows[row].rstrip()):
            return 0
        self._section(row, row + 2, row, under[1])
        return row + 2

    def _ends_title(self, row: int) -> bool:
        """Whether the row is a label or the like, or the end of a title, which need no blank line after."""
        return bool(_BEFORE_TITLE.match(self._rows[row]) or _ADORNMENT.match(self._rows[row]))

    def _section(self, row: int, behind: int, title: int, style: str) -> None:
        """Open the section of a title that begins at `row`; `title` is the row of its text."""
        if style not in self._styles:
            self._styles.append(style)
        level = self._styles.index(style)
        name = plain_title(self._rows[title])
        self._headings[level:] = [""] * max(level - len(self._headings), 0) + [name]
        self._objects.clear()
        self._unopened.clear()
        if self.title is None:
            self.title = name
        start, last = row, self.sections[-1].start
        while start > last and self._belongs_to_title(start - 1):
            start -= 1
        while start < row and self._indents[start] < 0 and start > last:
            start += 1  # the blank rows stay with the section before
        self._open(start, ((title, name),))
        self.breaks[start + 1 : behind] = bytes([INSIDE_BLOCK]) * (behind - start - 1)

    def _belongs_to_title(self, row: int) -> bool:
        """Whether the row is a label or the like over a title, and in no block."""
        return self.breaks[row] != INSIDE_BLOCK and _BEFORE_TITLE.match(self._rows[row]) is not None

    def _open(self, row: int, names: tuple[tuple[int, str], ...] = ()) -> None:
        path = (*filter(None, self._headings), *filter(None, (name for _, name in self._objects)))
        if self.sections[-1].start == row:
            names = (*self.sections.pop().names, *names)
        self.sections.append(Section(row, path, names))

    def _close_objects(self, row: int, indent: int) -> None:
        """Leave the descriptions that this row is not indented under."""
        depth = len(self._objects)
        while self._objects and self._objects[-1][0] >= indent:
            self._objects.pop()
        if len(self._objects) < depth:
            self._open(row)

    def _past_block(self, row: int, indent: int) -> int:
        """Bind what belongs to this row (a literal block, a table); the row to go on with."""
        line = self._rows[row].rstrip()
        directive = _DIRECTIVE.match(line) if ".. " in line else None
        if directive and directive[3] and directive[2].rpartition(":")[2] in _OBJECTS:
            return self._description(row, indent, directive[3])
        self._unopened.clear()
        if directive[2] in _LITERALS if directive else line.endswith("::") or line.startswith(".. "):
            return self._keep_together(row, self._past_indented(row + 1, indent))
        if _TABLE.match(line):
            end = row + 1
            while end < len(self._rows) and self._indents[end] >= indent:
                end += 1
            return self._keep_together(row, end)
        return row + 1

    def _description(self, row: int, indent: int, signature: str) -> int:
        """Open a section for what a directive describes, with those described in common right before it.

        Only if its text is indented under it; returns the row behind its signatures.
        """
        behind = body = row + 1
        while behind < len(self._rows) and self._indents[behind] > indent:
            behind = body = behind + 1
        while body < len(self._rows) and self._indents[body] < 0:
            body += 1
        self._unopened.append((row, plain_title(signature.partition("(")[0])))
        if body < len(self._rows) and self._indents[body] > indent:
            start = self._unopened[0][0]
            heading = self._headings[-1].partition("(")[0] if self._headings else ""
            names = [name for _, name in self._unopened if name != heading][:MAX_NAMES]
            self._objects.append((indent, ", ".join(names)))
            self._open(start, tuple(self._unopened))
            self._unopened.clear()
            self.breaks[start + 1 : body] = bytes([INSIDE_BLOCK]) * (body - start - 1)
            self.breaks[body] = AFTER_HEADING
        return behind

    def _past_indented(self, row: int, indent: int) -> int:
        """The row behind the block that is indented deeper, without the blank rows after it."""
        end = row
        while row < len(self._rows) and (self._indents[row] < 0 or self._indents[row] > indent):
            row += 1
            if self._indents[row - 1] >= 0:
                end = row
        return end

    def _keep_together(self, start: int, end: int) -> int:
        self.breaks[start + 1 : end] = bytes([INSIDE_BLOCK]) * (end - start - 1)
        return end


def _width(title: str) -> int:
    """Columns of a title: wide characters take two."""
    if title.isascii():
        return len(title)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c) for c in title)


def plain_title(raw: str) -> str:
    """A title without its markup, short enough for a symbol."""
    name = _TARGET.sub(r"\1", _ROLE.sub(r"\1", raw[: 4 * MAX_HEADING]))
    for pattern, plain in _MARKUP:
        name = pattern.sub(plain, name)
    return " ".join(name.split())[:MAX_HEADING].strip()
