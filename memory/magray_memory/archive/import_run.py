"""Import run: takes the items of a source in groups, each in one transaction, and counts what became of them.

Killed at any moment, whole groups are there; the next run knows them again and does the rest. Two runs of the
same source at once take turns: what one has stored, the other finds.
"""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

from magray_memory.archive.import_report import Conflict, Imported
from magray_memory.archive.import_store import ImportStore, Stored
from magray_memory.archive.incoming import EditedNote, LeftOut, Skipped, WholeRecord
from magray_memory.archive.incoming_content import ReadyForeign, ReadyWhole, ready
from magray_memory.errors import LexicalDamaged, MagrayError, RecordError, UsageError
from magray_memory.progress import SILENT, Progress
from magray_memory.records.record import record_id
from magray_memory.text.redaction import added, redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from magray_memory.archive.incoming import Incoming
    from magray_memory.archive.incoming_content import Choices, Ready
    from magray_memory.archive.source import Source
    from magray_memory.storage.vault import Vault

    Importer = Callable[[Source], Iterable[Incoming]]

T = TypeVar("T")

_GROUP = 100
_LONG_TEXT = 2_000_000
"""Characters after which a group is full."""


class _Undone(Exception):  # noqa: N818 - ends a transaction of which nothing is to stay
    pass


@dataclass(kw_only=True)
class ImportRun:
    """One run of an importer over a source, into a notebook that is open for writing."""

    vault: Vault
    source: Source
    importer: Importer
    choices: Choices
    report: Imported
    progress: Progress = SILENT
    clock: Callable[[], float] = time.time
    _uids: frozenset[str] | None = field(default=None, init=False)
    _seen: set[str] = field(default_factory=set[str], init=False)
    _keys: Counter[str] = field(default_factory=Counter[str], init=False)
    """How often each item of another tool has come."""

    def run(self) -> Imported:
        """Take everything. Raises UsageError for a source that cannot be read, StorageError, Interrupted:
        what was stored until then is there.
        """
        store = ImportStore(self.vault, self.choices, self.clock, self._is_incoming)
        items = iter(self.importer(self.source))
        while True:
            self.progress.check()
            group = self._ready(items)
            if not group:
                break
            self._count(group, self._store(store, group))
            self.progress.report("importing", self.source.done, self.source.total, "bytes")
        return self.report

    def _ready(self, items: Iterator[Incoming]) -> list[Ready]:
        """The next items that can be stored."""
        group: list[Ready] = []
        length = 0
        for item in items:
            if isinstance(item, LeftOut):
                self.report.leave_out(item.rule)
            elif isinstance(item, Skipped):
                self.report.skip(item.where, item.reason)
            else:
                try:
                    one = self._named(ready(item, self.choices))
                except RecordError as error:
                    self.report.skip(item.where, error.message)
                    continue
                group.append(one)
                length += len(one.content.text) if isinstance(one, (ReadyForeign, ReadyWhole)) else 0
                if len(group) == _GROUP or length > _LONG_TEXT:
                    break
        return group

    def _named(self, item: Ready) -> Ready:
        """The item; a second one that its tool calls the same gets a name of its own, for it is another one.
        A key that a person gave is the record's own: there the last one counts.
        """
        if not isinstance(item, ReadyForeign) or item.draft.key is not None:
            return item
        self._keys[item.key] += 1
        count = self._keys[item.key]
        return item if count == 1 else replace(item, key=f"{item.key}##{count}")

    def _store(self, store: ImportStore, group: Sequence[Ready]) -> list[Stored | MagrayError]:
        def work() -> list[Stored | MagrayError]:
            done: list[Stored | MagrayError] = []
            for item in group:
                try:
                    with self.vault.part():
                        done.append(self._repeated(item) or store.put(item))
                except UsageError as error:
                    done.append(error)
            store.link_replaced()
            return done

        try:
            return self._in_transaction(work)
        except LexicalDamaged:  # the same once more makes the index again
            return self._in_transaction(work)

    def _in_transaction(self, work: Callable[[], T]) -> T:
        """What `work` returns; in a dry run nothing of it stays."""
        done: list[T] = []
        with contextlib.suppress(_Undone), self.vault.write():
            done.append(work())
            if self.report.dry_run:
                raise _Undone
        return done[0]

    def _count(self, group: Sequence[Ready], done: Sequence[Stored | MagrayError]) -> None:
        report = self.report
        for item, stored in zip(group, done, strict=True):
            if isinstance(stored, MagrayError):
                report.skip(item.where, stored.message)
                continue
            if stored.outcome == "conflict":
                copy = "" if report.dry_run else record_id(stored.copy)
                report.conflicts.append(Conflict(item.where, record_id(stored.record), copy))
            elif stored.outcome == "trashed":
                report.leave_out("in the trash")
            else:
                name = "duplicates" if stored.outcome == "duplicate" else stored.outcome
                setattr(report, name, getattr(report, name) + 1)
            report.renumbered += stored.renumbered
            if stored.outcome in ("created", "updated", "conflict"):
                report.redact(self._redacted(item))

    def _redacted(self, item: Ready) -> Mapping[str, int]:
        """How many secrets were taken out of an item, by kind."""
        if not isinstance(item, EditedNote):
            return item.redacted
        content, settings = item.note.content, self.choices.redaction
        return added(redact(content.text, settings).counts, redact(content.title or "", settings).counts)

    def _repeated(self, item: Ready) -> Stored | None:
        """What became of an item that this dry run had before, where a run would find it stored."""
        if not self.report.dry_run:
            return None
        names = _names_of(item)
        known = self._seen.intersection(names)
        self._seen.update(names)
        return Stored("unchanged" if names[0] in known else "duplicate") if known else None

    def _is_incoming(self, uid: str) -> bool:
        """Whether the source has a record of this uid; it is read once more for the first question."""
        if self._uids is None:
            items = self.importer(self.source)
            self._uids = frozenset(filter(None, map(_uid_of, items)))
        return uid in self._uids


def _uid_of(item: Incoming) -> str | None:
    if isinstance(item, WholeRecord):
        return item.state.record.uid
    return item.note.uid if isinstance(item, EditedNote) else None


def _names_of(item: Ready) -> tuple[str, ...]:
    """What an item is known by in one run: its name first, then its text."""
    if isinstance(item, ReadyForeign):
        return f"key {item.key}", f"text {item.content.hash.hex()} {item.draft.project}"
    return (f"uid {item.state.record.uid if isinstance(item, ReadyWhole) else item.note.uid}",)
