"""Renaming notes: `willRenameFiles` keeps the links to what moves, `didRenameFiles` those of records;
`rename` on a link renames its note, on a heading the heading.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from lsprotocol import types

from magray_server.lsp.errors import invalid
from magray_server.lsp.features.document_links import span_of
from magray_server.lsp.features.feature import Feature
from magray_server.lsp.uris import to_path

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from magray_memory.values import FileEdits, Note, NoteReference
    from magray_server.lsp.buffers import Buffer
    from magray_server.lsp.features.document_links import Links
    from magray_server.lsp.features.feature import Editing
    from magray_server.lsp.features.rename_headings import RenameHeadings
    from magray_server.lsp.workers import Stop

    Changes = list[types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile]

_SUFFIXES = "md,markdown,mdx,rst,txt,org,adoc"
OPTIONS = types.FileOperationRegistrationOptions(
    filters=[
        types.FileOperationFilter(
            types.FileOperationPattern(f"**/*.{{{_SUFFIXES}}}", types.FileOperationPatternKind.File), "file"
        ),
        types.FileOperationFilter(
            types.FileOperationPattern("**", types.FileOperationPatternKind.Folder), "file"
        ),
    ]
)
_NOT_IN_NAMES = frozenset("[]#|^")


class RenameNotes(Feature):
    """Texts of open buffers count before their files, so that nothing unsaved is lost."""

    def __init__(
        self, editing: Editing, links: Links, headings: RenameHeadings, on_change: Callable[[], None]
    ) -> None:
        """`on_change` is called, in any thread, when records may have changed."""
        super().__init__(editing)
        self._links = links
        self._headings = headings
        self._on_change = on_change

    async def will_rename(self, params: types.RenameFilesParams) -> types.WorkspaceEdit | None:
        """What keeps every link when these files and folders have moved; None where no link changes."""
        edits = await self._edits(self._pairs(params))
        return self._workspace_edit(edits) if edits else None

    async def did_rename(self, params: types.RenameFilesParams) -> None:
        """The files have moved: the links of records follow them."""
        pairs = self._pairs(params)
        if pairs:
            await self._workers.run(lambda _: self._session.get().follow_moves(pairs))
            self._on_change()

    async def prepare(self, params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
        """The name in the link at the cursor, or of the heading there, where that can be renamed."""
        buffer = self._buffers.get(params.text_document.uri)
        link, note = await self._linked(buffer, params.position)
        if buffer is not None and link is None:
            return await self._prepare_heading(buffer, params.position.line)
        if buffer is None or link is None or note is None:
            return None
        from magray_memory.values import stem

        written = link.target.partition("|")[0].rstrip("\\").partition("#")[0]
        span = span_of(
            buffer.lines[link.line], link.line, link.start, link.start + len(written), buffer.encoding
        )
        return types.PrepareRenamePlaceholder(span, posixpath.basename(stem(note.path)))

    async def rename(self, params: types.RenameParams) -> types.WorkspaceEdit:
        """Rename the note of the link at the cursor, in its folder or, with a `/`, below its root; without a
        link, the heading. Raises an InvalidParams error.
        """
        buffer = self._buffers.get(params.text_document.uri)
        link, note = await self._linked(buffer, params.position)
        if buffer is not None and link is None and params.position.line < len(buffer.lines):
            edits = await self._headings.edits(buffer, params.position.line, params.new_name)
            return self._workspace_edit(edits)
        if not self._client.changes_files(types.ResourceOperationKind.Rename):
            raise invalid("This editor cannot rename files.")
        if link is None or note is None:
            raise invalid("There is no link to a note here.")
        old, new = note.root / note.path, _new_path(note, params.new_name)
        if await self._workers.run(lambda _: new.exists() and not _same_file(old, new)):
            raise invalid(f"There is a note {new.name} already.")
        edits = await self._edits([(old, new)])
        changes: Changes = [self._document_edit(file) for file in edits]
        below = new.relative_to(note.root).as_posix()
        changes.append(
            types.RenameFile(self._folders.uri(note.root, note.path), self._folders.uri(note.root, below))
        )
        return types.WorkspaceEdit(document_changes=changes)

    async def _prepare_heading(self, buffer: Buffer, row: int) -> types.PrepareRenamePlaceholder | None:
        span = await self._headings.span(buffer, row) if row < len(buffer.lines) else None
        if span is None:
            return None
        line = buffer.lines[row]
        return types.PrepareRenamePlaceholder(
            span_of(line, row, *span, buffer.encoding), line[span[0] : span[1]]
        )

    def _pairs(self, params: types.RenameFilesParams) -> list[tuple[Path, Path]]:
        pairs: list[tuple[Path, Path]] = []
        for file in params.files:
            old, new = to_path(file.old_uri), to_path(file.new_uri)
            if old is not None and new is not None:
                pairs.append((self._canonical(old), self._canonical(new)))
        return pairs

    def _workspace_edit(self, edits: Sequence[FileEdits]) -> types.WorkspaceEdit:
        if self._client.changes_documents:
            return types.WorkspaceEdit(document_changes=[self._document_edit(file) for file in edits])
        changes = {self._uri(file): _text_edits(file, self._client.encoding) for file in edits}
        return types.WorkspaceEdit(changes=changes)

    async def _linked(
        self, buffer: Buffer | None, position: types.Position
    ) -> tuple[NoteReference | None, Note | None]:
        """The link at a position and the note it means; a link to a part of its own document means none."""
        link = None if buffer is None else await self._links.at(buffer, position)
        if buffer is None or link is None or not link.target.partition("#")[0].strip():
            return None, None
        return link, await self._links.note(link, buffer)

    async def _edits(self, pairs: Sequence[tuple[Path, Path]]) -> Sequence[FileEdits]:
        opened = self._links.opened()

        def work(stop: Stop) -> Sequence[FileEdits]:
            from magray_memory.values import Renames

            return self._session.get().notes.renamed(Renames(pairs), opened, stop)

        return await self._workers.run(work) if pairs else []

    def _canonical(self, path: Path) -> Path:
        place = self._folders.place(path)
        return path if place is None else place[0] / place[1]

    def _uri(self, file: FileEdits) -> str:
        uri = self._folders.uri(file.root, file.path)
        buffer = self._buffers.get(uri)
        return uri if buffer is None else buffer.uri

    def _document_edit(self, file: FileEdits) -> types.TextDocumentEdit:
        uri = self._uri(file)
        buffer = self._buffers.opened_as(uri)
        version = None if buffer is None else buffer.version
        identifier = types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version)
        return types.TextDocumentEdit(identifier, [*_text_edits(file, self._client.encoding)])


def _text_edits(file: FileEdits, encoding: str) -> list[types.TextEdit]:
    return [
        types.TextEdit(span_of(edit.line_text, edit.line, edit.start, edit.end, encoding), edit.text)
        for edit in file.edits
    ]


def _new_path(note: Note, name: str) -> Path:
    """Where a note goes that gets another name. Raises an InvalidParams error."""
    from magray_memory.values import stem

    name = name.strip().strip("/")
    suffix = note.path[len(stem(note.path)) :]
    bare = name[: -len(suffix)] if suffix and name.lower().endswith(suffix.lower()) else name
    if not bare or _NOT_IN_NAMES & set(bare) or any(char < " " or char == "\\" for char in bare):
        raise invalid("A note's name has none of [ ] # | ^ \\ and no line ends, and it is not empty.")
    folder = "" if "/" in bare else posixpath.dirname(note.path)
    below = posixpath.normpath(posixpath.join(folder, bare + suffix))
    if below.startswith("../"):
        raise invalid("A note stays below its root.")
    return note.root / below


def _same_file(one: Path, other: Path) -> bool:
    """Whether a file system that does not tell case takes two names for one file."""
    try:
        return one.samefile(other)
    except OSError:
        return False
