"""`textDocument/codeAction`: find code like a selection, in editors that can show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from magray_server.lsp.features.show_related import related_command

if TYPE_CHECKING:
    from magray_server.lsp.buffers import Buffers
    from magray_server.lsp.client import Client
    from magray_server.lsp.folders import Folders


class CodeActions:
    """Nothing here edits; what a command answers is for the editor to show."""

    def __init__(self, client: Client, folders: Folders, buffers: Buffers) -> None:
        self._client = client
        self._folders = folders
        self._buffers = buffers

    def actions(self, params: types.CodeActionParams) -> list[types.CodeAction | types.Command]:
        """Find similar code, for a selection that is not empty in a file of an open folder."""
        buffer = self._buffers.get(params.text_document.uri)
        wanted = params.context.only
        if buffer is None or buffer.path is None or self._folders.locate(buffer.path) is None:
            return []
        if params.range.start == params.range.end:
            return []
        if wanted is not None and not any(
            str(getattr(kind, "value", kind)) in ("", "magray") for kind in wanted
        ):
            return []
        arguments: dict[str, Any] = {"uri": params.text_document.uri, "line": params.range.start.line + 1}
        title = "Find similar code (magray)"
        command = related_command(self._client, title, arguments)
        if command is None:
            return []
        document = self._client.capabilities.text_document
        actions = document.code_action if document else None
        if actions is None or actions.code_action_literal_support is None:
            return [command]  # the client knows commands only
        return [types.CodeAction(title, "magray", command=command)]
