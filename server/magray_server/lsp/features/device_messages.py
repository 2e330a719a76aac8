"""Device messages: a warning when the model does not run where it should, with the reason and the remedy."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from magray_memory.indexing.events import Device
    from magray_memory.values import DeviceChange, Placed
    from magray_server.lsp.client import Client

log = logging.getLogger(__name__)

_NAMES = {"cpu": "the processor", "cuda": "the GPU"}


class Devices:
    """Where the model runs: in this process for questions, in the indexers' for everything else."""

    def __init__(
        self,
        client: Client,
        call_soon: Callable[[Callable[[], object]], None],
        on_change: Callable[[], None],
    ) -> None:
        """`call_soon` has the event loop call something; `on_change`: `note` may have changed."""
        self._client = client
        self._call_soon = call_soon
        self._on_change = on_change
        self._indexers: dict[Path, str] = {}
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
        self._call_soon(lambda: self._now(change.device, change.reason, change.hint, lost=lost))

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
            log.warning("%s", self.note)
            self._client.warn(f"magray: {self.note}")
        else:
            log.info("the model runs on %s: %s%s", on, reason, remedy)
        self._on_change()
