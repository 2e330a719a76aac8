"""Watching room: keep a workspace's vault up to date for as long as the process lives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.indexing.room import Indexing

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.config import Settings
    from magray_memory.context import Context
    from magray_memory.indexing.events import Event
    from magray_memory.indexing.lexical_phase import Moved
    from magray_memory.watching.watcher import Watcher


class Watching:
    """Makes watchers of the workspace."""

    def __init__(self, context: Context, on_moved: Moved | None = None) -> None:
        """`on_moved`: see `Indexing`."""
        self._context = context
        self._on_moved = on_moved

    def watcher(
        self,
        *,
        force: bool = False,
        lexical: bool = False,
        on_event: Callable[[Event], None] | None = None,
    ) -> Watcher:
        """What keeps the vault up to date while its `run` runs; see `watching/watcher.py`.

        Raises WorkspaceError outside of any workspace, HomeError.
        """
        from magray_memory.indexing.event_sender import EventSender
        from magray_memory.storage.vault_files import quarantine
        from magray_memory.watching.watcher import Watched, Watcher

        context, root = self._context, self._context.root
        indexing = Indexing(context)
        events = EventSender(on_event)
        context.home.ensure()
        if not lexical:
            indexing.follow_device(events)

        def read_settings() -> Settings:
            context.reload()
            return indexing.settings()

        watched = Watched(
            root,
            context.home,
            read_settings,
            context.settings_files_changed,
            open_vault=indexing.open_vault,
            quarantine=lambda: quarantine(context.home.vault_path(root)),
            models=None if lexical else context.models,
            on_moved=self._on_moved,
        )
        return Watcher(watched, events.send, force=force)
