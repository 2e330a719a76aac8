"""`workspace/symbol`: definitions and headings by name, by words alone, fast enough for every keystroke.

A query that begins with `?` is a question, and is answered by meaning.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from magray_server.lsp import record_uris
from magray_server.lsp.features.feature import Feature
from magray_server.lsp.locations import Texts

if TYPE_CHECKING:
    from magray_memory.values import Hit, Symbol
    from magray_server.lsp.workers import Stop

LIMIT = 100
ANSWERS = 20
"""So many hits a question has."""
MAX_QUESTION = 1_000
_NAME = 80
"""Characters of a record that stand for its name where it has none."""

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


class WorkspaceSymbols(Feature):
    """Answers without line ranges where the client asks for those later, which saves reading the files."""

    async def search(self, params: types.WorkspaceSymbolParams) -> list[types.WorkspaceSymbol]:
        """`workspace/symbol`: symbols by name, or hits by meaning for a query that begins with `?`."""
        if params.query.lstrip().startswith("?"):
            return await self._by_meaning(params.query[:MAX_QUESTION])
        query = params.query[:200]
        later = self._resolves_later()

        def work(_: Stop) -> list[types.WorkspaceSymbol]:
            found = self._session.get().search.symbols(query, LIMIT)
            texts = self._texts()
            return [self._symbol(symbol, None if later else texts) for symbol in found]

        return await self._workers.run(work)

    async def _by_meaning(self, typed: str) -> list[types.WorkspaceSymbol]:
        """The hits of a question, the best first. Each name begins with what was typed, which every client's
        own filter keeps, and goes on with its rank, by which clients sort what is equally good.
        """
        question = typed.strip().removeprefix("?").strip()
        if not question:
            return []

        def work(stop: Stop) -> list[types.WorkspaceSymbol]:
            from magray_memory.values import SearchQuery

            # Not parsed: a question typed letter by letter has no filters that could be broken.
            query = SearchQuery(question, k=ANSWERS, raw=question)
            hits = self._session.get().search.query(query, stop).hits
            places = ((hit, self._uri(hit)) for hit in hits)
            return [self._answer(typed.strip(), hit, uri) for hit, uri in places if uri is not None]

        return await self._workers.run(work)

    def _uri(self, hit: Hit) -> str | None:
        """Where a hit can be opened; None for a record in an editor that opens none."""
        if hit.root is not None and hit.path is not None:
            return self._folders.uri(hit.root, hit.path)
        return record_uris.to_uri(hit.id) if self._client.opens_records and hit.vault == "notebook" else None

    def _answer(self, typed: str, hit: Hit, uri: str) -> types.WorkspaceSymbol:
        start = types.Position(hit.snippet_line - 1, 0)
        place = hit.path or hit.id
        name = hit.symbol or hit.title or (PurePosixPath(hit.path).name if hit.path else hit.snippet[:_NAME])
        kind = types.SymbolKind.Function if hit.kind == "code" else types.SymbolKind.String
        return types.WorkspaceSymbol(
            name=f"{typed} {hit.rank:02} {' '.join(name.split())}",
            kind=kind if hit.symbol else types.SymbolKind.File,
            container_name=f"{place}:{hit.snippet_line}",
            location=types.Location(uri, types.Range(start, start)),
        )

    async def resolve(self, symbol: types.WorkspaceSymbol) -> types.WorkspaceSymbol:
        """The symbol with its range, from what we put into its `data`."""
        data: Any = symbol.data
        if not isinstance(data, dict) or isinstance(symbol.location, types.Location):
            return symbol
        root, path, line, name = (data.get(key) for key in ("root", "path", "line", "name"))  # pyright: ignore
        if not (isinstance(path, str) and isinstance(line, int) and line > 0 and isinstance(name, str)):
            return symbol
        folder = next((folder for folder in self._folders.all if str(folder.root) == root), None)
        if folder is None or ".." in path.split("/"):
            return symbol

        def work(_: Stop) -> types.Location:
            span = self._texts().name_range(folder.root / path, line, name)
            return types.Location(self._folders.uri(folder.root, path), _range(span))

        symbol.location = await self._workers.run(work)
        return symbol

    def _texts(self) -> Texts:
        return Texts(self._client, self._folders, self._buffers)

    def _resolves_later(self) -> bool:
        workspace = self._client.capabilities.workspace
        support = workspace.symbol.resolve_support if workspace and workspace.symbol else None
        return support is not None and "location.range" in support.properties

    def _symbol(self, symbol: Symbol, texts: Texts | None) -> types.WorkspaceSymbol:
        uri = self._folders.uri(symbol.root, symbol.path)
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
