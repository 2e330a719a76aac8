"""Related places as any editor can show them: the person chooses one of a message's buttons, and the editor
opens it.

An editor that handles `magray.showRelated` itself, and lists it in `experimental.commands.commands` of its
capabilities, gets that; one that can do neither is offered nothing, as it would drop the answer unseen.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from magray_server.lsp.commands import OWN_RELATED, SHOW_RELATED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from magray_server.lsp.client import Client

log = logging.getLogger(__name__)

Json = dict[str, Any]

OFFERED = 6
"""So many buttons a message has: more are not read."""


def related_command(client: Client, title: str, arguments: Json) -> types.Command | None:
    """The command that shows related places in this client; None where none would."""
    if client.has_command(OWN_RELATED):
        return types.Command(title, OWN_RELATED, arguments=[arguments])
    if client.shows_documents:
        return types.Command(title, SHOW_RELATED, arguments=[arguments])
    return None


class ShowRelated:
    """The command is answered before the message comes: a person takes a while to choose."""

    def __init__(self, client: Client, related: Callable[[Json], Awaitable[Json]]) -> None:
        """`related` answers the request `magray/related`."""
        self._client = client
        self._related = related
        self._tasks: set[asyncio.Task[None]] = set()

    async def show(self, given: Any) -> None:
        """Look for the places; they are offered once this is answered."""
        answer = await self._related({"k": OFFERED, **(given if isinstance(given, dict) else {})})
        task = asyncio.get_running_loop().create_task(self._offer(answer["hits"][:OFFERED]))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def _offer(self, hits: list[Json]) -> None:
        places = {_label(hit): hit["location"] for hit in hits if hit["location"] is not None}
        if not places:
            self._client.inform("magray found nothing like this elsewhere.")
            return
        params = types.ShowMessageRequestParams(
            type=types.MessageType.Info,
            message="Related places (magray)",
            actions=[types.MessageActionItem(label) for label in places],
        )
        chosen = await asyncio.wrap_future(self._client.request(types.WINDOW_SHOW_MESSAGE_REQUEST, params))
        place = places.get(chosen.get("title")) if isinstance(chosen, dict) else None  # pyright: ignore
        if place is None:
            return
        start = place["range"]["start"]
        at = types.Position(start["line"], start["character"])
        document = types.ShowDocumentParams(
            uri=place["uri"], external=False, take_focus=True, selection=types.Range(at, at)
        )
        shown = await asyncio.wrap_future(self._client.request(types.WINDOW_SHOW_DOCUMENT, document))
        if isinstance(shown, dict) and shown.get("success") is False:  # pyright: ignore[reportUnknownMemberType]
            self._client.inform(f"The editor did not open {chosen['title']}.")

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.warning("related places could not be shown: %s", task.exception())


def _label(hit: Json) -> str:
    """A button's text: the place, which no other has, and the name there."""
    line = hit["location"]["range"]["start"]["line"] + 1 if hit["location"] else hit["start_line"]
    name = " ".join((hit["symbol"] or hit["title"] or "").split())[:40]
    return f"{hit['path']}:{line} {name}".rstrip()
