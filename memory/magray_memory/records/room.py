"""Records room: what a person, or a program for them, asks to be kept in the notebook.

with Memory.open() as memory:
    kept = memory.records.remember(Draft(text="Payments are retried three times.", tags=("billing",)))
    memory.records.edit(kept.record.id, text="Payments are retried five times.")
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from magray_memory.errors import (
    MagrayError,
    QueryError,
    RecordError,
    StorageError,
    VaultDamaged,
    VaultTooNew,
)
from magray_memory.index.term_statistics import TermStatistics
from magray_memory.records.record import Record, RecordDetails, RecordPage, Remembered, record_id
from magray_memory.records.redacted import redacted_draft, redacted_record, redacted_revision
from magray_memory.records.sources import Sources
from magray_memory.records.use_log import UseLog
from magray_memory.text.redaction import added, redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from magray_memory.config import RedactionSettings
    from magray_memory.context import Context
    from magray_memory.records.draft import Draft
    from magray_memory.records.duplicates import Near
    from magray_memory.records.purge import InBackups, Purged
    from magray_memory.records.store import Prepared, RecordStore
    from magray_memory.storage.record_lists import RecordFilter
    from magray_memory.storage.record_types import Citation, StoredRecord
    from magray_memory.storage.vault import Vault

MAX_LISTED = 1_000
_TRIES = 2


class Records:
    """Writes and reads records. The notebook is made by the first that is remembered. Safe in several
    threads.
    """

    def __init__(
        self,
        context: Context,
        clock: Callable[[], float] = time.time,
        in_backups: Callable[[Sequence[str]], InBackups] | None = None,
    ) -> None:
        """`in_backups` takes records, by their identities, out of the backups when they are purged."""
        self._context = context
        self._clock = clock
        self._in_backups = in_backups
        self._guard = threading.Lock()
        self.sources = Sources(context)
        """The files that records cite, as they are now."""
        self._writer: Vault | None = None
        self._statistics = TermStatistics()
        self.uses = UseLog(context.home.notebook, self._writing, clock, by_itself=context.long_lived)
        """What opens a record, or recalls it by name, notes it here; it is counted after the answer."""

    def remember(self, draft: Draft) -> Remembered:
        """Keep a text. A repeat of the same text, or of the same key, makes no second record.

        Where a source is cited and the text is empty, the cited lines are the text. Raises RecordError,
        RecordNotFound, WorkspaceError, StorageError.
        """
        (remembered,) = self.remember_all([draft])
        if isinstance(remembered, MagrayError):
            raise remembered
        return remembered

    def remember_all(self, drafts: Iterable[Draft]) -> list[Remembered | MagrayError]:
        """Keep several texts in one transaction, which is over when this returns; some hundred at most.

        A draft that is refused is answered by its error, and the others are kept. Where the transaction as a
        whole fails, each draft gets one of its own.
        """
        prepared = [self._prepared(draft) for draft in drafts]
        good = [one for one in prepared if not isinstance(one, MagrayError)]
        if not good:  # what is refused makes no notebook
            return [one for one in prepared if isinstance(one, MagrayError)]
        stored = iter(self._stored(good))
        return [one if isinstance(one, MagrayError) else next(stored) for one in prepared]

    def _prepared(self, draft: Draft) -> Prepared | MagrayError:
        from magray_memory.records.draft import content_of
        from magray_memory.records.store import Prepared

        try:
            draft, citation = self._with_source(draft)
            if draft.project is None and self._context.workspace is not None:
                draft = replace(draft, project=self._context.workspace.name)
            draft, taken = redacted_draft(draft, self._redaction)
            return Prepared(draft, content_of(draft, self._redaction, redacted=True), citation, taken)
        except MagrayError as error:
            return error

    def _stored(self, prepared: Sequence[Prepared]) -> list[Remembered | MagrayError]:
        from magray_memory.records.duplicates import near_duplicates

        try:
            vault = self._writing()
            done = self._store(vault).remember(prepared)
        except StorageError as error:
            return [error] if len(prepared) == 1 else self._one_by_one(prepared)
        answers: list[Remembered | MagrayError] = []
        for one, stored in zip(prepared, done, strict=True):
            if isinstance(stored, MagrayError):
                answers.append(stored)
                continue
            near: list[Near] = []
            if stored.outcome == "created":
                with contextlib.suppress(MagrayError):  # what is stored is acknowledged, whatever comes now
                    found = near_duplicates(vault, stored.record, self._statistics)
                    near = [other for other in found if other.record.id < stored.record.id]
            source = one.draft.source
            text = None if source is None or stored.record.citation != one.citation else source.text
            answers.append(Remembered(self._record(stored.record, text), stored.outcome, near, one.redacted))
        return answers

    def _one_by_one(self, prepared: Sequence[Prepared]) -> list[Remembered | MagrayError]:
        """One draft may be too much for a disk, which has room for the others; two in a row are enough to
        know that nothing can be written.
        """
        answers: list[Remembered | MagrayError] = []
        failed = 0
        for one in prepared:
            if failed < _TRIES:
                answers += self._stored([one])
                failed = failed + 1 if isinstance(answers[-1], StorageError) else 0
            else:
                answers.append(answers[-1])
        return answers

    def embed_in_background(self) -> None:
        """Have what is pending embedded by a process of its own, so that it is found by meaning soon."""
        from magray_memory.records.background import embed_in_background

        embed_in_background(self._context)

    def edit(
        self,
        id_: str,
        *,
        text: str | None = None,
        title: str | None = None,
        kind: str | None = None,
        version: str | None = None,
    ) -> Record:
        """Give a record another text, title or kind; see `RecordStore.edit`."""
        stored = self._existing_store().edit(id_, text=text, title=title, kind=kind, version=version)
        given = added(*(redact(part, self._redaction).counts for part in (text, title) if part))
        return replace(self._record(stored), redacted=given)

    def tag(self, id_: str, add: Iterable[str] = (), remove: Iterable[str] = ()) -> Record:
        """Add and remove tags. Raises RecordNotFound, RecordError."""
        return self._record(self._existing_store().tag(id_, add, remove))

    def pin(self, id_: str, *, pinned: bool = True) -> Record:
        """Keep a record from ever expiring, or no longer. Raises RecordNotFound."""
        return self._record(self._existing_store().pin(id_, pinned=pinned))

    def forget(self, ids: Sequence[str]) -> list[Record]:
        """Move records to the trash. Raises RecordNotFound."""
        return [self._record(stored) for stored in self._existing_store().forget(ids)]

    def purge(self, ids: Sequence[str]) -> Purged:
        """Remove records for good, in the trash or not, from every file of the home: all of them or, when one
        is not there, none. Raises RecordNotFound, StorageError.
        """
        from magray_memory.records.find import find_record

        vault = self._existing(write=True)
        return self._purged(find_record(vault, id_, trashed=True).id for id_ in ids)

    def empty_trash(self, ids: Sequence[str] = ()) -> Purged:
        """Remove what is in the trash for good, or just these records of it. Raises RecordNotFound,
        RecordError for one that is not in the trash, StorageError.
        """
        from magray_memory.records.find import find_record
        from magray_memory.storage import record_lists

        vault = self.notebook(write=False)
        if not ids:
            return self._purged([] if vault is None else record_lists.trashed(vault))
        existing = self._existing(write=True)
        found = [find_record(existing, id_, trashed=True) for id_ in ids]
        for record in found:
            if record.trashed_at is None:
                name = record_id(record.id)
                raise RecordError(f"{name} is not in the trash", "", f"magray forget --purge {name}")
        return self._purged(record.id for record in found)

    def _purged(self, documents: Iterable[int]) -> Purged:
        from magray_memory.records.purge import Purged, purge_records

        wanted = list(dict.fromkeys(documents))
        self.uses.write()
        vault = self.notebook(write=True)
        if vault is None:
            return Purged([])
        return purge_records(self._context.home, vault, wanted, in_backups=self._in_backups)

    def restore(self, id_: str) -> Record:
        """Take a record out of the trash. Raises RecordNotFound."""
        return self._record(self._existing_store().restore(id_))

    def get(self, id_: str, *, trashed: bool = False) -> Record:
        """One record. Raises RecordNotFound."""
        from magray_memory.records.find import find_record

        return self._record(find_record(self._existing(write=False), id_, trashed=trashed))

    def show(self, id_: str, *, note_use: bool = True) -> RecordDetails:
        """One record, in the trash or not, with its former states and what links to it.

        `note_use`: that it was shown counts as a use. Raises RecordNotFound.
        """
        from magray_memory.records.find import find_record
        from magray_memory.storage import record_lists, records

        found = find_record(self._existing(write=False), id_, trashed=True)
        vault = self._reading()
        names = [record_id(found.id), *filter(None, (found.title, found.key))]
        linking = records.get(vault, record_lists.linking_to(vault, names)) if vault else []
        details = RecordDetails(
            self._record(found),
            [redacted_revision(state, self._redaction) for state in record_lists.history(vault, found.id)]
            if vault
            else [],
            [Record(redacted_record(other, self._redaction)) for other in linking if other.id != found.id],
            [record_id(other) for other in record_lists.superseded_by(vault, found.id)] if vault else [],
        )
        if note_use and found.trashed_at is None:
            self.uses.note([found.id], "shown")
        return details

    def list(self, wanted: RecordFilter, limit: int = 100, after: str | None = None) -> RecordPage:
        """Records, the last changed first; `after` is the `next` of an earlier page. Raises QueryError."""
        from magray_memory.storage import record_lists

        before = None if after is None else _position(after)
        vault = self._reading()
        if vault is None:
            return RecordPage([])
        limit = max(1, min(limit, MAX_LISTED))
        found = record_lists.select(vault, wanted, limit + 1, before)
        shown = found[:limit]
        rest = f"{_time(shown[-1])!r},{shown[-1].id}" if len(found) > limit else None
        return RecordPage([self._record(stored) for stored in shown], rest)

    def citing(self, root: Path, path: str, text: str) -> Sequence[Record]:
        """The records whose source lies in a file of a root as it is now, with `text`; in the order of their
        lines. Records are compared with the text, whatever the disk has.
        """
        from magray_memory.indexing.parse import content_hash
        from magray_memory.records.about import OpenFile, citing

        vault = self._reading()
        if vault is None:
            return []
        file = OpenFile(root, path, text, content_hash(text.encode("utf-8", "replace")))
        return [
            replace(record, stored=redacted_record(record.stored, self._redaction))
            for record in citing(vault, file, self.sources.text, self.sources.namesakes)
        ]

    def naming(self, word: str) -> Sequence[Record]:
        """The records that say a name, the ones that are mostly about it first."""
        from magray_memory.records.about import naming

        vault = self._reading()
        return [] if vault is None else [self._record(stored) for stored in naming(vault, word)]

    def linking(self, path: str) -> Sequence[Record]:
        """The records that link to a file, by its path below the root or an end of that."""
        from magray_memory.records.about import linking

        vault = self._reading()
        return [] if vault is None else [self._record(stored) for stored in linking(vault, path)]

    def named(self, link: str) -> Record | None:
        """The record that a link means, by its id, key or title; None when there is none."""
        from magray_memory.records.about import named

        vault = self._reading()
        stored = None if vault is None else named(vault, link)
        return None if stored is None else self._record(stored)

    def revision(self) -> int:
        """Another number after each change of a record, by whatever program; uses change nothing."""
        from magray_memory.storage.citations import revision

        vault = self._reading()
        return 0 if vault is None else revision(vault)

    def embed_newest(self) -> None:
        """Embed what was written last here and now, with the model that is open, and have a process do what
        is left. Raises EmbeddingUnavailable.
        """
        from magray_memory.indexing.notebook import embed_newest

        wanted = self._context.settings.records.embed_at_once and self._context.home.notebook.exists()
        if wanted and embed_newest(self._context, self._writing()):
            self.embed_in_background()

    def notebook(self, *, write: bool, make: bool = False) -> Vault | None:
        """The notebook, None where there is none; `make`: made then. Raises StorageError."""
        if make:
            return self._writing()
        vault = self._reading()
        return self._writing() if write and vault is not None else vault

    def close(self) -> None:
        """Close the notebook; what is asked afterwards opens it again."""
        self.uses.write()
        with self._guard:
            if self._writer is not None:
                self._writer.close()
                self._writer = None

    def _store(self, vault: Vault) -> RecordStore:
        from magray_memory.records.store import RecordStore

        return RecordStore(vault, self._clock, self._redaction)

    @property
    def _redaction(self) -> RedactionSettings:
        return self._context.settings.redaction

    def _existing(self, *, write: bool) -> Vault:
        """A notebook that is there. Raises RecordNotFound where there is none."""
        from magray_memory.errors import RecordNotFound

        vault = self._reading()
        if vault is None:
            raise RecordNotFound("nothing was remembered yet", "", 'magray remember "a sentence"')
        return self._writing() if write else vault

    def _existing_store(self) -> RecordStore:
        """The store of a notebook that is there. Raises RecordNotFound where there is none."""
        return self._store(self._existing(write=True))

    def _writing(self) -> Vault:
        """The notebook, open for writing; made where there is none."""
        from magray_memory.storage.durability import Durability, VaultKind
        from magray_memory.storage.vault import Vault

        with self._guard:
            if self._writer is None:
                home = self._context.home.ensure()
                durability = Durability(self._context.settings.storage.durability)
                self._writer = Vault.open(
                    home.notebook, kind=VaultKind.NOTEBOOK, durability=durability, write=True
                )
            return self._writer

    def _reading(self) -> Vault | None:
        """The notebook, None where there is none; one that cannot be written is read. Raises StorageError."""
        notebook = self._context.home.notebook
        if not notebook.exists():
            return None
        refused: StorageError | None = None
        if os.access(notebook, os.W_OK) and os.access(notebook.parent, os.W_OK):
            try:
                return self._writing()  # an older version's notebook is migrated by this
            except (VaultDamaged, VaultTooNew):
                raise
            except StorageError as error:  # a full disk lets it be read
                refused = error
        opened = self._context.vaults.get([self._context.notebook_file()])
        for problem in self._context.vaults.problems:
            raise refused or StorageError(problem.why)
        return opened[0].vault if opened else None

    def _with_source(self, draft: Draft) -> tuple[Draft, Citation | None]:
        if draft.source is None:
            return draft, None
        cited = self.sources.cite(draft.source)
        if not draft.text.strip():
            from magray_memory.records.citation import snippet
            from magray_memory.records.draft import SNIPPET

            text = snippet(cited.citation.path, cited.text)
            draft = replace(draft, text=text, kind=draft.kind or SNIPPET)
        return draft, cited.citation

    def _record(self, stored: StoredRecord, text: str | None = None) -> Record:
        """`text`: of the file that it cites, where an editor has another than the disk."""
        checked = None if stored.citation is None else self.sources.check(stored.citation, text)
        return Record(redacted_record(stored, self._redaction), checked)


def _time(record: StoredRecord) -> float:
    return record.updated_at if record.trashed_at is None else record.trashed_at


def _position(text: str) -> tuple[float, int]:
    try:
        time_, _, number = text.partition(",")
        return float(time_), int(number)
    except ValueError:
        raise QueryError(f"{text!r} is no position in a list", "", "the `next` of an earlier list") from None
