"""Notes room: what links between notes mean, who links to a note, and what an edit or a rename has to know.

Answers come from the index of names, which is kept in memory, and from the few files that can link to a note;
the text of an open buffer counts before its file.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.errors import Interrupted, MagrayError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from magray_memory.context import Context
    from magray_memory.index.open_vaults import OpenVault
    from magray_memory.search.heading_rename import RenamedHeading
    from magray_memory.search.note_links import Note, NoteNames
    from magray_memory.search.note_rename import Edit, Renames
    from magray_memory.search.room import Search
    from magray_memory.text.note_references import NoteReference
    from magray_memory.text.tag_places import TagPlace

    Stop = Callable[[], bool] | None


class Backlink(NamedTuple):
    """A reference to a note: the document with it, and the text of its line."""

    root: Path
    path: str
    reference: NoteReference
    line_text: str


class TagUse(NamedTuple):
    """A tag in a note: the document with it, and the text of its line."""

    root: Path
    path: str
    place: TagPlace
    line_text: str


class FileEdits(NamedTuple):
    """What a rename changes in a document."""

    root: Path
    path: str
    edits: Sequence[Edit]


class Notes:
    """Safe in several threads. `texts` of its methods: those of open buffers, by path."""

    def __init__(self, context: Context, search: Search) -> None:
        self._context = context
        self._search = search

    def target(self, reference: NoteReference, source: Path | None) -> Note | None:
        """The note that a reference in a file means; a record's text has no `source`."""
        return _target(self._search.note_names(), reference, self._search.place(source))

    def names(self) -> NoteNames:
        """Every note, by what links can call it; the same object until an index changes."""
        return self._search.note_names()

    def tags(self) -> Mapping[str, int]:
        """Every tag of files and records, with how many have it."""
        from magray_memory.storage.links import tag_counts

        found: dict[str, int] = {}
        for vault in self._search.open().vaults:
            try:
                rows = vault.vault.query(lambda connection: list(tag_counts(connection)))
            except MagrayError:
                continue
            for name, count in rows:
                found[name] = found.get(name, 0) + count
        return found

    def tagged(self, tag: str, texts: Mapping[Path, str], stop: Stop = None) -> list[TagUse]:
        """Where a tag, or one nested in it, stands in notes, in the order of files and lines. Raises
        Interrupted.
        """
        from magray_memory.text.languages import detect
        from magray_memory.text.tag_places import is_below, tag_places

        found: list[TagUse] = []
        for root, path in self._files(texts, lambda vault: _paths_with_tag(vault, tag), stop):
            text = _text(root, path, texts)
            lines = _lines(text)
            if detect(path, text[:4096]) == "markdown":
                places = (place for place in tag_places(lines) if is_below(place.name, tag))
                found += [TagUse(root, path, place, lines[place.line]) for place in places]
        return sorted(found, key=lambda use: (use.root, use.path, use.place))

    def backlinks(
        self, note: Note, texts: Mapping[Path, str], line: int | None = None, stop: Stop = None
    ) -> list[Backlink]:
        """The references to a note, in the order of files and lines; with `line` only those to the part that
        begins there. Raises Interrupted.
        """
        from magray_memory.search.note_words import names_of

        names = self._search.note_names()
        found: list[Backlink] = []
        title = next((n.title for n in names.all if (n.root, n.path) == (note.root, note.path)), None)
        for root, path in self._linking(names_of(note, title), texts, stop):
            text = _text(root, path, texts)
            lines = _lines(text)
            for reference in _references(path, lines):
                meant = _target(names, reference, (root, path))
                if meant is None or (meant.root, meant.path) != (note.root, note.path):
                    continue
                if line is not None and not (
                    meant.part and meant.line(texts.get(meant.root / meant.path)) == line
                ):
                    continue
                found.append(Backlink(root, path, reference, lines[reference.line]))
        return sorted(found, key=lambda link: (link.root, link.path, link.reference[:2]))

    def mentions(
        self, called: list[str], means: Callable[[str], bool], texts: Mapping[Path, str], stop: Stop = None
    ) -> list[Backlink]:
        """The references that mean no note, and of which `means` says yes, by what stands between the
        brackets: those to a record, with all that it is `called`. Raises Interrupted.
        """
        names = self._search.note_names()
        found: list[Backlink] = []
        for root, path in self._linking(called, texts, stop):
            lines = _lines(_text(root, path, texts))
            for reference in _references(path, lines):
                if reference.by_path or not means(reference.target):
                    continue
                if _target(names, reference, (root, path)) is None:
                    found.append(Backlink(root, path, reference, lines[reference.line]))
        return sorted(found, key=lambda link: (link.root, link.path, link.reference[:2]))

    def renamed(self, moves: Renames, texts: Mapping[Path, str], stop: Stop = None) -> list[FileEdits]:
        """What keeps every link as it is once files and folders have moved. Raises Interrupted."""
        from magray_memory.search.note_links import stem
        from magray_memory.search.note_rename import edits_of

        names = self._search.note_names()
        old = tuple(path.as_posix() for path in moves.old)
        below = tuple(f"{path}/" for path in old)
        placed = ((f"{note.root.as_posix()}/{note.path}", note) for note in names.all)
        moved = [(n.root, n.path) for place, n in placed if place in old or place.startswith(below)]
        found: list[FileEdits] = []
        files = set(moved) | set(self._linking([stem(old.name) for old in moves.old], texts, stop))
        for root, path in sorted(files):
            lines = _lines(_text(root, path, texts))
            edits = edits_of(names, moves, (root, path), lines, _target)
            if edits:
                found.append(FileEdits(root, path, edits))
        return found

    def heading(self, note: Note, line: int, name: str, text: str) -> RenamedHeading | None:
        """The heading on a line, from 1, of a note's text, which is to be called `name`; None without one."""
        from magray_memory.search.heading_rename import RenamedHeading
        from magray_memory.text.headings import headings
        from magray_memory.text.markdown import title_of

        plain = text.replace("\r\n", "\n")
        found = next((heading for heading in headings(note.path, plain) if heading.line == line), None)
        if found is None:
            return None
        return RenamedHeading(note, plain, found, name, is_title=title_of(plain) == (found.name, found.line))

    def renamed_heading(
        self, renamed: RenamedHeading, texts: Mapping[Path, str], stop: Stop = None
    ) -> list[FileEdits]:
        """What keeps every link to a heading, and to what stands under it, once it is called otherwise.
        Raises Interrupted.
        """
        from magray_memory.search.note_rename import Edit

        edits: dict[tuple[Path, str], list[Edit]] = {}
        for link in self.backlinks(renamed.note, texts, stop=stop):
            reference = link.reference
            fresh = renamed.target(reference.target, by_path=reference.by_path)
            if fresh is not None:
                edit = Edit(reference.line, reference.start, reference.end, fresh, link.line_text)
                edits.setdefault((link.root, link.path), []).append(edit)
        return [FileEdits(root, path, found) for (root, path), found in edits.items()]

    def _linking(
        self, called: list[str], texts: Mapping[Path, str], stop: Stop
    ) -> Iterator[tuple[Path, str]]:
        """The files that may link to what is called so: with the words in a passage; and open buffers."""
        from magray_memory.search.note_words import expression_of

        expression = expression_of(called)
        return self._files(texts, lambda vault: _paths(vault, expression), stop)

    def _files(
        self, texts: Mapping[Path, str], paths: Callable[[OpenVault], list[str]], stop: Stop
    ) -> Iterator[tuple[Path, str]]:
        """Open buffers, then the files that a vault names."""
        seen = {place for path in texts if (place := self._search.place(path)) is not None}
        yield from sorted(seen)
        for vault in self._search.open().vaults:
            if vault.root is None or vault.transient:
                continue
            for path in paths(vault):
                if stop is not None and stop():
                    raise Interrupted("stopped", "the client cancelled the request")
                if (vault.root, path) not in seen:
                    seen.add((vault.root, path))
                    yield vault.root, path


def _paths_with_tag(vault: OpenVault, tag: str) -> list[str]:
    from magray_memory.storage.tags import paths_with_tag

    return vault.vault.query(lambda connection: paths_with_tag(connection, tag))


def _paths(vault: OpenVault, expression: str | None) -> list[str]:
    from magray_memory.storage.documents import files
    from magray_memory.storage.links import paths_with_terms

    if expression is None:
        return sorted(files(vault.vault))
    return sorted(vault.vault.query(lambda connection: paths_with_terms(connection, expression)))


def _target(names: NoteNames, reference: NoteReference, source: tuple[Path, str] | None) -> Note | None:
    if not reference.by_path:
        return names.resolve(reference.target, source)
    return None if source is None else names.at(reference.target, source)


def _references(path: str, lines: list[str]) -> Iterator[NoteReference]:
    from magray_memory.text.note_references import note_references

    return note_references(path, lines)


def _text(root: Path, path: str, texts: Mapping[Path, str]) -> str:
    from magray_memory.search.note_links import Note

    open_text = texts.get(root / path)
    return Note(root, path, None).text() if open_text is None else open_text


def _lines(text: str) -> list[str]:
    return io.StringIO(text, newline="").readlines()
