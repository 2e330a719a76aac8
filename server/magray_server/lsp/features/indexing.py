"""Indexing: keeps the open folders indexed, by one child process each, and shows its events as progress."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from lsprotocol import types

from magray_memory.values import indexed_unasked
from magray_server.host.folder_indexer import FolderIndexer
from magray_server.host.jobs import EmbeddingSlots, State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from magray_memory.indexing.events import Event, Progress
    from magray_memory.values import Home
    from magray_server.lsp.client import Client
    from magray_server.lsp.folders import Folder, Folders
    from magray_server.lsp.progress import ProgressBars, WorkDone
    from magray_server.lsp.settings import ClientSettings

log = logging.getLogger(__name__)

SMALL_RUN = 50
"""A run over fewer files or passages after the first one is not worth a progress bar."""
_PHASES = {"scan": "Scanning files", "lexical": "Reading", "semantic": "Embedding"}


class Indexing:
    """The indexers of all folders. On the event loop, `close` apart."""

    def __init__(
        self,
        home: Home,
        client: Client,
        folders: Folders,
        settings: Callable[[], ClientSettings],
        bars: ProgressBars,
        on_event: Callable[[Path, Event], None],
        on_change: Callable[[], None],
    ) -> None:
        """`on_event` gets a folder's root and an event of its indexer; `on_change`: some report changed."""
        self._home = home
        self._client = client
        self._folders = folders
        self._settings = settings
        self._progress_bars = bars
        self._on_event = on_event
        self._on_change = on_change
        self.indexers: dict[Path, FolderIndexer] = {}
        self._slots = EmbeddingSlots()
        self._bars: dict[Path, WorkDone] = {}
        self._ran: set[Path] = set()
        self._began = False
        self._closed = False

    def follow(self) -> None:
        """Begin with the folders that are open, and register for files that change."""
        self._began = True
        self.folders_changed(self._folders.all, ())
        self._watch_files()

    def folders_changed(self, fresh: Iterable[Folder], gone: Iterable[Folder]) -> None:
        for folder in gone:
            self._drop(folder.root)
        if self._began:
            for folder in fresh:
                self._start(folder.root)
        self._on_change()

    def configured(self) -> None:
        """Settings changed: the indexers use them from their next run on, which is now."""
        settings = self._settings()
        if not settings.server.index:
            for root in list(self.indexers):
                self._drop(root)
        for indexer in self.indexers.values():
            indexer.configure(settings.environment())
        if self._began:
            for root in self._folders.roots:
                self._start(root)
        self._on_change()

    def file_changed(self, root: Path) -> None:
        indexer = self.indexers.get(root)
        if indexer is not None:
            indexer.changed()

    def close(self) -> None:
        """End every child now. Called from any thread, more than once."""
        self._closed = True
        for indexer in list(self.indexers.values()):
            indexer.close()

    def _start(self, root: Path) -> None:
        if root in self.indexers or self._closed or not self._settings().server.index:
            return
        if not indexed_unasked(root):
            log.warning("the home folder and the root of the disk are not indexed by themselves")
            return
        environment = self._settings().environment()
        indexer = FolderIndexer(root, self._home, environment, self._follow, self._slots)
        self.indexers[root] = indexer
        indexer.start()

    def _drop(self, root: Path) -> None:
        indexer = self.indexers.pop(root, None)
        if indexer is not None:
            indexer.close()
        self._end_bar(root)

    def _follow(self, indexer: FolderIndexer, event: Event | None) -> None:
        if self.indexers.get(indexer.root) is not indexer:
            return
        if event is not None:
            self._show(indexer, event)
            self._on_event(indexer.root, event)
        if indexer.report.state is not State.INDEXING:
            self._end_bar(indexer.root)
            self._ran.add(indexer.root)
        self._on_change()

    def _show(self, indexer: FolderIndexer, event: Event) -> None:
        from magray_memory.indexing import events

        match event:
            case events.Progress():
                self._advance(indexer, event)
            case events.Warned():
                log.warning("%s: %s", indexer.root, event.message)
            case _:
                pass

    def _advance(self, indexer: FolderIndexer, event: Progress) -> None:
        done, total = event.done, event.total or 0
        if indexer.root in self._ran and total < SMALL_RUN:
            return
        bar = self._bars.get(indexer.root)
        if bar is None:
            bar = self._progress_bars.open(f"magray: indexing {indexer.root.name}", indexer.stop_run)
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

    def _watch_files(self) -> None:
        workspace = self._client.capabilities.workspace
        watching = workspace.did_change_watched_files if workspace is not None else None
        if watching is None or not watching.dynamic_registration:
            return
        options = types.DidChangeWatchedFilesRegistrationOptions(
            watchers=[types.FileSystemWatcher(glob_pattern="**/*")]
        )
        self._client.register("magray-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
