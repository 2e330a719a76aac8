"""The client's settings, from wherever they come, applied while the server runs."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from magray_server.lsp.settings import SECTION, ClientSettings, read

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_server.lsp.client import Client

log = logging.getLogger(__name__)

_PULL_SECONDS = 5.0


class Configuration:
    """`settings` is what holds now. What initialize gave stands under what is pulled or pushed later."""

    def __init__(self, client: Client, on_change: Callable[[ClientSettings], None]) -> None:
        """`on_change` gets the settings that held before."""
        self._client = client
        self._on_change = on_change
        self._given = ClientSettings()
        self._asked: asyncio.Future[Any] | None = None
        self._waited_until = 0.0
        self.settings = ClientSettings()

    def given(self, options: Any) -> None:
        """Settings that came with initialize; what is wrong in them is shown once the client is ready."""
        self._given = self.settings = read(options)

    async def pull(self) -> None:
        """Ask the client for its settings, where it can be asked. An answer that comes later is used, too."""
        workspace = self._client.capabilities.workspace
        if workspace is not None and workspace.configuration:
            params = types.ConfigurationParams(items=[types.ConfigurationItem(section=SECTION)])
            asked = asyncio.wrap_future(self._client.request(types.WORKSPACE_CONFIGURATION, params))
            self._asked, self._waited_until = asked, time.monotonic() + _PULL_SECONDS
            asked.add_done_callback(self._answered)
            await asyncio.wait([asked], timeout=_PULL_SECONDS)
        self._show_warnings()

    async def known(self) -> None:
        """Wait for an answer of the client that is under way, as long as one is waited for."""
        left = self._waited_until - time.monotonic()
        if self._asked is not None and left > 0:
            await asyncio.wait([self._asked], timeout=left)

    def _answered(self, asked: asyncio.Future[Any]) -> None:
        if asked is not self._asked:
            return  # it was asked again since
        self._asked = None
        if asked.cancelled() or asked.exception() is not None:
            log.warning("the client gave no settings: %s", "" if asked.cancelled() else asked.exception())
            return
        answer: Any = asked.result()
        if isinstance(answer, list) and answer and answer[0] is not None:
            self._use(answer[0])  # pyright: ignore[reportUnknownArgumentType]
            self._show_warnings()

    async def changed(self, params: types.DidChangeConfigurationParams) -> None:
        """Settings changed: they are in the message, or it only says so and they are pulled."""
        if params.settings:
            self._asked = None  # what was asked for before is older
            self._use(params.settings)
            self._show_warnings()
        else:
            await self.pull()

    def follow(self) -> None:
        """Register for changes, where the client wants that."""
        workspace = self._client.capabilities.workspace
        changes = workspace.did_change_configuration if workspace is not None else None
        if changes is None or not changes.dynamic_registration:
            return
        self._client.register(
            "magray-settings", types.WORKSPACE_DID_CHANGE_CONFIGURATION, {"section": SECTION}
        )

    def _use(self, options: Any) -> None:
        before, self.settings = self.settings, read(options).over(self._given)
        if self.settings != before:
            self._on_change(before)

    def _show_warnings(self) -> None:
        for sentence in self.settings.warnings:
            self._client.warn(sentence)
