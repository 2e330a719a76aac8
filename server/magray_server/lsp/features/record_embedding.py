"""Record embedding: what was just remembered gets its vector at once, by the model that is open here."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from magray_memory.errors import EmbeddingUnavailable, MagrayError
from magray_server.lsp.workers import Stop, Workers

if TYPE_CHECKING:
    from magray_server.lsp.session import CurrentSession

log = logging.getLogger(__name__)


class RecordEmbedding:
    """On the event loop; the work has a thread of its own, so that no other embedding is waited for."""

    def __init__(self, session: CurrentSession) -> None:
        self._session = session
        self._worker = Workers(1, "magray-record-embedding")
        self._task: asyncio.Task[None] | None = None
        self._again = False

    def soon(self) -> None:
        """Records may have been written."""
        if self._task is not None:
            self._again = True
            return
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            await self._worker.run(self._embed)
        except EmbeddingUnavailable as error:
            log.info("records are found by words only: %s", error)
        except MagrayError as error:
            log.warning("records cannot be embedded: %s", error)
        finally:
            self._task = None
        if self._again:
            self._again = False
            self.soon()

    def _embed(self, _: Stop) -> None:
        session = self._session.get()
        session.search.warm()  # a model that is still loading is waited for
        session.records.embed_newest()
