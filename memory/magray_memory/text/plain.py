"""Plain text chunker: by paragraph and sentence, and by heading where the text has recognisable ones.

Underlined titles, and the headings of AsciiDoc, MediaWiki, Org, LaTeX, Texinfo and manual pages, are enough
to give the chunks a heading path; nothing else of those formats is read.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from magray_memory.text.chunk_types import DocumentChunks
from magray_memory.text.line_index import LineIndex
from magray_memory.text.section_chunker import AFTER_HEADING, MAX_HEADING, Section, chunk_sections

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Heading = tuple[int, str]

_LATEX_LEVELS = ("part", "chapter", "section", "subsection", "subsubsection", "paragraph")
_TEXINFO_LEVELS = ("top", "chapter", "section", "subsection", "subsubsection")
_LATEX = re.compile(rf"\s*\\({'|'.join(_LATEX_LEVELS)})\*?(?:\[[^\[\]]*\])?\{{(.*)\}}")
_TEXINFO = re.compile(rf"@({'|'.join(_TEXINFO_LEVELS)})\s+(.*)")
_MAN = re.compile(r"\.S([hHsS])\s+\"?([^\"]*)")
_ORG = re.compile(r"(\*{1,8})[ \t]+(?:(?:TODO|DONE|NEXT|WAITING)[ \t]+)?(\S.*)")
_EQUALS = re.compile(r"(={1,6})[ \t]*([^=\s].*)")
_ASCIIDOC = re.compile(r"(?:(={1,6})|(#{1,6}))[ \t]+(\S.*?)(?:[ \t]+[=#]+)?[ \t]*$")
_TEXTILE = re.compile(r"h([1-6])(?:\([^()]*\))?\.[ \t]+(\S.*)")
_ORG_TAGS = re.compile(r"[ \t]+:[\w@#%:]+:[ \t]*$")
_UNDERLINE = re.compile(r"(?:(=)=+|-{3,}|~{3,})\s*$")

_IS_ORG = re.compile(r"^(?:#\+[A-Za-z_]+:|:PROPERTIES:|\*{2,8}[ \t]+\S)", re.MULTILINE)
_TITLE = re.compile(
    r"^(?:#\+TITLE:[ \t]*(.+)|\\title\{([^{}\n]+)\}|\.TH[ \t]+(\S+)|@settitle[ \t]+(.+))",
    re.MULTILINE | re.IGNORECASE,
)
_MAIL = re.compile(r"(?:From|To|Date|Subject|От|Кому|Дата|Тема):[ \t]", re.IGNORECASE)
_SUBJECT = re.compile(r"^(?:Subject|Тема):[ \t]*(\S.*)", re.MULTILINE | re.IGNORECASE)
_MAX_TITLE = 90


def chunk_plain(text: str, language: str = "text") -> DocumentChunks:
    """The chunks of a plain text, with a title where the text shows one; it has no tags and no links."""
    lines = LineIndex(text)
    breaks = bytearray(lines.count)
    sections = _sections(lines, breaks, language)
    return DocumentChunks(_title(lines, sections), [], [], chunk_sections(lines, sections, breaks))


def find_sections(text: str, language: str) -> list[Section]:
    """The sections of a plain text, by the headings that its format marks."""
    lines = LineIndex(text)
    return _sections(lines, bytearray(lines.count), language)


def _sections(lines: LineIndex, breaks: bytearray, language: str) -> list[Section]:
    rows = lines.text.split("\n")[: lines.count]
    heading_of = _STYLES.get(language) or _style(lines.text)
    sections, above = [Section(0, ())], list[tuple[int, str]]()
    for row, line in enumerate(rows):
        found, behind = (heading_of(line), row + 1) if heading_of else (None, 0)
        if found is None and row + 1 < len(rows) and rows[row + 1][:2] in ("==", "--", "~~"):
            found, behind = _underlined(rows, row), row + 2
        if found is None or not found[1].strip():
            continue
        level, name = found
        name = " ".join(name.split())[:MAX_HEADING]
        above = [*(outer for outer in above if outer[0] < level), (level, name)]
        if row == 0:
            sections.clear()
        sections.append(Section(row, tuple(name for _, name in above), ((row, name),)))
        breaks[row + 1 : behind + 1] = bytes([AFTER_HEADING]) * len(breaks[row + 1 : behind + 1])
    return sections


def _latex(line: str) -> Heading | None:
    return (_LATEX_LEVELS.index(m[1]), m[2]) if (m := _LATEX.match(line)) else None


def _man(line: str) -> Heading | None:
    return (1 if m[1] in "hH" else 2, m[2]) if (m := _MAN.match(line)) else None


def _texinfo(line: str) -> Heading | None:
    return (_TEXINFO_LEVELS.index(m[1]), m[2]) if (m := _TEXINFO.match(line)) else None


def _equals(line: str) -> Heading | None:
    return (len(m[1]), m[2].rstrip().rstrip("=")) if (m := _EQUALS.match(line)) else None


def _asciidoc(line: str) -> Heading | None:
    return (len(m[1] or m[2]), m[3].strip()) if (m := _ASCIIDOC.match(line)) else None


def _org(line: str) -> Heading | None:
    return (len(m[1]), _ORG_TAGS.sub("", m[2])) if (m := _ORG.match(line)) else None


def _textile(line: str) -> Heading | None:
    return (int(m[1]), m[2]) if (m := _TEXTILE.match(line)) else None


_STYLES: Mapping[str, Callable[[str], Heading | None]] = {
    "latex": _latex,
    "man": _man,
    "texinfo": _texinfo,
    "mediawiki": _equals,
    "asciidoc": _asciidoc,
    "org": _org,
    "textile": _textile,
}
"""How the languages mark their headings."""


def _style(text: str) -> Callable[[str], Heading | None] | None:
    """How a text of no known language marks its headings, if by a mark of their own on two lines at least."""
    if "\\" in text and len(re.findall(r"^\s*\\(?:chapter|(?:sub)*section)\b", text, re.MULTILINE)) > 1:
        return _latex
    if len(re.findall(r"^\.S[HhSs][ \t]", text, re.MULTILINE)) > 1:
        return _man
    if len(re.findall(r"^@(?:chapter|(?:sub)*section) ", text, re.MULTILINE)) > 1:
        return _texinfo
    if len(re.findall(r"^={1,6}[ \t]*[^=\s]", text, re.MULTILINE)) > 1:
        return _equals
    return _org if "*" in text and _IS_ORG.search(text) else None


def _underlined(rows: list[str], row: int) -> Heading | None:
    """The heading in this row, if the next one underlines it and nothing but white space is before it."""
    title, line = rows[row].rstrip(), rows[row + 1].rstrip()
    mark = _UNDERLINE.match(line)
    alone = row == 0 or not rows[row - 1].strip() or bool(_UNDERLINE.match(rows[row - 1]))
    if not mark or not alone or not title or title[0] in " \t|+=-~" or len(title) > _MAX_TITLE:
        return None
    near = abs(len(title) - len(line)) <= max(3, len(title) // 3)
    return (1 if mark[1] else 2, title) if near else None


def _title(lines: LineIndex, sections: list[Section]) -> str | None:
    """What the text calls itself: in its format, as subject of a mail, or in a short first line alone."""
    head = lines.text[:4000]
    named = _TITLE.search(head)
    if named:
        return next(group for group in named.groups() if group).strip()[:MAX_HEADING]
    if sections[0].path or (len(sections) > 1 and lines.is_blank(0, sections[1].start)):
        return next(section.path[0] for section in sections if section.path)
    rows = [row.strip() for row in head.split("\n")]
    first = next((number for number, row in enumerate(rows) if row), 0)
    if _MAIL.match(rows[first]):
        subject = _SUBJECT.search(head)
        return subject[1].strip()[:MAX_HEADING] if subject else None
    alone = first + 1 == lines.count or (first + 1 < len(rows) and not rows[first + 1])
    short = 1 < len(rows[first]) <= _MAX_TITLE and rows[first][-1] not in ".,;:!?…>{}()[]"
    return rows[first] if alone and short and any(map(str.isalpha, rows[first])) else None
