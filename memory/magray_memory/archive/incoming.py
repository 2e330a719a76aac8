"""Incoming items: what an importer finds in its source, one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from magray_memory.archive.note_file import NoteFile
    from magray_memory.records.draft import Draft
    from magray_memory.storage.record_states import RecordState


@dataclass(frozen=True, slots=True)
class ForeignItem:
    """An item of another tool. `key` names it in all exports of that tool, so that a repeat knows it."""

    where: str
    key: str
    draft: Draft


@dataclass(frozen=True, slots=True)
class WholeRecord:
    """A record with all that belongs to it, as a notebook had it."""

    where: str
    state: RecordState


@dataclass(frozen=True, slots=True)
class EditedNote:
    """A note that an export wrote, and that may have been edited since."""

    where: str
    note: NoteFile


class LeftOut(NamedTuple):
    """Something that is no record, by a rule: attachment, hidden, empty …"""

    where: str
    rule: str


class Skipped(NamedTuple):
    """Something that should have been taken and cannot be."""

    where: str
    reason: str


Incoming = ForeignItem | WholeRecord | EditedNote | LeftOut | Skipped
