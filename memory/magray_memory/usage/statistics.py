"""Statistics: what `stats` answers, as values."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True)
class RecordCounts:
    """The records that are kept, and those in the trash. `bytes`: of the notebook's files."""

    total: int = 0
    pinned: int = 0
    trashed: int = 0
    characters: int = 0
    bytes: int = 0
    by_layer: Mapping[str, int] = field(default_factory=dict[str, int])
    by_kind: Mapping[str, int] = field(default_factory=dict[str, int])
    by_tag: Mapping[str, int] = field(default_factory=dict[str, int])
    by_project: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Week:
    """A week, named by its Monday (ISO date): records that were written in it, and how many there were at its
    end; questions.
    """

    week: str
    records: int = 0
    total: int = 0
    searches: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """A query: how often it was asked, how often without an answer, and when last (ISO 8601, UTC)."""

    query: str
    count: int
    unanswered: int
    last: str


@dataclass(frozen=True, slots=True)
class Item:
    """A record (`id`) or a file (`path`) with its name; `count`: how often; `last`: when last, ISO 8601, UTC;
    None where that is not known.
    """

    id: str | None
    path: str | None
    name: str
    count: int
    last: str | None


@dataclass(frozen=True, slots=True)
class Searches:
    """What was asked. `enabled`: whether it is kept; `unanswered`: without a hit, or with a first
    one of so little confidence that it hardly answers.
    """

    enabled: bool
    total: int = 0
    unanswered: int = 0
    median_ms: float | None = None
    queries: Sequence[Query] = ()
    without_answer: Sequence[Query] = ()
    found: Sequence[Item] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """Records that were opened, or recalled by name."""

    total: int = 0
    records: Sequence[Item] = ()


@dataclass(frozen=True, slots=True)
class Unused:
    """Records that were written more than so many `days` ago and not used since."""

    days: int
    total: int = 0
    records: Sequence[Item] = ()


@dataclass(frozen=True, slots=True)
class Sizes:
    """Bytes of the home by what they are for."""

    notebook: int = 0
    workspaces: int = 0
    vector_cache: int = 0
    models: int = 0
    backups: int = 0
    logs: int = 0
    usage: int = 0
    other: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Stats:
    """All of it. `since`: from when uses and questions are counted (ISO 8601, UTC), None for ever."""

    since: str | None
    records: RecordCounts
    weeks: Sequence[Week]
    searches: Searches
    opened: Opened
    unused: Unused
    sizes: Sizes

    def as_json(self) -> dict[str, Any]:
        """JSON of `stats --json`."""
        return asdict(self)
