"""Record store: the notebook's records, with the clock that is handed in. Each method writes one transaction.

What is acknowledged is durable as far as the durability mode promises: the commit is over before a method
returns. A record that goes stays in the trash.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeVar

from magray_memory.errors import LexicalDamaged, RecordChanged, RecordError, RecordNotFound, UsageError
from magray_memory.index.lexical import LexicalIndex
from magray_memory.indexing.record_passages import passages_of
from magray_memory.records.draft import (
    DEFAULT_LAYER,
    MAX_NAME,
    MAX_TAGS,
    clean_layer,
    clean_line,
    clean_tags,
    content_of,
)
from magray_memory.records.find import find_record
from magray_memory.records.record import record_id, version_of
from magray_memory.records.redacted import redacted_record
from magray_memory.storage import layers, records, uses
from magray_memory.storage.record_types import NewRecord
from magray_memory.text.redaction import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from magray_memory.config import RedactionSettings
    from magray_memory.errors import MagrayError
    from magray_memory.records.draft import Draft
    from magray_memory.storage.record_types import Citation, Content, StoredRecord
    from magray_memory.storage.vault import Vault

T = TypeVar("T")
Outcome = Literal["created", "updated", "unchanged", "duplicate", "restored"]

MAX_CREATED_AHEAD = 86_400.0
"""Seconds that a stated time may lie ahead of the clock: another machine's clock, another time zone."""


@dataclass(frozen=True, slots=True)
class Stored:
    """What became of a draft: the record, and whether it is new.

    `duplicate`: a record with this text was there, and has what the draft added to it; `restored`: it was in
    the trash.
    """

    record: StoredRecord
    outcome: Outcome


class Prepared(NamedTuple):
    """A draft, the content that is made of it, and the lines that it cites."""

    draft: Draft
    content: Content
    citation: Citation | None = None
    redacted: Mapping[str, int] = MappingProxyType({})
    """How many secrets were taken out of what was given, by kind."""


class RecordStore:
    """Writes and reads the records of a notebook that is open for writing. Safe in several threads."""

    def __init__(
        self, vault: Vault, clock: Callable[[], float] = time.time, redaction: RedactionSettings = DEFAULT
    ) -> None:
        self._vault = vault
        self._redaction = redaction
        self._clock = clock
        self._lexical = LexicalIndex(vault)

    def remember(self, prepared: Sequence[Prepared]) -> list[Stored | MagrayError]:
        """Store drafts in one transaction: each is a new record, or the one that has its key or its text.

        A draft that is refused is answered by its error (RecordError for what no record can have,
        RecordNotFound for a record to supersede that is not there), and stops no other. Raises StorageError
        when nothing of all this was stored.
        """

        def work() -> list[Stored | MagrayError]:
            stored: list[Stored | MagrayError] = []
            for one in prepared:
                try:
                    with self._vault.part():
                        stored.append(self._remember(one))
                except (UsageError, RecordNotFound) as error:
                    stored.append(error)
            return stored

        return self._write(work)

    def _remember(self, prepared: Prepared) -> Stored:
        draft, content = _checked(prepared.draft, self._clock()), prepared.content
        superseded = None if draft.supersedes is None else find_record(self._vault, draft.supersedes).id
        known = self._known(draft, content)
        if known is None:
            new = self._new(draft, content, prepared.citation)
            document = records.insert(self._vault, new, self._lexical)
            outcome: Outcome = "created"
        else:
            document = known.id
            outcome = self._merge(known, draft, content, prepared.citation)
        stored = self._get(document)
        if superseded is not None and superseded != document:
            at = stored.created_at if outcome == "created" else self._now()
            records.set_fields(self._vault, superseded, at, superseded_by=document)
        return Stored(stored, outcome)

    def edit(
        self,
        id_: str,
        *,
        text: str | None = None,
        title: str | None = None,
        kind: str | None = None,
        version: str | None = None,
    ) -> StoredRecord:
        """Give a record another text, title or kind; the former state stays in its history.

        An empty `title` leaves it to the text. `version`: what the writer had read. Raises RecordNotFound,
        RecordError, RecordChanged.
        """
        from magray_memory.records.draft import Draft

        def work() -> StoredRecord:
            former = find_record(self._vault, id_)
            if version is not None and version != version_of(former):
                raise _changed(former)
            if text is not None and not text.strip():
                name = record_id(former.id)
                raise RecordError(f"{name} stays as it is", "the new text is empty", f"magray forget {name}")
            content = content_of(
                Draft(
                    text=former.text if text is None else text,
                    title=_kept_title(former, self._redaction) if title is None else title,
                    kind=former.kind if kind is None else kind,
                    tags=_kept_tags(former, self._redaction),
                ),
                self._redaction,
            )
            if _differs(former, content):
                self._replace(former, content)
            self._renew(former.id)
            return self._get(former.id)

        return self._write(work)

    def tag(self, id_: str, add: Iterable[str] = (), remove: Iterable[str] = ()) -> StoredRecord:
        """Add and remove tags. A tag that stands in the text itself goes with the text only. Raises
        RecordNotFound, RecordError.
        """
        added, removed = clean_tags(add), clean_tags(remove)

        def work() -> StoredRecord:
            former = find_record(self._vault, id_)
            tags = tuple(dict.fromkeys([*former.tags, *added]))
            tags = tuple(tag for tag in tags if tag not in removed)
            if len(tags) > MAX_TAGS:
                raise RecordError(f"{len(tags)} tags are too many", f"a record has {MAX_TAGS} at most")
            records.set_record_tags(self._vault, former.id, tags, self._now())
            self._renew(former.id)
            return self._get(former.id)

        return self._write(work)

    def pin(self, id_: str, *, pinned: bool = True) -> StoredRecord:
        """Keep a record from ever expiring, or no longer. Raises RecordNotFound."""

        def work() -> StoredRecord:
            document = find_record(self._vault, id_).id
            records.set_fields(self._vault, document, self._now(), pinned=pinned)
            self._renew(document)
            return self._get(document)

        return self._write(work)

    def forget(self, ids: Sequence[str]) -> list[StoredRecord]:
        """Move records to the trash, all of them or, when one is not there, none. Raises RecordNotFound."""

        def work() -> list[StoredRecord]:
            documents = list(dict.fromkeys(find_record(self._vault, id_).id for id_ in ids))
            records.trash(self._vault, documents, self._lexical, self._now())
            return records.get(self._vault, documents)

        return self._write(work)

    def restore(self, id_: str) -> StoredRecord:
        """Take a record out of the trash; one that is not in it stays as it is. Raises RecordNotFound."""

        def work() -> StoredRecord:
            found = find_record(self._vault, id_, trashed=True)
            if found.trashed_at is not None:
                self._untrash(found)
            return self._get(found.id)

        return self._write(work)

    def _known(self, draft: Draft, content: Content) -> StoredRecord | None:
        if draft.key is not None:
            document = records.find_key(self._vault, draft.key)
        else:
            document = records.find_text(self._vault, content.hash, draft.project)
        return None if document is None else self._get(document)

    def _merge(
        self, known: StoredRecord, draft: Draft, content: Content, citation: Citation | None
    ) -> Outcome:
        """Give a record that is there what the draft says of it, and never less than it had."""
        outcome: Outcome = "unchanged" if draft.key is not None else "duplicate"
        if known.trashed_at is not None:
            self._untrash(known)
            known = self._get(known.id)
            outcome = "restored"
        if draft.key is not None:
            title = content.title if draft.title is not None or content.title else known.title
            content = replace(content, kind=content.kind if draft.kind else known.kind, title=title)
        else:
            content = replace(content, text=known.text, title=(draft.title and content.title) or known.title,
                              kind=content.kind if draft.kind else known.kind)  # fmt: skip
        if draft.key is None or not draft.tags:
            content = replace(content, tags=tuple(dict.fromkeys([*known.tags, *content.tags]))[:MAX_TAGS])
        if _differs(known, content):
            content = replace(content, passages=passages_of(content.text, content.title, content.kind))
            self._replace(known, content)
            outcome = "updated" if outcome == "unchanged" else outcome
        self._set_stated(known, draft)
        self._renew(known.id)
        if citation is not None and citation != known.citation:
            records.put_citation(self._vault, known.id, citation)
        return outcome

    def _set_stated(self, known: StoredRecord, draft: Draft) -> None:
        fields: dict[str, object] = {}
        if draft.layer is not None and draft.layer != known.layer:
            layers.set_layer(self._vault, [known.id], draft.layer, self._now())
        if draft.importance is not None:
            fields["score"] = draft.importance
        if draft.pinned:
            fields["pinned"] = True
        if draft.session is not None:
            fields["session"] = draft.session
        if fields:
            records.set_fields(self._vault, known.id, self._now(), **fields)

    def _new(self, draft: Draft, content: Content, citation: Citation | None) -> NewRecord:
        now = self._clock()
        return NewRecord(
            uid=uuid.uuid4().hex,
            content=content,
            layer=draft.layer or DEFAULT_LAYER,
            created_at=now if draft.created_at is None else draft.created_at,
            stored_at=uses.stamp(self._vault, now),
            project=draft.project,
            session=draft.session,
            key=draft.key,
            importance=0.5 if draft.importance is None else draft.importance,
            pinned=draft.pinned,
            citation=citation,
        )

    def _replace(self, former: StoredRecord, content: Content) -> None:
        """What an older version stored is redacted before it becomes history."""
        former = redacted_record(former, self._redaction)
        records.replace_content(self._vault, former, content, self._lexical, self._clock())

    def _untrash(self, record: StoredRecord) -> None:
        record = redacted_record(record, self._redaction)
        passages = passages_of(record.text, record.title, record.kind)
        records.untrash(self._vault, record.id, passages, self._lexical, self._now())
        self._renew(record.id)

    def _renew(self, document: int) -> None:
        uses.renew(self._vault, [document], self._now())

    def _now(self) -> float:
        """The time to note for what happens now."""
        return uses.stamp(self._vault, self._clock())

    def _get(self, document: int) -> StoredRecord:
        (found,) = records.get(self._vault, [document])
        return found

    def _write(self, work: Callable[[], T]) -> T:
        """One transaction; once more where it met a damaged lexical index, which it then makes again."""
        try:
            with self._vault.write():
                return work()
        except LexicalDamaged:
            with self._vault.write():
                return work()


def _checked(draft: Draft, now: float) -> Draft:
    """The draft with its short texts cleaned. Raises RecordError."""
    if draft.importance is not None and not 0 <= draft.importance <= 1:
        raise RecordError(f"importance {draft.importance:g} is out of range", "it is between 0 and 1")
    created = draft.created_at
    if created is not None and not 0 <= created <= now + MAX_CREATED_AHEAD:
        raise RecordError("the time of the record is out of range", "it lies in the future, or before 1970")
    return replace(
        draft,
        layer=None if draft.layer is None else clean_layer(draft.layer),
        project=clean_line(draft.project, "project", MAX_NAME),
        session=clean_line(draft.session, "session", MAX_NAME),
        key=clean_line(draft.key, "key", MAX_NAME),
    )


def _changed(record: StoredRecord) -> RecordChanged:
    what = f"{record_id(record.id)} was changed by another program"
    return RecordChanged(what, "nothing was written", "read it again", version_of(record))


def _differs(former: StoredRecord, content: Content) -> bool:
    return (former.text, former.title, former.kind, set(former.tags)) != (
        content.text,
        content.title,
        content.kind,
        set(content.tags),
    )


def _kept_title(former: StoredRecord, redaction: RedactionSettings) -> str | None:
    """The title to keep through an edit of the text; one that stood in the text goes with it."""
    from magray_memory.records.draft import Draft

    return None if content_of(Draft(text=former.text), redaction).title == former.title else former.title


def _kept_tags(former: StoredRecord, redaction: RedactionSettings) -> tuple[str, ...]:
    """The tags that do not stand in the text."""
    from magray_memory.records.draft import Draft

    stated = content_of(Draft(text=former.text), redaction).tags
    return tuple(tag for tag in former.tags if tag not in stated)
