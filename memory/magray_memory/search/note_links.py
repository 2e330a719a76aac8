"""Notes by what a `[[link]]` says: a file name, title, alias or path, whatever the case or the Unicode form,
and the line of the heading or block that it names.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from magray_memory.errors import MagrayError
from magray_memory.regular_file import read_below
from magray_memory.storage.links import first_symbols

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from magray_memory.index.open_vaults import OpenVault

_SUFFIXES = (".md", ".markdown", ".mdx", ".rst", ".txt", ".org", ".adoc")
_NO_LETTERS = re.compile(r"[\W_]+")
_NOTE_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class Note:
    """A document that a link can mean. `part`: the heading or block in it that the link names, if any."""

    root: Path
    path: str
    title: str | None
    part: str = ""

    def line(self, text: str | None = None) -> int:
        """The line of the part, from 1; 1 where there is none. `text` of the note, else it is read."""
        if not self.part:
            return 1
        return part_line(self.path, self.text() if text is None else text, self.part)

    def text(self) -> str:
        """The beginning of the note as it is on disk, without secrets; empty when it cannot be read."""
        from magray_memory.text.decode import Undecodable, decode
        from magray_memory.text.redaction import redact

        data = read_below(self.root, self.path, _NOTE_BYTES) or b""
        try:
            return redact(decode(data).replace("\r\n", "\n"), language="markdown").text
        except Undecodable:
            return ""


class NoteNames:
    """The notes of some vaults by what a link can call them, as they were when it was made.

    A path wins over a file name, that over a title, that over an alias; among equals the shortest path does.
    Unreadable vaults are left out.
    """

    def __init__(self, vaults: Iterable[OpenVault]) -> None:
        self.all: list[NamedNote] = []
        self._by_end: dict[str, list[NamedNote]] = {}
        self._by_title: dict[str, list[NamedNote]] = {}
        for vault in vaults:
            if vault.root is not None and not vault.transient:
                self._add(vault.root, vault)

    def resolve(self, link: str, source: tuple[Path, str] | None = None) -> Note | None:
        """The note that a link means, as `name`, `folder/name`, `name#part`, `#part` or `name|shown`.

        None when there is none. `source` is the root and path of the document with the link, which `#part`,
        `./name` and `../name` need.
        """
        name, _, part = link.partition("|")[0].rstrip("\\").partition("#")
        part = part.strip()
        if not name.strip():
            return Note(*source, None, part) if source is not None and part else None
        for spelled in dict.fromkeys((name, unquote(name))):
            wanted = _Wanted.of(spelled, source)
            found = wanted and (self._named(wanted) or self._by_alias(wanted))
            if found:
                return Note(found.root, found.path, found.title, part)
        return None

    def at(self, path: str, source: tuple[Path, str]) -> Note | None:
        """The note that the target of a Markdown link means: a path from the document's folder, or from the
        root where it begins with `/`, percent-encoded or not, with or without the suffix.
        """
        name, _, part = path.partition("#")
        if not name:
            return Note(*source, None, unquote(part)) if part else None
        for spelled in dict.fromkeys((unquote(name), unquote(name.partition("?")[0]), name)):
            inside = path_below(spelled, source[1])
            found = self._named(_Wanted(folded(inside), source[0]))
            if found is not None:
                return Note(found.root, found.path, found.title, unquote(part))
        return None

    def called(self, name: str) -> list[NamedNote]:
        """The notes whose file is called so, with or without the suffix."""
        return self._by_end.get(folded(name), [])

    def shortest(self, note: NamedNote) -> str:
        """What a link calls a note: its file's name without the suffix, or its path where others share it."""
        path = stem(note.path)
        name = posixpath.basename(path)
        return name if self.called(name) in ([note], []) else path

    def _add(self, root: Path, vault: OpenVault) -> None:
        try:
            rows = vault.vault.query(lambda connection: list(first_symbols(connection)))
        except MagrayError:
            return
        for path, title, symbol in rows:
            note = NamedNote(root, path, title, folded(path), folded(title or ""), folded(symbol or ""))
            self.all.append(note)
            end = posixpath.basename(note.folded_path)
            for name in dict.fromkeys((end, stem(end))):
                self._by_end.setdefault(name, []).append(note)
            if note.folded_title.strip():
                self._by_title.setdefault(note.folded_title.strip(), []).append(note)

    def _named(self, wanted: _Wanted) -> NamedNote | None:
        ends = self._by_end.get(posixpath.basename(wanted.name), [])
        near = ends if wanted.root is not None else [*ends, *self._by_title.get(wanted.name, [])]
        ranked: list[tuple[int, int, str, int]] = []
        for number, note in enumerate(near):
            rank = path_rank(note.folded_path, note.folded_title, wanted.name)
            if rank is None or (wanted.root is not None and (rank > 0 or note.root != wanted.root)):
                continue
            ranked.append((rank, len(note.path), note.path, number))
        for *_, number in sorted(ranked):
            if (near[number].root / near[number].path).is_file():
                return near[number]
        return None

    def _by_alias(self, wanted: _Wanted) -> NamedNote | None:
        """The note with this alias: those whose first passage has the words in its symbol are read to be
        sure.
        """
        if wanted.root is not None:
            return None
        near = [note for note in self.all if wanted.name in note.folded_symbol]
        for note in sorted(near, key=lambda note: (len(note.path), note.path)):
            if wanted.name in map(_alias, aliases(Note(note.root, note.path, note.title).text())):
                return note
        return None


@dataclass(frozen=True, slots=True)
class NamedNote:
    """A note with what it is called, also folded; `folded_symbol`, of its first passage, has its aliases."""

    root: Path
    path: str
    title: str | None
    folded_path: str
    folded_title: str
    folded_symbol: str


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A name in folded form; `root` where it is a path from there and nothing else."""

    name: str
    root: Path | None = None

    @classmethod
    def of(cls, name: str, source: tuple[Path, str] | None) -> _Wanted | None:
        name = name.strip()
        if source is not None and name.startswith(("./", "../")):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(source[1]), name))
            return None if path.startswith("../") else cls(folded(path), source[0])
        name = folded(name.removeprefix("./").strip("/"))
        return cls(name) if name else None


def path_below(target: str, source: str) -> str:
    """The path below the root that a Markdown link means in a document; `target` is decoded."""
    if target.startswith("/"):
        return posixpath.normpath(target.lstrip("/"))
    return posixpath.normpath(posixpath.join(posixpath.dirname(source), target))


def aliases(text: str) -> tuple[str, ...]:
    """The aliases that a note's front matter states."""
    from magray_memory.text.front_matter import front_matter

    return front_matter(text).aliases


def named_by_path(note: Note, link: str) -> bool:
    """Whether a link calls a note by its file's name or path, rather than by its title or an alias."""
    name = link.partition("|")[0].rstrip("\\").partition("#")[0]
    for spelled in (name, unquote(name)):
        wanted = folded(spelled.strip().removeprefix("./").strip("/"))
        if path_rank(folded(note.path), "", wanted) is not None or spelled.strip().startswith(("./", "../")):
            return True
    return False


def _alias(text: str) -> str:
    return folded(text).strip()


def folded(text: str) -> str:
    """A name whatever its case and Unicode form."""
    return text.casefold() if text.isascii() else unicodedata.normalize("NFC", text).casefold()


def stem(path: str) -> str:
    """The path without the suffix of a note."""
    end = next((suffix for suffix in _SUFFIXES if path.lower().endswith(suffix)), "")
    return path[: len(path) - len(end)]


def path_rank(path: str, title: str, wanted: str) -> int | None:
    """How well a folded path or title is what a link wants: the less, the better; None where it is not."""
    bare = stem(path)
    if wanted in (path, bare):
        return 0
    if path.endswith(f"/{wanted}") or bare.endswith(f"/{wanted}"):
        return 1
    return 2 if title.strip() == wanted else None


def part_line(path: str, text: str, part: str) -> int:
    """The line, from 1, of a heading (`Part`, `Part#Below`) or a block (`^id`) of a note; 1 without it."""
    names = [name.strip() for name in part.split("#") if name.strip()]
    if not names:
        return 1
    if names[-1].startswith("^"):
        block = re.compile(rf"(?:^|\s){re.escape(names[-1])}\s*$")
        return next((row for row, line in enumerate(text.split("\n"), 1) if block.search(line)), 1)
    from magray_memory.text.headings import headings

    for spelled in (names, [unquote(name) for name in names]):
        keys = [heading_key(name) for name in spelled]
        for heading in headings(path, text):
            above = [heading_key(name) for name in heading.above]
            if heading_key(heading.name) == keys[-1] and _is_under(above, keys[:-1]):
                return heading.line
    return 1


def _is_under(above: list[str], wanted: list[str]) -> bool:
    """Whether the wanted headings stand in this order among those above."""
    rest = iter(above)
    return all(name in rest for name in wanted)


def heading_key(name: str) -> str:
    """A heading without markup, punctuation and case, so that its slug is equal to it, too."""
    from magray_memory.text.markdown import plain_heading

    return _NO_LETTERS.sub(" ", folded(plain_heading(name))).strip() or name
