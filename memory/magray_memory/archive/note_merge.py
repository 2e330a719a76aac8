"""Note merge: what becomes of a record when a note that an export wrote of it was edited."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.records.draft import (
    DEFAULT_LAYER,
    MAX_NAME,
    MAX_TAGS,
    Draft,
    clean_layer,
    clean_line,
    content_of,
    stated_title,
)

if TYPE_CHECKING:
    from magray_memory.archive.note_file import NoteContent
    from magray_memory.config import RedactionSettings
    from magray_memory.storage.record_types import Content, StoredRecord


class Merged(NamedTuple):
    """A record as an edited note wants it."""

    content: Content
    layer: str
    project: str | None
    session: str | None
    key: str | None
    importance: float
    pinned: bool

    def changes(self, stored: StoredRecord) -> bool:
        """Whether the record is anything else."""
        return content_differs(stored, self.content) or (
            (self.layer, self.project, self.session, self.key, self.importance, self.pinned)
            != (
                stored.layer,
                stored.project,
                stored.session,
                stored.key,
                stored.importance,
                stored.pinned,
            )
        )


def merged(stored: StoredRecord | None, note: NoteContent, redaction: RedactionSettings) -> Merged:
    """What a note makes of a record, or of none. A title or tag that stands in the text goes with the text:
    a tag that came into it is added, one that left it is removed.

    Raises RecordError for what no record can be.
    """
    text = note.text if stored is None or note.text.rstrip("\n") != stored.text.rstrip("\n") else stored.text
    content = content_of(Draft(text=text, title=note.title, kind=note.kind), redaction)
    in_text, former = stated_tags(text), frozenset(note.text_tags)
    tags = [tag for tag in note.tags if tag not in former - in_text]
    content = replace(content, tags=tuple(dict.fromkeys([*tags, *sorted(in_text - former)]))[:MAX_TAGS])
    layer = note.layer or (None if stored is None else stored.layer)
    return Merged(
        content,
        DEFAULT_LAYER if layer is None else clean_layer(layer),
        clean_line(note.project, "project", MAX_NAME),
        clean_line(note.session, "session", MAX_NAME),
        clean_line(note.key, "key", MAX_NAME),
        note.importance,
        note.pinned,
    )


def content_differs(stored: StoredRecord, content: Content) -> bool:
    """Whether an edit would change anything."""
    return (stored.text, stored.title, stored.kind, set(stored.tags)) != (
        content.text,
        content.title,
        content.kind,
        set(content.tags),
    )


def stated_tags(text: str) -> frozenset[str]:
    """The tags that stand in a text."""
    if "#" not in text and not text.startswith(("---", "+++")):
        return frozenset()
    from magray_memory.text.chunk import chunk

    return frozenset(chunk("", text, language="markdown").tags)


def title_beside_text(record: StoredRecord) -> str | None:
    """The title of a record where it is not that of its text."""
    title = record.title
    return None if title is None or (title in record.text and stated_title(record.text) == title) else title
