"""`textDocument/codeAction`: remember a selection, create the note that a link names, and find code like a
selection in editors that can show that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from magray_server.lsp.features.create_note import KIND as CREATE
from magray_server.lsp.features.remember_selection import KIND as REMEMBER
from magray_server.lsp.features.show_related import related_command

if TYPE_CHECKING:
    from collections.abc import Iterable

    from magray_server.lsp.buffers import Buffer, Buffers
    from magray_server.lsp.client import Client
    from magray_server.lsp.features.create_note import CreateNote
    from magray_server.lsp.features.remember_selection import RememberSelection
    from magray_server.lsp.folders import Folders

KIND = "magray"
KINDS = (KIND, REMEMBER, CREATE)


class CodeActions:
    """What a command of an action answers is for the editor to show."""

    def __init__(
        self,
        client: Client,
        folders: Folders,
        buffers: Buffers,
        remember: RememberSelection,
        create_note: CreateNote,
    ) -> None:
        self._client = client
        self._folders = folders
        self._buffers = buffers
        self._remember = remember
        self._create_note = create_note

    async def actions(self, params: types.CodeActionParams) -> list[types.CodeAction | types.Command]:
        """What can be done with the range, in a file of an open folder or of one of notes."""
        buffer = self._buffers.get(params.text_document.uri)
        wanted = [str(getattr(kind, "value", kind)) for kind in params.context.only or [""]]
        if buffer is None or buffer.lost or not any(_includes(wanted, kind) for kind in KINDS):
            return []
        actions: list[types.CodeAction | None] = []
        if _includes(wanted, CREATE):
            actions.append(await self._create_note.action(buffer, params.range.start))
        if buffer.path is not None and self._folders.place(buffer.path) is not None:
            if _includes(wanted, KIND):
                actions.append(self._similar(buffer, params.range))
            if _includes(wanted, REMEMBER):
                actions.append(await self._remember.action(buffer, params.range))
        found = [action for action in actions if action is not None]
        document = self._client.capabilities.text_document
        support = document.code_action if document else None
        if support is None or support.code_action_literal_support is None:  # it knows commands only
            return [action.command for action in found if action.command is not None]
        return list(found)

    def resolve(self, action: types.CodeAction) -> types.CodeAction:
        """The action with the command that it was offered without."""
        return self._remember.resolve(action)

    def _similar(self, buffer: Buffer, span: types.Range) -> types.CodeAction | None:
        if span.start == span.end or buffer.path is None or self._folders.locate(buffer.path) is None:
            return None
        title = "Find similar code (magray)"
        arguments: dict[str, Any] = {"uri": buffer.uri, "line": span.start.line + 1}
        command = related_command(self._client, title, arguments)
        return None if command is None else types.CodeAction(title, KIND, command=command)


def _includes(wanted: Iterable[str], kind: str) -> bool:
    """Whether one of the wanted kinds is this one or above it, as kinds are nested; "" is above all."""
    return any(not above or kind == above or kind.startswith(f"{above}.") for above in wanted)
