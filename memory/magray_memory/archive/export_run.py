"""Export run: the records of a filter, read in one consistent state of the notebook, to a stream, a file or a
folder of notes.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO

from magray_memory import atomic_file
from magray_memory.archive.json_export import HEAD, JsonExport
from magray_memory.errors import StorageError, UsageError
from magray_memory.progress import SILENT, Progress
from magray_memory.records.redacted import redacted_record, redacted_revision
from magray_memory.storage import record_lists, record_states

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from magray_memory.config import RedactionSettings
    from magray_memory.storage.record_lists import RecordFilter
    from magray_memory.storage.record_states import RecordState
    from magray_memory.storage.vault import Vault

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Exported:
    """What was exported. `written` and `unchanged` count files; `kept`: files that were edited since they
    were written, and are left as they are.
    """

    format: str
    path: str
    records: int
    written: int = 0
    unchanged: int = 0
    kept: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            "format": self.format,
            "path": self.path,
            "records": self.records,
            "written": self.written,
            "unchanged": self.unchanged,
            "kept": list(self.kept),
        }


@dataclass(kw_only=True)
class ExportRun:
    """One run. `vault`: the notebook, None where there is none; `trash`: with what lies in the trash."""

    vault: Vault | None
    wanted: RecordFilter
    redaction: RedactionSettings
    trash: bool = False
    progress: Progress = SILENT

    def reading(self) -> AbstractContextManager[object]:
        """One state of the notebook, whatever is written meanwhile."""
        return nullcontext() if self.vault is None else self.vault.read()

    def documents(self) -> list[int]:
        """The records that are wanted, by their ids."""
        if self.vault is None:
            return []
        found = record_lists.matching(self.vault, replace(self.wanted, trashed=False))
        if self.trash:
            found += record_lists.matching(self.vault, replace(self.wanted, trashed=True))
        return sorted(found)

    def batches(self, documents: Sequence[int]) -> Generator[list[RecordState]]:
        """The states of these records, without secrets. Raises Interrupted."""
        chosen = set(documents)
        for start in range(0, len(documents), _BATCH):
            self.progress.check()
            self.progress.report("exporting", start, len(documents), "records")
            assert self.vault is not None
            found = record_states.states(self.vault, documents[start : start + _BATCH])
            yield [self._outgoing(state, chosen) for state in found]

    def _outgoing(self, state: RecordState, chosen: set[int]) -> RecordState:
        return replace(
            state,
            record=redacted_record(state.record, self.redaction),
            history=tuple(redacted_revision(former, self.redaction) for former in state.history),
            superseded_by=state.superseded_by if state.record.superseded_by in chosen else None,
        )


def export_json(run: ExportRun, stream: BinaryIO) -> int:
    """Write the records as one JSON document; returns their number. Raises OSError, Interrupted."""
    writer = JsonExport(stream)
    with run.reading():
        for states in run.batches(run.documents()):
            writer.add(states)
    writer.close()
    return writer.count


def export_json_file(run: ExportRun, path: Path, *, force: bool = False) -> Exported:
    """Write the records as a file, in the place of an earlier export. Raises UsageError for a file that is
    none, unless `force`; StorageError, Interrupted: then what was there is there.
    """
    path = path.resolve() if path.is_symlink() else path  # the link stays, as with every other program
    _refuse_foreign(path, force=force)
    atomic_file.remove_drafts(path)
    try:
        with atomic_file.replacing(path, durable=True) as draft:
            draft.unlink(missing_ok=True)
            with atomic_file.create(draft) as stream:
                count = export_json(run, stream)
        atomic_file.sync_folder(path.parent)
    except OSError as error:
        raise StorageError(f"{path} cannot be written", error.strerror or str(error)) from error
    return Exported("json", str(path), count, written=1)


def _refuse_foreign(path: Path, *, force: bool) -> None:
    try:
        if path.is_dir():
            raise UsageError(
                f"{path} is a folder", "JSON is one file", "give a file's name, or --format markdown"
            )
        if path.exists() and not path.is_file():  # a device or a pipe, which a rename would replace
            raise UsageError(f"{path} is no regular file", "", "- for stdout")
        if force or not path.exists():
            return
        with path.open("rb") as stream:
            first = stream.read(len(HEAD))
    except OSError as error:
        raise UsageError(f"{path} cannot be read", error.strerror or str(error)) from error
    if first and first != HEAD:
        raise UsageError(
            f"{path} is there, and is no export", "nothing was written", "another name, or --force"
        )
