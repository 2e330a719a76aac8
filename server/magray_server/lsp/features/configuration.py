"""The client's settings, from wherever they come, applied while the server runs."""

from __future__ import annotations

import asyncio
import logging
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
        self.settings = ClientSettings()

    def given(self, options: Any) -> None:
        """Settings that came with initialize; what is wrong in them is shown once the client is ready."""
        self._given = self.settings = read(options)

    async def pull(self) -> None:
        """Ask the client for its settings, where it can be asked."""
        workspace = self._client.capabilities.workspace
        if workspace is not None and workspace.configuration:
            params = types.ConfigurationParams(items=[types.ConfigurationItem(section=SECTION)])
            asked = asyncio.wrap_future(self._client.request(types.WORKSPACE_CONFIGURATION, params))
            try:
                answer: Any = await asyncio.wait_for(asked, _PULL_SECONDS)
            except Exception as error:  # the client may answer with any error, or not at all
                log.warning("the client gave no settings: %s", error)
            else:
                if isinstance(answer, list) and answer and answer[0] is not None:
                    self._use(answer[0])  # pyright: ignore[reportUnknownArgumentType]
        self._show_warnings()

    async def changed(self, params: types.DidChangeConfigurationParams) -> None:
        """Settings changed: they are in the message, or it only says so and they are pulled."""
        if params.settings:
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
