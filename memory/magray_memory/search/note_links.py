"""Notes by what a `[[link]]` says: a file name, title, alias or path, whatever the case or the Unicode form,
and the line of the heading or block that it names.
"""

from __future__ import annotations

import posixpath
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import unquote

from magray_memory.errors import MagrayError
from magray_memory.regular_file import read_below
from magray_memory.storage.links import first_symbols, link_targets

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from magray_memory.index.open_vaults import OpenVault

Row = TypeVar("Row")

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


def resolve_note_link(
    vaults: Iterable[OpenVault], link: str, source: tuple[Path, str] | None = None
) -> Note | None:
    """The note that a link means, as `name`, `folder/name`, `name#part`, `#part` or `name|shown`.

    None when there is none. `source` is the root and path of the document with the link, which `#part`,
    `./name` and `../name` need. A path wins over a file name, that over a title, that over an alias; among
    equals the shortest path does. Unreadable vaults are left out.
    """
    name, _, part = link.partition("|")[0].rstrip("\\").partition("#")
    part = part.strip()
    if not name.strip():
        return Note(*source, None, part) if source is not None and part else None
    opened = [vault for vault in vaults if vault.root is not None]
    for spelled in dict.fromkeys((name, unquote(name))):
        wanted = _Wanted.of(spelled, source)
        found = wanted and (_by_name(opened, wanted) or _by_alias(opened, wanted))
        if found:
            return Note(found.root, found.path, found.title, part)
    return None


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
            return None if path.startswith("../") else cls(_folded(path), source[0])
        name = _folded(name.removeprefix("./").strip("/"))
        return cls(name) if name else None


def _folded(text: str) -> str:
    return text.casefold() if text.isascii() else unicodedata.normalize("NFC", text).casefold()


def _rows(
    opened: Sequence[OpenVault], rows: Callable[[sqlite3.Connection], Iterator[Row]], wanted: _Wanted
) -> Iterator[tuple[Path, Row]]:
    for vault in opened:
        if vault.root is None or (wanted.root is not None and vault.root != wanted.root):
            continue
        try:
            found = vault.vault.query(lambda connection: list(rows(connection)))
        except MagrayError:
            continue
        yield from ((vault.root, row) for row in found)


def _by_name(opened: Sequence[OpenVault], wanted: _Wanted) -> Note | None:
    best: tuple[int, int, str] | None = None
    found: Note | None = None
    for root, (path, title) in _rows(opened, link_targets, wanted):
        rank = _rank(_folded(path), _folded(title or ""), wanted.name)
        if rank is None or (wanted.root is not None and rank > 0):
            continue
        key = (rank, len(path), path)
        if (best is None or key < best) and (root / path).is_file():
            best, found = key, Note(root, path, title)
    return found


def _by_alias(opened: Sequence[OpenVault], wanted: _Wanted) -> Note | None:
    """The note with this alias: those whose first passage has the words in its symbol are read to be sure."""
    if wanted.root is not None:
        return None
    near = [
        Note(root, path, title)
        for root, (path, title, symbol) in _rows(opened, first_symbols, wanted)
        if wanted.name in _folded(symbol)
    ]
    for note in sorted(near, key=lambda note: (len(note.path), note.path)):
        if wanted.name in _aliases(note.text()):
            return note
    return None


def _aliases(text: str) -> list[str]:
    from magray_memory.text.front_matter import front_matter

    return [_folded(alias).strip() for alias in front_matter(text).aliases]


def _rank(path: str, title: str, wanted: str) -> int | None:
    stem = next((path.removesuffix(suffix) for suffix in _SUFFIXES if path.endswith(suffix)), path)
    if wanted in (path, stem):
        return 0
    if path.endswith(f"/{wanted}") or stem.endswith(f"/{wanted}"):
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
    for spelled in (names, [unquote(name) for name in names]):
        keys = [_heading_key(name) for name in spelled]
        for row, headings in _headings(path, text):
            if headings and headings[-1] == keys[-1] and _is_under(headings[:-1], keys[:-1]):
                return row
    return 1


def _headings(path: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """Line and heading path of every section of a note."""
    from magray_memory.text.languages import detect
    from magray_memory.text.sections import sections_of

    for section in sections_of(detect(path, text[:4096]), text):
        yield section.start + 1, [_heading_key(name) for name in section.path]


def _is_under(above: list[str], wanted: list[str]) -> bool:
    """Whether the wanted headings stand in this order among those above."""
    rest = iter(above)
    return all(name in rest for name in wanted)


def _heading_key(name: str) -> str:
    """A heading without markup, punctuation and case, so that its slug is equal to it, too."""
    from magray_memory.text.markdown import plain_heading

    return _NO_LETTERS.sub(" ", _folded(plain_heading(name))).strip() or name
