"""Text document synchronization: what the editor says of its documents goes to the buffers, and from there to
the overlay and the indexer.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lsprotocol.types import TextDocumentContentChangePartial

from magray_server.lsp.buffers import Buffer, split_lines
from magray_server.lsp.uris import to_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lsprotocol import types

    from magray_server.lsp.buffers import Buffers
    from magray_server.lsp.client import Client
    from magray_server.lsp.folders import Folders
    from magray_server.lsp.overlay import Overlays

log = logging.getLogger(__name__)


class TextSync:
    """On the event loop only; each method is quick."""

    def __init__(
        self,
        client: Client,
        folders: Folders,
        buffers: Buffers,
        overlay: Overlays,
        on_file_change: Callable[[Path], None],
        on_text_change: Callable[[Buffer], None],
    ) -> None:
        """`on_file_change` gets the root of the folder in which a file changed on disk, `on_text_change` a
        document that was edited.
        """
        self._client = client
        self._folders = folders
        self._buffers = buffers
        self._overlay = overlay
        self._on_file_change = on_file_change
        self._on_text_change = on_text_change

    def opened(self, params: types.DidOpenTextDocumentParams) -> None:
        """`textDocument/didOpen`: the text is searched in place of the file."""
        item = params.text_document
        buffer = Buffer(
            item.uri,
            to_path(item.uri),
            item.version,
            split_lines(item.text),
            self._client.encoding,
        )
        self._buffers.add(buffer)
        self._overlay.update(buffer)

    def changed(self, params: types.DidChangeTextDocumentParams) -> None:
        """`textDocument/didChange`: apply the edits; while the text is not known, only a whole one counts."""
        buffer = self._buffers.opened_as(params.text_document.uri)
        if buffer is None:
            log.warning("a document changed that is not open")
            return
        changes = params.content_changes
        if buffer.lost:
            whole = [
                n
                for n, change in enumerate(changes)
                if not isinstance(change, TextDocumentContentChangePartial)
            ]
            if not whole:
                return  # an edit of a text that is not known
            changes, buffer.lost = changes[whole[-1] :], False
        buffer.edit(changes, params.text_document.version)
        self._buffers.add(buffer)
        self._overlay.update(buffer)
        self._on_text_change(buffer)

    def lost(self, uri: str) -> None:
        """A change of this document could not be read: its text is not known until it comes anew."""
        buffer = self._buffers.opened_as(uri)
        if buffer is not None and not buffer.lost:
            buffer.lost = True
            self._overlay.closed(buffer)
        name = unquote(uri.rpartition("/")[2])[:100]
        self._client.warn(
            f"magray could not read a change of {name} that the editor sent: its unsaved text is not "
            "searched until it is saved or opened again."
        )

    def closed(self, params: types.DidCloseTextDocumentParams) -> None:
        """`textDocument/didClose`: the file counts again."""
        buffer = self._buffers.remove(params.text_document.uri)
        if buffer is not None:
            self._overlay.closed(buffer)

    def saved(self, params: types.DidSaveTextDocumentParams) -> None:
        """`textDocument/didSave`: the file holds the text; its folder is indexed."""
        buffer = self._buffers.opened_as(params.text_document.uri)
        path = buffer.path if buffer is not None else to_path(params.text_document.uri)
        if buffer is not None:
            if params.text is not None and (buffer.lost or params.text != buffer.text):
                buffer.replace(params.text)
            buffer.dirty = False
            self._buffers.add(buffer)
            self._overlay.update(buffer)
        self._file_changed(path)

    def watched(self, params: types.DidChangeWatchedFilesParams) -> None:
        """Files changed on disk, by another program or by the editor itself."""
        for change in params.changes:
            self._file_changed(to_path(change.uri))

    def _file_changed(self, path: Path | None) -> None:
        file = self._folders.locate(path) if path is not None else None
        if file is not None:
            self._on_file_change(file.folder.root)
