"""Links of exported notes: `[[n17]]`, a title or a key become links to the note's file, which Obsidian
follows, with what was written as their alias; an import turns them back.

Obsidian takes the target of a link for a file's name, and keeps it up when the file is renamed. The front
matter lists the aliases, so that a link that somebody wrote so is left as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

_LINK = re.compile(r"\[\[([^\[\]|\n]{1,600})\]\]")
_ALIASED = re.compile(r"\[\[[^\[\]|\n]{1,600}\|([^\[\]|\n]{1,600})\]\]")


def linked_files(notes: Iterable[tuple[str, Iterable[str | None]]]) -> dict[str, str]:
    """The file's name without its ending for every name that a link may use, in lower case. `notes`: of each
    its file's name and names of its record; where two have a name, it is the first's.
    """
    found = dict[str, str]()
    for stem, names in notes:
        for name in filter(None, names):
            found.setdefault(name.casefold(), stem)
    return found


def with_files(text: str, links: Collection[str], files: Mapping[str, str]) -> tuple[str, list[str]]:
    """The text with its links to records as links to their files, and the aliases of these. `links`: the
    targets that the text has outside of code.
    """
    if not any(link.casefold() in files for link in links):
        return text, []
    wanted = {link.casefold() for link in links}
    taken = {match[1] for match in _ALIASED.finditer(text)}
    aliases = dict[str, None]()

    def linked(match: re.Match[str]) -> str:
        target, mark, part = match[1].partition("#")
        name = target.strip()
        stem = files.get(name.casefold()) if name.casefold() in wanted else None
        if stem is None or stem == name or match[1] in taken:
            return match[0]
        aliases[match[1]] = None
        return f"[[{stem}{mark}{part}|{match[1]}]]"

    return _LINK.sub(linked, text), list(aliases)


def without_files(text: str, aliases: Collection[str]) -> str:
    """The text with these aliases in place of their links."""
    if not aliases:
        return text
    return _ALIASED.sub(lambda match: f"[[{match[1]}]]" if match[1] in aliases else match[0], text)
