"""Shapes of the JSON of `stats`."""

from __future__ import annotations

import msgspec


class RecordCounts(msgspec.Struct):
    """Records that are kept, of them pinned, and those in the trash; `bytes`: of the notebook's files."""

    total: int
    pinned: int
    trashed: int
    characters: int
    bytes: int
    by_layer: dict[str, int]
    by_kind: dict[str, int]
    by_tag: dict[str, int]
    by_project: dict[str, int]


class Week(msgspec.Struct):
    """A week by its Monday: records written in it, records at its end, questions."""

    week: str
    records: int
    total: int
    searches: int


class AskedQuery(msgspec.Struct):
    """A query: how often it was asked, of these without an answer, and when last (ISO 8601, UTC)."""

    query: str
    count: int
    unanswered: int
    last: str


class Item(msgspec.Struct):
    """A record (`id`) or a file (`path`), how often, and when last."""

    id: str | None
    path: str | None
    name: str
    count: int
    last: str | None


class Searches(msgspec.Struct):
    """What was asked. `enabled`: whether it is kept; `unanswered`: without a hit, or with a first one whose
    confidence is below 0.2; `median_ms`: milliseconds of an answer.
    """

    enabled: bool
    total: int
    unanswered: int
    median_ms: float | None
    queries: list[AskedQuery]
    without_answer: list[AskedQuery]
    found: list[Item]


class Opened(msgspec.Struct):
    """Uses of records: that they were opened, or recalled by name."""

    total: int
    records: list[Item]


class Unused(msgspec.Struct):
    """Records that are older than so many `days` and were not used since, the longest first."""

    days: int
    total: int
    records: list[Item]


class Sizes(msgspec.Struct):
    """Bytes of the home by what they are for."""

    notebook: int
    workspaces: int
    vector_cache: int
    models: int
    backups: int
    logs: int
    usage: int
    other: int
    total: int


class Stats(msgspec.Struct):
    """`stats`. `since`: from when questions, uses and weeks are counted, null for all that is kept."""

    since: str | None
    records: RecordCounts
    weeks: list[Week]
    searches: Searches
    opened: Opened
    unused: Unused
    sizes: Sizes
