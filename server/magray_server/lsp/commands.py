"""Our own requests, by the name they share with the shell; each is also a command for executeCommand.

Records (`recall`, `remember`, `forget`), `stats`, `backup`, `restore`, `export`, `import`, `promote` and
`clean` join this table when the engine has them; until then their methods are unknown, as the protocol says
it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from magray_server.lsp.server import MagrayServer

Request = Callable[[Any], Awaitable[Any]]


def requests(server: MagrayServer) -> dict[str, Request]:
    """Name → what answers it: one object in, one object out."""
    return {
        "search": server.searching.search,
        "related": server.searching.related,
        "index": server.upkeep_requests.index,
        "health": server.upkeep_requests.health,
        "optimize": server.care.optimize,
    }


def method_of(name: str) -> str:
    """The request's method."""
    return f"magray/{name}"


def name_of(name: str) -> str:
    """The command's id; ids without `server` belong to the editors' own commands."""
    return f"magray.server.{name}"
