"""Wiki links in a text: each `[[target]]` with its place, in prose and in the comments of code.

What stands in a fence, a code span, a literal block or between the comments of a source is no link: there
`[[` is a test of bash, an attribute of C++, a table of TOML, an index.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.text.comments import comments
from magray_memory.text.languages import detect, kind_of
from magray_memory.text.markdown import prose_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_TARGET = 300
"""Characters between the brackets, at most."""
_LINK = re.compile(rf"\[\[([^\[\]\n]{{1,{MAX_TARGET}}})\]\]")
_NO_LINKS = frozenset(("asciidoc", "latex", "man", "texinfo", "jupyter", "log", "subtitles"))
"""Prose in which `[[` means something else, or nothing."""
_LITERAL = {
    "restructuredtext": re.compile(r"``.+?``"),
    "org": re.compile(r"(?<!\w)[=~][^=~\n]+[=~](?!\w)"),
}
_ORG_BLOCK = re.compile(r"\s*#\+(begin|end)_(?:src|example|export|verse)\b", re.IGNORECASE)


class WikiLink(NamedTuple):
    """A link: 0-based line, the columns of what stands between the brackets, and that.

    `in_code`: it stands in a comment of code.
    """

    line: int
    start: int
    end: int
    target: str
    in_code: bool = False


def wiki_links(path: str, lines: list[str]) -> Iterator[WikiLink]:
    """The links of a text in order; `path` helps to find its language."""
    if not any("[[" in line for line in lines):
        return
    language = detect(path, "".join(lines[:100])[:4096])
    if kind_of(language) == "code":
        yield from _in_comments(lines, language)
    elif language not in _NO_LINKS:
        for number, line in enumerate(_prose(lines, language)):
            if "[[" in line:
                for match in _LINK.finditer(line):
                    yield WikiLink(number, *match.span(1), match.group(1))


def _prose(lines: list[str], language: str) -> Iterator[str]:
    """The lines with blanks for what is code in them."""
    if language not in _LITERAL:
        yield from prose_lines(lines)
        return
    span, inside = _LITERAL[language], False
    for line in lines:
        block = _ORG_BLOCK.match(line) if language == "org" else None
        if block:
            inside = block[1].lower() == "begin"
        indented = language == "restructuredtext" and line[:1].isspace()
        yield "" if inside or indented else span.sub(lambda match: " " * len(match[0]), line)


def _in_comments(lines: list[str], language: str) -> Iterator[WikiLink]:
    text, starts, offset = "".join(lines), list[int](), 0
    for line in lines:
        starts.append(offset)
        offset += len(line)
    for start, end in comments(text, language):
        for match in _LINK.finditer(text, start, end):
            if match[1][0].isspace():  # a test of a shell, spoken of
                continue
            line = bisect_right(starts, match.start()) - 1
            yield WikiLink(line, match.start(1) - starts[line], match.end(1) - starts[line], match[1], True)
