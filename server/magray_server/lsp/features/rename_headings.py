"""Renaming headings: the heading at the cursor, the links to it in notes, and, once the note says so, those
in records.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.errors import MagrayError
from magray_server.lsp.errors import invalid
from magray_server.lsp.features.document_links import name_of
from magray_server.lsp.features.feature import Feature

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from magray_memory.values import FileEdits, LinkChange
    from magray_server.lsp.buffers import Buffer
    from magray_server.lsp.features.document_links import Links
    from magray_server.lsp.features.feature import Editing
    from magray_server.lsp.workers import Stop

log = logging.getLogger(__name__)

WAIT_SECONDS = 120.0
"""So long after a rename the note may come to say so, for an editor that shows what it would change first."""
_ATX = re.compile(r"( {0,3}#{1,6}[ \t]+)(.*?)([ \t]+#+)?[ \t]*$")


class _Expected(NamedTuple):
    row: int
    name: str
    change: LinkChange
    until: float


class RenameHeadings(Feature):
    """In Markdown documents of open folders and of folders of notes."""

    def __init__(self, editing: Editing, links: Links, on_change: Callable[[], None]) -> None:
        """`on_change` is called, in any thread, when records may have changed."""
        super().__init__(editing)
        self._links = links
        self._on_change = on_change
        self._expected: dict[str, _Expected] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    async def span(self, buffer: Buffer, row: int) -> tuple[int, int] | None:
        """The columns of the name of the heading on a row; None where there is none."""
        line, lines = buffer.lines[row], list(buffer.lines)

        def work(_: Stop) -> tuple[int, int] | None:
            from magray_memory.values import detect, headings

            place = None if buffer.path is None else self._folders.place(buffer.path)
            text = "".join(lines)
            if place is None or detect(name_of(buffer), text[:4096]) != "markdown":
                return None
            found = headings(place[1], text.replace("\r\n", "\n"))
            return _name_in(line) if any(heading.line == row + 1 for heading in found) else None

        return await self._workers.run(work)

    async def edits(self, buffer: Buffer, row: int, name: str) -> Sequence[FileEdits]:
        """What gives the heading on a row another name, everywhere. Raises an InvalidParams error."""
        name = name.strip()
        if not name or "\n" in name or "\r" in name:
            raise invalid("A heading is one line, and it is not empty.")
        span = await self.span(buffer, row)
        if span is None or buffer.path is None:
            raise invalid("There is no link to a note and no heading here.")
        path, text, opened, lines = buffer.path, buffer.text, self._links.opened(), list(buffer.lines)

        def work(stop: Stop) -> tuple[Sequence[FileEdits], LinkChange | None]:
            from magray_memory.values import Edit, FileEdits, Note

            session = self._session.get()
            place = self._folders.place(path)
            if place is None:
                raise invalid("There is no heading here.")
            renamed = session.notes.heading(Note(*place, None), row + 1, name, text)
            if renamed is None:
                raise invalid("There is no heading here.")
            own = [Edit(row, *span, name, lines[row])]
            found = list[FileEdits]()
            for file in session.notes.renamed_heading(renamed, opened, stop):
                if (file.root, file.path) == place:
                    own += file.edits
                else:
                    found.append(file)
            return [FileEdits(*place, own), *found], session.heading_change(renamed)

        found, change = await self._workers.run(work)
        if change is not None:
            self._expected[buffer.uri] = _Expected(row, name, change, time.monotonic() + WAIT_SECONDS)
        return found

    def text_changed(self, buffer: Buffer) -> None:
        """An open document changed: where a heading is called now as it was to be, records follow."""
        expected = self._expected.get(buffer.uri)
        if expected is None:
            return
        if time.monotonic() > expected.until:
            del self._expected[buffer.uri]
        elif expected.row < len(buffer.lines) and expected.name in buffer.lines[expected.row]:
            del self._expected[buffer.uri]
            task = asyncio.get_running_loop().create_task(self._change_records(expected.change))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _change_records(self, change: LinkChange) -> None:
        try:
            await self._workers.run(lambda _: change.apply(self._session.get().records))
        except MagrayError as error:
            log.warning("links in records stay as they are: %s", error)
        self._on_change()


def _name_in(line: str) -> tuple[int, int]:
    """The columns of a heading's name, without its marks."""
    text = line.rstrip("\r\n")
    match = _ATX.match(text)
    if match is not None:
        return match.span(2)
    bare = text.strip()
    start = text.index(bare)
    return start, start + len(bare)
