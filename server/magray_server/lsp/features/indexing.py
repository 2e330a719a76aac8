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
        self._keep()
        self._watch_files()

    def folders_changed(self, gone: Iterable[Folder]) -> None:
        """Other folders are open; `gone` are those that are not any more."""
        for folder in gone:
            self._drop(folder.root)
        self._keep()

    def notes_are(self, folders: Iterable[Path]) -> None:
        """The folders of notes that are kept indexed from now on, there or not."""
        before = self._folders.notes
        self._folders.notes = tuple(folders)
        for root in set(before) - set(self._folders.notes) - set(self._folders.roots):
            self._drop(root)
        self._keep()

    def configured(self) -> None:
        """Settings changed: the indexers use them from their next run on, which is now."""
        environment = self._settings().indexer_environment()
        for indexer in self.indexers.values():
            indexer.configure(environment)
        self._keep()

    def indexer(self, root: Path) -> FolderIndexer:
        """The indexer of a folder; one that is not watched gets one for what is asked for."""
        if root not in self.indexers:
            environment = self._settings().indexer_environment()
            self.indexers[root] = FolderIndexer(root, self._home, environment, self._follow, self._slots)
        return self.indexers[root]

    def left_out(self) -> str | None:
        """Why open folders are not kept indexed, None where all are."""
        if not self._folders.roots:
            also = "; only folders of notes are indexed" if self._folders.notes else ": nothing is indexed"
            return f"No folder is open{also}"
        if not self._settings().server.index:
            never = [root for root in self._folders.roots if not self._home.vault_path(root).exists()]
            return f"{never[0].name} was never indexed, and server.index is off" if never else None
        wide = [root for root in self._folders.roots if not indexed_unasked(root)]
        return f"{too_wide(wide[0])}: open a project's folder" if wide else None

    def file_changed(self, root: Path) -> None:
        """A file below this root changed on disk: its indexer looks now."""
        indexer = self.indexers.get(root)
        if indexer is not None:
            indexer.changed()

    def close(self) -> None:
        """End every child now. Called from any thread, more than once."""
        self._closed = True
        for indexer in list(self.indexers.values()):
            indexer.close()

    def _keep(self) -> None:
        """Watch what should be watched, and nothing else."""
        on = self._settings().server.index
        if self._began and not self._closed:
            for root in dict.fromkeys((*self._folders.roots, *self._folders.notes)):
                if on and indexed_unasked(root):
                    self.indexer(root).keep()
                elif root in self.indexers:
                    self.indexers[root].keep(False)
        self._on_change()

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
            stop = None if indexer.by_words else indexer.stop_run
            bar = self._progress_bars.open(f"magray: indexing {indexer.root.name}", stop)
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


def too_wide(root: Path) -> str:
    """What is said of a folder that is not indexed unless it is named."""
    return f"{'The root of the disk' if root == root.parent else 'The home folder'} is not indexed as a whole"
