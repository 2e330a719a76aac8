"""Lenses of records: "2 memories" above the lines of a file that they are about, as the lines stand now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from magray_server.lsp.commands import OWN_SHOW_RECORDS, SHOW_RECORDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.values import Record
    from magray_server.lsp.buffers import Buffer
    from magray_server.lsp.client import Client
    from magray_server.lsp.folders import Folders
    from magray_server.lsp.session import CurrentSession
    from magray_server.lsp.settings import ClientSettings
    from magray_server.lsp.workers import Stop, Workers


class RecordLenses:
    """Asks an index by the file's name: a file that no record is about costs next to nothing."""

    def __init__(
        self,
        client: Client,
        settings: Callable[[], ClientSettings],
        folders: Folders,
        session: CurrentSession,
        workers: Workers,
    ) -> None:
        self._client = client
        self._settings = settings
        self._folders = folders
        self._session = session
        self._workers = workers

    async def lenses(self, buffer: Buffer) -> list[types.CodeLens]:
        """One lens for all records that begin at a line, the first lines first."""
        if not self._settings().server.record_lens or buffer.path is None:
            return []
        path, text, last = buffer.path, buffer.text, len(buffer.lines) - 1

        def work(_: Stop) -> list[types.CodeLens]:
            place = self._folders.place(path)
            if place is None:
                return []
            by_line: dict[int, list[Record]] = {}
            for record in self._session.get().records.citing(*place, text):
                if record.citation is not None and record.stored.superseded_by is None:
                    by_line.setdefault(min(record.citation.start_line - 1, last), []).append(record)
            return [self._lens(line, records) for line, records in by_line.items()]

        return await self._workers.run(work)

    def refresh(self) -> None:
        """Records changed: have the editor ask again."""
        workspace = self._client.capabilities.workspace
        lens = workspace.code_lens if workspace is not None else None
        settings = self._settings().server
        if lens is not None and lens.refresh_support and (settings.record_lens or settings.code_lens):
            self._client.request(types.WORKSPACE_CODE_LENS_REFRESH, None)

    def _lens(self, line: int, records: list[Record]) -> types.CodeLens:
        start = types.Position(line, 0)
        changed = [record.id for record in records if record.citation and record.citation.state == "changed"]
        title = f"{len(records)} {'memory' if len(records) == 1 else 'memories'}"
        if changed:
            title += f" ({len(changed)} changed)" if len(records) > 1 else " (changed)"
        arguments: dict[str, Any] = {"ids": [record.id for record in records], "changed": changed}
        own = self._client.has_command(OWN_SHOW_RECORDS)
        command = types.Command(title, OWN_SHOW_RECORDS if own else SHOW_RECORDS, arguments=[arguments])
        return types.CodeLens(types.Range(start, start), command=command)
