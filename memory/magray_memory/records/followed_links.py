"""Followed links: links in records go on meaning a note that moves, and a heading that is renamed.

Each record is edited as a person would: what it said is in its history, and where another program edits it at
the same time, it is read again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from magray_memory.errors import RecordChanged, RecordError, RecordNotFound
from magray_memory.records.record import record_id, version_of
from magray_memory.search.note_links import Note, folded, path_rank, stem
from magray_memory.search.note_rename import Renames, name_in, renamed_link
from magray_memory.storage.links import record_links
from magray_memory.text.note_references import note_references

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from magray_memory.records.room import Records
    from magray_memory.search.heading_rename import RenamedHeading
    from magray_memory.search.note_links import NoteNames
    from magray_memory.search.room import Search

_TRIES = 3
_RELATIVE = ("./", "../")


@dataclass(frozen=True, slots=True)
class LinkChange:
    """Records, by their ids, and what becomes of the target of a link in them; None where it stays."""

    ids: Sequence[str]
    fresh: Callable[[str], str | None]

    def apply(self, records: Records) -> list[str]:
        """Edit the records; returns those that were changed. Raises StorageError."""
        return [id_ for id_ in self.ids if _edited(records, id_, self.fresh)]


def follow_moves(records: Records, search: Search, pairs: Sequence[tuple[Path, Path]]) -> list[str]:
    """Have records link to notes that moved, by absolute paths before and after, whether the index knows it
    yet or not; returns the records that were changed. Raises StorageError.
    """
    links = _links(records)
    if not links:
        return []
    names = search.note_names()
    moved = _Moved(names, search, pairs)
    ids = {number for number, target in links if moved.fresh(target) is not None}
    return LinkChange([record_id(number) for number in sorted(ids)], moved.fresh).apply(records)


def heading_change(records: Records, search: Search, renamed: RenamedHeading) -> LinkChange | None:
    """What has records link to a heading that gets another name; None where none does."""
    links = _links(records)
    names = search.note_names() if links else None
    wanted = (renamed.note.root, renamed.note.path)

    def fresh(target: str) -> str | None:
        note = None if names is None else names.resolve(target)
        if note is None or (note.root, note.path) != wanted:
            return None
        return renamed.target(target, by_path=False)

    called = {number for number, name in links if names and _is(names.resolve(name), wanted)}
    return LinkChange([record_id(number) for number in sorted(called)], fresh) if called else None


class _Moved:
    """Notes that moved, as links named them before."""

    def __init__(self, names: NoteNames, search: Search, pairs: Sequence[tuple[Path, Path]]) -> None:
        self._names = names
        self._moves = Renames(pairs)
        self._notes: list[tuple[str, Note]] = []
        for old, new in pairs:
            for path in (old, *_below(names, old, new)):
                place = search.place(path)
                if place is not None and stem(place[1]) != place[1]:
                    self._notes.append((folded(place[1]), Note(*place, None)))

    def fresh(self, target: str) -> str | None:
        """The target of a link afterwards; None for one that means something else, or still the same."""
        name = name_in(target).strip()
        if not name or name.startswith(_RELATIVE):
            return None
        wanted = [folded(spelled.strip("/")) for spelled in dict.fromkeys((name, unquote(name)))]
        ranked = ((path_rank(path, "", one), note) for path, note in self._notes for one in wanted)
        named = [(rank, note.path, note) for rank, note in ranked if rank is not None]
        if not named:
            return None
        note = min(named, key=lambda item: item[:2])[2]
        place = note.root / note.path
        meant = self._names.resolve(target)
        if meant is not None and meant.root / meant.path not in (place, self._moves.of(place)):
            return None
        return renamed_link(self._names, self._moves, (note.root, ""), target, note)


def _below(names: NoteNames, old: Path, new: Path) -> Iterable[Path]:
    """The notes of a folder that moved, as they were called before."""
    for note in names.all:
        place = note.root / note.path
        if place != old and place.is_relative_to(old):
            yield place
        elif place != new and place.is_relative_to(new):
            yield old / place.relative_to(new)


def _links(records: Records) -> list[tuple[int, str]]:
    notebook = records.notebook(write=False)
    return [] if notebook is None else notebook.query(record_links)


def _is(note: Note | None, place: tuple[Path, str]) -> bool:
    return note is not None and (note.root, note.path) == place


def _edited(records: Records, id_: str, fresh: Callable[[str], str | None]) -> bool:
    for _ in range(_TRIES):
        try:
            stored = records.get(id_).stored
            text = _rewritten(stored.text, fresh)
            if text == stored.text:
                return False
            records.edit(id_, text=text, version=version_of(stored))
            return True
        except RecordChanged:
            continue
        except (RecordNotFound, RecordError):  # it is gone, or the longer links are too much for it
            return False
    return False


def _rewritten(text: str, fresh: Callable[[str], str | None]) -> str:
    lines = [f"{line}\n" for line in text.split("\n")]
    for link in sorted(note_references("record.md", lines), reverse=True):
        target = None if link.by_path else fresh(link.target)
        if target is not None:
            line = lines[link.line]
            lines[link.line] = line[: link.start] + target + line[link.end :]
    return "".join(lines)[:-1]
