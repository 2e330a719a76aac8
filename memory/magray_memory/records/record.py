"""Record: what the rooms give of a stored record, in the shape that programs read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from magray_memory.records import citation as citations
from magray_memory.search.hits import iso_time
from magray_memory.text.redaction import added, counts_of, redact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from magray_memory.records.citation import Checked
    from magray_memory.records.duplicates import Near
    from magray_memory.storage.record_types import Revision, StoredRecord


@dataclass(frozen=True, slots=True)
class Record:
    """A record with what has become of its source; `citation` is None for one without."""

    stored: StoredRecord
    citation: Checked | None = None
    redacted: Mapping[str, int] = field(default_factory=dict[str, int])
    """How many secrets an edit has just taken out of what was given, by kind."""

    @property
    def id(self) -> str:
        """The id that commands take."""
        return record_id(self.stored.id)

    def as_json(self) -> dict[str, Any]:
        """The record with the names of the contract."""
        stored, checked = self.stored, self.citation
        source = None if stored.citation is None else citations.as_json(stored.citation)
        moved = checked is not None and checked.state == "moved"
        return {
            "id": self.id,
            "text": stored.text,
            "title": stored.title,
            "kind": stored.kind,
            "layer": stored.layer,
            "tags": list(stored.tags),
            "project": stored.project,
            "session": stored.session,
            "key": stored.key,
            "created": moment(stored.created_at),
            "updated": moment(stored.updated_at),
            "version": version_of(stored),
            "last_access": moment(stored.last_access_at),
            "access_count": stored.access_count,
            "importance": stored.importance,
            "pinned": stored.pinned,
            "source": source,
            "citation": None if checked is None else checked.state,
            "moved_to": None if checked is None or not moved else checked.as_json(),
            "superseded_by": None if stored.superseded_by is None else record_id(stored.superseded_by),
            "trashed": moment(stored.trashed_at),
            "redacted": added(counts_of(stored.text), counts_of(stored.title or "")),
        }


@dataclass(frozen=True, slots=True)
class RecordDetails:
    """All there is to see of one record: with its former states and what links to it."""

    record: Record
    history: Sequence[Revision]
    linked_from: Sequence[Record]
    supersedes: Sequence[str]

    def as_json(self) -> dict[str, Any]:
        """The record, and in addition `history`, `linked_from` and `supersedes`."""
        return {
            **self.record.as_json(),
            "history": [
                {
                    "from": moment(state.from_at),
                    "until": moment(state.until_at),
                    "kind": state.kind,
                    "title": state.title,
                    "tags": list(state.tags),
                    "text": state.text,
                }
                for state in self.history
            ],
            "linked_from": [
                {"id": other.id, "title": other.stored.title, "kind": other.stored.kind}
                for other in self.linked_from
            ],
            "supersedes": list(self.supersedes),
        }


@dataclass(frozen=True, slots=True)
class Remembered:
    """What became of a text: `outcome` is created, updated, unchanged, duplicate or restored; `near`: records
    that say nearly the same; `redacted`: how many secrets were taken out of what was given, by kind.
    """

    record: Record
    outcome: str
    near: Sequence[Near] = ()
    redacted: Mapping[str, int] = field(default_factory=dict[str, int])

    def as_json(self) -> dict[str, Any]:
        """`outcome`, `record`, `near`, a list of id, title and similarity, and `redacted`, counts by kind."""
        return {
            "id": self.record.id,
            "outcome": self.outcome,
            "record": self.record.as_json(),
            "near": self.near_as_json(),
            "redacted": dict(self.redacted),
        }

    def near_as_json(self) -> list[dict[str, Any]]:
        """Id, title and similarity of each record that says nearly the same."""
        return [
            {
                "id": record_id(n.record.id),
                "title": redact(n.record.title or "").text or None,
                "similarity": n.similarity,
            }
            for n in self.near
        ]


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Some records, and where the rest begins: `next` is given to `list` again, None at the end."""

    records: Sequence[Record]
    next: str | None = None

    def as_json(self) -> dict[str, Any]:
        """`records` and `next`."""
        return {"records": [record.as_json() for record in self.records], "next": self.next}


def record_id(document: int) -> str:
    """The id of a record as printed."""
    return f"n{document}"


def version_of(stored: StoredRecord) -> str:
    """Another one after each edit: what a writer had read is compared with it."""
    return f"{stored.updated_at:.6f}"


def moment(seconds: float | None) -> str | None:
    """UTC seconds in ISO 8601."""
    return None if seconds is None else iso_time(seconds)
