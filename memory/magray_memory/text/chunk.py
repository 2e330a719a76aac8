"""From the text of one file to its passages: the value types and the one function that everything else calls.

A *line* is what "\\n" separates, everywhere: a "\\r" before it stays part of its line, and a lone "\\r", a
form feed or U+2028 does not end one. That is how git, editors and tree-sitter count. `Chunk.text` is
`"\\n".join(text.split("\\n")[start_line - 1:end_line])`: its lines without the last line break.

Every chunker keeps the same promise: each line that is not blank is in at least one chunk, chunks come in the
order of their lines, none is blank, and none is longer than `CAP` characters. A single line longer than that
is cut into pieces, each a chunk with that line's number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from magray_memory.text.languages import detect, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable

CHUNKER_VERSION = 3
"""Stored with a vault: what another version chunked is chunked again."""

AIM = 1_400
"""Characters that a chunk should have: small neighbours are merged up to it."""
CAP = 2_400
"""Characters that no chunk has more of."""

_HTML_TITLE = re.compile(r"<title>\s*([^<{]*[^<{\s])\s*</title>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Lines `start_line` to `end_line` (1-based, inclusive), what they define and what kind of thing that is.

    `symbol` is the qualified name in the language's own notation ("App.run", "Type::method", "Class#method"),
    or the heading path of prose; "" when nothing is defined. Several small neighbours in one chunk: their
    names, ", " between. `kind` is a word such as function, method, class, constant, imports, section, text.
    """

    start_line: int
    end_line: int
    symbol: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Chunked:
    """A text in chunks; `kind` is "code" or "doc"; `note` says in a sentence what was not done as usual."""

    language: str
    kind: str
    title: str | None
    tags: tuple[str, ...]
    links: tuple[str, ...]
    chunks: tuple[Chunk, ...]
    note: str | None = None


def chunk(path: str, text: str, *, language: str | None = None, parse_seconds: float = 2.0) -> Chunked:
    """The chunks of a file's text. Never raises, whatever the text.

    `path` only helps to find the language (or `language` names it); `parse_seconds` limits the parser, after
    which the text is chunked by lines and the note says so.
    """
    language = language or detect(path, text[:4096])
    kind = kind_of(language)
    if not text or text.isspace():
        return Chunked(language, kind, None, (), (), ())
    prose = _prose(language, text)
    if prose is not None:
        title, tags, links, chunks = prose
        return Chunked(language, kind, title, tuple(tags), tuple(links), tuple(chunks))
    from magray_memory.text.code import chunk_code

    chunks, note = chunk_code(text, language, parse_seconds)
    title = _HTML_TITLE.search(text, 0, 20_000) if language == "html" else None
    return Chunked(language, kind, " ".join(title[1].split()) if title else None, (), (), tuple(chunks), note)


def _prose(language: str, text: str) -> tuple[str | None, Iterable[str], Iterable[str], list[Chunk]] | None:
    """Title, tags, links and chunks by the chunker for a language of prose; None for code."""
    if language == "markdown":
        from magray_memory.text.markdown import chunk_markdown

        return chunk_markdown(text)
    if language == "restructuredtext":
        from magray_memory.text.rst import chunk_rst

        return chunk_rst(text)
    if language == "jupyter":
        from magray_memory.text.notebook import chunk_notebook

        return chunk_notebook(text)
    if kind_of(language) == "doc":
        from magray_memory.text.plain import chunk_plain

        return chunk_plain(text)
    return None
