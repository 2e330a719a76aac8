"""Keeps the open folders indexed: one child process each, its events as progress and `magray/status`."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from magray_memory.values import indexed_unasked
from magray_server.host.folder_indexer import FolderIndexer
from magray_server.host.jobs import EmbeddingSlots, State
from magray_server.lsp.errors import hide_paths
from magray_server.lsp.progress import INTERVAL_SECONDS, WorkDone

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from magray_memory.indexing.events import Event, Progress
    from magray_server.host.jobs import Report
    from magray_server.lsp.folders import Folder
    from magray_server.lsp.server import MagrayServer

log = logging.getLogger(__name__)

STATUS = "magray/status"
SMALL_RUN = 50
"""A run over fewer files or passages after the first one is not worth a progress bar."""
_PHASES = {"scan": "Looking at files", "lexical": "Reading", "semantic": "Embedding"}


class Indexing:
    """The indexers of all folders. On the event loop, `close` apart."""

    def __init__(self, server: MagrayServer) -> None:
        self._server = server
        self.indexers: dict[Path, FolderIndexer] = {}
        self._slots = EmbeddingSlots()
        self._bars: dict[Path, WorkDone] = {}
        self._ran: set[Path] = set()
        self._told: dict[str, Any] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._began = False
        self._closed = False

    def follow(self) -> None:
        """Begin with the folders that are open, and ask the client to tell of files that change."""
        self._began = True
        self.folders_changed(self._server.folders.all, ())
        self._watch_files()

    def folders_changed(self, fresh: Iterable[Folder], gone: Iterable[Folder]) -> None:
        for folder in gone:
            self._drop(folder.root)
        if self._began:
            for folder in fresh:
                self._start(folder.root)
        self.status_soon()

    def configured(self) -> None:
        """Settings changed: the indexers use them from their next run on, which is now."""
        settings = self._server.configuration.settings
        if not settings.server.index:
            for root in list(self.indexers):
                self._drop(root)
        for indexer in self.indexers.values():
            indexer.configure(settings.environment())
        if self._began:
            for root in self._server.folders.roots:
                self._start(root)
        self.status_soon()

    def file_changed(self, root: Path) -> None:
        indexer = self.indexers.get(root)
        if indexer is not None:
            indexer.changed()

    def cancelled(self, params: types.WorkDoneProgressCancelParams) -> None:
        """The person pressed cancel on a progress bar."""
        bar = self._server.bars.get(str(params.token))
        if bar is not None:
            bar.cancelled()

    def close(self) -> None:
        """End every child now. Called from any thread, more than once."""
        self._closed = True
        for indexer in list(self.indexers.values()):
            indexer.close()

    def _start(self, root: Path) -> None:
        if root in self.indexers or self._closed or not self._server.configuration.settings.server.index:
            return
        if not indexed_unasked(root):
            log.warning("the home folder and the root of the disk are not indexed by themselves")
            return
        environment = self._server.configuration.settings.environment()
        indexer = FolderIndexer(root, self._server.home, environment, self._on_event, self._slots)
        self.indexers[root] = indexer
        indexer.start()

    def _drop(self, root: Path) -> None:
        indexer = self.indexers.pop(root, None)
        if indexer is not None:
            indexer.close()
        self._end_bar(root)

    def _on_event(self, indexer: FolderIndexer, event: Event | None) -> None:
        if self.indexers.get(indexer.root) is not indexer:
            return
        if event is not None:
            self._dispatch(indexer, event)
        if indexer.report.state is not State.INDEXING:
            self._end_bar(indexer.root)
            self._ran.add(indexer.root)
        self.status_soon()

    def _dispatch(self, indexer: FolderIndexer, event: Event) -> None:
        from magray_memory.indexing import events

        if isinstance(event, events.Start | events.Progress | events.Changed):
            self._server.maintenance.busy()
        match event:
            case events.Progress():
                self._advance(indexer, event)
            case events.Warned():
                log.warning("%s: %s", indexer.root, event.message)
            case events.Device():
                self._server.devices.indexer_moved(indexer.root, event)
            case events.LexicalReady() | events.SemanticReady() | events.Done() | events.Changed():
                self._server.overlay.index_moved()
            case _:
                pass

    def _advance(self, indexer: FolderIndexer, event: Progress) -> None:
        done, total = event.done, event.total or 0
        if indexer.root in self._ran and total < SMALL_RUN:
            return
        bar = self._bars.get(indexer.root)
        if bar is None:
            bar = WorkDone(self._server, f"magray: indexing {indexer.root.name}", indexer.stop_run)
            self._bars[indexer.root] = bar
        phase = _PHASES[event.phase]
        share = min(100, round(100 * done / total)) if total else None
        bar.report(f"{phase} {done:,}/{total:,}" if total else phase, share)

    def end_bars(self) -> None:
        """The client is about to go: nothing that it shows stays open."""
        for root in list(self._bars):
            self._end_bar(root)

    def _end_bar(self, root: Path) -> None:
        bar = self._bars.pop(root, None)
        if bar is not None:
            bar.end()

    def status_soon(self) -> None:
        if self._timer is None and self._began and not self._closed:
            self._tell_status()
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(INTERVAL_SECONDS, self._status_again)

    def _status_again(self) -> None:
        self._timer = None
        if not self._closed:
            self._tell_status()

    def _tell_status(self) -> None:
        status = self.status()
        if status != self._told:
            self._told = status
            self._server.protocol.notify(STATUS, status)

    def status(self) -> dict[str, Any]:
        """The params of `magray/status`: the state of all folders together."""
        reports = [indexer.report for indexer in self.indexers.values()]
        states = {report.state for report in reports}
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
            message = hide_paths(message, self._server.folders.roots)
        missing = message if State.MISSING in states else None
        degraded = self._server.overlay.degraded or self._server.devices.note or missing
        if state == "ready" and degraded:
            state, message = "degraded", degraded
        progress = next((p for p in map(_progress, reports) if p is not None), None)
        return {"state": state, "message": message, "progress": progress if state == "indexing" else None}

    def _watch_files(self) -> None:
        workspace = self._server.client_capabilities.workspace
        watching = workspace.did_change_watched_files if workspace is not None else None
        if watching is None or not watching.dynamic_registration:
            return
        registration = types.Registration(
            id="magray-files",
            method=types.WORKSPACE_DID_CHANGE_WATCHED_FILES,
            register_options=types.DidChangeWatchedFilesRegistrationOptions(
                watchers=[types.FileSystemWatcher(glob_pattern="**/*")]
            ),
        )
        params = types.RegistrationParams(registrations=[registration])
        self._server.protocol.send_request(types.CLIENT_REGISTER_CAPABILITY, params)


def _progress(report: Report) -> dict[str, Any] | None:
    if report.state is not State.INDEXING or report.last is None:
        return None
    from magray_memory.indexing.events import Progress

    last = report.last
    if not isinstance(last, Progress):
        return None
    return {"phase": last.phase, "done": last.done, "total": last.total, "rate": last.rate}
