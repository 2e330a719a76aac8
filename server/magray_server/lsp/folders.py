"""Workspace folders of the client: each a canonical root, and the client's spelling of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory.values import canonical_root, relative_path, tail
from magray_server.lsp.errors import invalid
from magray_server.lsp.uris import below, to_path, to_uri, why_no_path

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
class FolderFile:
    """A file of an open folder; `path` is relative to its root, `/` on every system."""

    folder: Folder
    path: str


class Folders:
    """The open folders. They change on the event loop only; `roots` is a new tuple each time, so a reader in
    another thread has its own.
    """

    def __init__(self) -> None:
        self._folders: dict[Path, Folder] = {}
        self.notes: tuple[Path, ...] = ()
        """The folders of notes that every search includes, besides the open ones."""

    @property
    def all(self) -> tuple[Folder, ...]:
        """The open folders, in the order in which they were opened."""
        return tuple(self._folders.values())

    @property
    def roots(self) -> tuple[Path, ...]:
        """Their canonical paths."""
        return tuple(self._folders)

    @property
    def searched(self) -> tuple[Path, ...]:
        """The roots of the open folders and of the folders of notes."""
        return (*self.roots, *self.notes)

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

    def locate(self, path: Path) -> FolderFile | None:
        """The file within the innermost folder that holds it; None when none does."""
        found: FolderFile | None = None
        for folder in self._folders.values():
            below_it = inside(path, folder)
            if below_it and (found is None or len(below_it) < len(found.path)):
                found = FolderFile(folder, below_it)
        return found

    def place(self, path: Path) -> tuple[Path, str] | None:
        """The root, of an open folder or one of notes, that holds a file, and the path below it."""
        file = self.locate(path)
        if file is not None:
            return file.folder.root, file.path
        for root in self.notes:
            below_it = tail(root, path) or relative_path(root, path)
            if below_it:
                return root, below_it
        return None

    def named(self, workspace: str | None) -> Folder:
        """The open folder, or folder of notes, that a request names by URI or path; the first without a
        name. Raises InvalidParams.
        """
        if workspace is None:
            if not self._folders:
                raise invalid("No folder is open.")
            return self.all[0]
        path = to_path(workspace) if "://" in workspace else Path(workspace)
        for folder in self.all:
            if path in (folder.path, folder.root):
                return folder
        root = canonical_root(path) if path is not None and path.is_absolute() else None
        if root is not None and root in self.notes:
            return Folder(to_uri(root), root, root)
        raise invalid("The workspace is none of the open folders.")

    def file(self, uri: str | None, path: str | None, workspace: str | None) -> Path:
        """The file that a request names, by URI, or by a path that may be relative to a folder. Raises
        InvalidParams.
        """
        if uri is None and path is not None and "://" in path:
            uri = path
        if uri is not None:
            found = to_path(uri)
            if found is None:
                raise invalid(why_no_path(uri))
            return found
        if not path or "\0" in path:
            raise invalid("The request must name a uri or a path.")
        if Path(path).is_absolute():
            return Path(path)
        return self.named(workspace).path / path

    def uri(self, root: str | Path, path: str) -> str:
        """The URI of a file of a root, spelled as the client spells the folder."""
        folder = self._folders.get(Path(root))
        return below(folder.uri, path) if folder is not None else to_uri(Path(root) / path)


def inside(path: Path, folder: Folder) -> str | None:
    """The path from a folder, None for what lies elsewhere."""
    for base in (folder.path, folder.root):  # by the text alone: the event loop does not wait for a disk
        rest = tail(base, path)
        if rest is not None:
            return rest
    return relative_path(folder.root, path)


def offered(params: InitializeParams) -> list[str]:
    """The URIs of the folders that initialize names, in the newest way that the client knows."""
    folders: list[WorkspaceFolder] | None = list(params.workspace_folders or ()) or None
    if folders:
        return [folder.uri for folder in folders]
    if params.root_uri:
        return [params.root_uri]
    return [to_uri(Path(params.root_path).absolute())] if params.root_path else []
