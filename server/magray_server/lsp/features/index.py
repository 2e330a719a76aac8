"""`magray/index`: a run of the indexer that a person or an extension asks for."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magray_memory.values import indexed_unasked
from magray_server.host.jobs import Job, Outcome
from magray_server.lsp.errors import Refused, failed, invalid
from magray_server.lsp.features.indexing import too_wide
from magray_server.lsp.folders import inside
from magray_server.lsp.uris import to_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from magray_server.lsp.features.configuration import Configuration
    from magray_server.lsp.features.indexing import Indexing
    from magray_server.lsp.folders import Folder, Folders
    from magray_server.operations.index import Index

Json = dict[str, Any]

_SUMS = ("files", "ignored", "passages", "embedded", "reused", "removed")


class IndexRequests:
    """One run after the other, by the folder's one indexer, whether it is watched or not."""

    def __init__(self, folders: Folders, configuration: Configuration, indexing: Indexing) -> None:
        self._folders = folders
        self._configuration = configuration
        self._indexing = indexing

    async def index(self, given: Any) -> Json:
        """Index now; answers when it is done. Cancelling the request stops the run and keeps what it did."""
        from magray_server.lsp import params
        from magray_server.operations.index import Index

        wanted, workspace = params.read_options(Index, given), params.read(params.Folder, given).workspace
        if workspace is None:
            workspace = self._folder_of(wanted.paths or ())
        folders = self._meant(workspace, one=wanted.paths is not None)
        await self._configuration.known()  # nothing is indexed by settings that may not hold
        if len(folders) == 1:
            return await self._index(folders[0], wanted)
        return await self._index_each(folders, wanted)

    async def _index_each(self, folders: Sequence[Folder], wanted: Index) -> Json:
        """Every folder; one that cannot be indexed is told as skipped. Raises where none can be."""
        reports: list[Json] = []
        problems: list[tuple[Folder, Refused]] = []
        for folder in folders:
            try:
                reports.append(await self._index(folder, wanted))
            except Refused as problem:
                problems.append((folder, problem))
        if not reports and problems:
            raise problems[0][1]
        whole = _together(reports)
        whole["skipped"] += [
            {"path": folder.path.name, "reason": str(problem.message)} for folder, problem in problems
        ]
        return whole

    def _folder_of(self, paths: tuple[str, ...]) -> str | None:
        """The folder that the first URI or absolute path lies in, where there are several."""
        whole = (
            [path for path in map(_absolute, paths) if path is not None] if len(self._folders.all) > 1 else []
        )
        file = self._folders.locate(whole[0]) if whole else None
        return None if file is None else file.folder.uri

    def _meant(self, workspace: str | None, *, one: bool) -> tuple[Folder, ...]:
        """The folders that a request is about. One that is too wide must be named. Raises InvalidParams."""
        if workspace is not None or not self._folders.all:
            return (self._folders.named(workspace),)
        folders = self._folders.all[:1] if one else self._folders.all
        allowed = tuple(folder for folder in folders if indexed_unasked(folder.root))
        if not allowed:
            sentence = (
                f"{too_wide(folders[0].root)}: open a project's folder, or name this one in `workspace`."
            )
            raise invalid(sentence)
        return allowed

    async def _index(self, folder: Folder, wanted: Index) -> Json:
        paths = None if wanted.paths is None else tuple(_inside(folder, path) for path in wanted.paths)
        flags = (*(["--force"] if wanted.force else []), *(["--lexical"] if wanted.lexical else []))
        indexer = self._indexing.indexer(folder.root)
        outcome, done = await indexer.run(Job(paths, flags))
        if outcome is Outcome.LOCKED:
            sentence = "Another process watches this folder and indexes it; search sees what it commits."
            raise failed(sentence, "indexed_elsewhere")
        if outcome is Outcome.STOPPED:
            raise failed("Indexing was stopped; completed work is saved.")
        if outcome is Outcome.FAILED or done is None:
            raise failed(f"Indexing failed: {indexer.report.message or 'the indexer ended early'}.")
        return done.as_json()


def _absolute(text: str) -> Path | None:
    """The absolute path that a URI or a path says; None for any other."""
    if "\0" in text:
        return None
    path = to_path(text) if "://" in text else Path(text)
    return path if path is not None and path.is_absolute() else None


def _inside(folder: Folder, text: str) -> str:
    """A path of a request relative to its folder. Raises InvalidParams."""
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        raise invalid("A path is not valid.") from None
    path = to_path(text) if "://" in text else folder.path / text
    found = inside(path, folder) if path is not None and "\0" not in text else None
    if not found or ".." in found.split("/"):
        raise invalid("A path lies outside the workspace.")
    return found


def _together(reports: list[Json]) -> Json:
    """The report of several folders: figures summed, what was skipped put together."""
    whole: Json = {name: sum(report.get(name) or 0 for report in reports) for name in _SUMS}
    counts: Counter[str] = Counter()
    for report in reports:
        counts.update(report.get("left_out") or {})
    whole["left_out"] = dict(counts.most_common())
    whole["skipped"] = [item for report in reports for item in report.get("skipped") or ()]
    seconds: list[Json] = [report.get("seconds") or {} for report in reports]
    whole["seconds"] = {
        phase: round(sum(s.get(phase) or 0 for s in seconds), 3) for phase in ("lexical", "semantic")
    }
    whole["device"] = next((r["device"] for r in reports if r.get("device")), None)
    whole["model"] = next((r["model"] for r in reports if r.get("model")), None)
    return whole
