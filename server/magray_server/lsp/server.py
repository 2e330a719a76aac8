"""Wiring only: which message goes to which feature. What each does is in `features/`, one file per topic."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

from magray_memory import __version__
from magray_server.host import process_exit
from magray_server.host.jobs import State
from magray_server.host.maintenance import Maintenance
from magray_server.lsp import commands
from magray_server.lsp.buffers import Buffers
from magray_server.lsp.client import Client
from magray_server.lsp.features import rename_notes
from magray_server.lsp.features.code_action import KINDS, CodeActions
from magray_server.lsp.features.code_lens import CodeLenses
from magray_server.lsp.features.completion import TRIGGERS, Completion
from magray_server.lsp.features.configuration import Configuration
from magray_server.lsp.features.create_note import CreateNote
from magray_server.lsp.features.device_messages import Devices
from magray_server.lsp.features.document_links import Links
from magray_server.lsp.features.feature import Editing
from magray_server.lsp.features.health import HealthRequests
from magray_server.lsp.features.hover import Hover
from magray_server.lsp.features.index import IndexRequests
from magray_server.lsp.features.indexing import Indexing
from magray_server.lsp.features.long_runs import LongRuns
from magray_server.lsp.features.note_folders import NoteFolders
from magray_server.lsp.features.note_symbols import NoteSymbols
from magray_server.lsp.features.operation_request import OperationRequests
from magray_server.lsp.features.optimize import OptimizeRequests
from magray_server.lsp.features.record_changes import RecordChanges
from magray_server.lsp.features.record_embedding import RecordEmbedding
from magray_server.lsp.features.record_lens import RecordLenses
from magray_server.lsp.features.references import References
from magray_server.lsp.features.related import RelatedRequests
from magray_server.lsp.features.remember_selection import RememberSelection
from magray_server.lsp.features.rename_headings import RenameHeadings
from magray_server.lsp.features.rename_notes import RenameNotes
from magray_server.lsp.features.search import SearchRequests
from magray_server.lsp.features.show_records import ShowRecords
from magray_server.lsp.features.show_related import ShowRelated
from magray_server.lsp.features.status import StatusNotifications
from magray_server.lsp.features.text_sync import TextSync
from magray_server.lsp.features.why import WhyRequests
from magray_server.lsp.features.workspace_symbols import WorkspaceSymbols
from magray_server.lsp.folders import Folders, offered
from magray_server.lsp.log import set_level, start_logging
from magray_server.lsp.outline import Outlines
from magray_server.lsp.overlay import Overlays
from magray_server.lsp.progress import ProgressBars
from magray_server.lsp.protocol import MagrayProtocol
from magray_server.lsp.session import CurrentSession
from magray_server.lsp.settings import asked_for
from magray_server.lsp.transport import Writer
from magray_server.lsp.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from magray_memory.indexing.events import Event
    from magray_memory.values import Home
    from magray_server.lsp.settings import ClientSettings

log = logging.getLogger(__name__)

SETTINGS_SECONDS = 0.3
"""How long the engine waits for the settings of a slow client; it can send them later too."""
LEAVE_SECONDS = 0.3
"""How long the end waits for the client to take its last answers."""
FORCED_SECONDS = 0.8
"""After this the process ends whatever the event loop is doing."""

_IDLE = frozenset((State.READY, State.BY_WORDS, State.READING, State.IDLE, State.MISSING))
"""States of indexers beside which there is time to optimize."""


class MagrayServer(LanguageServer):
    """One client, its folders and its open documents."""

    protocol: MagrayProtocol  # pyright: ignore[reportIncompatibleVariableOverride]

    def __init__(self, home: Home, log_file: Path | None = None) -> None:
        super().__init__(  # pyright: ignore[reportUnknownMemberType]
            "magray",
            __version__,
            text_document_sync_kind=types.TextDocumentSyncKind.Incremental,
            protocol_cls=MagrayProtocol,
            converter_factory=default_converter,
        )
        self.home = home
        self.log_file = log_file
        self.loop: asyncio.AbstractEventLoop | None = None
        self._leaving = threading.Lock()
        client = self.client = Client(self.protocol)
        folders = self.folders = Folders()
        buffers = self._buffers = Buffers()
        workers = Workers(4, "magray-request")
        self.configuration = Configuration(client, self._configured)
        self.progress_bars = ProgressBars(client)
        self._wire_background(client, folders, buffers, workers)
        self._wire_requests(client, folders, buffers, workers)
        _register(self)

    def _settings(self) -> ClientSettings:
        return self.configuration.settings

    def _wire_background(self, client: Client, folders: Folders, buffers: Buffers, workers: Workers) -> None:
        """What works by itself, or follows the documents."""
        self.session = CurrentSession(
            self.home,
            folders,
            self._settings,
            on_replace=lambda: self._call_soon(self._session_replaced),
            on_device=lambda change: self.devices.changed(change),
        )
        self.indexing = Indexing(
            self.home,
            client,
            folders,
            self._settings,
            self.progress_bars,
            on_event=self._indexer_event,
            on_change=lambda: self.status.changed(),
        )
        self.status = StatusNotifications(
            client,
            folders,
            self.indexing.indexers,
            degraded=lambda: self.overlay.degraded or self.devices.note,
            left_out=self.indexing.left_out,
        )
        self.devices = Devices(client, self._call_soon, on_change=self.status.changed)
        self.overlay = Overlays(
            folders,
            buffers,
            self.session,
            workers,
            on_model=self.devices.opened,
            on_change=self.status.changed,
        )
        self.notes = NoteFolders(self.session, workers, self.indexing.notes_are)
        self.text_sync = TextSync(
            client,
            folders,
            buffers,
            self.overlay,
            self.indexing.file_changed,
            on_text_change=lambda buffer: self.rename_headings.text_changed(buffer),
        )
        self.record_embedding = RecordEmbedding(self.session)
        self.record_changes = RecordChanges(
            self.home, client, self.session, self._call_soon, self._records_changed
        )
        self.maintenance = Maintenance(self.home, lambda: self._settings().environment(), self._may_optimize)

    def _wire_requests(self, client: Client, folders: Folders, buffers: Buffers, workers: Workers) -> None:
        """What answers requests."""
        session, settings = self.session, self._settings
        editing = Editing(client, folders, buffers, session, workers)
        self.search = SearchRequests(editing)
        self.related = RelatedRequests(editing)
        self.index = IndexRequests(folders, self.configuration, self.indexing)
        self.health = HealthRequests(folders, session, workers, self.indexing.indexers)
        self.optimize = OptimizeRequests(self.progress_bars, self.maintenance)
        long_runs = LongRuns(self.progress_bars, workers)
        self.operations = OperationRequests(
            self.home, folders, settings, workers, long_runs, self.record_changes.look
        )
        self.why = WhyRequests(self.home, folders, settings, workers)
        self.symbols = WorkspaceSymbols(editing)
        self.links = Links(editing)
        self.hover = Hover(editing, self.links, settings)
        outlines = Outlines()
        self.remember_selection = RememberSelection(editing, outlines, self.record_changes.look)
        create_note = CreateNote(client, folders, session, workers, self.links)
        self.code_actions = CodeActions(client, folders, buffers, self.remember_selection, create_note)
        self.completion = Completion(buffers, session, workers, self.links)
        self.references = References(editing, self.links)
        self.note_symbols = NoteSymbols(editing)
        records_changed = self.record_changes.look
        self.rename_headings = RenameHeadings(editing, self.links, records_changed)
        self.rename_notes = RenameNotes(editing, self.links, self.rename_headings, records_changed)
        self.show_related = ShowRelated(client, self.related.related)
        self.show_records = ShowRecords(client, session, workers)
        self.record_lenses = RecordLenses(client, settings, folders, session, workers)
        self.code_lenses = CodeLenses(
            client, settings, folders, buffers, workers, outlines, self.record_lenses, self.related.related
        )

    def requests(self) -> dict[str, commands.Request]:
        """Our own requests by name, and what answers each."""
        features: dict[str, commands.Request] = {
            "search": self.search.search,
            "recall": self.search.recall,
            "related": self.related.related,
            "why": self.why.why,
            "index": self.index.index,
            "health": self.health.health,
            "optimize": self.optimize.optimize,
        }
        return commands.requests(features, self.operations.request)

    def _call_soon(self, act: Callable[[], object]) -> None:
        """Have the event loop do something. From any thread; nothing happens when the loop has ended."""
        if self.loop is not None and not self.loop.is_closed():
            self.loop.call_soon_threadsafe(act)

    def begin(self, params: types.InitializeParams) -> None:
        """Take what initialize brings. Everything slow waits for `initialized`."""
        self.client.initialized(params, asked=asked_for(params.initialization_options))
        self.protocol.trace = params.trace or types.TraceValue.Off
        self.configuration.given(params.initialization_options)
        self.folders.add(offered(params))
        if params.process_id is not None:
            loop = asyncio.get_running_loop()
            process_exit.on_death(params.process_id, lambda: self._end_soon(loop, lambda: 1))

    async def begin_work(self, _: types.InitializedParams) -> None:
        """The client is ready: now the rest of the program may be loaded."""
        start_logging(self.home, self.log_file, self.configuration.settings.server.log_level)
        asked = asyncio.ensure_future(self.configuration.pull())
        await asyncio.wait([asked], timeout=SETTINGS_SECONDS)
        self.overlay.begin()
        self.notes.look()
        await asked  # nothing is indexed by settings that may not hold
        self.configuration.follow()
        self.status.begin()
        self.record_changes.begin()
        self.show_records.begin()
        self.indexing.follow()
        self.maintenance.begin()

    def change_folders(
        self, added: Sequence[types.WorkspaceFolder], removed: Sequence[types.WorkspaceFolder]
    ) -> None:
        """Open and close folders while running."""
        gone = self.folders.remove(folder.uri for folder in removed)
        self.folders.add(folder.uri for folder in added)
        self.indexing.folders_changed(gone)
        self.overlay.folders_changed()
        self.notes.look()

    def _configured(self, before: ClientSettings) -> None:
        """Other settings hold from now on."""
        settings = self._settings()
        if settings.server.log_level != before.server.log_level:
            set_level(settings.server.log_level)
        if settings.engine != before.engine:
            self.session.replace()
            self._session_replaced()
        self.indexing.configured()

    def _session_replaced(self) -> None:
        self.overlay.session_replaced()
        self.notes.look()

    def _records_changed(self) -> None:
        """What is shown of records is made anew, and new ones are embedded."""
        self.hover.forget()
        self.record_lenses.refresh()
        self.show_records.refresh([buffer.uri for buffer in self._buffers.all])
        self.record_embedding.soon()

    def _may_optimize(self) -> bool:
        return self._settings().server.optimize and all(
            indexer.report.state in _IDLE for indexer in self.indexing.indexers.values()
        )

    def _indexer_event(self, root: Path, event: Event) -> None:
        """Which event of an indexer goes to which feature."""
        from magray_memory.indexing import events

        if isinstance(event, events.Start | events.Progress | events.Changed):
            self.maintenance.busy()
        if isinstance(event, events.Device):
            self.devices.indexer_moved(root, event)
        elif isinstance(event, events.LexicalReady):
            self.overlay.words_ready()
        elif isinstance(event, events.SemanticReady | events.Done | events.Changed):
            self.overlay.index_changed()
        if isinstance(event, events.SemanticReady):
            self.record_lenses.refresh()  # there is a number now of what is related

    def stop_background_work(self) -> None:
        """Stop what runs by itself; the client has asked for shutdown."""
        self.indexing.end_bars()
        self._end_children()

    def _end_children(self) -> None:
        self.status.close()
        self.indexing.close()
        self.record_changes.close()
        self.maintenance.close()

    def ended(self, loop: asyncio.AbstractEventLoop) -> None:
        """The client's stream has ended. Called by the reader's thread."""
        # Whether it asked for shutdown is known once the loop has taken all that came before.
        self._end_soon(loop, lambda: 0 if self.protocol.stopping else 1)

    def _end_soon(self, loop: asyncio.AbstractEventLoop, code: Callable[[], int]) -> None:
        loop.call_soon_threadsafe(lambda: self.leave_soon(code()))
        time.sleep(FORCED_SECONDS)
        self._end_children()
        os._exit(process_exit.exit_code(code()))

    def leave_soon(self, code: int) -> None:
        """End the process; after shutdown once the requests that it cancelled are answered, a moment later at
        most.
        """
        self._leave_when_answered(code, time.monotonic() + LEAVE_SECONDS)

    def _leave_when_answered(self, code: int, latest: float) -> None:
        if code or self.loop is None or not self.protocol.is_answering() or time.monotonic() > latest:
            self.leave(code)
        else:
            self.loop.call_later(0.005, self._leave_when_answered, code, latest)

    def leave(self, code: int) -> None:
        """End the process now, with its children. Nothing of ours has to be saved; threads are not waited
        for.
        """
        if not self._leaving.acquire(blocking=False):
            return
        self._end_children()
        writer = self.protocol.writer
        if isinstance(writer, Writer):
            writer.drain(LEAVE_SECONDS)
        logging.shutdown()
        os._exit(process_exit.exit_code(code))


def _register(server: MagrayServer) -> None:
    """Every method and the feature that it goes to."""
    feature: Callable[..., Any] = server.feature
    feature(types.INITIALIZE)(_plain(server.begin))
    feature(types.INITIALIZED)(_later(server.begin_work))
    feature(types.TEXT_DOCUMENT_DID_SAVE, types.SaveOptions(include_text=True))(
        _plain(server.text_sync.saved)
    )
    feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)(_plain(server.text_sync.watched))
    feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)(_later(server.configuration.changed))
    feature(types.WORKSPACE_SYMBOL, types.WorkspaceSymbolOptions(resolve_provider=True))(
        _later(server.symbols.search)
    )
    feature(types.WORKSPACE_SYMBOL_RESOLVE)(_later(server.symbols.resolve))
    feature(types.TEXT_DOCUMENT_HOVER)(_later(server.hover.hover))
    feature(types.TEXT_DOCUMENT_DEFINITION)(_later(server.links.definition))
    feature(types.TEXT_DOCUMENT_DOCUMENT_LINK)(_later(server.links.links))
    feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=list(TRIGGERS)))(
        _later(server.completion.complete)
    )
    feature(types.TEXT_DOCUMENT_REFERENCES)(_later(server.references.references))
    feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)(_later(server.note_symbols.symbols))
    feature(types.TEXT_DOCUMENT_PREPARE_RENAME)(_later(server.rename_notes.prepare))
    feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))(
        _later(server.rename_notes.rename)
    )
    feature(types.WORKSPACE_WILL_RENAME_FILES, rename_notes.OPTIONS)(_later(server.rename_notes.will_rename))
    feature(types.WORKSPACE_DID_RENAME_FILES, rename_notes.OPTIONS)(_later(server.rename_notes.did_rename))
    feature(types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions(list(KINDS)))(
        _later(server.code_actions.actions)
    )
    feature(types.CODE_ACTION_RESOLVE)(_plain(server.code_actions.resolve))
    feature(types.WORKSPACE_TEXT_DOCUMENT_CONTENT)(_later(server.show_records.content))
    feature(types.TEXT_DOCUMENT_CODE_LENS, types.CodeLensOptions(resolve_provider=True))(
        _later(server.code_lenses.lenses)
    )
    feature(types.CODE_LENS_RESOLVE)(_later(server.code_lenses.resolve))
    server.command(commands.SHOW_RELATED)(_later(server.show_related.show))
    server.command(commands.SHOW_RECORDS)(_later(server.show_records.show))
    server.command(commands.REMEMBER)(_later(server.remember_selection.remember))
    for name, answer in server.requests().items():
        feature(commands.method_of(name))(_later(answer))
        server.command(commands.name_of(name))(_later(answer))


def _plain(method: Callable[[Any], Any]) -> Callable[[Any], Any]:
    # pygls marks what it registers, which a bound method does not allow.
    def handler(params: Any) -> Any:
        return method(params)

    return handler


def _later(method: Callable[[Any], Any]) -> Callable[[Any], Any]:
    async def handler(params: Any) -> Any:
        return await method(params)

    return handler
