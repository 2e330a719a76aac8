"""`magray/index`: a run of the indexer that a person or an extension asks for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from magray_server.host.folder_indexer import FolderIndexer
from magray_server.host.jobs import Job, Outcome
from magray_server.lsp.errors import failed, invalid
from magray_server.lsp.uris import to_path

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from magray_memory.indexing.events import Event
    from magray_memory.values import Home
    from magray_server.lsp.folders import Folder, Folders
    from magray_server.lsp.settings import ClientSettings
    from magray_server.operations.index import Index

Json = dict[str, Any]

_SUMS = ("files", "ignored", "passages", "embedded", "reused", "removed")


class IndexRequests:
    """One run after the other, by the folder's own indexer where it has one."""

    def __init__(
        self,
        home: Home,
        folders: Folders,
        settings: Callable[[], ClientSettings],
        indexers: Mapping[Path, FolderIndexer],
    ) -> None:
        self._home = home
        self._folders = folders
        self._settings = settings
        self._indexers = indexers

    async def index(self, given: Any) -> Json:
        """Index now; answers when it is done. Cancelling the request stops the run and keeps what it did."""
        from magray_server.lsp import params
        from magray_server.operations.index import Index

        wanted, workspace = params.read_options(Index, given), params.read(params.Folder, given).workspace
        folders = self._folders.all
        if workspace is not None or wanted.paths is not None or not folders:
            folders = (self._folders.named(workspace),)
        reports = [await self._index(folder, wanted) for folder in folders]
        return reports[0] if len(reports) == 1 else _together(reports)

    async def _index(self, folder: Folder, wanted: Index) -> Json:
        paths = None if wanted.paths is None else tuple(self._inside(folder, path) for path in wanted.paths)
        flags = (*(["--force"] if wanted.force else []), *(["--lexical"] if wanted.lexical else []))
        job = Job(paths, flags)
        indexer = self._indexers.get(folder.root)
        if indexer is not None:
            outcome, last = await indexer.run(job)
        else:
            indexer = FolderIndexer(folder.root, self._home, self._settings().environment(), _ignore)
            outcome, last = await indexer.run_alone(job)
        if outcome is Outcome.LOCKED:
            raise failed("Another process is indexing this folder; search sees what it commits.")
        if outcome is Outcome.STOPPED:
            raise failed("Indexing was stopped; completed work is saved.")
        if outcome is Outcome.FAILED:
            raise failed(f"Indexing failed: {indexer.report.message or 'the indexer ended early'}.")
        from magray_memory.indexing.events import Done

        return last.as_json() if isinstance(last, Done) else {}

    def _inside(self, folder: Folder, text: str) -> str:
        """A path of a request relative to its folder. Raises InvalidParams."""
        try:
            os.fsencode(text)
        except UnicodeEncodeError:
            raise invalid("A path is not valid.") from None
        path = to_path(text) if "://" in text else folder.path / text
        file = self._folders.locate(path) if path is not None and "\0" not in text else None
        if file is None or file.folder != folder or ".." in file.path.split("/"):
            raise invalid("A path lies outside the workspace.")
        return file.path


def _ignore(_: FolderIndexer, event: Event | None) -> None:
    """Events are not needed: the answer has all of it."""


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
