"""Redaction of records: what a draft says besides its text, and what an older version stored.

What is stored passes the rules when it is written. A text that was stored before, by other rules, passes them
whenever it is read; it is not rewritten, for a rule may err and nothing could bring the text back.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from magray_memory.errors import RecordError
from magray_memory.text.redaction import added, redact

if TYPE_CHECKING:
    from magray_memory.config import RedactionSettings
    from magray_memory.records.draft import Draft
    from magray_memory.storage.record_types import Revision, StoredRecord


def redacted_draft(draft: Draft, settings: RedactionSettings) -> tuple[Draft, dict[str, int]]:
    """The draft without its secrets, and how many were taken out, by kind.

    A tag that holds one is left out. Raises RecordError for a key that does: without it, the next one would
    update the same record.
    """
    text, title = redact(draft.text, settings), redact(draft.title or "", settings)
    project, session = redact(draft.project or "", settings), redact(draft.session or "", settings)
    if draft.key and redact(draft.key, settings).counts:
        raise RecordError("the key holds a secret", "none is stored", "a name for the record")
    tags = {tag: redact(tag, settings).counts for tag in draft.tags}
    counts = added(text.counts, title.counts, project.counts, session.counts, *tags.values())
    if not counts:
        return draft, counts
    return (
        replace(
            draft,
            text=text.text,
            title=title.text or draft.title,
            project=project.text or draft.project,
            session=session.text or draft.session,
            tags=tuple(tag for tag, held in tags.items() if not held),
        ),
        counts,
    )


def redacted_record(stored: StoredRecord, settings: RedactionSettings) -> StoredRecord:
    """The record without what the rules of now take out."""
    text, title = redact(stored.text, settings), redact(stored.title or "", settings)
    if text.text is stored.text and not title.counts:
        return stored
    return replace(stored, text=text.text, title=title.text or stored.title)


def redacted_revision(state: Revision, settings: RedactionSettings) -> Revision:
    """A former state without what the rules of now take out."""
    text, title = redact(state.text, settings), redact(state.title or "", settings)
    if text.text is state.text and not title.counts:
        return state
    return replace(state, text=text.text, title=title.text or state.title)
