"""`workspace/symbol`: definitions and headings by name, by words alone, fast enough for every keystroke."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from magray_server.lsp.locations import Texts

if TYPE_CHECKING:
    from magray_memory.values import Symbol
    from magray_server.lsp.server import MagrayServer
    from magray_server.lsp.workers import Stop

LIMIT = 100

_KINDS = {
    "function": types.SymbolKind.Function,
    "method": types.SymbolKind.Method,
    "constructor": types.SymbolKind.Constructor,
    "class": types.SymbolKind.Class,
    "interface": types.SymbolKind.Interface,
    "trait": types.SymbolKind.Interface,
    "struct": types.SymbolKind.Struct,
    "enum": types.SymbolKind.Enum,
    "constant": types.SymbolKind.Constant,
    "variable": types.SymbolKind.Variable,
    "field": types.SymbolKind.Field,
    "property": types.SymbolKind.Property,
    "module": types.SymbolKind.Module,
    "namespace": types.SymbolKind.Namespace,
    "section": types.SymbolKind.String,
}


class Symbols:
    """Answers without line ranges where the client asks for those later, which saves reading the files."""

    def __init__(self, server: MagrayServer) -> None:
        self._server = server

    async def search(self, params: types.WorkspaceSymbolParams) -> list[types.WorkspaceSymbol]:
        query = params.query[:200]
        later = self._resolves_later()

        def work(_: Stop) -> list[types.WorkspaceSymbol]:
            found = self._server.engine.session().search.symbols(query, LIMIT)
            texts = Texts(self._server)
            return [self._symbol(symbol, None if later else texts) for symbol in found]

        return await self._server.workers.run(work)

    async def resolve(self, symbol: types.WorkspaceSymbol) -> types.WorkspaceSymbol:
        """The symbol with its range, from what we put into its `data`."""
        data: Any = symbol.data
        if not isinstance(data, dict) or isinstance(symbol.location, types.Location):
            return symbol
        root, path, line, name = (data.get(key) for key in ("root", "path", "line", "name"))  # pyright: ignore
        if not (isinstance(path, str) and isinstance(line, int) and line > 0 and isinstance(name, str)):
            return symbol
        folder = next((folder for folder in self._server.folders.all if str(folder.root) == root), None)
        if folder is None or ".." in path.split("/"):
            return symbol

        def work(_: Stop) -> types.Location:
            span = Texts(self._server).name_range(folder.root / path, line, name)
            return types.Location(self._server.folders.uri(folder.root, path), _range(span))

        symbol.location = await self._server.workers.run(work)
        return symbol

    def _resolves_later(self) -> bool:
        workspace = self._server.client_capabilities.workspace
        support = workspace.symbol.resolve_support if workspace and workspace.symbol else None
        return support is not None and "location.range" in support.properties

    def _symbol(self, symbol: Symbol, texts: Texts | None) -> types.WorkspaceSymbol:
        uri = self._server.folders.uri(symbol.root, symbol.path)
        location: types.Location | types.LocationUriOnly = types.LocationUriOnly(uri)
        if texts is not None:
            span = texts.name_range(symbol.root / symbol.path, symbol.line, symbol.name)
            location = types.Location(uri, _range(span))
        return types.WorkspaceSymbol(
            name=symbol.name,
            kind=_KINDS.get(symbol.kind, types.SymbolKind.String),
            container_name=symbol.container or symbol.path,
            location=location,
            data={"root": str(symbol.root), "path": symbol.path, "line": symbol.line, "name": symbol.name},
        )


def _range(span: dict[str, Any]) -> types.Range:
    return types.Range(types.Position(**span["start"]), types.Position(**span["end"]))
