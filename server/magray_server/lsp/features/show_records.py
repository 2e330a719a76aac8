"""Records as an editor without a plugin can show them: as a document where it opens our URIs, else as a
message.

Several are offered by name first. The command is answered before that: a person takes a while to choose.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from magray_memory.errors import MagrayError
from magray_server.lsp import record_cards, record_uris

if TYPE_CHECKING:
    from magray_memory.values import Record
    from magray_server.lsp.client import Client
    from magray_server.lsp.session import CurrentSession
    from magray_server.lsp.workers import Stop, Workers

log = logging.getLogger(__name__)

OFFERED = 6
"""So many buttons a message has: more are not read."""


class ShowRecords:
    """The command `magray.server.showRecords`, and the texts that an editor asks for."""

    def __init__(self, client: Client, session: CurrentSession, workers: Workers) -> None:
        self._client = client
        self._session = session
        self._workers = workers
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(self) -> None:
        """Offer the texts of records to an editor that opens URIs by asking for their text."""
        workspace = self._client.capabilities.workspace
        content = workspace.text_document_content if workspace is not None else None
        if content is not None and content.dynamic_registration:
            options = types.TextDocumentContentRegistrationOptions(schemes=[record_uris.SCHEME])
            self._client.register("magray-records", types.WORKSPACE_TEXT_DOCUMENT_CONTENT, options)

    async def show(self, given: Any) -> None:
        """Show records by their ids; they are shown once this is answered."""
        from magray_server.lsp.params import RecordIds, read

        ids = read(RecordIds, given).ids
        records = await self._workers.run(lambda _: self._records(ids))
        task = asyncio.get_running_loop().create_task(self._offer(records))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def content(self, params: types.TextDocumentContentParams) -> types.TextDocumentContentResult:
        """The text of the record that a URI means. Raises RecordNotFound, an InvalidParams error."""
        from magray_server.lsp.errors import invalid

        id_ = record_uris.to_id(params.uri)
        if id_ is None:
            raise invalid(f"{params.uri[:100]} is no record.")

        def work(_: Stop) -> str:
            return self._session.get().records.show(id_).record.stored.text

        return types.TextDocumentContentResult(await self._workers.run(work))

    def refresh(self, uris: list[str]) -> None:
        """Records changed: have the editor ask for these texts again, of those that are records."""
        workspace = self._client.capabilities.workspace
        if workspace is None or workspace.text_document_content is None:
            return
        for uri in uris:
            if record_uris.to_id(uri) is not None:
                params = types.TextDocumentContentRefreshParams(uri)
                self._client.request(types.WORKSPACE_TEXT_DOCUMENT_CONTENT_REFRESH, params)

    def _records(self, ids: list[str]) -> list[Record]:
        records = self._session.get().records
        found: list[Record] = []
        for id_ in ids[:OFFERED]:
            try:
                found.append(records.show(id_).record)
            except MagrayError as error:
                log.info("a record cannot be shown: %s", error)
        return found

    async def _offer(self, records: list[Record]) -> None:
        if not records:
            self._client.inform("These records are not there any more.")
            return
        labels = {f"{record.id} {record_cards.name_of(record)}": record for record in records}
        chosen: Any = {"title": next(iter(labels))}
        if len(labels) > 1:
            params = types.ShowMessageRequestParams(
                type=types.MessageType.Info,
                message="Memories about these lines (magray)",
                actions=[types.MessageActionItem(label) for label in labels],
            )
            chosen = await asyncio.wrap_future(
                self._client.request(types.WINDOW_SHOW_MESSAGE_REQUEST, params)
            )
        record = labels.get(chosen.get("title")) if isinstance(chosen, dict) else None  # pyright: ignore
        if record is not None:
            await self._show(record)

    async def _show(self, record: Record) -> None:
        if self._client.opens_records and self._client.shows_documents:
            params = types.ShowDocumentParams(
                uri=record_uris.to_uri(record.id), external=False, take_focus=True
            )
            shown = await asyncio.wrap_future(self._client.request(types.WINDOW_SHOW_DOCUMENT, params))
            if not (isinstance(shown, dict) and shown.get("success") is False):  # pyright: ignore[reportUnknownMemberType]
                return
        self._client.inform(record_cards.of_record(record, markdown=False))

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.warning("records could not be shown: %s", task.exception())
