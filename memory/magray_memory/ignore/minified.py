"""Minified files: sources for the web that a tool squeezed into lines that nobody could read.

Judged by the share of such lines, not by an average: a page with one picture inside it, or with each
paragraph on a line of its own, is text that a person wrote.
"""

from __future__ import annotations

import re

_SQUEEZED = frozenset(("js", "mjs", "cjs", "css", "json", "html", "htm", "xhtml", "xml", "map"))
_LEAST_BYTES = 2_000
LONG_LINE = 500
"""Bytes: nobody writes code in longer lines."""
LONG_LINES = 0.5
"""Share of the lines with code from which on a file is squeezed."""
LONG_BYTES = 0.95
"""Share of the bytes from which on the readable lines are only a wrapper."""
PROSE_SPACES = 0.05
"""Spaces between words for each byte from which on a line is prose; squeezed code has a third of that."""
WIDE_BYTES = 0.2
"""Share of bytes outside ASCII from which on a line is prose, whatever its writing puts between words."""

_COMMENT = re.compile(rb"/\*.*?\*/|<!--.*?-->|^[ \t]*//[^\n]*$", re.DOTALL | re.MULTILINE)
_PICTURE = re.compile(rb"data:[\w.+/-]*(?:;[\w=-]+)*,[A-Za-z0-9+/=_%.~-]*+")
_PAYLOAD = re.compile(rb"[A-Za-z0-9+/=_-]{200,}+")
_WORD_SPACE = re.compile(rb"(?<=[a-z\x80-\xff][a-z\x80-\xff,.;:!?]) (?=[A-Za-z\x80-\xff][a-z\x80-\xff])")
_ASCII = bytes(range(128))


def is_minified(name: str, data: bytes) -> bool:
    """Whether most of a source for the web stands in lines that nobody could read."""
    if name.rpartition(".")[2].lower() not in _SQUEEZED or len(data) < _LEAST_BYTES:
        return False
    if len(data) < LONG_LINE * LONG_LINES * (data.count(b"\n") + data.count(b"\r") + 1):
        return False
    # Pictures and fonts inside a page are no code, however long they are.
    whole = _PICTURE.sub(b"", _COMMENT.sub(b"", data))
    code = _PAYLOAD.sub(b"", whole)
    if len(code) < (1 - LONG_BYTES) * len(whole) and len(code) < _LEAST_BYTES:
        return True
    lines = [line for line in map(bytes.strip, re.split(rb"[\r\n]+", code)) if line]
    long = [line for line in lines if len(line) > LONG_LINE and not _is_prose(line)]
    if not long:
        return False
    share = sum(map(len, long)) / sum(map(len, lines))
    return len(long) >= LONG_LINES * len(lines) or share >= LONG_BYTES


def _is_prose(line: bytes) -> bool:
    wide = len(line.translate(None, _ASCII))
    return wide > WIDE_BYTES * len(line) or len(_WORD_SPACE.findall(line)) > PROSE_SPACES * len(line)
