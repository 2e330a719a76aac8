"""Links to notes and records: underlined, followed, and looked up for hover and for what asks about them."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from lsprotocol import types

from magray_server.lsp import record_uris
from magray_server.lsp.features.feature import Feature
from magray_server.lsp.positions import to_column, to_index

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.session import Session
    from magray_memory.values import Note, NoteReference, Record
    from magray_server.lsp.buffers import Buffer
    from magray_server.lsp.workers import Stop

MAX_LINKS = 500
_NEAR = 1_000
"""Characters around the cursor in which a link is looked for."""
_MARKS = re.compile(r"\[\[|\]\(|\]:")


class Links(Feature):
    """Works on open documents of any language: notes are linked from comments too. Links by path, which
    Markdown has, are followed but not underlined: editors do that themselves.
    """

    async def links(self, params: types.DocumentLinkParams) -> list[types.DocumentLink]:
        """Every `[[link]]` of the document whose note, or record, is known."""
        buffer = self._buffers.get(params.text_document.uri)
        if buffer is None:
            return []
        document = self._client.capabilities.text_document
        tips = bool(document and document.document_link and document.document_link.tooltip_support)
        lines, opened, opens_records = list(buffer.lines), self.opened(), self._client.opens_records

        def work(stop: Stop) -> list[types.DocumentLink]:
            from magray_memory.values import note_references

            session = self._session.get()
            known: dict[str, tuple[str, str] | None] = {}
            found: list[types.DocumentLink] = []
            wiki = (link for link in note_references(name_of(buffer), lines) if not link.by_path)
            for link in islice(wiki, MAX_LINKS):
                stop.check()
                if link.target not in known:
                    known[link.target] = self._leads_to(session, link, buffer, opened, opens_records)
                place = known[link.target]
                if place is not None:
                    tip = place[1] if tips else None
                    found.append(types.DocumentLink(range_of(buffer, link), place[0], tip))
            return found

        return await self._workers.run(work)

    async def definition(self, params: types.DefinitionParams) -> types.Location | None:
        """The note that the link at the cursor means, at the part that it names; a record where the editor
        opens such.
        """
        buffer = self._buffers.get(params.text_document.uri)
        link = await self.at(buffer, params.position) if buffer is not None else None
        if buffer is None or link is None:
            return None
        opened, opens_records = self.opened(), self._client.opens_records

        def work(_: Stop) -> types.Location | None:
            session = self._session.get()
            start = types.Position(0, 0)
            note = session.notes.target(link, buffer.path)
            if note is not None:
                start = types.Position(note.line(opened.get(note.root / note.path)) - 1, 0)
                uri = self._folders.uri(note.root, note.path)
                return types.Location(uri, types.Range(start, start))
            record = session.records.named(link.target) if opens_records and not link.by_path else None
            if record is None:
                return None
            return types.Location(record_uris.to_uri(record.id), types.Range(start, start))

        return await self._workers.run(work)

    async def at(self, buffer: Buffer, position: types.Position) -> NoteReference | None:
        """The link under a position of the client."""
        if position.line >= len(buffer.lines):
            return None
        line = buffer.lines[position.line]
        column = to_index(line, position.character, buffer.encoding)
        if not _MARKS.search(line, max(0, column - _NEAR), column + _NEAR):
            return None
        lines = list(buffer.lines)

        def work(stop: Stop) -> NoteReference | None:
            from magray_memory.values import note_references

            for link in note_references(name_of(buffer), lines):
                stop.check()
                if link.line == position.line and link.first <= column <= link.last:
                    return link
            return None

        return await self._workers.run(work)

    async def note(self, link: NoteReference, buffer: Buffer) -> Note | None:
        """The note that a link of a document means."""
        return await self._workers.run(lambda _: self._session.get().notes.target(link, buffer.path))

    async def record(self, link: NoteReference) -> Record | None:
        """The record that a link means, by its id, key or title."""
        if link.by_path:
            return None
        return await self._workers.run(lambda _: self._session.get().records.named(link.target))

    def opened(self) -> dict[Path, str]:
        """The texts of the open documents, which hold more than the disk does, by path."""
        found: dict[Path, str] = {}
        for buffer in self._buffers.all:
            if buffer.path is not None and not buffer.lost:
                file = self._folders.locate(buffer.path)
                found[buffer.path if file is None else file.folder.root / file.path] = buffer.text
        return found

    def _leads_to(
        self,
        session: Session,
        link: NoteReference,
        buffer: Buffer,
        opened: dict[Path, str],
        opens_records: bool,
    ) -> tuple[str, str] | None:
        """URI and tip of a link; the line of a part as the URI's fragment, as editors read it."""
        note = session.notes.target(link, buffer.path)
        if note is not None:
            uri = self._folders.uri(note.root, note.path)
            line = note.line(opened.get(note.root / note.path))
            return f"{uri}#L{line}" if line > 1 else uri, note.title or note.path
        record = session.records.named(link.target) if opens_records else None
        return None if record is None else (record_uris.to_uri(record.id), record.stored.title or record.id)


def name_of(buffer: Buffer) -> str:
    """What a document's language is told by."""
    return buffer.uri if buffer.path is None else str(buffer.path)


def range_of(buffer: Buffer, link: NoteReference) -> types.Range:
    """The target of a link as the client counts."""
    line = buffer.lines[link.line] if link.line < len(buffer.lines) else ""
    return span_of(line, link.line, link.start, link.end, buffer.encoding)


def span_of(text: str, line: int, start: int, end: int, encoding: str) -> types.Range:
    """Columns of a line as the client counts."""
    return types.Range(
        types.Position(line, to_column(text, start, encoding)),
        types.Position(line, to_column(text, end, encoding)),
    )
