"""Locations of hits as the client counts: its URI, 0-based lines, columns in its unit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magray_memory.values import read_below, tail
from magray_server.lsp import record_uris
from magray_server.lsp.hints import in_editor
from magray_server.lsp.positions import to_column

if TYPE_CHECKING:
    from collections.abc import Iterable

    from magray_memory.values import SearchAnswer
    from magray_server.lsp.buffers import Buffers
    from magray_server.lsp.client import Client
    from magray_server.lsp.folders import Folders

MAX_BYTES = 4_000_000
"""The end column is not looked up in a larger file: the range then ends where its last line begins."""


def answer_as_json(answer: SearchAnswer, texts: Texts) -> dict[str, Any]:
    """The contract's JSON, each hit with its `location`. Reads files: in a worker."""
    import msgspec

    value: dict[str, Any] = msgspec.to_builtins(answer)
    if value["degraded"]:
        value["degraded"] = in_editor(value["degraded"])
    for hit in value["hits"]:
        hit["location"] = texts.location(hit)
    return value


class Texts:
    """Lines of files and open buffers, each read once; columns are in the client's encoding."""

    def __init__(self, client: Client, folders: Folders, buffers: Buffers) -> None:
        self._opens_records = client.opens_records
        self._folders = folders
        self._encoding = client.encoding
        self._buffers: dict[Path, str] = {}
        for buffer in buffers.all:
            if buffer.path is not None and not buffer.lost:
                file = folders.locate(buffer.path)
                place = buffer.path if file is None else file.folder.root / file.path
                self._buffers[place] = buffer.text
        self._lines: dict[Path, list[bytes] | list[str] | None] = {}

    def location(self, hit: dict[str, Any]) -> dict[str, Any] | None:
        """The LSP Location of a hit in the contract's JSON, from its place on; None for a record that the
        client could not open.
        """
        if hit["root"] is None or hit["path"] is None:
            return self.record(hit["id"], hit["snippet_line"]) if hit["vault"] == "notebook" else None
        uri = self._folders.uri(hit["root"], hit["path"])
        return {
            "uri": uri,
            "range": self.range(Path(hit["root"]) / hit["path"], hit["snippet_line"], hit["end_line"]),
        }

    def record(self, id_: str, line: int) -> dict[str, Any] | None:
        """The Location of a line of a record, 1-based; None where the client cannot open it."""
        if not self._opens_records:
            return None
        place = {"line": line - 1, "character": 0}
        return {"uri": record_uris.to_uri(id_), "range": {"start": place, "end": place}}

    def range(self, file: Path, start_line: int, end_line: int) -> dict[str, Any]:
        """The whole of these lines (1-based, inclusive)."""
        last = self._line(file, end_line)
        column = 0 if last is None else to_column(last, len(last), self._encoding)
        return {
            "start": {"line": start_line - 1, "character": 0},
            "end": {"line": max(start_line, end_line) - 1, "character": column},
        }

    def name_range(self, file: Path, line: int, name: str) -> dict[str, Any]:
        """Where the name stands in its line, or the line's beginning."""
        text = self._line(file, line) or ""
        word = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)
        at = word.start() if word else max(0, text.find(name))
        end = to_column(text, at + len(name), self._encoding) if name in text else 0
        return {
            "start": {"line": line - 1, "character": to_column(text, at, self._encoding)},
            "end": {"line": line - 1, "character": end},
        }

    def lines(self, file: Path, start_line: int, end_line: int) -> Iterable[str]:
        """The text of these lines, as far as they are there."""
        for number in range(start_line, end_line + 1):
            line = self._line(file, number)
            if line is not None:
                yield line

    def _line(self, file: Path, number: int) -> str | None:
        if file not in self._lines:
            self._lines[file] = self._read(file)
        lines = self._lines[file]
        if lines is None or not 1 <= number <= len(lines):
            return None
        line = lines[number - 1]
        if isinstance(line, str):
            return line.removesuffix("\r")
        return line.removesuffix(b"\r").decode("utf-8", "replace")

    def _read(self, file: Path) -> list[bytes] | list[str] | None:
        text = self._buffers.get(file)
        if text is not None:
            return text.split("\n")
        root = next((root for root in self._folders.searched if tail(root, file)), None)
        data = None if root is None else read_below(root, tail(root, file) or "", MAX_BYTES + 1)
        if data is None or len(data) > MAX_BYTES:
            return None
        if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return data.decode("utf-16", "replace").split("\n")
        return data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
