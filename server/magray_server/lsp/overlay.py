"""Open buffers that differ from their files: searchable at once, in the place of what is stored of the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from magray_server.lsp.buffers import Buffer
    from magray_server.lsp.folders import Folder
    from magray_server.lsp.server import MagrayServer


class Overlays:
    """placeholder"""

    def __init__(self, server: MagrayServer) -> None:
        self._server = server
        self.degraded: str | None = None

    def begin(self) -> None: ...
    def opened(self, buffer: Buffer) -> None: ...
    def changed(self, buffer: Buffer) -> None: ...
    def saved(self, buffer: Buffer) -> None: ...
    def closed(self, buffer: Buffer) -> None: ...
    def folders_changed(self, gone: Iterable[Folder]) -> None: ...
    def index_moved(self) -> None: ...
