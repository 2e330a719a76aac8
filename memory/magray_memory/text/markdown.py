"""Markdown chunker: by heading, fenced code and tables in one piece; title, tags and [[links]] of notes.

What stands in a fence, an HTML comment or the front matter is neither heading nor tag. A fence or comment
that is never closed does not swallow the rest: it counts as text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from magray_memory.text.chunk_types import DocumentChunks
from magray_memory.text.front_matter import front_matter
from magray_memory.text.line_index import LineIndex
from magray_memory.text.section_chunker import (
    AFTER_HEADING,
    INSIDE_BLOCK,
    MAX_HEADING,
    Section,
    chunk_sections,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ATX = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*))?$")
_ATX_CLOSE = re.compile(r"(?:^|[ \t])#+$")
_SETEXT = re.compile(r" {0,3}(?:(=+)|-{2,})\s*$")
_NOT_A_PARAGRAPH = re.compile(r"\s*$|\s{4}|\t|\s*(?:[>|<]|[-*+]\s|\d{1,9}[.)]\s|(?:[-*_][ \t]*){3,}$)")
# A fence may stand in a quote or directly behind the mark of a list item.
_FENCE = re.compile(r"[\s>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,}|~{3,})")
_FENCE_CLOSE = re.compile(r"[\s>]*(`{3,}|~{3,})\s*$")
_DELIMITER_ROW = re.compile(r"[\s>]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?\s*$")
_CODE_SPAN = re.compile(r"``[^\n]*?``|`[^`\n]*`")
_WIKI_LINK = re.compile(r"\[\[([^\[\]|#\n]{1,300})(?:#[^\[\]|\n]{0,300})?(?:\|[^\[\]\n]{0,300})?\]\]")
_TAG = re.compile(r"(?<![^\s,;])#(\w[\w/-]{0,63})(?![\w#/-])")
_COLOUR = re.compile(r"(?=[a-f]*\d)(?:[0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})$")
_INDENTED_CODE = re.compile(r"(?: {4}|\t)\s*(?![-*+]\s|\d{1,9}[.)]\s)")
_MARKUP = (
    (re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)"), r"\1"),
    (re.compile(r"\[\[(?:[^\[\]|]*\|)?([^\[\]|]*)\]\]"), r"\1"),
    (re.compile(r"</?[A-Za-z][^<>]*>|\{[#.:][^{}]*\}\s*$"), ""),
    (re.compile(r"[`*]+|(?<!\w)_+|_+(?!\w)"), ""),
)


def chunk_markdown(text: str) -> DocumentChunks:
    """The chunks of a Markdown text.

    The title is that of the front matter, else the first level-one heading, else the first heading. Aliases
    from the front matter become part of the first chunk's symbol.
    """
    matter = front_matter(text)
    outline = Outline(text, matter.rows)
    chunks = chunk_sections(outline.lines, outline.sections, outline.breaks)
    if chunks and matter.aliases:
        chunks[0] = chunks[0]._replace(symbol=", ".join(filter(None, [chunks[0].symbol, *matter.aliases])))
    tags = list(dict.fromkeys([*matter.tags, *outline.tags]))
    return DocumentChunks(matter.title or outline.title, tags, list(dict.fromkeys(outline.links)), chunks)


class Outline:
    """One pass over a Markdown text behind its first `skip` rows: sections, breaks, title, tags, links.

    `headings` (levels and names) are those the text stands under; they stay for the text after it.
    """

    def __init__(self, text: str, skip: int = 0, headings: list[tuple[int, str]] | None = None) -> None:
        self.lines = LineIndex(text)
        self.breaks = bytearray(self.lines.count)
        self.tags: list[str] = []
        self.links: list[str] = []
        self.code_rows: list[tuple[int, int]] = []
        """Fences and comments, from the first row to the one behind."""
        self.title: str | None = None
        self._rows = text.split("\n")[: self.lines.count]
        self._first_heading: str | None = None
        self._headings = [] if headings is None else headings
        self.sections = [Section(0, tuple(name for _, name in self._headings))]
        self._under_heading = False
        self._fence_ends = _last_fence_ends(self._rows)
        self._comments_end = max((n for n, row in enumerate(self._rows) if "-->" in row), default=-1)
        self._keep_together(0, min(skip, self.lines.count))
        self._scan(skip)
        self.title = self.title or self._first_heading

    def _scan(self, row: int) -> None:
        paragraph = row  # where the paragraph began that a line of === or --- may make a heading
        while row < len(self._rows):
            line = self._rows[row]
            code = self._past_fence_or_comment(row)
            past = code or self._past_table(row)
            if code:
                self.code_rows.append((row, code))
            if past:
                self._keep_together(row, past)
                row = paragraph = past
                continue
            if self._is_heading(row, paragraph):
                paragraph = row + 1
            else:
                if self._under_heading and not line.isspace() and line:
                    self._keep_together(row, row + 1)
                if _NOT_A_PARAGRAPH.match(line[:400]):
                    paragraph = row + 1
            self._collect(line)
            row += 1

    def _is_heading(self, row: int, paragraph: int) -> bool:
        """Open a section if this row is a heading, or the line under one that began at row `paragraph`."""
        line = self._rows[row]
        atx = _ATX.match(line) if "#" in line else None
        if atx:
            self._heading(row, len(atx[1]), _ATX_CLOSE.sub("", (atx[2] or "")[: 4 * MAX_HEADING].rstrip()))
            return True
        if paragraph < row <= paragraph + 3 and (setext := _SETEXT.match(line)):
            self._keep_together(paragraph, row + 1)
            self._heading(paragraph, 1 if setext[1] else 2, " ".join(self._rows[paragraph:row]))
            return True
        return False

    def _past_fence_or_comment(self, row: int) -> int:
        """The row behind the fenced code or comment that opens here, 0 if none does."""
        line = self._rows[row]
        fence = _FENCE.match(line) if "```" in line or "~~~" in line else None
        if fence and not (fence[1][0] == "`" and "`" in line[fence.end() :]):
            mark, length = fence[1][0], len(fence[1])
            if self._fence_ends[mark][row + 1] < length:
                return 0
            for end in range(row + 1, len(self._rows)):
                close = _FENCE_CLOSE.match(self._rows[end]) if mark in self._rows[end] else None
                if close and close[1][0] == mark and len(close[1]) >= length:
                    return end + 1
        if line.lstrip()[:4] == "<!--" and row < self._comments_end and "-->" not in line:
            return next(n for n in range(row, len(self._rows)) if "-->" in self._rows[n]) + 1
        return 0

    def _past_table(self, row: int) -> int:
        """The row behind the table that begins here, 0 if none does."""
        rows = self._rows
        if "|" not in rows[row] or row + 1 == len(rows) or not _DELIMITER_ROW.match(rows[row + 1]):
            return 0
        end = row + 2
        while end < len(rows) and "|" in rows[end]:
            end += 1
        for line in rows[row:end]:
            self._collect(line.replace("\\|", "|"))
        return end

    def _keep_together(self, start: int, end: int) -> None:
        """Keep rows together, and with the heading right above them."""
        self.breaks[start + 1 : end] = bytes([INSIDE_BLOCK]) * max(end - start - 1, 0)
        if self._under_heading and start < end:
            self.breaks[start] = AFTER_HEADING
            self._under_heading = False

    def _heading(self, row: int, level: int, raw: str) -> None:
        name = plain_heading(raw)
        while self._headings and self._headings[-1][0] >= level:
            self._headings.pop()
        if name:
            self._headings.append((level, name))
            self._first_heading = self._first_heading or name
            if level == 1 and self.title is None:
                self.title = name
        path = tuple(name for _, name in self._headings)
        if row == 0:
            self.sections.clear()
        self.sections.append(Section(row, path, ((row, name),) if name else ()))
        self._under_heading = True

    def _collect(self, line: str) -> None:
        """Tags and wiki links of a line of text."""
        if "#" not in line and "[[" not in line:
            return
        if "`" in line:
            line = _CODE_SPAN.sub(" ", line)
        self.links.extend(link.strip().rstrip("\\") for link in _WIKI_LINK.findall(line) if link.strip())
        if not _INDENTED_CODE.match(line[:400]):
            self.tags.extend(tag for tag in map(str.lower, _TAG.findall(line)) if _is_tag(tag))


def prose_lines(lines: list[str]) -> list[str]:
    """The lines of a Markdown text with blanks for its code: fences, comments, and code spans."""
    outline = Outline("\n".join(line.rstrip("\r\n") for line in lines))
    shown = [_CODE_SPAN.sub(_blank, line) if "`" in line else line for line in lines]
    for start, end in outline.code_rows:
        shown[start:end] = [""] * (min(end, len(shown)) - start)
    return shown


def title_of(text: str) -> tuple[str, int] | None:
    """The heading that a Markdown text is called by, and its line, from 1; None where none is."""
    matter = front_matter(text)
    if matter.title is not None:
        return None
    outline = Outline(text, matter.rows)
    named = [(name, row + 1) for section in outline.sections for row, name in section.names]
    return next((found for found in named if found[0] == outline.title), None)


def prose_tags(lines: Sequence[str], skip: int) -> Iterator[tuple[int, int, int, str]]:
    """The tags behind a `#` in a Markdown text, from row `skip` on: row, the columns of the name, the name in
    lower case.
    """
    for row, line in enumerate(prose_lines(list(lines))):
        if row < skip or "#" not in line or _INDENTED_CODE.match(line[:400]):
            continue
        for match in _TAG.finditer(line):
            name = match[1].lower()
            if _is_tag(name):
                yield row, match.start(1), match.end(1), name


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _is_tag(word: str) -> bool:
    """Whether a word behind # is a tag: not the number of an issue, not a colour."""
    return any(char.isalpha() for char in word) and not _COLOUR.match(word)


def plain_heading(raw: str) -> str:
    """A heading without its markup, short enough for a symbol."""
    name = raw[: 4 * MAX_HEADING]
    for pattern, plain in _MARKUP:
        name = pattern.sub(plain, name)
    return " ".join(name.split())[:MAX_HEADING].strip()


def _last_fence_ends(rows: list[str]) -> dict[str, list[int]]:
    """For each mark and row, the longest line that could close a fence from there on."""
    longest = {mark: [0] * (len(rows) + 2) for mark in "`~"}
    for row in range(len(rows) - 1, -1, -1):
        for lengths in longest.values():
            lengths[row] = lengths[row + 1]
        line = rows[row]
        close = _FENCE_CLOSE.match(line) if "```" in line or "~~~" in line else None
        if close:
            lengths = longest[close[1][0]]
            lengths[row] = max(lengths[row], len(close[1]))
    return longest
