"""`magray/recordsChanged`: notices that records changed, by this server or any other program, and tells it.

A thread looks at the notebook's file twice a second, and at once after what was done here. What was only
read, embedded or compacted is no change.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, TypedDict

from magray_memory.errors import MagrayError

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.values import Home
    from magray_server.lsp.client import Client
    from magray_server.lsp.session import CurrentSession

log = logging.getLogger(__name__)

METHOD = "magray/recordsChanged"
LOOK_SECONDS = 0.5
"""How often the notebook's file is looked at."""

SETTLE_LOOKS = 4
"""Looks after a change of the file: a commit that is being synced shows in the file before it can be read."""

Stamp = tuple[tuple[int, int, int], ...]


class RecordsChanged(TypedDict):
    """The params of the notification: another `revision` after each change of a record."""

    revision: int | None


class RecordChanges:
    """`close` may be called from any thread, the rest on the event loop."""

    def __init__(
        self,
        home: Home,
        client: Client,
        session: CurrentSession,
        call_soon: Callable[[Callable[[], object]], None],
        on_change: Callable[[], None],
    ) -> None:
        """`on_change` is called on the event loop, before the client is told."""
        self._notebook = home.notebook
        self._client = client
        self._session = session
        self._call_soon = call_soon
        self._on_change = on_change
        self._wake = threading.Event()
        self._closed = False
        self._stamp: Stamp = ()
        self._revision: int | None = None

    def begin(self) -> None:
        """Look from now on."""
        threading.Thread(target=self._watch, name="magray-records", daemon=True).start()

    def look(self) -> None:
        """Something was done that may have changed records. Called from any thread."""
        self._wake.set()

    def close(self) -> None:
        """Look no more."""
        self._closed = True
        self._wake.set()

    def _watch(self) -> None:
        self._stamp = self._look_at_file()
        self._revision = self._ask() if self._stamp else 0
        looks = 0
        while not self._closed:
            woken = self._wake.wait(LOOK_SECONDS)
            self._wake.clear()
            stamp = self._look_at_file()
            if stamp != self._stamp:
                looks = SETTLE_LOOKS
            if self._closed or not (looks or woken):
                continue
            revision = self._ask() if stamp else 0
            if revision is None:
                continue
            looks = max(0, looks - 1)
            self._stamp = stamp
            if revision != self._revision:
                self._revision = revision
                self._call_soon(self._changed)

    def _look_at_file(self) -> Stamp:
        found: list[tuple[int, int, int]] = []
        for path in (self._notebook, self._notebook.with_name(self._notebook.name + "-wal")):
            try:
                state = path.stat()
            except OSError:
                continue
            found.append((state.st_ino, state.st_size, state.st_mtime_ns))
        return tuple(found)

    def _ask(self) -> int | None:
        """The notebook's revision, None where it cannot be read now."""
        try:
            return self._session.get().records.revision()
        except MagrayError as error:
            log.info("the notebook cannot be read: %s", error)
            return None

    def _changed(self) -> None:
        self._on_change()
        if self._client.wants_record_changes:
            self._client.notify(METHOD, RecordsChanged(revision=self._revision))
