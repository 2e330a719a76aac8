"""Our own requests, by the name that the registry of operations gives them; each is also a command for
executeCommand.

A request that needs the editor's state has a feature; any other runs its operation as it is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from magray_server.operations.registry import REGISTRY, load

if TYPE_CHECKING:
    from magray_server.lsp.server import MagrayServer
    from magray_server.lsp.workers import Stop

Request = Callable[[Any], Awaitable[Any]]


def requests(server: MagrayServer) -> dict[str, Request]:
    """Name → what answers it: one object in, one object out."""
    features: dict[str, Request] = {
        "search": server.searching.search,
        "related": server.searching.related,
        "index": server.index_requests.index,
        "health": server.index_requests.health,
        "optimize": server.maintenance.optimize,
    }
    named = {entry.request: name for name, entry in REGISTRY.items() if entry.request}
    return {request: features.get(request) or _plain(server, name) for request, name in named.items()}


def _plain(server: MagrayServer, name: str) -> Request:
    """A request that runs an operation on the folder that it names, else the first one."""

    async def answer(given: Any) -> Any:
        from magray_server.lsp import params

        (operation,) = load(name)
        wanted = params.read_options(operation.options, given)
        root = server.searching.folder(params.read(params.Folder, given).workspace).root
        settings = server.configuration.settings.engine

        def work(stop: Stop) -> Any:
            import msgspec

            from magray_memory.memory import Memory
            from magray_server.operations.operation import Context, as_json

            with Memory.open(root, home=server.home.path, overrides=settings) as memory:
                result = operation.run(Context(memory=memory, should_stop=stop), wanted)
            return msgspec.to_builtins(as_json(result))

        return await server.workers.run(work)

    return answer


def method_of(name: str) -> str:
    """The request's method."""
    return f"magray/{name}"


def name_of(name: str) -> str:
    """The command's id; ids without `server` belong to the editors' own commands."""
    return f"magray.server.{name}"
