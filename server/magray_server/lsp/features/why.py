"""`magray/why`: each path is looked up in the folder that holds it; an unknown one is stated as that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from magray_memory.values import Home, PathStanding
    from magray_server.lsp.folders import Folders
    from magray_server.lsp.settings import ClientSettings
    from magray_server.lsp.workers import Workers


class WhyRequests:
    """Without a `workspace`, a path belongs to the open folder or the folder of notes that it lies in, a
    relative one to the first open folder.
    """

    def __init__(
        self, home: Home, folders: Folders, settings: Callable[[], ClientSettings], workers: Workers
    ) -> None:
        self._home = home
        self._folders = folders
        self._settings = settings
        self._workers = workers

    async def why(self, given: Any) -> dict[str, Any]:
        """The standing of each path, in their order."""
        from magray_server.lsp import params
        from magray_server.operations.why import Why, named

        wanted = params.read_options(Why, given)
        workspace = params.read(params.Folder, given).workspace
        paths = [self._folders.file(None, path, workspace) for path in named(wanted)]
        roots = [self._root(path, workspace) for path in paths]
        settings = self._settings().engine

        def work(_: object) -> dict[str, Any]:
            found: dict[int, PathStanding] = {}
            for root in dict.fromkeys(roots):
                numbers = [number for number, other in enumerate(roots) if other == root]
                standings = _standings(self._home, root, [paths[number] for number in numbers], settings)
                found.update(zip(numbers, standings, strict=True))
            return {"files": [found[number].as_json() for number in range(len(paths))]}

        return await self._workers.run(work)

    def _root(self, path: Path, workspace: str | None) -> Path | None:
        """The root that a path belongs to; None where no folder is open and none of notes has it."""
        if workspace is None:
            for folder in self._folders.all:
                if path in (folder.path, folder.root):
                    return folder.root
            place = self._folders.place(path)
            if place is not None:
                return place[0]
            if not self._folders.all:
                return None
        return self._folders.named(workspace).root


def _standings(
    home: Home, root: Path | None, paths: list[Path], settings: Mapping[str, Any]
) -> list[PathStanding]:
    from magray_memory.memory import Memory

    with Memory.open(root, home=home.path, overrides=settings, outside=root is None) as memory:
        return memory.index.why(paths)
