"""The engine behind the requests: one session, made by the first that needs it, never on the event loop."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.session import Session
    from magray_server.lsp.server import MagrayServer


class Engine:
    """Holds the session. `session` imports the engine: call it in a worker only; the rest is quick."""

    def __init__(self, server: MagrayServer) -> None:
        self._server = server
        self._guard = threading.Lock()
        self._session: Session | None = None

    def session(self) -> Session:
        """The session over the folders that are open now."""
        roots: tuple[Path, ...] = self._server.folders.roots
        with self._guard:
            if self._session is None:
                from magray_memory.session import Session

                settings = self._server.configuration.settings
                self._session = Session.start(self._server.home, roots, settings.engine)
            elif self._session.roots != roots:
                self._session.use(roots)
            return self._session

    def configured(self) -> None:
        """Other settings hold: the next request gets a session with them."""
        with self._guard:
            self._session = None
