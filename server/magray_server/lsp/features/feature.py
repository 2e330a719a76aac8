"""Feature: what every feature that answers about documents is given, and the base that holds it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from magray_server.lsp.buffers import Buffers
    from magray_server.lsp.client import Client
    from magray_server.lsp.folders import Folders
    from magray_server.lsp.session import CurrentSession
    from magray_server.lsp.workers import Workers


class Editing(NamedTuple):
    """The client, its open folders and documents, the session that is asked about them, and the threads in
    which that is done.
    """

    client: Client
    folders: Folders
    buffers: Buffers
    session: CurrentSession
    workers: Workers


class Feature:
    """A feature that answers about documents."""

    def __init__(self, editing: Editing) -> None:
        self._client, self._folders, self._buffers, self._session, self._workers = editing
