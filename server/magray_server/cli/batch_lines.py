"""Batch lines: the lines of a file or of stdin, in the groups in which they arrive.

A program that writes a line and waits for its answer gets it; one that writes many has them taken together.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from io import BufferedIOBase
from typing import TYPE_CHECKING, NamedTuple, cast

from magray_server.cli.failures import ShellError
from magray_server.operations.paths import user_path

if TYPE_CHECKING:
    from collections.abc import Iterator

GROUP = 100
"""Lines of a group at most."""
_CHUNK = 1 << 17


class Line(NamedTuple):
    """A line that is not blank, and its number from 1. One that is too long is cut, to more than `most`."""

    number: int
    text: bytes


def groups(file: str, most: int) -> Iterator[list[Line]]:
    """The lines of a file, or of stdin for `-`, as many at a time as are there; `most`: bytes of a line.

    Raises ShellError where it cannot be read.
    """
    pending, number = bytearray(), 0
    for chunk in _chunks(file):
        first, *others = chunk.split(b"\n")
        if len(pending) <= most:
            pending += first
        complete = list[bytes]()
        for part in others:
            complete.append(bytes(pending))
            pending = bytearray(part)
        lines = [Line(number + place, text) for place, text in enumerate(complete, 1) if text.strip()]
        number += len(complete)
        yield from (lines[start : start + GROUP] for start in range(0, len(lines), GROUP))
    if pending.strip():
        yield [Line(number + 1, bytes(pending))]


def _chunks(file: str) -> Iterator[bytes]:
    try:
        with nullcontext(sys.stdin.buffer) if file == "-" else user_path(file).open("rb") as stream:
            while chunk := cast(BufferedIOBase, stream).read1(_CHUNK):
                yield chunk
    except OSError as error:
        raise ShellError(f"batch file {file}", error.strerror or str(error)) from error
