"""`magray/status`: a notification of the state of all folders together, whenever it changes, for clients that
asked for it.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal, TypedDict

from magray_server.host.jobs import State
from magray_server.lsp.errors import hide_paths
from magray_server.lsp.hints import in_editor
from magray_server.lsp.progress import INTERVAL_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from magray_server.host.folder_indexer import FolderIndexer
    from magray_server.host.jobs import Report
    from magray_server.lsp.client import Client
    from magray_server.lsp.folders import Folders

METHOD = "magray/status"


class StatusProgress(TypedDict):
    """How far the indexer has got: `rate` a second."""

    phase: str
    done: int
    total: int | None
    rate: float


class ServerStatus(TypedDict):
    """The params of the notification; `progress` only while indexing."""

    state: Literal["starting", "indexing", "ready", "degraded", "error"]
    message: str | None
    progress: StatusProgress | None


class StatusNotifications:
    """On the event loop, `close` apart."""

    def __init__(
        self,
        client: Client,
        folders: Folders,
        indexers: Mapping[Path, FolderIndexer],
        degraded: Callable[[], str | None],
        left_out: Callable[[], str | None],
    ) -> None:
        """`degraded`: why searches are not what they should be, `left_out`: why open folders are not indexed;
        None when all is as it should be.
        """
        self._client = client
        self._folders = folders
        self._indexers = indexers
        self._degraded = degraded
        self._left_out = left_out
        self._sent: ServerStatus | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._began = False
        self._closed = False

    def begin(self) -> None:
        """The client is ready for notifications; from now on it gets them, if it asked for them."""
        self._began = self._client.wants_status

    def close(self) -> None:
        """Send no more. Called from any thread, more than once."""
        self._closed = True

    def changed(self) -> None:
        """The state may have changed: send it, at most once in `INTERVAL_SECONDS`."""
        if self._timer is None and self._began and not self._closed:
            self._send()
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(INTERVAL_SECONDS, self._send_again)

    def _send_again(self) -> None:
        self._timer = None
        if not self._closed:
            self._send()

    def _send(self) -> None:
        status = self.status()
        if status != self._sent:
            self._sent = status
            self._client.notify(METHOD, status)

    def status(self) -> ServerStatus:
        """The params of the notification."""
        reports = [indexer.report for indexer in self._indexers.values()]
        states = {report.state for report in reports}
        state: Literal["starting", "indexing", "ready", "degraded", "error"]
        if State.FAILED in states:
            state = "error"
        elif State.INDEXING in states:
            state = "indexing"
        elif State.STARTING in states:
            state = "starting"
        else:
            state = "ready"
        message = next((report.message for report in reports if report.message), None)
        if message:
            message = hide_paths(message, self._folders.roots)
        limited = message if states & {State.MISSING, State.BY_WORDS} else None
        degraded = self._degraded() or limited or self._left_out()
        if state == "ready" and degraded:
            state, message = "degraded", degraded
        message = in_editor(message) if message else None
        progress = next((p for p in map(_progress, reports) if p is not None), None)
        return ServerStatus(state=state, message=message, progress=progress if state == "indexing" else None)


def _progress(report: Report) -> StatusProgress | None:
    if report.state is not State.INDEXING or report.last is None:
        return None
    from magray_memory.indexing.events import Progress

    last = report.last
    if not isinstance(last, Progress):
        return None
    return StatusProgress(phase=last.phase, done=last.done, total=last.total, rate=last.rate)
