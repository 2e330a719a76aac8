"""`textDocument/references`: backlinks of a note, of a heading, of a record, of what a link means; what has a
tag.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from lsprotocol import types

from magray_server.lsp import record_uris
from magray_server.lsp.features.document_links import name_of, span_of
from magray_server.lsp.features.feature import Feature
from magray_server.lsp.positions import to_index

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from magray_memory.session import Session
    from magray_memory.values import Backlink, Note, NoteReference, Record
    from magray_server.lsp.buffers import Buffer
    from magray_server.lsp.features.document_links import Links
    from magray_server.lsp.features.feature import Editing
    from magray_server.lsp.workers import Stop


_RECORDS = 1_000


class References(Feature):
    """On a link: all that links to the same. On a tag: where it, or one nested in it, stands. On a heading:
    what links to it; on the first one, and anywhere else in a Markdown document: what links to the document.
    """

    def __init__(self, editing: Editing, links: Links) -> None:
        super().__init__(editing)
        self._links = links

    async def references(self, params: types.ReferenceParams) -> list[types.Location] | None:
        """The links, with the note itself where the declaration is wanted."""
        buffer = self._buffers.get(params.text_document.uri)
        if buffer is None or buffer.lost:
            return None
        link = await self._links.at(buffer, params.position)
        opened, text, row = self._links.opened(), buffer.text, params.position.line + 1
        declared, encoding = params.context.include_declaration, self._client.encoding
        lines, column = list(buffer.lines), _column(buffer, params.position)

        def work(stop: Stop) -> list[types.Location] | None:
            session = self._session.get()
            tag = None if link is not None else _tag(buffer, lines, row - 1, column)
            if tag is not None:
                return self._of_tag(session, tag, opened, stop)
            if link is not None:
                about = _linked(session, link, buffer, opened)
            else:
                about = self._document(buffer, text, row)
            if about is None:
                name = record_uris.to_id(buffer.uri) if link is None else link.target
                record = None if name is None else session.records.named(name)
                return None if record is None else self._of_record(session, record, opened, stop)
            note, line = about
            found = session.notes.backlinks(note, opened, line, stop)
            places = [self._place(back, encoding) for back in found]
            if declared:
                start = types.Position((line or 1) - 1, 0)
                uri = self._folders.uri(note.root, note.path)
                places.insert(0, types.Location(uri, types.Range(start, start)))
            return places

        return await self._workers.run(work)

    def _place(self, back: Backlink, encoding: str) -> types.Location:
        link = back.reference
        span = span_of(back.line_text, link.line, link.start, link.end, encoding)
        return types.Location(self._folders.uri(back.root, back.path), span)

    def _of_tag(
        self, session: Session, tag: str, opened: Mapping[Path, str], stop: Stop
    ) -> list[types.Location]:
        """The places of a tag in notes, then, where the editor opens such, in records."""
        encoding = self._client.encoding
        places: list[types.Location] = []
        for use in session.notes.tagged(tag, opened, stop):
            span = span_of(use.line_text, use.place.line, use.place.start, use.place.end, encoding)
            places.append(types.Location(self._folders.uri(use.root, use.path), span))
        if self._client.opens_records:
            places += _in_records(session, tag, encoding)
        return places

    def _of_record(
        self, session: Session, record: Record, opened: Mapping[Path, str], stop: Stop
    ) -> list[types.Location]:
        """The links to a record in notes and comments, and the records that link to it where those open."""

        @cache
        def means(target: str) -> bool:
            found = session.records.named(target)
            return found is not None and found.id == record.id

        called = [record.id, *filter(None, (record.stored.title, record.stored.key))]
        links = session.notes.mentions(called, means, opened, stop)
        places = [self._place(back, self._client.encoding) for back in links]
        if self._client.opens_records:
            start = types.Position(0, 0)
            others = session.records.show(record.id, note_use=False).linked_from
            places += [
                types.Location(record_uris.to_uri(other.id), types.Range(start, start)) for other in others
            ]
        return places

    def _document(self, buffer: Buffer, text: str, row: int) -> tuple[Note, int | None] | None:
        """The document itself, and the line of the heading that the cursor is on, unless it is the first."""
        from magray_memory.values import Note, detect, headings

        place = None if buffer.path is None else self._folders.place(buffer.path)
        if place is None or detect(name_of(buffer), text[:4096]) != "markdown":
            return None
        found = list(headings(place[1], text.replace("\r\n", "\n")))
        on = next((heading.line for heading in found[1:] if heading.line == row), None)
        return Note(*place, None), on


def _column(buffer: Buffer, position: types.Position) -> int:
    line = buffer.lines[position.line] if position.line < len(buffer.lines) else ""
    return to_index(line, position.character, buffer.encoding)


def _tag(buffer: Buffer, lines: list[str], row: int, column: int) -> str | None:
    """The tag at a place of a Markdown document."""
    from magray_memory.values import detect, tag_places

    if detect(name_of(buffer), "".join(lines[:100])[:4096]) != "markdown":
        return None
    for place in tag_places(lines):
        if place.line == row and place.start - 1 <= column <= place.end:
            return place.name
    return None


def _in_records(session: Session, tag: str, encoding: str) -> Iterator[types.Location]:
    """Where a tag stands in the texts of records; the beginning of one that is filed under it otherwise."""
    from magray_memory.values import RecordFilter, is_below, tag_places

    for record in session.records.list(RecordFilter(tags=(tag,)), _RECORDS).records:
        lines = [f"{line}\n" for line in record.stored.text.split("\n")]
        spans = [
            span_of(lines[place.line], place.line, place.start, place.end, encoding)
            for place in tag_places(lines)
            if is_below(place.name, tag)
        ]
        start = types.Position(0, 0)
        for span in spans or [types.Range(start, start)]:
            yield types.Location(record_uris.to_uri(record.id), span)


def _linked(
    session: Session, link: NoteReference, buffer: Buffer, opened: Mapping[Path, str]
) -> tuple[Note, int | None] | None:
    note = session.notes.target(link, buffer.path)
    if note is None:
        return None
    return note, note.line(opened.get(note.root / note.path)) if note.part else None
