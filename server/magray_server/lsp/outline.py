"""Outline: the definitions and headings of an open document, parsed once for each text."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from magray_memory.values import ChunkSymbol
    from magray_server.lsp.buffers import Buffer

KEPT = 8
MAX_CHARACTERS = 400_000
"""A larger text has no outline: it would be parsed after every keystroke."""


class Outlines:
    """Of the documents last asked for. `symbols` parses: call it in a worker."""

    def __init__(self) -> None:
        self._known: OrderedDict[str, tuple[int, Sequence[ChunkSymbol]]] = OrderedDict()

    def symbols(self, buffer: Buffer, revision: int, text: str) -> Sequence[ChunkSymbol]:
        """The symbols of the text that the buffer had at this revision, in the order of their lines."""
        known = self._known.get(buffer.uri)
        if known is not None and known[0] == revision:
            return known[1]
        from magray_memory.values import chunked

        name = buffer.uri if buffer.path is None else str(buffer.path)
        chunks = chunked(name, text).chunks if len(text) <= MAX_CHARACTERS else ()
        symbols = sorted((symbol for chunk in chunks for symbol in chunk.symbols), key=lambda s: s.line)
        self._known[buffer.uri] = (revision, symbols)
        self._known.move_to_end(buffer.uri)
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
        return symbols
