"""Open documents: what the editor tells of them goes to the buffers, and from there to the overlay and the
indexer.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from magray_server.lsp.buffers import Buffer, split_lines
from magray_server.lsp.uris import to_path

if TYPE_CHECKING:
    from lsprotocol import types

    from magray_server.lsp.server import MagrayServer

log = logging.getLogger(__name__)


class Documents:
    """Every open document by its URI. On the event loop only; each method is quick."""

    def __init__(self, server: MagrayServer) -> None:
        self._server = server
        self._buffers: dict[str, Buffer] = {}

    @property
    def all(self) -> tuple[Buffer, ...]:
        return tuple(self._buffers.values())

    def get(self, uri: str) -> Buffer | None:
        """The open document of this URI, however it is spelled."""
        found = self._buffers.get(uri)
        path = to_path(uri) if found is None else None
        if path is not None:
            found = next((buffer for buffer in self._buffers.values() if buffer.path == path), None)
        return found

    def opened(self, params: types.DidOpenTextDocumentParams) -> None:
        item = params.text_document
        buffer = Buffer(
            item.uri,
            to_path(item.uri),
            item.version,
            split_lines(item.text),
            self._server.encoding,
        )
        self._buffers[item.uri] = buffer
        self._server.overlay.opened(buffer)

    def changed(self, params: types.DidChangeTextDocumentParams) -> None:
        buffer = self._buffers.get(params.text_document.uri)
        if buffer is None:
            log.warning("a document changed that is not open")
            return
        buffer.edit(params.content_changes, params.text_document.version)
        self._server.overlay.changed(buffer)

    def closed(self, params: types.DidCloseTextDocumentParams) -> None:
        buffer = self._buffers.pop(params.text_document.uri, None)
        if buffer is not None:
            self._server.overlay.closed(buffer)

    def saved(self, params: types.DidSaveTextDocumentParams) -> None:
        buffer = self._buffers.get(params.text_document.uri)
        path = buffer.path if buffer is not None else to_path(params.text_document.uri)
        if buffer is not None:
            buffer.dirty = False
            self._server.overlay.saved(buffer)
        place = self._server.folders.place(path) if path is not None else None
        if place is not None:
            self._server.indexing.file_changed(place.folder.root)

    def watched(self, params: types.DidChangeWatchedFilesParams) -> None:
        """Files changed on disk, by another program or by the editor itself."""
        for change in params.changes:
            path = to_path(change.uri)
            place = self._server.folders.place(path) if path is not None else None
            if place is not None:
                self._server.indexing.file_changed(place.folder.root)
