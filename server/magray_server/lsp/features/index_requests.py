"""`magray/index` and `magray/health`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from magray_server.host.folder_indexer import FolderIndexer
from magray_server.host.jobs import Job, Outcome, State
from magray_server.lsp.errors import failed, invalid
from magray_server.lsp.uris import to_path

if TYPE_CHECKING:
    from magray_memory.indexing.events import Event
    from magray_server.lsp.folders import Folder
    from magray_server.lsp.server import MagrayServer
    from magray_server.lsp.workers import Stop
    from magray_server.operations.index import Index

Json = dict[str, Any]

_SUMS = ("files", "ignored", "passages", "embedded", "reused", "removed")


class IndexRequests:
    """What a person or an extension asks about indexing."""

    def __init__(self, server: MagrayServer) -> None:
        self._server = server

    async def index(self, given: Any) -> Json:
        """Index now; answers when it is done. Cancelling the request stops the run and keeps what it did."""
        from magray_server.lsp import params
        from magray_server.operations.index import Index

        wanted, workspace = params.read_options(Index, given), params.read(params.Folder, given).workspace
        folders = self._server.folders.all
        if workspace is not None or wanted.paths is not None or not folders:
            folders = (self._server.searching.folder(workspace),)
        reports = [await self._index(folder, wanted) for folder in folders]
        return reports[0] if len(reports) == 1 else _together(reports)

    async def _index(self, folder: Folder, wanted: Index) -> Json:
        paths = None if wanted.paths is None else tuple(self._inside(folder, path) for path in wanted.paths)
        flags = (*(["--force"] if wanted.force else []), *(["--lexical"] if wanted.lexical else []))
        job = Job(paths, flags)
        indexer = self._server.indexing.indexers.get(folder.root)
        if indexer is not None:
            outcome, last = await indexer.run(job)
        else:
            environment = self._server.configuration.settings.environment()
            indexer = FolderIndexer(folder.root, self._server.home, environment, _nobody)
            outcome, last = await indexer.run_alone(job)
        if outcome is Outcome.LOCKED:
            raise failed("Another process is indexing this folder; its work is searchable as it goes.")
        if outcome is Outcome.STOPPED:
            raise failed("Indexing was stopped; what was done is kept.")
        if outcome is Outcome.FAILED:
            raise failed(f"Indexing failed: {indexer.report.message or 'the indexer ended early'}.")
        from magray_memory.indexing.events import Done

        return last.as_json() if isinstance(last, Done) else {}

    def _inside(self, folder: Folder, text: str) -> str:
        """A path of a request relative to its folder. Raises InvalidParams."""
        try:
            os.fsencode(text)
        except UnicodeEncodeError:
            raise invalid("A path is none that a file can have.") from None
        path = to_path(text) if "://" in text else folder.path / text
        place = self._server.folders.place(path) if path is not None and "\0" not in text else None
        if place is None or place.folder != folder or ".." in place.path.split("/"):
            raise invalid("A path lies outside the workspace.")
        return place.path

    async def health(self, given: Any) -> Json:
        """What `magray status` says, and how this server's own indexers are."""
        from magray_server.lsp import params

        workspace = params.read(params.Folder, given).workspace
        root = self._server.searching.folder(workspace).root if workspace is not None else None

        def work(_: Stop) -> Json:
            session = self._server.engine.session()
            status = session.health.status(root).as_json()
            cache = next(part for part in status["components"] if part["name"] == "vector_cache")
            cache["detail"] = {**cache["detail"], "session": session.search.figures()}
            return status

        status = await self._server.workers.run(work)
        self._add_indexers(status)
        return status

    def _add_indexers(self, status: Json) -> None:
        reports = {str(root): indexer.report for root, indexer in self._server.indexing.indexers.items()}
        component = next((c for c in status["components"] if c["name"] == "indexer"), None)
        if component is None:
            return
        component["detail"] = {
            **(component.get("detail") or {}),
            "server": [
                {
                    "root": root,
                    "state": report.state.value,
                    "message": report.message,
                    "pid": report.pid,
                    "restarts": report.restarts,
                }
                for root, report in reports.items()
            ],
        }
        broken = next((report for report in reports.values() if report.state is State.FAILED), None)
        if broken is not None and component["severity"] in ("ok", "info"):
            component["severity"] = "warning"
            what = "cannot go on" if broken.trouble else "keeps ending"
            component["summary"] = f"the indexer {what}: {broken.message}"
            if status["severity"] in ("ok", "info"):
                status["severity"] = "warning"


def _nobody(_: FolderIndexer, event: Event | None) -> None:
    """Nobody listens: the answer tells everything."""


def _together(reports: list[Json]) -> Json:
    """The report of several folders: figures summed, what was skipped put together."""
    whole: Json = {name: sum(report.get(name) or 0 for report in reports) for name in _SUMS}
    whole["skipped"] = [item for report in reports for item in report.get("skipped") or ()]
    seconds: list[Json] = [report.get("seconds") or {} for report in reports]
    whole["seconds"] = {
        phase: round(sum(s.get(phase) or 0 for s in seconds), 3) for phase in ("lexical", "semantic")
    }
    whole["device"] = next((r["device"] for r in reports if r.get("device")), None)
    whole["model"] = next((r["model"] for r in reports if r.get("model")), None)
    return whole
