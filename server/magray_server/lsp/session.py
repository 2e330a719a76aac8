"""Session of the server: made by the first request that needs it, never on the event loop."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from magray_memory.session import Session
    from magray_memory.values import DeviceChange, Home
    from magray_server.lsp.folders import Folders
    from magray_server.lsp.settings import ClientSettings

_RELEASE_SECONDS = 0.5
"""A session that was replaced is let go of after so long; a request that still uses it keeps it alive."""


class CurrentSession:
    """Holds the session. `get` imports the engine: call it in a worker only; the rest is quick."""

    def __init__(
        self,
        home: Home,
        folders: Folders,
        settings: Callable[[], ClientSettings],
        on_replace: Callable[[], None],
        on_device: Callable[[DeviceChange], None],
    ) -> None:
        """`on_replace`: settings files changed, or records were removed for good, so another session takes
        the place of the one before;
        `on_device`: the session's model moved to another device. Both are called in any thread.
        """
        self._home = home
        self._folders = folders
        self._settings = settings
        self._on_replace = on_replace
        self._on_device = on_device
        self._guard = threading.Lock()
        self._session: Session | None = None

    def get(self) -> Session:
        """The session over the folders, and with the settings, of now."""
        roots: tuple[Path, ...] = self._folders.roots
        with self._guard:
            if self._session is not None:
                if self._session.roots != roots:
                    self._session.use(roots)
                if self._session.settings_changed() or self._session.purged():
                    self._let_go()
                    self._on_replace()
            if self._session is None:
                from magray_memory.session import Session

                self._session = Session.start(self._home, roots, self._settings().engine)
                self._session.models.on_device = self._on_device
            return self._session

    def replace(self) -> None:
        """Other settings hold: the next request gets a session with them."""
        with self._guard:
            self._let_go()

    def _let_go(self) -> None:
        """Its model, indexes and connections go with the last request that uses them."""
        if self._session is not None:
            self._session = None
            timer = threading.Timer(_RELEASE_SECONDS, _give_back)
            timer.daemon = True
            timer.start()


def _give_back() -> None:
    from magray_memory.values import give_back

    give_back()
