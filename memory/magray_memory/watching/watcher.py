"""Watcher: keeps a workspace's vault up to date for as long as the process lives.

Changes are debounced, and each batch is one run of the indexer over what changed; whatever is lost on the way
(dropped file events, a suspended machine, a changed rule) is one run over everything, which costs a walk. So
after any storm the vault equals the files. Embedding is part of the same run and yields to the next changes:
new text can be found by words at once, and is embedded first.

One watcher has a vault, by the indexer's lock, from its start to its end.
"""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from magray_memory.config import INDEXER_SECTIONS
from magray_memory.errors import (
    Interrupted,
    StorageError,
    VaultDamaged,
    VaultLocked,
    VaultTooNew,
    WorkspaceError,
)
from magray_memory.indexing.embedding_passes import DepthChooser
from magray_memory.indexing.event_sender import EventSender
from magray_memory.indexing.indexer import Indexer
from magray_memory.indexing.parse_pool import worker_count
from magray_memory.indexing.walk import WalkOptions
from magray_memory.storage.integrity_checks import complaints
from magray_memory.storage.lock import IndexerLock
from magray_memory.storage.row_checksums import ROWS_DAMAGED
from magray_memory.storage.sqlite_errors import damaged
from magray_memory.storage.vault_files import was_cut
from magray_memory.watching.change_source import RESCAN_SECONDS, ChangeSource
from magray_memory.watching.debounce import Debounce
from magray_memory.watching.event_filter import EventFilter
from magray_memory.watching.external_files import ExternalFiles
from magray_memory.watching.spare_parser import SpareParser
from magray_memory.watching.suspend_detector import SuspendDetector

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from magray_memory.config import Settings
    from magray_memory.indexing.events import Event
    from magray_memory.indexing.lexical_phase import Moved
    from magray_memory.models.provider import ModelProvider
    from magray_memory.storage.home import Home
    from magray_memory.storage.vault import Vault
    from magray_memory.watching.debounce import Changes

TICK_SECONDS = 1.0
EXTERNAL_SECONDS = 2.0
VAULT_SECONDS = 2.0
IDLE_SECONDS = 120.0
"""Idle timeout: the model is closed when nothing was embedded for so long."""
_SPARE_SECONDS = 30.0
_GIT_LOOK_SECONDS = 0.05
_RETRY_SECONDS = (1.0, 5.0, 15.0, 60.0)


@dataclass(frozen=True, slots=True)
class Watched:
    """What is watched, and how to come by what that takes."""

    root: Path
    home: Home
    settings: Callable[[], Settings]
    """Reads them again."""
    settings_changed: Callable[[], bool]
    """Whether a file that they stand in changed since it was asked last."""
    open_vault: Callable[[], Vault]
    """For writing; makes what is not there."""
    quarantine: Callable[[], object]
    """Moves a damaged vault away and says where to."""
    models: ModelProvider | None
    """None leaves embeddings out."""
    on_moved: Moved | None = None
    """Gets the files that turned up elsewhere."""


class Watcher:
    """Watches one workspace. `run` returns after `stop`, which any thread or signal handler may call."""

    def __init__(
        self,
        watched: Watched,
        on_event: Callable[[Event], None],
        *,
        force: bool = False,
        idle: float = IDLE_SECONDS,
        rescan: float = RESCAN_SECONDS,
    ) -> None:
        """`force`: the first run reads every file again. `idle`, `rescan`: see IDLE_ and RESCAN_SECONDS."""
        self._watched = watched
        self._root = watched.root
        self._settings = watched.settings()
        self._external = ExternalFiles(watched.root)
        self._force = force
        self._idle = idle
        self._rescan = rescan
        self._events = EventFilter(on_event)
        self._models = watched.models
        self._parser = SpareParser()
        self._debounce = Debounce()
        self._source = self._new_source()
        self._suspend_detector = SuspendDetector()
        self._thread = 0
        self._poll_at = 0.0
        self._vault_at = 0.0
        self._seemed_cut = False
        self._lost_logs = 0
        self._external_at = 0.0
        self._failures = 0
        self._depth = DepthChooser(self._settings)
        self._shallow = False
        self._send_always = True
        self._stopped = False
        self._woken: queue.SimpleQueue[None] = queue.SimpleQueue()

    def run(self) -> None:
        """Watch until `stop`. Raises VaultLocked while another process indexes this workspace, VaultTooNew.

        Whatever else goes wrong is sent as a warning and tried again: a root that is gone, a full disk.
        """
        self._thread = threading.get_ident()
        try:
            while not self._stopped:
                with self._new_lock().acquire() as lock:
                    while not self._stopped and not lock.lost:
                        self._follow_vault(lock)
        finally:
            self._source.close()
            self._parser.close_if_idle(0.0)

    def stop(self) -> None:
        """End `run` within a moment, keeping what is done."""
        self._stopped = True
        self._woken.put(None)

    def _follow_vault(self, lock: IndexerLock) -> None:
        """Work with one open vault until there is a reason to open it again."""
        try:
            with contextlib.closing(self._watched.open_vault()) as vault:
                self._lost_logs = vault.lost_logs
                while not self._stopped:
                    self._check_vault(vault)
                    if self._wait():
                        self._run_once(vault, lock)
                    if self._settings_changed():
                        return
        except Interrupted:
            self._debounce.add_everything()
        except (VaultLocked, VaultTooNew):
            raise
        except StorageError as error:
            self._recover(error)

    def _check_vault(self, vault: Vault) -> None:
        """Look now and then for what sends no file event: damage to the vault, met by a search or not yet.

        Raises StorageError.
        """
        now = time.monotonic()
        if now < self._vault_at:
            return
        self._vault_at = now + VAULT_SECONDS
        marked = vault.meta(ROWS_DAMAGED) is not None
        # While a log is taken in a file may look cut for a moment.
        cut, self._seemed_cut = self._seemed_cut, was_cut(vault.path)
        if cut and self._seemed_cut and (found := complaints(vault)):
            raise damaged(vault.path, found[0].text)
        if marked or vault.lost_logs != self._lost_logs:
            self._lost_logs = vault.lost_logs
            self._debounce.add_everything()

    def _recover(self, error: StorageError) -> None:
        """Recovery: a damaged vault is quarantined and rebuilt; any other error is retried after a pause."""
        self._debounce.add_everything()
        quarantined = ""
        if isinstance(error, VaultDamaged):
            with contextlib.suppress(StorageError):
                quarantined = f"; it was renamed to {self._watched.quarantine()} and is rebuilt"
        self._events.warn(f"{error.message}{quarantined}", None if quarantined else error.code)
        pause = 0.0 if quarantined and not self._failures else _RETRY_SECONDS[min(self._failures, 3)]
        self._failures += 1
        self._send_always = True
        until = time.monotonic() + pause
        while not self._stopped and (left := until - time.monotonic()) > 0:
            self._pause(left)
        with contextlib.suppress(StorageError):
            self._watched.home.ensure()

    def _wait(self) -> bool:
        """Wait for something to do, at most a moment; whether there is."""
        if not self._poll_unwatched():
            self._pause(TICK_SECONDS)
            return False
        due_in = self._debounce.due_in()
        if due_in == 0.0 and not self._external.git_is_busy():
            return True
        if due_in is None:
            self._release_or_retry_model()
            self._parser.close_if_idle(_SPARE_SECONDS)
        self._pause(TICK_SECONDS if due_in is None else max(due_in, _GIT_LOOK_SECONDS))
        return False

    def _release_or_retry_model(self) -> None:
        if self._models is None:
            return
        self._models.release_if_idle(self._idle)
        if self._models.retry():
            self._debounce.add_everything()  # what waits for a vector is known to the vault alone
        if self._shallow and self._depth.now().name == "full":
            self._shallow = False
            self._debounce.add_everything()

    def _poll_unwatched(self) -> bool:
        """Poll what sends no file event: the root, rules elsewhere, git's index, a suspend; whether the root
        is there.
        """
        there = self._source.check()
        now = time.monotonic()
        if now >= self._external_at:
            self._external_at = now + EXTERNAL_SECONDS
            if self._external.rules_changed() or self._suspend_detector.suspended():
                self._debounce.add_everything()
            self._source.poll_tracked()
        return there

    def _pause(self, seconds: float) -> None:
        """Wait so long, or until there is news."""
        began = time.monotonic()
        with contextlib.suppress(queue.Empty):
            self._woken.get(timeout=seconds) if seconds > 0 else self._woken.get_nowait()
            while True:
                self._woken.get_nowait()
        if self._suspend_detector.stalled(began, seconds):
            self._debounce.add_everything()

    def _run_once(self, vault: Vault, lock: IndexerLock) -> None:
        """One run of the indexer over the changes that are due."""
        changes = self._debounce.take()
        self._source.update_watches(changes, self._is_stopped)
        began = time.monotonic()
        self._events.begin(always=self._send_always)
        indexer = Indexer(
            vault,
            self._watched.home,
            self._settings,
            None if self._models is None else self._models.current,
            EventSender(self._events.send),
            self._is_stopped,
            pool=self._parser.pool,
            should_yield=self._should_yield,
            lock=lock,
            on_moved=self._watched.on_moved,
            depth=self._depth,
        )
        try:
            report = indexer.run(self._paths(changes), force=self._force, lexical=self._models is None)
        except WorkspaceError as error:
            if self._source.check():  # it is there and cannot be read: a matter of permissions
                self._events.warn(error.message)
                self._pause(TICK_SECONDS)
            self._debounce.add_everything()
            return
        self._shallow = self._depth.auto and indexer.depth.name != "full"
        if report.embedded and self._models is not None:
            self._models.note_use()
        if self._models is not None and report.seconds.semantic is None and not indexer.yielded:
            self._models.suspend()
        if changes.everything:
            self._source.scanned(report.seconds.lexical or time.monotonic() - began)
            self._force = self._send_always = False
        if self._failures:
            self._failures = 0
            self._events.reset_warnings()
        if self._events.busy and not self._stopped:
            self._parser.prepare(worker_count(self._settings.index.workers))

    def _paths(self, changes: Changes) -> list[Path] | None:
        return None if changes.everything else [self._root / path for path in sorted(changes.paths)]

    def _should_yield(self) -> bool:
        """Whether changes are due; asked while embedding, when nothing else polls."""
        now = time.monotonic()
        if now >= self._poll_at and threading.get_ident() == self._thread:
            self._poll_at = now + TICK_SECONDS
            self._poll_unwatched()
        return self._debounce.due_in() == 0.0 and not self._external.git_is_busy()

    def _is_stopped(self) -> bool:
        return self._stopped

    def _settings_changed(self) -> bool:
        """Read the settings again when a file of them changed; whether an indexer goes by others now."""
        if not self._watched.settings_changed():
            return False
        before, self._settings = self._settings, self._watched.settings()
        if all(getattr(before, name) == getattr(self._settings, name) for name in INDEXER_SECTIONS):
            return False
        if self._models is not None and before.embedding != self._settings.embedding:
            self._models.release()
        self._depth = DepthChooser(self._settings)
        self._source.close()
        self._source = self._new_source()
        return True

    def _new_source(self) -> ChangeSource:
        index = self._settings.index
        options = WalkOptions(index.ignore, index.include, index.hidden)
        return ChangeSource(
            self._root, options, self._debounce, self._events.warn_again, self._wake, self._rescan
        )

    def _new_lock(self) -> IndexerLock:
        return IndexerLock(self._watched.home.vault_path(self._root), watching=True)

    def _wake(self) -> None:
        self._woken.put(None)
