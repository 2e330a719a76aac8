"""`textDocument/documentSymbol`: the headings of Markdown notes, in folders of notes.

Elsewhere editors have an outline of Markdown of their own, and two would be shown.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from magray_server.lsp.features.feature import Feature
from magray_server.lsp.positions import to_column

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from magray_memory.values import Heading
    from magray_server.lsp.buffers import Buffer
    from magray_server.lsp.workers import Stop

_OBSIDIAN = ".obsidian"
_KIND = types.SymbolKind.String


class NoteSymbols(Feature):
    """A folder of notes is one that the settings name, open or not, or an open vault of Obsidian's."""

    async def symbols(
        self, params: types.DocumentSymbolParams
    ) -> list[types.DocumentSymbol] | list[types.SymbolInformation] | None:
        """The headings, nested where the editor shows that."""
        buffer = self._buffers.get(params.text_document.uri)
        if buffer is None or buffer.path is None or buffer.lost:
            return None
        path, text, rows = buffer.path, buffer.text, list(buffer.lines)
        document = self._client.capabilities.text_document
        support = document.document_symbol if document else None
        nested = bool(support and support.hierarchical_document_symbol_support)

        def work(_: Stop) -> list[types.DocumentSymbol] | list[types.SymbolInformation] | None:
            from magray_memory.values import detect, headings

            if detect(path.name, text[:4096]) != "markdown" or not self._is_note(path):
                return None
            found = list(headings(path.name, text.replace("\r\n", "\n")))
            if nested:
                return _nested(found, rows, buffer.encoding)
            return [_flat(heading, rows, buffer) for heading in found]

        return await self._workers.run(work)

    def _is_note(self, path: Path) -> bool:
        from magray_memory.values import canonical_root, tail

        place = self._folders.place(path)
        if place is None:
            return False
        root, below = place
        named = [canonical_root(folder) for folder in self._session.get().settings.notes.folders]
        return (root / _OBSIDIAN).is_dir() or any(tail(folder, root / below) for folder in named)


def _nested(found: Sequence[Heading], rows: Sequence[str], encoding: str) -> list[types.DocumentSymbol]:
    top: list[types.DocumentSymbol] = []
    open_: list[types.DocumentSymbol] = []
    for heading in found:
        symbol = types.DocumentSymbol(
            heading.name, _KIND, *_ranges(heading, rows, encoding), children=list[types.DocumentSymbol]()
        )
        del open_[len(heading.above) :]
        siblings = open_[-1].children if open_ else top
        assert isinstance(siblings, list)
        siblings.append(symbol)
        open_.append(symbol)
    return top


def _flat(heading: Heading, rows: Sequence[str], buffer: Buffer) -> types.SymbolInformation:
    _, line = _ranges(heading, rows, buffer.encoding)
    above = heading.above[-1] if heading.above else None
    return types.SymbolInformation(
        types.Location(buffer.uri, line), heading.name, _KIND, container_name=above
    )


def _ranges(heading: Heading, rows: Sequence[str], encoding: str) -> tuple[types.Range, types.Range]:
    """All that stands under a heading, and the heading's own line."""

    def end_of(line: int) -> types.Position:
        text = rows[line].rstrip("\r\n") if line < len(rows) else ""
        return types.Position(line, to_column(text, len(text), encoding))

    start = types.Position(heading.line - 1, 0)
    return types.Range(start, end_of(heading.end_line - 1)), types.Range(start, end_of(heading.line - 1))
