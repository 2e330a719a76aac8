"""`textDocument/completion` in notes and records: `[[notes and records`, `[[note#headings`, `#tags`, and tags
in the front matter.
"""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from lsprotocol import types

from magray_server.lsp.features.document_links import name_of, span_of
from magray_server.lsp.positions import to_index

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from magray_memory.session import Session
    from magray_server.lsp.buffers import Buffer, Buffers
    from magray_server.lsp.features.document_links import Links
    from magray_server.lsp.session import CurrentSession
    from magray_server.lsp.workers import Stop, Workers

TRIGGERS = ("[", "#", "/", "^")
LIMIT = 200
_RECORDS = 50
_ALIASES_READ = 20
_LINK = re.compile(r"\[\[([^\[\]\n|]*)$")
_TAG = re.compile(r"(?:^|[\s,;(])#([\w/-]*)$")
_REST = re.compile(r"([^\[\]|#\n]*)(\]\]|[|#])")
"""What of the link stands behind the cursor, and what follows it."""
_FRONT_MATTER = ("---", "+++")
_NO_NAME = re.compile(r"[\[\]#|^]")
"""What no name in a link can have."""


class Completion:
    """Only in Markdown, and not in its code."""

    def __init__(self, buffers: Buffers, session: CurrentSession, workers: Workers, links: Links) -> None:
        self._buffers = buffers
        self._session = session
        self._workers = workers
        self._links = links

    async def complete(self, params: types.CompletionParams) -> types.CompletionList | None:
        """What can stand at the cursor; None where nothing of ours can."""
        buffer = self._buffers.get(params.text_document.uri)
        if buffer is None or buffer.lost or params.position.line >= len(buffer.lines):
            return None
        line = buffer.lines[params.position.line].rstrip("\r\n")
        column = to_index(line, params.position.character, buffer.encoding)
        link, tag = _LINK.search(line[:column]), _TAG.search(line[:column])
        begun = link or tag
        lines, number, opened = list(buffer.lines), params.position.line, self._links.opened()
        if begun is None and not lines[0].startswith(_FRONT_MATTER):
            return None

        def work(_: Stop) -> types.CompletionList | None:
            from magray_memory.values import begun_in_front_matter, detect, prose_lines

            if detect(name_of(buffer), "".join(lines[:100])[:4096]) != "markdown":
                return None
            stated = begun_in_front_matter(lines, number, column)
            if stated is not None:
                span = span_of(line, number, stated[0], column, buffer.encoding)
                return _listed(_tags(self._session.get(), stated[1], span, mark=""))
            if begun is None:
                return None
            if prose_lines(lines)[number][begun.start() : column] != line[begun.start() : column]:
                return None  # in code
            session = self._session.get()
            if link is None:
                span = span_of(line, number, begun.start(1), column, buffer.encoding)
                return _listed(_tags(session, begun[1], span))
            rest = _REST.match(line, column)
            end, close = (rest.end(1), "") if rest else (column, "]]")
            typed, mark, part = link[1].rpartition("#")
            if not mark:
                span = span_of(line, number, link.start(1), end, buffer.encoding)
                shown = not (rest and rest[2] == "|")
                return _listed(_names(session, part, span, close, shown=shown))
            span = span_of(line, number, link.start(1) + len(typed) + 1, end, buffer.encoding)
            text = self._text_of(session, buffer, typed.partition("#")[0], opened, lines)
            return None if text is None else _listed(_parts(*text, part, span, close))

        return await self._workers.run(work)

    def _text_of(
        self, session: Session, buffer: Buffer, target: str, opened: dict[Path, str], lines: list[str]
    ) -> tuple[str, str] | None:
        """Path and text of the note that a link names; of the document itself for none."""
        if not target.strip():
            return name_of(buffer), "".join(lines)
        note = session.search.note(target, buffer.path)
        if note is None:
            return None
        text = opened.get(note.root / note.path)
        return note.path, note.text() if text is None else text


def _listed(items: Iterable[types.CompletionItem]) -> types.CompletionList:
    """The first of the items; the editor asks again while there are more."""
    found: list[types.CompletionItem] = []
    for item in items:
        if len(found) == LIMIT:
            return types.CompletionList(is_incomplete=True, items=found)
        found.append(item)
    return types.CompletionList(is_incomplete=False, items=found)


def _names(
    session: Session, typed: str, span: types.Range, close: str, *, shown: bool
) -> Iterator[types.CompletionItem]:
    """Notes by file name, by title and by alias, then records. `shown`: a link may get a text to show."""
    wanted, names = _folded(typed), session.notes.names()
    for note in names.all:
        in_path, in_title = wanted in note.folded_path, wanted in note.folded_title
        if not (in_path or in_title):
            continue
        name = unicodedata.normalize("NFC", names.shortest(note))
        called = unicodedata.normalize("NFC", note.title or "")
        stem = PurePosixPath(name).name
        if _NO_NAME.search(name):
            continue
        if in_path:
            yield _item(
                stem, note.path, f"{name}{close}", span, name if wanted in _folded(name) else note.path
            )
        if called and in_title and note.folded_title != _folded(stem):
            yield _item(called, note.path, _showing(name, called, close, shown=shown), span, called)
    yield from _aliases(session, wanted, span, close, shown=shown)
    yield from _records(session, wanted, span, close)


def _aliases(
    session: Session, wanted: str, span: types.Range, close: str, *, shown: bool
) -> Iterator[types.CompletionItem]:
    """Notes by what their front matter calls them; a few are read to be sure."""
    from magray_memory.values import Note, aliases

    names = session.notes.names()
    near = (note for note in names.all if wanted and wanted in note.folded_symbol)
    for _, note in zip(range(_ALIASES_READ), near, strict=False):
        name = unicodedata.normalize("NFC", names.shortest(note))
        if _NO_NAME.search(name):
            continue
        for alias in aliases(Note(note.root, note.path, note.title).text()):
            if wanted in _folded(alias):
                yield _item(alias, note.path, _showing(name, alias, close, shown=shown), span, alias)


def _records(session: Session, wanted: str, span: types.Range, close: str) -> Iterator[types.CompletionItem]:
    """The records changed last, by title; a title that no link can have is linked by the id."""
    from magray_memory.values import RecordFilter

    for record in session.records.list(RecordFilter(), _RECORDS).records:
        title = record.stored.title or record.id
        if wanted in _folded(title) or wanted in record.id:
            name = record.id if _NO_NAME.search(title) else title
            item = _item(title, f"record {record.id}", f"{name}{close}", span, f"{title} {record.id}")
            item.kind = types.CompletionItemKind.Value
            yield item


def _parts(path: str, text: str, typed: str, span: types.Range, close: str) -> Iterator[types.CompletionItem]:
    """The headings of a note in their order; its blocks after a `^`."""
    from magray_memory.values import headings

    if typed.startswith("^"):
        for number, match in enumerate(re.finditer(r"(?m)(?:^|[ \t])(\^[\w-]+)[ \t]*\r?$", text)):
            yield _item(match[1], "", f"{match[1]}{close}", span, match[1], f"{number:05}")
        return
    for number, heading in enumerate(headings(path, text.replace("\r\n", "\n"))):
        name = " ".join(_NO_NAME.sub(" ", heading.name).split())
        if name:
            above = " > ".join(heading.above)
            yield _item(heading.name, above, f"{name}{close}", span, name, f"{number:05}")


def _tags(session: Session, typed: str, span: types.Range, mark: str = "#") -> Iterator[types.CompletionItem]:
    """Tags and what they are nested in, the most used first, shown behind a mark."""
    counts: dict[str, int] = {}
    for name, count in session.notes.tags().items():
        parts = name.split("/")
        for depth in range(1, len(parts) + 1):
            above = "/".join(parts[:depth])
            counts[above] = counts.get(above, 0) + count
    wanted = _folded(typed)
    ranked = sorted((name for name in counts if wanted in name), key=lambda name: (-counts[name], name))
    for number, name in enumerate(ranked):
        item = _item(f"{mark}{name}", str(counts[name]), name, span, name, f"{number:05}")
        item.kind = types.CompletionItemKind.Keyword
        yield item


def _item(
    label: str, detail: str, text: str, span: types.Range, filter_text: str, order: str | None = None
) -> types.CompletionItem:
    return types.CompletionItem(
        label=label,
        kind=types.CompletionItemKind.Reference,
        detail=detail or None,
        filter_text=filter_text,
        sort_text=order,
        text_edit=types.TextEdit(span, text),
    )


def _showing(name: str, text: str, close: str, *, shown: bool) -> str:
    """A link to a name that shows a text, where it may have one."""
    plain = " ".join(re.sub(r"[\[\]|]", " ", text).split())
    return f"{name}|{plain}{close}" if shown else f"{name}{close}"


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()
