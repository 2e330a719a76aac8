"""Work in progress as the client shows it: created only where supported, at most 4 reports a second, always
ended.
"""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any

from lsprotocol import types

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from magray_server.lsp.client import Client

INTERVAL_SECONDS = 0.25

Token = int | str


class ProgressBars:
    """The bars that the client shows."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._shown: dict[str, WorkDone] = {}

    def open(
        self, title: str, cancel: Callable[[], object] | None = None, token: Token | None = None
    ) -> WorkDone:
        """A bar that appears with its first report, or at once under a token of the client's. `cancel` is
        called when the person presses its button.
        """
        return WorkDone(self._client, self._shown, title, cancel, token)

    def cancelled(self, params: types.WorkDoneProgressCancelParams) -> None:
        """The person pressed cancel on a bar."""
        bar = self._shown.get(str(params.token))
        if bar is not None:
            bar.cancelled()


class WorkDone:
    """One progress bar; it stands in `shown` while the client shows it. On the event loop only."""

    def __init__(
        self,
        client: Client,
        shown: dict[str, WorkDone],
        title: str,
        cancel: Callable[[], object] | None = None,
        token: Token | None = None,
    ) -> None:
        self._client = client
        self._all_shown = shown
        self._title = title
        self._cancel = cancel
        self._token: Token = f"magray-{uuid.uuid4()}" if token is None else token
        self._shown = False
        self._ended = False
        self._last = 0.0
        self._waiting: tuple[str, int | None] | None = None
        if token is not None:
            self._begin()

    def report(self, message: str, percentage: int | None = None) -> None:
        """Say how far it is; what comes too often is left out."""
        if self._ended:
            return
        if not self._shown:
            if self._waiting is None:
                self._create()
            self._waiting = (message, percentage)
            return
        now = time.monotonic()
        if now - self._last >= INTERVAL_SECONDS:
            self._last = now
            value = types.WorkDoneProgressReport(
                message=message, percentage=percentage, cancellable=self._cancel is not None
            )
            self._send(value)

    def end(self, message: str | None = None) -> None:
        """It is over; further calls do nothing."""
        if self._shown and not self._ended:
            self._send(types.WorkDoneProgressEnd(message=message))
        self._ended = True
        self._all_shown.pop(str(self._token), None)

    def cancelled(self) -> None:
        """The person asked to stop it."""
        if self._cancel is not None and not self._ended:
            self._cancel()

    def _create(self) -> None:
        self._waiting = ("", None)
        window = self._client.capabilities.window
        if window is None or not window.work_done_progress:
            return
        params = types.WorkDoneProgressCreateParams(token=self._token)
        future = self._client.request(types.WINDOW_WORK_DONE_PROGRESS_CREATE, params)
        future.add_done_callback(self._created)

    def _created(self, future: Future[Any]) -> None:
        if self._ended or future.cancelled() or future.exception() is not None:
            return
        self._begin()

    def _begin(self) -> None:
        message, percentage = self._waiting or ("", None)
        self._shown = True
        self._all_shown[str(self._token)] = self
        self._last = time.monotonic()
        self._send(
            types.WorkDoneProgressBegin(
                title=self._title,
                message=message,
                percentage=percentage,
                cancellable=self._cancel is not None,
            )
        )

    def _send(self, value: Any) -> None:
        self._client.notify(types.PROGRESS, types.ProgressParams(token=self._token, value=value))
