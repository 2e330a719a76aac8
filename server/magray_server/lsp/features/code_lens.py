"""`textDocument/codeLens` and `codeLens/resolve`: the records about some lines, and how many passages
elsewhere are like a definition, in editors that can show them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from magray_memory.errors import NotIndexed
from magray_server.lsp.features.show_related import related_command

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from magray_server.lsp.buffers import Buffer, Buffers
    from magray_server.lsp.client import Client
    from magray_server.lsp.features.record_lens import RecordLenses
    from magray_server.lsp.folders import Folders
    from magray_server.lsp.outline import Outlines
    from magray_server.lsp.settings import ClientSettings
    from magray_server.lsp.workers import Stop, Workers

MAX_LENSES = 200
_COMPARED = 50
_SHOWN = 10
"""Places that a lens without a number leads to."""
_KINDS = frozenset(("function", "method", "class", "interface", "struct", "trait", "enum", "section"))


class CodeLenses:
    """Those of related passages only where the person switched them on."""

    def __init__(
        self,
        client: Client,
        settings: Callable[[], ClientSettings],
        folders: Folders,
        buffers: Buffers,
        workers: Workers,
        outlines: Outlines,
        records: RecordLenses,
        related: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]],
    ) -> None:
        """`related` answers the request `magray/related`."""
        self._client = client
        self._settings = settings
        self._folders = folders
        self._buffers = buffers
        self._workers = workers
        self._outlines = outlines
        self._records = records
        self._related = related

    async def lenses(self, params: types.CodeLensParams) -> list[types.CodeLens]:
        """The lenses of records, and one above each definition, without its number."""
        buffer = self._buffers.get(params.text_document.uri)
        if buffer is None or buffer.path is None:
            return []
        records = await self._records.lenses(buffer)
        return [*records, *await self._of_definitions(buffer)]

    async def _of_definitions(self, buffer: Buffer) -> list[types.CodeLens]:
        if not self._settings().server.code_lens or related_command(self._client, "", {}) is None:
            return []
        if buffer.path is None or self._folders.locate(buffer.path) is None:
            return []
        text, revision = buffer.text, buffer.revision

        def work(_: Stop) -> list[types.CodeLens]:
            found: list[types.CodeLens] = []
            for symbol in self._outlines.symbols(buffer, revision, text):
                if symbol.kind in _KINDS:
                    start = types.Position(symbol.line - 1, 0)
                    data = {"uri": buffer.uri, "line": symbol.line}
                    found.append(types.CodeLens(types.Range(start, start), data=data))
            return found[:MAX_LENSES]

        return await self._workers.run(work)

    async def resolve(self, lens: types.CodeLens) -> types.CodeLens:
        """The lens with its number: the passages elsewhere that are like the one below it.

        Like: nearer to being the same than to the middle one of those compared. By words alone, or while the
        model has yet to read some of them, there is no such measure, and no number.
        """
        data: Any = lens.data
        if not isinstance(data, dict):
            lens.command = types.Command("", "")
            return lens
        arguments: dict[str, Any] = {"uri": data.get("uri"), "line": data.get("line"), "k": _COMPARED}  # pyright: ignore
        count = await self._count(arguments)
        arguments["k"] = count or _SHOWN
        title = f"{count} related" if count else "related"
        lens.command = related_command(self._client, title, arguments) or types.Command(title, "")
        return lens

    async def _count(self, arguments: dict[str, Any]) -> int:
        """How many places are like it; 0 where that is not known."""
        try:
            answer = await self._related(arguments)
        except NotIndexed:  # a new file, or the first run has not come to it
            return 0
        read = answer["mode"] == "semantic" and all(hit["freshness"] != "pending" for hit in answer["hits"])
        return _alike([hit["score"] for hit in answer["hits"]]) if read else 0


def _alike(cosines: list[float]) -> int:
    """How many of these, best first, are nearer to 1 than to the middle one."""
    if not cosines:
        return 0
    middle = cosines[len(cosines) // 2]
    return sum(cosine >= (1 + middle) / 2 for cosine in cosines)
