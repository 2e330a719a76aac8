"""Renaming a heading: what each link to it, or to what stands under it, must say afterwards."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote

from magray_memory.search.note_links import folded, heading_key, named_by_path, part_line
from magray_memory.search.note_rename import name_in

if TYPE_CHECKING:
    from magray_memory.search.note_links import Note
    from magray_memory.text.headings import Heading

_NOT_IN_LINKS = re.compile(r"[\[\]#|^]")
_NOT_IN_SLUGS = re.compile(r"[^\w\- ]")


class RenamedHeading(NamedTuple):
    """A heading of a note that gets the name `name`; `text` is what the note says before. `is_title`: the
    note is called so.
    """

    note: Note
    text: str
    heading: Heading
    name: str
    is_title: bool

    def target(self, written: str, *, by_path: bool) -> str | None:
        """The target of a link to the note afterwards; None where it stays."""
        shown = "" if by_path else _from(written, "|")
        link = written[: len(written) - len(shown)]
        name, mark, part = link.partition("#")
        fresh = name if by_path else self._name(link, name)
        parts = self._parts(part, by_path=by_path) if mark else part
        after = f"{fresh}{mark}{parts}{shown}"
        return after if after != written else None

    def _name(self, link: str, name: str) -> str:
        """The note's name in a link that calls it by its title."""
        title, plain = name.strip(), _plain(self.name)
        if not self.is_title or not plain or not title or named_by_path(self.note, name_in(link)):
            return name
        return name.replace(title, plain) if folded(title) == folded(self.heading.name) else name

    def _parts(self, part: str, *, by_path: bool) -> str:
        names, key = part.split("#"), heading_key(self.heading.name)
        line = part_line(self.note.path, self.text, part)
        for number, name in enumerate(names):
            last = number == len(names) - 1
            meant = line == self.heading.line if last else self.heading.line < line <= self.heading.end_line
            if meant and name.strip() and heading_key(unquote(name.strip())) == key:
                names[number] = self._spelled(name, by_path=by_path)
        return "#".join(names)

    def _spelled(self, former: str, *, by_path: bool) -> str:
        """The new name as the former one was written: as it is, as a slug, percent-encoded."""
        plain = unquote(former.strip())
        slug = _slug(self.name)
        if slug and plain == _slug(self.heading.name) != self.heading.name and (by_path or "-" in plain):
            return quote(slug) if "%" in former else slug
        fresh = _plain(self.name)
        if not fresh:
            return former
        return quote(fresh) if "%" in former or (by_path and " " in fresh) else fresh


def _plain(name: str) -> str:
    """A heading as a link can call it."""
    from magray_memory.text.markdown import plain_heading

    return " ".join(_NOT_IN_LINKS.sub(" ", plain_heading(name)).split())


def _slug(name: str) -> str:
    """A heading as GitHub's links call it."""
    return _NOT_IN_SLUGS.sub("", _plain(name).lower()).replace(" ", "-")


def _from(text: str, mark: str) -> str:
    """The rest of a text from a mark on; in a table a `\\` before it belongs to it."""
    before, found, after = text.partition(mark)
    if not found:
        return ""
    return f"\\{found}{after}" if before.endswith("\\") else found + after
