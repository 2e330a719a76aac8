"""Code actions on a selection and code lenses above definitions; both lead to `magray.server.related`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from magray_server.lsp.commands import name_of

if TYPE_CHECKING:
    from magray_server.lsp.server import MagrayServer
    from magray_server.lsp.workers import Stop

RELATED = name_of("related")
MAX_LENSES = 200
_COUNTED = 10
_KINDS = frozenset(("function", "method", "class", "interface", "struct", "trait", "enum", "section"))


class Actions:
    """Nothing here edits; what a command answers is for the editor to show."""

    def __init__(self, server: MagrayServer) -> None:
        self._server = server

    def actions(self, params: types.CodeActionParams) -> list[types.CodeAction | types.Command]:
        """Find similar code, for a selection that is not empty in a file of an open folder."""
        buffer = self._server.documents.get(params.text_document.uri)
        wanted = params.context.only
        if buffer is None or buffer.path is None or self._server.folders.place(buffer.path) is None:
            return []
        if params.range.start == params.range.end:
            return []
        if wanted is not None and not any(
            str(getattr(kind, "value", kind)) in ("", "magray") for kind in wanted
        ):
            return []
        arguments: dict[str, Any] = {"uri": params.text_document.uri, "line": params.range.start.line + 1}
        title = "Find similar code (magray)"
        command = types.Command(title, RELATED, arguments=[arguments])
        document = self._server.client_capabilities.text_document
        actions = document.code_action if document else None
        if actions is None or actions.code_action_literal_support is None:
            return [command]  # the client knows commands only
        return [types.CodeAction(title, "magray", command=command)]

    async def lenses(self, params: types.CodeLensParams) -> list[types.CodeLens]:
        """One lens above each definition, without its number; none unless the person switched them on."""
        if not self._server.configuration.settings.server.code_lens:
            return []
        buffer = self._server.documents.get(params.text_document.uri)
        place = (
            self._server.folders.place(buffer.path)
            if buffer is not None and buffer.path is not None
            else None
        )
        if buffer is None or place is None:
            return []
        text = buffer.text

        def work(_: Stop) -> list[types.CodeLens]:
            from magray_memory.values import chunked

            found: list[types.CodeLens] = []
            for piece in chunked(place.path, text).chunks:
                if piece.symbol and piece.kind in _KINDS:
                    start = types.Position(piece.start_line - 1, 0)
                    data = {"uri": buffer.uri, "line": piece.start_line}
                    found.append(types.CodeLens(types.Range(start, start), data=data))
            return found[:MAX_LENSES]

        return await self._server.workers.run(work)

    async def lens(self, lens: types.CodeLens) -> types.CodeLens:
        """The lens with its number: passages elsewhere that are like the one below it."""
        data: Any = lens.data
        if not isinstance(data, dict):
            lens.command = types.Command("", "")
            return lens
        arguments: dict[str, Any] = {"uri": data.get("uri"), "line": data.get("line"), "k": _COUNTED}  # pyright: ignore
        answer = await self._server.searching.related(arguments)
        count = len(answer["hits"])
        shown = f"{count}+" if count == _COUNTED else str(count)
        lens.command = types.Command(f"{shown} related", RELATED, arguments=[arguments])
        return lens
