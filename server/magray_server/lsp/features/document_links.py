"""`[[note]]` links: underlined, followed, and looked up for hover."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from lsprotocol import types

from magray_server.lsp.positions import to_column, to_index

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.values import Note
    from magray_server.lsp.buffers import Buffer, Buffers
    from magray_server.lsp.client import Client
    from magray_server.lsp.folders import Folders
    from magray_server.lsp.session import CurrentSession
    from magray_server.lsp.workers import Stop, Workers

MAX_LINKS = 500
_NAME = 200
"""Characters between the brackets, at most."""
_LINK = re.compile(rf"\[\[([^\[\]\n]{{1,{_NAME}}})\]\]")


@dataclass(frozen=True, slots=True)
class Link:
    """One link in a buffer: 0-based line, the columns of what stands between the brackets, as Python
    counts.
    """

    line: int
    start: int
    end: int
    name: str


class Links:
    """Works on open documents of any language: notes are linked from comments too."""

    def __init__(
        self, client: Client, folders: Folders, buffers: Buffers, session: CurrentSession, workers: Workers
    ) -> None:
        self._client = client
        self._folders = folders
        self._buffers = buffers
        self._session = session
        self._workers = workers

    async def links(self, params: types.DocumentLinkParams) -> list[types.DocumentLink]:
        """Every link of the document whose note is known."""
        buffer = self._buffers.get(params.text_document.uri)
        if buffer is None:
            return []
        places = list(islice(_links(buffer.lines), MAX_LINKS))
        if not places:
            return []
        document = self._client.capabilities.text_document
        tips = bool(document and document.document_link and document.document_link.tooltip_support)

        def work(stop: Stop) -> list[types.DocumentLink]:
            session = self._session.get()
            notes: dict[str, Note | None] = {}
            found: list[types.DocumentLink] = []
            for link in places:
                stop.check()
                if link.name not in notes:
                    notes[link.name] = session.search.note(link.name)
                note = notes[link.name]
                if note is not None:
                    uri = self._folders.uri(note.root, note.path)
                    tip = note.title or note.path if tips else None
                    found.append(types.DocumentLink(_range(buffer, link), uri, tip))
            return found

        return await self._workers.run(work)

    async def definition(self, params: types.DefinitionParams) -> types.Location | None:
        """The note that the link at the cursor means."""
        buffer = self._buffers.get(params.text_document.uri)
        link = self.at(buffer, params.position) if buffer is not None else None
        if link is None:
            return None
        note = await self.note(link.name)
        if note is None:
            return None
        start = types.Position(0, 0)
        return types.Location(self._folders.uri(note.root, note.path), types.Range(start, start))

    def at(self, buffer: Buffer, position: types.Position) -> Link | None:
        """The link under a position of the client."""
        if position.line >= len(buffer.lines):
            return None
        line = buffer.lines[position.line]
        column = to_index(line, position.character, buffer.encoding)
        for match in _LINK.finditer(line, max(0, column - _NAME - 4), column + _NAME + 4):
            if match.start() <= column <= match.end():
                return Link(position.line, match.start(1), match.end(1), match.group(1))
        return None

    async def note(self, name: str) -> Note | None:
        """The note of a link's name."""
        return await self._workers.run(lambda _: self._session.get().search.note(name))


def _links(lines: list[str]) -> Iterator[Link]:
    for number, line in enumerate(lines):
        if "[[" in line:
            for match in _LINK.finditer(line):
                yield Link(number, match.start(1), match.end(1), match.group(1))


def _range(buffer: Buffer, link: Link) -> types.Range:
    line = buffer.lines[link.line] if link.line < len(buffer.lines) else ""
    return types.Range(
        types.Position(link.line, to_column(line, link.start, buffer.encoding)),
        types.Position(link.line, to_column(line, link.end, buffer.encoding)),
    )
