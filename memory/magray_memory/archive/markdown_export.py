"""Markdown export: a folder with a note for each record. A note that was edited since is left as it is, until
an import has taken the edit.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory import atomic_file
from magray_memory.archive.export_run import Exported, ExportRun
from magray_memory.archive.exported_links import linked_files
from magray_memory.archive.file_names import FileNames
from magray_memory.archive.note_file import UID, read_note, written
from magray_memory.archive.note_merge import merged
from magray_memory.errors import RecordError, StorageError, UsageError
from magray_memory.storage import record_states
from magray_memory.text.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from magray_memory.config import RedactionSettings
    from magray_memory.storage.record_states import RecordState

_HEAD_BYTES = 1 << 16


def export_notes(run: ExportRun, folder: Path, *, force: bool = False) -> Exported:
    """Write a note for each record; `force`: over notes that were edited too.

    Raises UsageError, StorageError, Interrupted: then each note is whole, and the next run does the rest.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file", "Markdown is a folder of notes", "give a folder's name")
    try:
        atomic_file.make_private(folder)
        with run.reading():
            notes = _Notes(run, folder, force=force)
            documents = run.documents()
            notes.name(documents)
            for states in run.batches(documents):
                for state in states:
                    notes.write(state)
        atomic_file.sync_folder(folder)
    except OSError as error:
        raise StorageError(f"{folder} cannot be written", error.strerror or str(error)) from error
    kept = tuple(str(path) for path in notes.kept)
    return Exported("markdown", str(folder), len(documents), notes.written, notes.unchanged, kept)


class _Notes:
    """The notes of a folder."""

    def __init__(self, run: ExportRun, folder: Path, *, force: bool) -> None:
        self._run = run
        self._folder = folder
        self._force = force
        self._known = dict[str, Path]()
        """The file that each record has already, by uid."""
        names = list[str]()
        for path in _notes_below(folder):
            names += [path.name] if path.parent == folder else []
            uid = _uid_of(path)
            if uid is not None:
                self._known.setdefault(uid, path)
        for entry in folder.iterdir():
            names.append(entry.name)
            if atomic_file.is_draft(entry.name):  # what a killed export left
                atomic_file.remove_drafts(entry.with_name(atomic_file.target_name(entry.name)))
        self._names = FileNames(names)
        self._paths: Mapping[int, Path] = {}
        self._files: Mapping[str, str] = {}
        self.written = self.unchanged = 0
        self.kept = list[Path]()

    def name(self, documents: list[int]) -> None:
        """Give each record its file."""
        if self._run.vault is None:
            return
        heads = list(record_states.heads(self._run.vault, documents))
        self._paths = {
            head.id: self._known.get(head.uid) or self._folder / self._name(head.id, head.title, head.text)
            for head in heads
        }
        named = [(self._paths[head.id].stem, head) for head in heads]
        self._files = linked_files(
            [(stem, [f"n{head.id}"]) for stem, head in named]
            + [(stem, [head.title, head.key]) for stem, head in named]
        )

    def _name(self, number: int, title: str | None, text: str) -> str:
        settings = self._run.redaction
        return self._names.name(redact(title or "", settings).text, redact(text, settings).text, f"n{number}")

    def write(self, state: RecordState) -> None:
        """Write the note of a record, where it is not there as it should be."""
        path = self._paths[state.record.id]
        replacement = self._paths.get(state.record.superseded_by or 0)
        replaced_by = None if replacement is None or state.superseded_by is None else replacement.stem
        data = written(state, named=path.stem, replaced_by=replaced_by, files=self._files)
        present = path.read_bytes() if state.record.uid in self._known else None
        if present == data:
            self.unchanged += 1
        elif present is not None and not self._force and _edited(present, state, self._run.redaction):
            self.kept.append(path)
        else:
            atomic_file.write_bytes(path, data)
            self.written += 1


def _edited(present: bytes, state: RecordState, redaction: RedactionSettings) -> bool:
    """Whether a note holds what neither the export that wrote it nor the record has."""
    try:
        note = read_note(present.decode("utf-8"))
    except (RecordError, UnicodeDecodeError):
        return True
    if note is None or note.uid != state.record.uid:
        return True
    if not note.edited:
        return False
    try:
        return merged(state.record, note.content, redaction).changes(state.record)
    except RecordError:
        return True


def _notes_below(folder: Path) -> list[Path]:
    found: list[Path] = []
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place, name) for name in files if name.endswith(".md") and not name.startswith(".")]
    return sorted(path for path in found if path.is_file())  # a pipe would never give a byte


def _uid_of(path: Path) -> str | None:
    """The uid in the front matter of a note; None for a file of somebody else."""
    try:
        with path.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
            if UID.encode() not in head:
                return None
            note = read_note((head + stream.read()).decode("utf-8"))
    except (OSError, RecordError, UnicodeDecodeError):
        return None
    return None if note is None else note.uid
