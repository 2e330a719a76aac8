"""`textDocument/codeLens` and `codeLens/resolve`: how many passages elsewhere are like a definition; leads
to them, in editors that can show them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from magray_server.lsp.features.show_related import related_command

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from magray_server.lsp.buffers import Buffers
    from magray_server.lsp.client import Client
    from magray_server.lsp.folders import Folders
    from magray_server.lsp.settings import ClientSettings
    from magray_server.lsp.workers import Stop, Workers

MAX_LENSES = 200
_COMPARED = 50
_SHOWN = 10
"""Places that a lens without a number leads to."""
_KINDS = frozenset(("function", "method", "class", "interface", "struct", "trait", "enum", "section"))


class CodeLenses:
    """None unless the person switched them on."""

    def __init__(
        self,
        client: Client,
        settings: Callable[[], ClientSettings],
        folders: Folders,
        buffers: Buffers,
        workers: Workers,
        related: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]],
    ) -> None:
        """`related` answers the request `magray/related`."""
        self._client = client
        self._settings = settings
        self._folders = folders
        self._buffers = buffers
        self._workers = workers
        self._related = related

    async def lenses(self, params: types.CodeLensParams) -> list[types.CodeLens]:
        """One lens above each definition, without its number."""
        if not self._settings().server.code_lens or related_command(self._client, "", {}) is None:
            return []
        buffer = self._buffers.get(params.text_document.uri)
        if buffer is None or buffer.path is None:
            return []
        file = self._folders.locate(buffer.path)
        if file is None:
            return []
        text = buffer.text

        def work(_: Stop) -> list[types.CodeLens]:
            from magray_memory.values import chunked

            found: list[types.CodeLens] = []
            symbols = [symbol for chunk in chunked(file.path, text).chunks for symbol in chunk.symbols]
            for symbol in symbols:
                if symbol.kind in _KINDS:
                    start = types.Position(symbol.line - 1, 0)
                    data = {"uri": buffer.uri, "line": symbol.line}
                    found.append(types.CodeLens(types.Range(start, start), data=data))
            return found[:MAX_LENSES]

        return await self._workers.run(work)

    async def resolve(self, lens: types.CodeLens) -> types.CodeLens:
        """The lens with its number: the passages elsewhere that are like the one below it.

        Like: nearer to being the same than to the middle one of those compared. By words alone there is no
        such measure, and no number.
        """
        data: Any = lens.data
        if not isinstance(data, dict):
            lens.command = types.Command("", "")
            return lens
        arguments: dict[str, Any] = {"uri": data.get("uri"), "line": data.get("line"), "k": _COMPARED}  # pyright: ignore
        answer = await self._related(arguments)
        count = _alike([hit["score"] for hit in answer["hits"]]) if answer["mode"] == "semantic" else 0
        arguments["k"] = count or _SHOWN
        title = f"{count} related" if count else "related"
        lens.command = related_command(self._client, title, arguments) or types.Command(title, "")
        return lens


def _alike(cosines: list[float]) -> int:
    """How many of these, best first, are nearer to 1 than to the middle one."""
    if not cosines:
        return 0
    middle = cosines[len(cosines) // 2]
    return sum(cosine >= (1 + middle) / 2 for cosine in cosines)
