"""`magray/health`: the status of the program, with this server's own indexers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magray_server.lsp.hints import in_editor

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from magray_server.host.folder_indexer import FolderIndexer
    from magray_server.lsp.folders import Folders
    from magray_server.lsp.session import CurrentSession
    from magray_server.lsp.workers import Stop, Workers


class HealthRequests:
    """Reads; changes nothing."""

    def __init__(
        self,
        folders: Folders,
        session: CurrentSession,
        workers: Workers,
        indexers: Mapping[Path, FolderIndexer],
    ) -> None:
        self._folders = folders
        self._session = session
        self._workers = workers
        self._indexers = indexers

    async def health(self, given: Any) -> dict[str, Any]:
        """What `magray status` says, and how this server's own indexers are."""
        from magray_server.host.status import read_status
        from magray_server.lsp import params

        workspace = params.read(params.Folder, given).workspace
        root = self._folders.named(workspace).root if workspace is not None else None
        reports = {root: indexer.report for root, indexer in self._indexers.items()}

        def work(_: Stop) -> dict[str, Any]:
            status = read_status(self._session.get(), root, reports).as_json()
            for component in status["components"]:
                component.update({key: in_editor(component[key]) for key in ("summary", "hint")})
            return status

        return await self._workers.run(work)
