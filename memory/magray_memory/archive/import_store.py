"""Import store: decides what becomes of each incoming item, and stores it, in the caller's transaction.

An item of another tool is known again by its key: unchanged there, it is left; changed there, the record is
updated, unless it was changed here too. A whole record is known by its uid, and its history says which of two
states is the later. Where neither is, both are kept: the one that was here as it was, the other as a record
of its own with the tag `conflict`.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from hashlib import blake2b
from typing import TYPE_CHECKING, Literal, NamedTuple

from magray_memory.archive.exported_record import iso
from magray_memory.archive.incoming_content import ReadyForeign, ReadyWhole, whole
from magray_memory.archive.note_merge import content_differs, merged
from magray_memory.index.lexical import LexicalIndex
from magray_memory.records.draft import DEFAULT_KIND, DEFAULT_LAYER, MAX_TAGS
from magray_memory.records.redacted import redacted_record
from magray_memory.storage import layers, record_lists, record_states, records, uses
from magray_memory.storage.record_states import Origin, RecordState
from magray_memory.storage.record_types import NewRecord, StoredRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.archive.incoming import EditedNote
    from magray_memory.archive.incoming_content import Choices, Ready
    from magray_memory.archive.note_merge import Merged
    from magray_memory.storage.record_types import Content
    from magray_memory.storage.vault import Vault

Outcome = Literal["created", "updated", "unchanged", "duplicate", "conflict", "trashed"]
CONFLICT_TAG = "conflict"


class Stored(NamedTuple):
    """What became of an item. `record`: the one that was here or has come; `copy`: the second of a conflict.

    Both are 0 where there is none.
    """

    outcome: Outcome
    record: int = 0
    copy: int = 0
    renumbered: bool = False


class ImportStore:
    """Stores the items of one run. Every method runs inside `vault.write()`."""

    def __init__(
        self, vault: Vault, choices: Choices, now: Callable[[], float], is_incoming: Callable[[str], bool]
    ) -> None:
        """`is_incoming`: whether the source has a record with this uid."""
        self._vault = vault
        self._choices = choices
        self._now = now
        self._is_incoming = is_incoming
        self._lexical = LexicalIndex(vault)
        self._replaced: dict[str, str] = {}
        """Uid → that of the record that replaces it, which has not come yet."""

    def put(self, item: Ready) -> Stored:
        """Store one item. Raises RecordError for what no record can be."""
        if isinstance(item, ReadyForeign):
            return self._put_foreign(item)
        if isinstance(item, ReadyWhole):
            return self._put_whole(item)
        return self._put_note(item)

    def link_replaced(self) -> None:
        """Note which records are replaced by others that have come by now."""
        for uid, replacement in list(self._replaced.items()):
            document, other = (record_states.find_uid(self._vault, name) for name in (uid, replacement))
            if document is not None and other is not None:
                (stored,) = records.get(self._vault, [document])
                if stored.superseded_by is None and document != other:
                    at = self._get(other).created_at
                    records.set_fields(self._vault, document, at, superseded_by=other)
                del self._replaced[uid]

    def _expect_replacement(self, uid: str, replacement: str | None) -> None:
        if replacement is not None:
            self._replaced[uid] = replacement

    def _put_foreign(self, item: ReadyForeign) -> Stored:
        found = record_states.find_origin(self._vault, item.key)
        if found is not None:
            return self._repeat(item, self._get(found[0]), found[1])
        key = item.draft.key
        keyed = None if key is None else records.find_key(self._vault, key)
        if keyed is not None:
            return self._repeat(item, self._get(keyed), None)
        same = records.find_text(self._vault, item.content.hash, item.draft.project)
        if same is None:
            return Stored("created", self._new_foreign(item))
        stored = self._get(same)
        if stored.trashed_at is not None:
            return Stored("trashed", same)
        tags = tuple(dict.fromkeys([*stored.tags, *item.content.tags]))[:MAX_TAGS]
        if tags != stored.tags:
            records.set_record_tags(self._vault, same, tags, self._stamp())
        self._note_origin(item, stored)
        return Stored("duplicate", same)

    def _repeat(self, item: ReadyForeign, stored: StoredRecord, origin: Origin | None) -> Stored:
        """An item that is a record already."""
        if stored.trashed_at is not None:
            return Stored("trashed", stored.id)
        if origin is not None and origin.hash == item.hash:
            return Stored("unchanged", stored.id)
        content = replace(
            item.content, tags=tuple(dict.fromkeys([*stored.tags, *item.content.tags]))[:MAX_TAGS]
        )
        if not content_differs(stored, content):
            self._note_origin(item, stored)
            return Stored("unchanged", stored.id)
        if origin is not None and iso(origin.version) != iso(stored.updated_at):
            # The item is the copy's from now on, so that its next change does not meet the same conflict.
            copy = self._new_foreign(replace(item, draft=replace(item.draft, key=None)), CONFLICT_TAG)
            return Stored("conflict", stored.id, copy)
        self._replace(stored, content)
        self._note_origin(item, self._get(stored.id))
        return Stored("updated", stored.id)

    def _new_foreign(self, item: ReadyForeign, *tags: str) -> int:
        draft, now = item.draft, self._now()
        content = replace(item.content, tags=tuple(dict.fromkeys([*item.content.tags, *tags])))
        new = NewRecord(
            uid=uuid.uuid4().hex,
            content=content,
            layer=draft.layer or DEFAULT_LAYER,
            created_at=now if draft.created_at is None else min(max(draft.created_at, 0.0), now),
            stored_at=uses.stamp(self._vault, now),
            project=draft.project,
            session=draft.session,
            key=draft.key,
            importance=0.5 if draft.importance is None else min(max(draft.importance, 0.0), 1.0),
            pinned=draft.pinned,
        )
        document = records.insert(self._vault, new, self._lexical)
        self._note_origin(item, self._get(document))
        return document

    def _note_origin(self, item: ReadyForeign, stored: StoredRecord) -> None:
        with self._vault.write() as connection:
            origin = Origin(item.key, item.hash, stored.updated_at)
            record_states.put_origin(connection, stored.id, origin)

    def _put_whole(self, item: ReadyWhole) -> Stored:
        state = item.state
        self._expect_replacement(state.record.uid, state.superseded_by)
        known = record_states.find_uid(self._vault, state.record.uid)
        if known is not None:
            return self._meet(item, self._get(known))
        same = self._twin(item.content.hash, state.record.project)
        if same is not None:
            return Stored("duplicate", same)
        key = state.record.key
        holder = None if key is None else records.find_key(self._vault, key)
        if holder is None:
            return self._new_whole(item)
        without = replace(item, state=replace(state, record=replace(state.record, key=None)))
        return Stored("conflict", holder, self._new_whole(without, CONFLICT_TAG).record)

    def _meet(self, item: ReadyWhole, stored: StoredRecord) -> Stored:
        """A record that is here, in one state or another."""
        state = item.state
        if stored.trashed_at is not None and state.record.trashed_at is None:
            return Stored("trashed", stored.id)
        here, there = iso(stored.updated_at), iso(state.record.updated_at)
        if here == there or not content_differs(stored, item.content):
            return Stored("unchanged", stored.id)
        if any(iso(former.from_at) == here for former in state.history):
            record_states.update_state(self._vault, stored, state, item.content, self._lexical)
            self._renew(stored.id)
            return Stored("updated", stored.id)
        if any(iso(former.from_at) == there for former in record_lists.history(self._vault, stored.id)):
            return Stored("unchanged", stored.id)
        return self._keep_both(item, stored, there)

    def _keep_both(self, item: ReadyWhole, stored: StoredRecord, version: str) -> Stored:
        """Store a state of a record as a record of its own, once."""
        named = "\0".join((item.state.record.uid, version, item.content.text, item.content.title or ""))
        uid = blake2b(named.encode(), digest_size=16).hexdigest()
        if record_states.find_uid(self._vault, uid) is not None:
            return Stored("unchanged", stored.id)
        record = replace(item.state.record, uid=uid, key=None, id=0)
        own = replace(item.state, record=record, origins=(), superseded_by=None)
        copy = self._new_whole(replace(item, state=own), CONFLICT_TAG).record
        return Stored("conflict", stored.id, copy)

    def _new_whole(self, item: ReadyWhole, *tags: str) -> Stored:
        state, record = item.state, item.state.record
        content = replace(item.content, tags=tuple(dict.fromkeys([*item.content.tags, *tags])))
        if record.trashed_at is not None:  # nothing finds what lies in the trash
            content = replace(content, passages=())
        new = NewRecord(
            uid=record.uid,
            content=content,
            layer=record.layer,
            created_at=record.created_at,
            stored_at=uses.stamp(self._vault, self._now()),
            project=record.project,
            session=record.session,
            key=record.key,
            importance=record.importance,
            pinned=record.pinned,
            citation=record.citation,
        )
        number = record.id or None
        document = record_states.insert_state(self._vault, new, state, self._lexical, number=number)
        return Stored("created", document, renumbered=number is not None and document != number)

    def _put_note(self, item: EditedNote) -> Stored:
        note = item.note
        self._expect_replacement(note.uid, note.superseded_by)
        known = record_states.find_uid(self._vault, note.uid)
        if known is None:
            return self._new_note(item)
        stored = self._get(known)
        if stored.trashed_at is not None:
            return Stored("trashed", known)
        if not note.edited:
            return Stored("unchanged", known)
        stored = redacted_record(stored, self._choices.redaction)
        wanted = merged(stored, note.content, self._choices.redaction)
        if not wanted.changes(stored):
            return Stored("unchanged", known)
        if item.note.is_of(stored):
            self._apply(stored, wanted)
            return Stored("updated", known)
        if any(former.text == wanted.content.text for former in record_lists.history(self._vault, known)):
            return Stored("unchanged", known)
        return self._keep_both(self._as_whole(item, wanted), stored, note.content.digest())

    def _new_note(self, item: EditedNote) -> Stored:
        wanted = merged(None, item.note.content, self._choices.redaction)
        same = self._twin(wanted.content.hash, wanted.project)
        if same is not None:
            return Stored("duplicate", same)
        if wanted.key is not None and records.find_key(self._vault, wanted.key) is not None:
            wanted = wanted._replace(key=None)
        return self._new_whole(self._as_whole(item, wanted))

    def _as_whole(self, item: EditedNote, wanted: Merged) -> ReadyWhole:
        note, now = item.note, self._now()
        content = wanted.content
        created = min(max(now if note.created is None else note.created, 0.0), now)
        updated = created if note.updated is None else min(max(note.updated, created), now)
        record = StoredRecord(
            id=note.id or 0,
            uid=note.uid,
            text=content.text,
            title=content.title,
            kind=content.kind or DEFAULT_KIND,
            layer=wanted.layer,
            tags=content.tags,
            project=wanted.project,
            session=wanted.session,
            key=wanted.key,
            created_at=created,
            updated_at=updated,
            layer_at=now,
            last_access_at=None,
            access_count=0,
            importance=wanted.importance,
            pinned=wanted.pinned,
            trashed_at=None,
            superseded_by=None,
            citation=None,
        )
        return whole(item.where, RecordState(record, content.links), self._choices)

    def _apply(self, stored: StoredRecord, wanted: Merged) -> None:
        """Give a record what its note says now."""
        if content_differs(stored, wanted.content):
            self._replace(stored, wanted.content)
        if wanted.layer != stored.layer:
            layers.set_layer(self._vault, [stored.id], wanted.layer, self._stamp())
        key = wanted.key
        if key != stored.key and key is not None and records.find_key(self._vault, key) is not None:
            key = stored.key
        records.set_fields(
            self._vault,
            stored.id,
            self._stamp(),
            pinned=wanted.pinned,
            score=wanted.importance,
            project=wanted.project,
            session=wanted.session,
            key=key,
        )
        self._renew(stored.id)

    def _twin(self, digest: bytes, project: str | None) -> int | None:
        """A record with this text that was not exported beside it."""
        same = records.find_text(self._vault, digest, project)
        if same is None:
            return None
        stored = self._get(same)
        return None if stored.trashed_at is not None or self._is_incoming(stored.uid) else same

    def _replace(self, stored: StoredRecord, content: Content) -> None:
        former = redacted_record(stored, self._choices.redaction)
        records.replace_content(self._vault, former, content, self._lexical, self._now())
        self._renew(stored.id)

    def _renew(self, document: int) -> None:
        uses.renew(self._vault, [document], self._stamp())

    def _stamp(self) -> float:
        return uses.stamp(self._vault, self._now())

    def _get(self, document: int) -> StoredRecord:
        (found,) = records.get(self._vault, [document])
        return found
