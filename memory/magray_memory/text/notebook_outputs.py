"""Notebook outputs: taken out of a large Jupyter notebook, so that its cells decide about its size.

Outputs, attachments and the states of widgets become empty values that keep their line ends: what is left is
the same notebook, with its cells on the same lines.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 50_000_000
"""A notebook larger than this is not looked at, whatever its cells hold."""

# A string without its end goes to the end of the bytes: nothing is scanned twice, whatever the bytes.
_STRING = rb'"(?:[^"\\]++|\\.?)*+(?:"|\Z)'
_TOKEN = re.compile(_STRING + rb"|[\[\]{}]", re.DOTALL)
_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|' + _STRING + rb")*+([\[\]{}])", re.DOTALL)
_VALUE = re.compile(rb"\s*+:\s*+(?=[\[{])")
_LEFT_OUT = frozenset(
    (
        (2, b'"widgets"'),
        (3, b'"outputs"'),
        (3, b'"attachments"'),
        (5, b'"outputs"'),
    )
)
"""Keys with their depth: of the metadata, of a cell in format 4, and of one in a worksheet of format 3."""
_MAX_DEPTH = 500
_MAX_TOKENS = 3_000_000
_NO_LINE_ENDS = bytes(byte for byte in range(256) if byte not in b"\r\n")


class _Odd(Exception):  # noqa: N818 - a finding about the bytes, not a failure
    """The bytes nest deeper, or have more values, than a notebook does."""


def without_outputs(data: bytes) -> tuple[bytes, int]:
    """The notebook without its outputs, and its size without the line ends that stand in their place.

    Bytes that are no JSON, or not that of a notebook, come back with less taken out, or nothing.
    """
    kept: list[bytes] = []
    start = at = padding = 0
    try:
        for at, end in _left_out(data):
            lines = data[at + 1 : end - 1].translate(None, _NO_LINE_ENDS)
            kept += (data[start : at + 1], lines)
            padding += len(lines)
            start = end - 1
    except _Odd:
        return data, len(data)
    kept.append(data[start:])
    whole = b"".join(kept)
    return whole, len(whole) - padding


def _left_out(data: bytes) -> Iterator[tuple[int, int]]:
    """Where each list or object begins and ends that is left out, brackets included."""
    depth = at = 0
    for _ in range(_MAX_TOKENS):
        token = _TOKEN.search(data, at)
        if token is None or depth > _MAX_DEPTH:
            return
        at = token.end()
        text = token[0]
        if text in b"[{":
            depth += 1
        elif text in b"]}":
            depth -= 1
        elif (depth, text) in _LEFT_OUT and (value := _VALUE.match(data, at)) is not None:
            at = _end(data, value.end())
            yield value.end(), at
    raise _Odd


def _end(data: bytes, at: int) -> int:
    """Behind the list or object that begins at `at`."""
    depth = 0
    for _ in range(_MAX_TOKENS):
        token = _BRACKET.match(data, at)
        if token is None or depth > _MAX_DEPTH:
            break
        at = token.end()
        depth += 1 if token[1] in b"[{" else -1
        if depth == 0:
            return at
    raise _Odd
