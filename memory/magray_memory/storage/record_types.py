"""Record types: a record as it is stored, as it is to be stored, and as it was before an edit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from magray_memory.storage.documents import NewPassage


@dataclass(frozen=True, slots=True)
class Citation:
    """Lines `start_line` to `end_line` (1-based, inclusive) of a file under `root`, with what they were:
    hashes of the lines, of the first one, and of the whole file; `commit`: what git had checked out.
    """

    root: str
    path: str
    start_line: int
    end_line: int
    commit: str | None
    text_hash: bytes
    first_hash: bytes
    file_hash: bytes


@dataclass(frozen=True, slots=True)
class Content:
    """What an edit can change of a record: text, what is derived from it, and how it is filed."""

    text: str
    hash: bytes
    title: str | None
    kind: str
    tags: tuple[str, ...]
    links: tuple[str, ...]
    passages: tuple[NewPassage, ...]
    redacted: Mapping[str, int] = field(default_factory=dict[str, int])
    """How many secrets are taken out of text and title, by kind."""


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record to store. `importance` is 0…1; `created_at`: when it was written, `stored_at`: now."""

    uid: str
    content: Content
    layer: str
    created_at: float
    stored_at: float
    project: str | None = None
    session: str | None = None
    key: str | None = None
    importance: float = 0.5
    pinned: bool = False
    citation: Citation | None = None


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as it is stored; times are UTC seconds."""

    id: int
    uid: str
    text: str
    title: str | None
    kind: str
    layer: str
    tags: tuple[str, ...]
    project: str | None
    session: str | None
    key: str | None
    created_at: float
    updated_at: float
    layer_at: float
    last_access_at: float | None
    access_count: int
    importance: float
    pinned: bool
    trashed_at: float | None
    superseded_by: int | None
    citation: Citation | None


@dataclass(frozen=True, slots=True)
class Revision:
    """A former state of a record, from `from_at` until `until_at`."""

    from_at: float
    until_at: float
    kind: str
    title: str | None
    tags: tuple[str, ...]
    text: str
