"""Renaming notes: what each link must say afterwards, in the form in which it was written."""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote, unquote

from magray_memory.search.note_links import named_by_path, path_below, stem
from magray_memory.text.note_references import note_references

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from magray_memory.search.note_links import Note, NoteNames
    from magray_memory.text.note_references import NoteReference

    Target = Callable[[NoteNames, NoteReference, tuple[Path, str] | None], Note | None]

_REST = re.compile(r"\\?[#|]")
_KEPT = "/!$&'*+,;=:@~-._"


class Edit(NamedTuple):
    """Columns `start` to `end` of a line (0-based) that become `text`; `line_text` is what the line was."""

    line: int
    start: int
    end: int
    text: str
    line_text: str


class Renames:
    """Files and folders that get another path. Paths are absolute."""

    def __init__(self, pairs: Sequence[tuple[Path, Path]]) -> None:
        self._pairs = pairs

    @property
    def old(self) -> list[Path]:
        """The paths before."""
        return [old for old, _ in self._pairs]

    def of(self, path: Path) -> Path:
        """Where a file is afterwards."""
        for old, new in self._pairs:
            if path == old:
                return new
            if path.is_relative_to(old):
                return new / path.relative_to(old)
        return path


def edits_of(
    names: NoteNames, moves: Renames, source: tuple[Path, str], lines: list[str], target: Target
) -> list[Edit]:
    """The edits of one document, whose place is the one before the move."""
    found: list[Edit] = []
    for reference in note_references(source[1], lines):
        if reference.by_path:
            text = _path_after(names, moves, source, reference, target)
        else:
            text = _name_after(names, moves, source, reference, target)
        if text is not None and text != reference.target:
            line = reference.line
            found.append(Edit(line, reference.start, reference.end, text, lines[line]))
    return found


def _path_after(
    names: NoteNames, moves: Renames, source: tuple[Path, str], reference: NoteReference, target: Target
) -> str | None:
    """The target of a Markdown link afterwards, None where it stays."""
    name, mark, part = reference.target.partition("#")
    if not name:
        return None
    root, path = source
    written = unquote(name)
    note = target(names, reference, source)
    if note is not None:
        place, bare = note.root / note.path, stem(written) == written
    else:  # an image, a source: a link to it moves with its document, and with its folder
        place, bare = root / path_below(written, path), False
        if not os.path.lexists(place):
            return None
    before, after = root / path, moves.of(root / path)
    goal = moves.of(place)
    if goal == place and (after.parent == before.parent or written[0] == "/"):
        return None
    if written[0] == "/":
        fresh = f"/{goal.relative_to(root).as_posix()}" if goal.is_relative_to(root) else None
    else:
        fresh = Path(os.path.relpath(goal, after.parent)).as_posix()
        if written.startswith("./") and not fresh.startswith("../"):
            fresh = f"./{fresh}"
    if fresh is None:
        return None
    fresh = stem(fresh) if bare else fresh
    return (fresh if reference.bracketed else _encoded(fresh, name)) + mark + part


def _name_after(
    names: NoteNames, moves: Renames, source: tuple[Path, str], reference: NoteReference, target: Target
) -> str | None:
    """What stands between the brackets afterwards, None where it stays."""
    named = name_in(reference.target).strip()
    note = target(names, reference, source) if named else None
    return None if note is None else renamed_link(names, moves, source, reference.target, note)


def name_in(target: str) -> str:
    """What stands before the part and the shown text of a wiki link."""
    rest = _REST.search(target)
    return target[: rest.start()] if rest else target


def renamed_link(
    names: NoteNames, moves: Renames, source: tuple[Path, str], target: str, note: Note
) -> str | None:
    """The target of a wiki link to a note afterwards; None where it stays."""
    name = name_in(target)
    if not named_by_path(note, name):
        return None
    before, after = source[0] / source[1], moves.of(source[0] / source[1])
    place = note.root / note.path
    goal = moves.of(place)
    written = name.strip()
    relative = written.startswith(("./", "../"))
    if goal == place and not (relative and after.parent != before.parent):
        return None
    bare = stem(written) == written
    if relative:
        fresh = Path(os.path.relpath(goal, after.parent)).as_posix()
        fresh = fresh if fresh.startswith("../") else f"./{fresh}"
    else:
        fresh = _called(names, moves, note, goal, written.strip("/").count("/") + 1)
        fresh = f"/{fresh}" if written[0] == "/" else fresh
    fresh = stem(fresh) if bare else fresh
    if "%" in written and unquote(written) != written:
        fresh = _encoded(fresh, written)
    return target.replace(name, name.replace(written, fresh), 1)


def _called(names: NoteNames, moves: Renames, note: Note, goal: Path, parts: int) -> str:
    """The last parts of a path, as many as were written, or all of them where another note ends so."""
    root = next((n.root for n in names.all if goal.is_relative_to(n.root)), note.root)
    path = goal.relative_to(root).as_posix() if goal.is_relative_to(root) else goal.name
    short = "/".join(path.split("/")[-parts:])
    for other in names.called(posixpath.basename(stem(path))):
        place = other.root / other.path
        if place != note.root / note.path and moves.of(place) != goal:
            there = f"/{stem(moves.of(place).as_posix())}"
            if there.casefold().endswith(f"/{stem(short)}".casefold()):
                return path
    return short


def _encoded(path: str, like: str) -> str:
    """The path percent-encoded: blanks and parentheses always, letters where those of `like` were."""
    letters = "%" in like and like.isascii() and unquote(like) != like and not unquote(like).isascii()
    if letters:
        return quote(path, safe=_KEPT)
    return "".join(quote(char, safe=_KEPT) if char.isascii() else char for char in path)
