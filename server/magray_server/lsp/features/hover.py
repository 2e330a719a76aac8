"""A short card of related memory at the cursor: records about the lines and the name there, then what notes
and other code say of it.
"""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from magray_server.lsp import cards, record_cards
from magray_server.lsp.features.feature import Feature
from magray_server.lsp.positions import to_column, to_index

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from magray_memory.session import Session
    from magray_memory.values import Hit, NoteReference, Record
    from magray_server.lsp.buffers import Buffer
    from magray_server.lsp.features.document_links import Links
    from magray_server.lsp.features.feature import Editing
    from magray_server.lsp.settings import ClientSettings
    from magray_server.lsp.workers import Stop

CACHED = 200
CACHE_SECONDS = 30.0
_POOL = 12
_WORD = re.compile(r"\w+")
_NOTE_CHARACTERS = 4_000
_WORD_CHARACTERS = 200
"""A longer word is none; so of a line of any length only a part is looked at."""


class Hover(Feature):
    """Cards are cached for a while: a cursor that comes back costs nothing."""

    def __init__(self, editing: Editing, links: Links, settings: Callable[[], ClientSettings]) -> None:
        super().__init__(editing)
        self._links = links
        self._settings = settings
        self._cards: OrderedDict[tuple[Any, ...], tuple[float, str | None]] = OrderedDict()

    async def hover(self, params: types.HoverParams) -> types.Hover | None:
        """`textDocument/hover`: the card of the link or word there; None where there is nothing to show."""
        if not self._settings().server.hover:
            return None
        buffer = self._buffers.get(params.text_document.uri)
        if buffer is None or params.position.line >= len(buffer.lines):
            return None
        line = buffer.lines[params.position.line]
        link = await self._links.at(buffer, params.position)
        card = None if link is None else await self._linked(link, buffer)
        if link is not None and card is not None:
            start, end = link.start, link.end
        else:
            found = _word(line, to_index(line, params.position.character, buffer.encoding))
            if found is None:
                return None
            start, end = found
            card = await self._word(buffer, line[start:end], params.position.line + 1, start)
        if card is None:
            return None
        span = types.Range(
            types.Position(params.position.line, to_column(line, start, buffer.encoding)),
            types.Position(params.position.line, to_column(line, end, buffer.encoding)),
        )
        kind = types.MarkupKind.Markdown if self._markdown() else types.MarkupKind.PlainText
        return types.Hover(types.MarkupContent(kind, card), span)

    def forget(self) -> None:
        """Records changed: cards are made anew."""
        self._cards.clear()

    def _markdown(self) -> bool:
        """Whether the client shows Markdown; one that does not say does."""
        document = self._client.capabilities.text_document
        formats = document.hover.content_format if document and document.hover else None
        return not formats or types.MarkupKind.Markdown in formats

    def _uri(self, hit: Hit) -> str | None:
        if hit.root is None or hit.path is None:
            return None
        return self._folders.uri(hit.root, hit.path)

    async def _word(self, buffer: Buffer, word: str, line: int, column: int) -> str | None:
        key = (self._folders.roots, buffer.path, hash(buffer.text), word, line)
        known = self._cards.get(key)
        if known is not None and time.monotonic() - known[0] < CACHE_SECONDS:
            self._cards.move_to_end(key)
            return known[1]

        markdown, linked = self._markdown(), self._client.opens_records
        text, file = buffer.text, buffer.path

        def work(stop: Stop) -> str | None:
            from magray_memory.values import SearchQuery, detect, is_grammar_or_local

            session = self._session.get()
            language = detect(file.name if file is not None else "", text[:4096])
            tells = not is_grammar_or_local(text, language, line - 1, column)
            tells = tells and session.search.is_known_word(word)
            records = self._about(session, file, text, line, word if tells else None)
            shown = record_cards.of_records(records, markdown=markdown, linked=linked)
            if tells:
                hits = session.search.query(SearchQuery(word, k=_POOL, raw=word), stop).hits
                known = {record.id for record in records}
                others = [hit for hit in hits if not _is_here(hit, file, line) and hit.id not in known]
                found = cards.of_hits(word, others, self._uri, markdown=markdown)
                shown += [found] if found else []
            return (cards.RULE if markdown else "\n\n").join(shown) or None

        card = await self._workers.run(work)
        self._cards[key] = (time.monotonic(), card)
        if len(self._cards) > CACHED:
            self._cards.popitem(last=False)
        return card

    def _about(
        self, session: Session, file: Path | None, text: str, line: int, name: str | None
    ) -> list[Record]:
        """The records about a line, the closest around it first, then those that say the name, then those
        that link to the file.
        """
        place = None if file is None else self._folders.place(file)
        found: dict[str, Record] = {}
        if place is not None:
            cited = [(record, record.citation) for record in session.records.citing(*place, text)]
            around = [
                (now.end_line - now.start_line, record)
                for record, now in cited
                if now is not None and now.start_line <= line <= now.end_line
            ]
            found |= {record.id: record for _, record in sorted(around, key=lambda item: item[0])}
        if name is not None:
            others = [*session.records.naming(name)]
            others += session.records.linking(place[1]) if place is not None else []
            for record in others:
                found.setdefault(record.id, record)
        return list(found.values())

    async def _linked(self, link: NoteReference, buffer: Buffer) -> str | None:
        """The card of a link; None for one in code that means nothing, which may be none."""
        note = await self._links.note(link, buffer)
        if note is None:
            record = await self._links.record(link)
            if record is not None:
                markdown, linked = self._markdown(), self._client.opens_records
                return record_cards.of_record(record, markdown=markdown, linked=linked)
            if link.in_code or link.by_path:
                return None
            return f"No note is named {cards.name(link.target, markdown=self._markdown())}."
        markdown, uri = self._markdown(), self._folders.uri(note.root, note.path)

        def work(_: Stop) -> str:
            text = note.text()[:_NOTE_CHARACTERS]
            return cards.of_note(note.title, note.path, uri, text, markdown=markdown)

        return await self._workers.run(work)


def _word(line: str, at: int) -> tuple[int, int] | None:
    for match in _WORD.finditer(line, max(0, at - _WORD_CHARACTERS), at + _WORD_CHARACTERS):
        if match.start() <= at <= match.end():
            shown = 2 < len(match.group()) < _WORD_CHARACTERS and not match.group().isdigit()
            return match.span() if shown else None
    return None


def _is_here(hit: Hit, path: Path | None, line: int) -> bool:
    if path is None or hit.root is None or hit.path is None:
        return False
    return path.as_posix().endswith(f"/{hit.path}") and hit.start_line <= line <= hit.end_line
