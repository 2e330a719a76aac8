"""Sources: the files that records cite, read as they are now, and whether a citation still holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from magray_memory.context import Context
    from magray_memory.records.citation import Checked, Cited, CitedText, Source
    from magray_memory.storage.record_types import Citation


class Sources:
    """Reads files of the open folders and of folders of notes. Safe in several threads."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def cite(self, source: Source) -> Cited:
        """The citation of a source. Raises WorkspaceError for a file outside of workspace and notes,
        RecordError for one that cannot be read, or is a secret.
        """
        from magray_memory.ignore.secret_content import holds_secret
        from magray_memory.indexing.parse import content_hash
        from magray_memory.records import git_commit
        from magray_memory.records.citation import CitedFile, cite

        root, path = self._context.locate(self._absolute(source.path))
        # Closing a database that SQLite has open in this process would give up its locks.
        if (root / path).is_relative_to(self._context.home.path):
            raise RecordError(f"{source.path} cannot be cited", "it is a file of magray itself")
        data = self._bytes(root, path) if source.text is None else source.text.encode("utf-8", "replace")
        text = source.text if source.text is not None or data is None else _decoded(data)
        if data is None or text is None:
            raise RecordError(f"{source.path} cannot be cited", "it is not there, or it is no text")
        if holds_secret(path, text):
            raise RecordError(f"{source.path} cannot be cited", "it is a secret, and none is stored")
        file = CitedFile(root, path, text, content_hash(data), git_commit.checked_out(root))
        return cite(file, source.lines)

    def _absolute(self, path: Path) -> Path:
        """A relative path is one from the workspace's root. Raises WorkspaceError outside of any."""
        return path if path.is_absolute() else self._context.root / path

    def check(self, citation: Citation, text: str | None = None) -> Checked:
        """Whether the source of a record still holds; `text`: the file's, where the disk has another."""
        from magray_memory.records.citation import CitedText, check

        def read(path: str) -> CitedText | None:
            if text is not None and path == citation.path:
                return CitedText(text, path)
            return self.text(citation, path)

        return check(citation, read, self.namesakes)

    def text(self, citation: Citation, path: str) -> CitedText | None:
        """A file below the root of a citation, None when it is not there or no text."""
        from magray_memory.records.citation import CitedText

        data = self._bytes(Path(citation.root), path)
        text = None if data is None else _decoded(data)
        return None if data is None or text is None else CitedText(text, path, data)

    def _bytes(self, root: Path, path: str) -> bytes | None:
        """A whole file below a root; None where it is none, is too large, or a link leads to it."""
        from magray_memory.regular_file import read_below

        limit = self._context.settings.index.max_file_bytes
        data = read_below(root, path, limit + 1)
        return None if data is None or len(data) > limit else data

    def namesakes(self, citation: Citation) -> Sequence[str]:
        """Files of this name, or with just this content, in the index of the citation's root."""
        from magray_memory.index.open_vaults import VaultFile
        from magray_memory.storage.documents import paths_alike

        root = Path(citation.root)
        file = VaultFile(self._context.home.vault_path(root), "workspace", root)
        opened = self._context.vaults.get([file])
        name = citation.path.rpartition("/")[2]
        return paths_alike(opened[0].vault, name, citation.file_hash) if opened else ()


def _decoded(data: bytes) -> str | None:
    from magray_memory.text.decode import Undecodable, decode

    try:
        return decode(data)
    except Undecodable:
        return None
