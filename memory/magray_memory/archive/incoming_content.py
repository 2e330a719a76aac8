"""Incoming content: an item of a source brought into the form that is stored, without its secrets.

This is the work that needs no database, done before the transaction.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from magray_memory.archive.incoming import EditedNote, ForeignItem, WholeRecord
from magray_memory.indexing.record_passages import passages_of
from magray_memory.records.draft import (
    MAX_NAME,
    MAX_TAGS,
    MAX_TITLE,
    clean,
    clean_kind,
    clean_layer,
    clean_line,
    clean_text,
    content_of,
    text_digest,
)
from magray_memory.records.redacted import redacted_draft
from magray_memory.storage.record_types import Content
from magray_memory.text.redaction import added, counts_of, redact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from magray_memory.config import RedactionSettings
    from magray_memory.records.draft import Draft
    from magray_memory.storage.record_states import RecordState

_MAX_TAG = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What the person asks of an import. `layer`: of items that have none; `tags` are added to what comes."""

    tags: tuple[str, ...] = ()
    layer: str = "assets"
    project: str | None = None
    redaction: RedactionSettings


@dataclass(frozen=True, slots=True)
class ReadyForeign:
    """An item of another tool, ready to be stored. `hash`: of what the item says, whatever was asked."""

    where: str
    key: str
    draft: Draft
    content: Content
    hash: bytes
    redacted: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ReadyWhole:
    """A whole record, ready to be stored."""

    where: str
    state: RecordState
    content: Content
    redacted: Mapping[str, int]


Ready = ReadyForeign | ReadyWhole | EditedNote


def ready(item: ForeignItem | WholeRecord | EditedNote, choices: Choices) -> Ready:
    """The item as it is stored. Raises RecordError for what no record can be."""
    if isinstance(item, ForeignItem):
        return _foreign(item, choices)
    if isinstance(item, WholeRecord):
        return whole(item.where, item.state, choices)
    return item  # what it becomes depends on the record


def whole(where: str, state: RecordState, choices: Choices) -> ReadyWhole:
    """A whole record as it is stored: as it is, but for secrets and for what no database holds.

    Raises RecordError.
    """
    record, settings = state.record, choices.redaction
    text = redact(clean_text(record.text), settings)
    title = redact(clean_line(record.title, "title", MAX_TITLE) or "", settings)
    kind, tags = clean_kind(record.kind), _tags((*record.tags, *choices.tags))
    former_texts = [redact(clean(former.text), settings) for former in state.history]
    taken = added(text.counts, title.counts, *(former.counts for former in former_texts))
    history = tuple(
        replace(
            former,
            text=redacted.text,
            title=redact(clean(former.title or ""), settings).text or None,
            tags=_tags(former.tags),
            kind=clean(former.kind),
        )
        for former, redacted in zip(state.history, former_texts, strict=True)
    )
    record = replace(
        record,
        text=text.text,
        title=title.text or None,
        kind=kind,
        layer=clean_layer(record.layer),
        tags=tags,
        project=_redacted_line(record.project, "project", settings),
        session=_redacted_line(record.session, "session", settings),
        key=_redacted_line(record.key, "key", settings),
        uid=clean(record.uid),
    )
    content = Content(
        text=record.text,
        hash=text_digest(record.text),
        title=record.title,
        kind=kind,
        tags=tags,
        links=tuple(map(clean, state.links)),
        passages=passages_of(record.text, record.title, kind),
        redacted=added(counts_of(record.text), counts_of(record.title or "")),
    )
    origins = tuple(origin._replace(key=clean(origin.key)) for origin in state.origins)
    return ReadyWhole(where, replace(state, record=record, history=history, origins=origins), content, taken)


def tag_of(text: str) -> str | None:
    """A tag as near to a text of another tool as tags can be; None for a text without letters."""
    words = "".join(letter if letter.isalnum() or letter in "_-/" else " " for letter in clean(text).lower())
    name = "-".join(words.split()).strip("/-")[:64].strip("/-")
    return name if name and name[0].isalnum() else None


def kind_of(text: object, otherwise: str) -> str:
    """A kind as near to a word of another tool as kinds can be."""
    word = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in str(text).lower())
    word = word.strip("-")[:32]
    return word if word[:1].isalpha() and word not in ("code", "doc") else otherwise


def _foreign(item: ForeignItem, choices: Choices) -> ReadyForeign:
    draft = item.draft
    named = json.dumps([draft.text, draft.title, draft.kind, sorted(draft.tags), draft.layer])
    digest = blake2b(named.encode(), digest_size=16).digest()
    draft = replace(
        draft,
        tags=(*draft.tags, *choices.tags),
        layer=draft.layer or choices.layer,
        project=choices.project or draft.project,
    )
    draft, taken = redacted_draft(draft, choices.redaction)
    draft = replace(
        draft,
        layer=clean_layer(draft.layer or choices.layer),
        project=clean_line(draft.project, "project", MAX_NAME),
        session=clean_line(draft.session, "session", MAX_NAME),
        key=clean_line(draft.key, "key", MAX_NAME),
    )
    content = content_of(draft, choices.redaction, redacted=True)
    return ReadyForeign(item.where, clean(item.key), draft, content, digest, taken)


def _tags(tags: Iterable[str]) -> tuple[str, ...]:
    """The tags as a record has them; one that stands in a text need not be one that can be typed."""
    kept = (clean(tag).strip() for tag in tags if not redact(tag).counts)
    return tuple(dict.fromkeys(tag for tag in kept if 0 < len(tag) <= _MAX_TAG))[:MAX_TAGS]


def _redacted_line(text: str | None, name: str, settings: RedactionSettings) -> str | None:
    line = clean_line(text, name, MAX_NAME)
    return None if line is None else redact(line, settings).text
