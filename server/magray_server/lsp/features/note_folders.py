"""Note folders: those of the settings, which are kept indexed like the open folders."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from magray_memory.errors import MagrayError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from magray_server.lsp.session import CurrentSession
    from magray_server.lsp.workers import Stop, Workers

log = logging.getLogger(__name__)


class NoteFolders:
    """Looks them up whenever they may be others: they stand in files, which the event loop does not read."""

    def __init__(
        self, session: CurrentSession, workers: Workers, on_change: Callable[[Iterable[Path]], None]
    ) -> None:
        """`on_change` gets the folders, there or not."""
        self._session = session
        self._workers = workers
        self._on_change = on_change
        self._known: tuple[Path, ...] = ()
        self._task: asyncio.Task[None] | None = None
        self._again = False

    def look(self) -> None:
        """Settings, or the open folders, are others."""
        if self._task is not None:
            self._again = True
            return
        self._task = asyncio.get_running_loop().create_task(self._look())

    async def _look(self) -> None:
        try:
            found = await self._workers.run(self._folders)
        except MagrayError as error:
            log.warning("the folders of notes are not known: %s", error)
            found = self._known
        self._task = None
        if found != self._known:
            self._known = found
            self._on_change(found)
        if self._again:
            self._again = False
            self.look()

    def _folders(self, _: Stop) -> tuple[Path, ...]:
        return tuple(self._session.get().note_folders)
