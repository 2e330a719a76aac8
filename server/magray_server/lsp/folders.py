"""The workspace folders of the client: each a canonical root, and the way the client spells it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory.values import canonical_root, relative_path, tail
from magray_server.lsp.uris import below, to_path, to_uri

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lsprotocol.types import InitializeParams, WorkspaceFolder


@dataclass(frozen=True, slots=True)
class Folder:
    """One folder: `root` as the engine knows it, `path` and `uri` as the client does."""

    uri: str
    path: Path
    root: Path


@dataclass(frozen=True, slots=True)
class Place:
    """A file inside a folder; `path` is relative to its root, `/` on every system."""

    folder: Folder
    path: str


class Folders:
    """What is open now. Changes on the event loop only; `roots` is a new tuple each time, so a reader keeps
    its own.
    """

    def __init__(self) -> None:
        self._folders: dict[Path, Folder] = {}

    @property
    def all(self) -> tuple[Folder, ...]:
        return tuple(self._folders.values())

    @property
    def roots(self) -> tuple[Path, ...]:
        return tuple(self._folders)

    def add(self, uris: Iterable[str]) -> list[Folder]:
        """Open these; returns those that are new. URIs that are no folders of this machine are left out."""
        fresh: list[Folder] = []
        for uri in uris:
            path = to_path(uri)
            if path is None:
                continue
            folder = Folder(uri, path, canonical_root(path))
            if folder.root not in self._folders:
                fresh.append(folder)
            self._folders[folder.root] = folder
        return fresh

    def remove(self, uris: Iterable[str]) -> list[Folder]:
        """Close these; returns those that were open."""
        gone: list[Folder] = []
        for uri in uris:
            path = to_path(uri)
            folder = self._folders.pop(canonical_root(path), None) if path is not None else None
            if folder is not None:
                gone.append(folder)
        return gone

    def place(self, path: Path) -> Place | None:
        """The innermost folder that holds the file; None when none does."""
        found: Place | None = None
        for folder in self._folders.values():
            inside = _inside(path, folder)
            if inside and (found is None or len(inside) < len(found.path)):
                found = Place(folder, inside)
        return found

    def uri(self, root: str | Path, path: str) -> str:
        """The URI of a file of a root, spelled as the client spells the folder."""
        folder = self._folders.get(Path(root))
        return below(folder.uri, path) if folder is not None else to_uri(Path(root) / path)


def _inside(path: Path, folder: Folder) -> str | None:
    for base in (folder.path, folder.root):  # by the text alone: the event loop does not wait for a disk
        inside = tail(base, path)
        if inside is not None:
            return inside
    return relative_path(folder.root, path)


def offered(params: InitializeParams) -> list[str]:
    """The URIs of the folders that initialize names, in the newest way that the client knows."""
    folders: list[WorkspaceFolder] | None = list(params.workspace_folders or ()) or None
    if folders:
        return [folder.uri for folder in folders]
    if params.root_uri:
        return [params.root_uri]
    return [to_uri(Path(params.root_path).absolute())] if params.root_path else []
