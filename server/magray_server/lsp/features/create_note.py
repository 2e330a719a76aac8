"""Create this note: an action on a link that leads to nothing."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING
from urllib.parse import unquote

from lsprotocol import types

from magray_server.lsp.features.document_links import name_of

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.values import NoteReference
    from magray_server.lsp.buffers import Buffer
    from magray_server.lsp.client import Client
    from magray_server.lsp.features.document_links import Links
    from magray_server.lsp.folders import Folders
    from magray_server.lsp.session import CurrentSession
    from magray_server.lsp.workers import Stop, Workers

KIND = str(types.CodeActionKind.QuickFix.value)
_NOT_IN_NAMES = frozenset('\\:*?"<>')
"""What a file's name has on no system that a note may travel to."""


class CreateNote:
    """Only for editors that create files."""

    def __init__(
        self, client: Client, folders: Folders, session: CurrentSession, workers: Workers, links: Links
    ) -> None:
        self._client = client
        self._folders = folders
        self._session = session
        self._workers = workers
        self._links = links

    async def action(self, buffer: Buffer, position: types.Position) -> types.CodeAction | None:
        """The action for the link at a position; None where there is none, or it leads somewhere."""
        if not self._client.changes_files(types.ResourceOperationKind.Create):
            return None
        link = await self._links.at(buffer, position)
        if link is None:
            return None

        def work(_: Stop) -> types.CodeAction | None:
            session = self._session.get()
            if session.notes.target(link, buffer.path) is not None:
                return None
            if not link.by_path and session.records.named(link.target) is not None:
                return None
            place = self._place(link, buffer)
            if place is None or (place[0] / place[1]).exists():
                return None
            return self._created(place, link)

        return await self._workers.run(work)

    def _place(self, link: NoteReference, buffer: Buffer) -> tuple[Path, str] | None:
        """Root and path of the new note: beside the note with the link, else in the first folder of notes."""
        from magray_memory.values import detect, stem

        name = link.target.partition("|")[0].rstrip("\\").partition("#")[0].strip()
        name = unquote(name) if link.by_path or "%" in name else name
        source = None if buffer.path is None else self._folders.place(buffer.path)
        if not name.strip("./") or any(char < " " or char in _NOT_IN_NAMES for char in name):
            return None
        if link.by_path and stem(name) == name:
            return None  # a folder, an image, a source
        if source is None or detect(name_of(buffer), "") != "markdown":
            root = next(iter((*self._folders.notes, *self._folders.roots)), None)
            source = None if root is None else (root, "")
        if source is None:
            return None
        root, path = source
        nearby = link.by_path or "/" not in name or name.startswith(("./", "../"))
        folder = posixpath.dirname(path) if nearby and not name.startswith("/") else ""
        below = posixpath.normpath(posixpath.join(folder, name.lstrip("/")))
        if below.startswith("../"):
            return None
        return root, below if stem(below) != below else f"{below}.md"

    def _created(self, place: tuple[Path, str], link: NoteReference) -> types.CodeAction:
        from magray_memory.values import stem

        root, path = place
        name = posixpath.basename(stem(path))
        part = link.target.partition("|")[0].partition("#")[2].strip()
        text = f"# {name}\n\n" + (f"## {part}\n\n" if part and not part.startswith("^") else "")
        uri, start = self._folders.uri(root, path), types.Position(0, 0)
        edit = types.WorkspaceEdit(
            document_changes=[
                types.CreateFile(uri, options=types.CreateFileOptions(ignore_if_exists=True)),
                types.TextDocumentEdit(
                    types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=None),
                    [types.TextEdit(types.Range(start, start), text)],
                ),
            ]
        )
        return types.CodeAction(f"Create the note {path} (magray)", KIND, edit=edit)
