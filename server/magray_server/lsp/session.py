"""The session behind the requests: made by the first that needs it, never on the event loop."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from magray_memory.config import Loaded
    from magray_memory.session import Session
    from magray_memory.values import DeviceChange, Home
    from magray_server.lsp.folders import Folders
    from magray_server.lsp.settings import ClientSettings

LOOK_SECONDS = 1.0
"""How often is looked whether a settings file was changed, by the shell or by hand."""
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
        """`on_replace`: settings files changed, so another session takes the place of the one before;
        `on_device`: the session's model moved to another device. Both are called in any thread.
        """
        self._home = home
        self._folders = folders
        self._settings = settings
        self._on_replace = on_replace
        self._on_device = on_device
        self._guard = threading.Lock()
        self._session: Session | None = None
        self._files: tuple[tuple[int, int], ...] = ()
        self._looked = 0.0

    def get(self) -> Session:
        """The session over the folders, and with the settings, of now."""
        roots: tuple[Path, ...] = self._folders.roots
        with self._guard:
            if self._session is not None and self._settings_changed(roots):
                self._let_go()
                self._on_replace()
            if self._session is None:
                from magray_memory.session import Session

                self._files = self._files_of(roots)
                self._session = Session.start(self._home, roots, self._settings().engine)
                self._session.models.on_device = self._on_device
            elif self._session.roots != roots:
                self._session.use(roots)
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

    def _settings_changed(self, roots: tuple[Path, ...]) -> bool:
        """Whether the settings files say something else than the session does; looks now and then."""
        now = time.monotonic()
        if self._session is None or now - self._looked < LOOK_SECONDS:
            return False
        self._looked = now
        files = self._files_of(roots)
        if files == self._files:
            return False
        self._files = files
        return self._load(roots).settings != self._session.settings

    def _load(self, roots: tuple[Path, ...]) -> Loaded:
        from magray_memory.config import load_settings

        return load_settings(self._home.path, roots[0] if roots else None, self._settings().engine)

    def _files_of(self, roots: tuple[Path, ...]) -> tuple[tuple[int, int], ...]:
        """Changes when a settings file does; a workspace's file counts for the first folder."""
        from magray_memory.config import WORKSPACE_FILE, config_path

        found: list[tuple[int, int]] = []
        for file in (config_path(self._home.path), *(root / WORKSPACE_FILE for root in roots[:1])):
            try:
                stat = file.stat()
            except OSError:
                found.append((0, 0))
            else:
                found.append((stat.st_ino, stat.st_mtime_ns))
        return tuple(found)


def _give_back() -> None:
    from magray_memory.values import give_back

    give_back()
