"""Our own requests, by the name that the registry of operations gives them; each is also a command for
executeCommand.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from magray_server.operations.registry import REGISTRY

OWN_RELATED = "magray.showRelated"
"""An editor's own command, which shows places like one; its argument is the params of `magray/related`."""
SHOW_RELATED = "magray.server.showRelated"
"""The server's command for editors that have none of their own."""
OWN_SHOW_RECORDS = "magray.showRecords"
"""An editor's own command, which shows records; its argument has their `ids`."""
SHOW_RECORDS = "magray.server.showRecords"
OWN_REMEMBER = "magray.rememberSelection"
"""An editor's own command, which asks for title and tags; its argument is that of the server's."""
REMEMBER = "magray.server.rememberSelection"

Request = Callable[[Any], Awaitable[Any]]


def requests(features: Mapping[str, Request], of_operation: Callable[[str], Request]) -> dict[str, Request]:
    """What answers each request, by its name: its feature where it needs the editor's state, else what
    `of_operation` makes for the operation's name.
    """
    named = {entry.request: name for name, entry in REGISTRY.items() if entry.request}
    return {request: features.get(request) or of_operation(name) for request, name in named.items()}


def method_of(name: str) -> str:
    """The request's method."""
    return f"magray/{name}"


def name_of(name: str) -> str:
    """The command's id; ids without `server` belong to the editors' own commands."""
    return f"magray.server.{name}"
