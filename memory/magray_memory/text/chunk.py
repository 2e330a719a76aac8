"""Chunking: from the text of one file to its passages, by the chunker for its language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from magray_memory.text.chunk_types import ChunkedText
from magray_memory.text.data_sample import sampled
from magray_memory.text.languages import detect, kind_of

if TYPE_CHECKING:
    from magray_memory.text.chunk_types import DocumentChunks

CHUNKER_VERSION = 11
"""Stored with a vault: what another version chunked is chunked again."""

_HTML_TITLE = re.compile(r"<title>\s*([^<{]*[^<{\s])\s*</title>", re.IGNORECASE)


def chunk(path: str, text: str, *, language: str | None = None, parse_seconds: float = 2.0) -> ChunkedText:
    """The chunks of a file's text. Never raises, whatever the text.

    `path` only helps to find the language (or `language` names it); `parse_seconds` limits the parser, after
    which the text is chunked by lines and the note says so.
    """
    text = with_line_feeds(text)
    language = language or detect(path, text[:4096])
    kind = kind_of(language)
    if not text or text.isspace():
        return ChunkedText(language, kind, None, (), (), ())
    if kind == "doc":
        title, tags, links, chunks = _chunk_document(language, text)
        chunks = sampled(path, language, text, chunks)
        return ChunkedText(language, kind, title, tuple(tags), tuple(links), tuple(chunks))
    from magray_memory.text.code_chunker import chunk_code

    chunks, note = chunk_code(text, language, parse_seconds)
    chunks = sampled(path, language, text, chunks)
    found = _HTML_TITLE.search(text, 0, 20_000) if language == "html" else None
    title = " ".join(found[1].split()) if found else None
    return ChunkedText(language, kind, title, (), (), tuple(chunks), note)


def with_line_feeds(text: str) -> str:
    """The text with line feeds, where its lines end with carriage returns alone, as on old Macs."""
    return text.replace("\r", "\n") if "\r" in text and "\n" not in text else text


def _chunk_document(language: str, text: str) -> DocumentChunks:
    if language == "markdown":
        from magray_memory.text.markdown import chunk_markdown

        return chunk_markdown(text)
    if language == "restructuredtext":
        from magray_memory.text.rst import chunk_rst

        return chunk_rst(text)
    if language == "jupyter":
        from magray_memory.text.notebook import chunk_notebook

        return chunk_notebook(text)
    from magray_memory.text.plain import chunk_plain

    return chunk_plain(text, language)
