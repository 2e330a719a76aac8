"""`[[note]]` links: underlined, followed, and looked up for hover."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from lsprotocol import types

from magray_server.lsp.positions import to_column, to_index

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.values import Note, Record, WikiLink
    from magray_server.lsp.buffers import Buffer, Buffers
    from magray_server.lsp.client import Client
    from magray_server.lsp.folders import Folders
    from magray_server.lsp.session import CurrentSession
    from magray_server.lsp.workers import Stop, Workers

MAX_LINKS = 500
_NEAR = 304
_BRACKETS = re.compile(r"\[\[[^\[\]\n]+\]\]")


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
        document = self._client.capabilities.text_document
        tips = bool(document and document.document_link and document.document_link.tooltip_support)
        lines, opened = list(buffer.lines), self._opened()

        def work(stop: Stop) -> list[types.DocumentLink]:
            from magray_memory.values import wiki_links

            session = self._session.get()
            notes: dict[str, tuple[Note, str] | None] = {}
            found: list[types.DocumentLink] = []
            for link in islice(wiki_links(_name(buffer), lines), MAX_LINKS):
                stop.check()
                if link.target not in notes:
                    note = session.search.note(link.target, buffer.path)
                    notes[link.target] = None if note is None else (note, self._place(note, opened))
                known = notes[link.target]
                if known is not None:
                    note, place = known
                    tip = note.title or note.path if tips else None
                    found.append(types.DocumentLink(_range(buffer, link), place, tip))
            return found

        return await self._workers.run(work)

    async def definition(self, params: types.DefinitionParams) -> types.Location | None:
        """The note that the link at the cursor means, at the part that it names."""
        buffer = self._buffers.get(params.text_document.uri)
        link = await self.at(buffer, params.position) if buffer is not None else None
        if buffer is None or link is None:
            return None
        opened = self._opened()

        def work(_: Stop) -> types.Location | None:
            note = self._session.get().search.note(link.target, buffer.path)
            if note is None:
                return None
            uri = self._folders.uri(note.root, note.path)
            start = types.Position(note.line(opened.get(note.root / note.path)) - 1, 0)
            return types.Location(uri, types.Range(start, start))

        return await self._workers.run(work)

    async def at(self, buffer: Buffer, position: types.Position) -> WikiLink | None:
        """The link under a position of the client."""
        if position.line >= len(buffer.lines):
            return None
        line = buffer.lines[position.line]
        column = to_index(line, position.character, buffer.encoding)
        near = _BRACKETS.finditer(line, max(0, column - _NEAR), column + _NEAR)
        here = next((match for match in near if match.start() <= column <= match.end()), None)
        if here is None:
            return None
        lines, start = list(buffer.lines), here.start() + 2

        def work(stop: Stop) -> WikiLink | None:
            from magray_memory.values import wiki_links

            for link in wiki_links(_name(buffer), lines):
                stop.check()
                if (link.line, link.start) == (position.line, start):
                    return link
            return None

        return await self._workers.run(work)

    async def note(self, link: WikiLink, buffer: Buffer) -> Note | None:
        """The note that a link of a document means."""
        return await self._workers.run(lambda _: self._session.get().search.note(link.target, buffer.path))

    async def record(self, link: WikiLink) -> Record | None:
        """The record that a link means, by its id, key or title."""
        return await self._workers.run(lambda _: self._session.get().records.named(link.target))

    def _opened(self) -> dict[Path, str]:
        """The texts of the open documents, which hold more than the disk does, by path."""
        return {buffer.path: buffer.text for buffer in self._buffers.all if buffer.path and buffer.dirty}

    def _place(self, note: Note, opened: dict[Path, str]) -> str:
        """The URI of a note; the line of a part as its fragment, as editors read it."""
        uri = self._folders.uri(note.root, note.path)
        line = note.line(opened.get(note.root / note.path))
        return f"{uri}#L{line}" if line > 1 else uri


def _name(buffer: Buffer) -> str:
    return buffer.uri if buffer.path is None else str(buffer.path)


def _range(buffer: Buffer, link: WikiLink) -> types.Range:
    line = buffer.lines[link.line] if link.line < len(buffer.lines) else ""
    return types.Range(
        types.Position(link.line, to_column(line, link.start, buffer.encoding)),
        types.Position(link.line, to_column(line, link.end, buffer.encoding)),
    )
