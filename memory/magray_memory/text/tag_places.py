"""Tag places: where tags stand in a note, behind a `#` in its prose and in the lists of its front matter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.text.front_matter import FIELD_ROW, NAMES_OF_TAGS, front_matter
from magray_memory.text.markdown import prose_tags

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WORD = re.compile(r"\w[\w/-]*")
_BEGUN = re.compile(r"#?([\w/-]*)$")
_ITEM = re.compile(r"[ \t]*-[ \t]+")
_MARKS = ("---", "+++")
_MOST_ROWS = 300
_QUOTES = "\"'"


class TagPlace(NamedTuple):
    """A tag in a text: 0-based line, the columns of its name without `#`, and the name in lower case."""

    line: int
    start: int
    end: int
    name: str


def tag_places(lines: Sequence[str]) -> Iterator[TagPlace]:
    """The tags of a Markdown text in the order of their lines."""
    matter = front_matter("".join(line.rstrip("\r\n") + "\n" for line in lines[:_MOST_ROWS]))
    named = frozenset(matter.tags)
    for row in range(1, matter.rows - 1):
        begins = _value(lines, row) if named else None
        if begins is not None:
            for match in _WORD.finditer(lines[row].rstrip("\r\n"), begins):
                if match[0].lower() in named:
                    yield TagPlace(row, *match.span(), match[0].lower())
    for row, start, end, name in prose_tags(lines, matter.rows):
        yield TagPlace(row, start, end, name)


def is_below(name: str, tag: str) -> bool:
    """Whether a tag is another one, or nested in it."""
    return name == tag or name.startswith(f"{tag}/")


def begun_in_front_matter(lines: Sequence[str], row: int, column: int) -> tuple[int, str] | None:
    """Where the tag begins that is being typed in the front matter at a place, and what of it stands there;
    None elsewhere. The front matter may still lack its end.
    """
    opener = lines[0].rstrip() if lines else ""
    if opener not in _MARKS or not 0 < row < min(len(lines), _MOST_ROWS):
        return None
    if any(line.rstrip() in (opener, "...") for line in lines[1:row]):
        return None
    begins = _value(lines, row)
    if begins is None or column < begins:
        return None
    match = _BEGUN.search(lines[row], begins, column)
    return None if match is None else (match.start(1), match[1])


def _value(lines: Sequence[str], row: int) -> int | None:
    """The column where the tags begin that a row of front matter states, or goes on to state."""
    own = FIELD_ROW.match(lines[row])
    if own is not None:
        return own.end() if _states_tags(own[1]) else None
    for above in range(row - 1, 0, -1):
        key = FIELD_ROW.match(lines[above])
        if key is not None:
            item = _ITEM.match(lines[row])
            return (item.end() if item else 0) if _states_tags(key[1]) else None
    return None


def _states_tags(key: str) -> bool:
    return key.strip().strip(_QUOTES).lower() in NAMES_OF_TAGS
