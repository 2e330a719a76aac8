"""Buffers: the text of open documents, edited in place as the client types.

Lines end with "\\n", "\\r\\n" or a lone "\\r", as the protocol says, and with nothing else: a form feed or
U+2028 is a character like any other. The text is a list of lines, so that an edit in a file of 5 MB costs
what it changes.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lsprotocol.types import TextDocumentContentChangePartial

from magray_server.lsp.positions import UTF16, to_index
from magray_server.lsp.uris import to_path

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lsprotocol.types import Position, TextDocumentContentChangeEvent


def split_lines(text: str) -> list[str]:
    """The lines with their ends; the last one has none and may be empty."""
    lines = io.StringIO(text, newline="").readlines()
    if not lines or lines[-1].endswith(("\n", "\r")):
        lines.append("")
    return lines


@dataclass(slots=True)
class Buffer:
    """One open document. `version` is the client's; `revision` counts our own edits."""

    uri: str
    path: Path | None
    version: int
    lines: list[str]
    encoding: str = UTF16
    revision: int = 0
    dirty: bool = False
    """Whether it may differ from the file on disk."""
    lost: bool = False
    """Whether an edit could not be read, so that the text is not the editor's any more."""
    _text: str | None = field(default=None, repr=False)

    @property
    def text(self) -> str:
        """The whole text, joined once after an edit."""
        if self._text is None:
            self._text = "".join(self.lines)
        return self._text

    def replace(self, text: str) -> None:
        """Take the whole text anew."""
        self.lines = split_lines(text)
        self.revision += 1
        self.lost = False
        self._text = None

    def edit(self, changes: Iterable[TextDocumentContentChangeEvent], version: int) -> None:
        """Apply the changes in order. A range outside the text is moved to its nearest position."""
        for change in changes:
            if isinstance(change, TextDocumentContentChangePartial):
                self._replace(change.range.start, change.range.end, change.text)
            else:
                self.lines = split_lines(change.text)
        self.version = version
        self.revision += 1
        self.dirty = True
        self._text = None

    def _index(self, position: Position) -> tuple[int, int]:
        if position.line >= len(self.lines):
            return len(self.lines) - 1, len(self.lines[-1])
        line = self.lines[position.line]
        return position.line, to_index(line.rstrip("\r\n"), position.character, self.encoding)

    def _replace(self, start: Position, end: Position, text: str) -> None:
        first, last = self._index(start), self._index(end)
        if last < first:
            first, last = last, first
        before = self.lines[first[0]][: first[1]]
        after = self.lines[last[0]][last[1] :]
        low, high = first[0], last[0] + 1
        # A "\r" and a "\n" that meet become one line end, so the neighbour is split again, too.
        if not before and low > 0 and self.lines[low - 1].endswith("\r"):
            low -= 1
            before = self.lines[low]
        if not after and high < len(self.lines):
            after = self.lines[high]
            high += 1
        fresh = split_lines(before + text + after)
        if high < len(self.lines):
            fresh.pop()  # an empty last line: what follows is there already
        self.lines[low:high] = fresh


class Buffers:
    """Every open document by its URI. They change on the event loop only; each method is quick."""

    def __init__(self) -> None:
        self._buffers: dict[str, Buffer] = {}

    @property
    def all(self) -> tuple[Buffer, ...]:
        """In the order in which they were last changed."""
        return tuple(self._buffers.values())

    def get(self, uri: str) -> Buffer | None:
        """The open document of this URI, however it is spelled."""
        found = self._buffers.get(uri)
        path = to_path(uri) if found is None else None
        if path is not None:
            found = next((buffer for buffer in self._buffers.values() if buffer.path == path), None)
        return found

    def opened_as(self, uri: str) -> Buffer | None:
        """The document that was opened under exactly this URI."""
        return self._buffers.get(uri)

    def add(self, buffer: Buffer) -> None:
        """Open a document, or note that an open one was just changed or saved: it is the last of `all`."""
        self._buffers.pop(buffer.uri, None)
        self._buffers[buffer.uri] = buffer

    def remove(self, uri: str) -> Buffer | None:
        """Close the document that was opened under exactly this URI; returns it."""
        return self._buffers.pop(uri, None)
