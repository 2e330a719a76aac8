"""Tells the person once when the model does not run where it should, with the reason and the remedy."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lsprotocol import types

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.indexing.events import Device
    from magray_memory.values import DeviceChange, Placed
    from magray_server.lsp.server import MagrayServer

log = logging.getLogger(__name__)

_NAMES = {"cpu": "the processor", "cuda": "the GPU"}


class Devices:
    """Where the model runs: in this process for questions, in the indexers' for everything else."""

    def __init__(self, server: MagrayServer) -> None:
        self._server = server
        self._indexers: dict[Path, str] = {}
        self._told: set[str] = set()
        self._wanted_gpu = False
        self.note: str | None = None
        """Why the GPU that was asked for, or that worked until now, is not used."""

    def indexer_moved(self, root: Path, event: Device) -> None:
        """A `device` event of a folder's indexer."""
        before = self._indexers.get(root)
        self._indexers[root] = event.device
        self._now(event.device, event.reason or "", event.hint or "", lost=before == "cuda")

    def changed(self, change: DeviceChange) -> None:
        """The model of this process moved, or could not. Called in any thread."""
        lost = change.was == "cuda"
        self._server.call_soon(lambda: self._now(change.device, change.reason, change.hint, lost=lost))

    def opened(self, placed: Placed | None) -> None:
        """The model of this process is open; None while its device is being found out."""
        if placed is not None:
            self._wanted_gpu = placed.requested == "cuda"
            self._now(placed.actual, placed.reason or "", placed.hint, lost=False)

    def _now(self, device: str, reason: str, hint: str, *, lost: bool) -> None:
        on = _NAMES.get(device, device)
        remedy = f" (try: {hint})" if hint else ""
        if device == "cuda" or not reason:
            log.info("the model runs on %s", on)
            self.note = None if device == "cuda" or not self._wanted_gpu else self.note
        elif lost or self._wanted_gpu:
            self.note = f"The model runs on {on}, not on the GPU: {reason}{remedy}"
            self._tell(self.note)
        else:
            log.info("the model runs on %s: %s%s", on, reason, remedy)
        self._server.indexing.status_soon()

    def _tell(self, sentence: str) -> None:
        log.warning("%s", sentence)
        if sentence not in self._told:
            self._told.add(sentence)
            params = types.ShowMessageParams(types.MessageType.Warning, f"magray: {sentence}")
            self._server.protocol.notify(types.WINDOW_SHOW_MESSAGE, params)
