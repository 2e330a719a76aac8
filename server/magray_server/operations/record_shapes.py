"""Shapes of the contract's JSON: records, and what moves or removes them."""

from __future__ import annotations

import msgspec

from magray_server.operations.shapes import OptimizeStep  # noqa: TC001 - msgspec reads the types


class Source(msgspec.Struct):
    """Lines of a file that a record is about, 1-based and inclusive; `commit`: what git had checked out."""

    path: str
    start_line: int
    end_line: int
    commit: str | None


class Place(msgspec.Struct):
    """Where the lines of a source stand now."""

    path: str
    start_line: int
    end_line: int


class Record(msgspec.Struct):
    """A record. Times are ISO 8601, in UTC. `citation`: verified, moved, changed or gone, null without a
    source; `version`: another one after each edit; `redacted`: secrets that were taken out, by kind.
    """

    id: str
    text: str
    title: str | None
    kind: str
    layer: str
    tags: list[str]
    project: str | None
    session: str | None
    key: str | None
    created: str
    updated: str
    version: str
    last_access: str | None
    access_count: int
    importance: float
    pinned: bool
    source: Source | None
    citation: str | None
    moved_to: Place | None
    superseded_by: str | None
    trashed: str | None
    redacted: dict[str, int]


class FormerState(msgspec.Struct, rename={"since": "from"}):
    """What a record was from one time until another."""

    since: str
    until: str
    kind: str
    title: str | None
    tags: list[str]
    text: str


class LinkingRecord(msgspec.Struct):
    """A record that links to another."""

    id: str
    title: str | None
    kind: str


class RecordDetails(Record):
    """`show`: a record with its former states, the last first, what links to it, and what it replaces."""

    history: list[FormerState]
    linked_from: list[LinkingRecord]
    supersedes: list[str]


class RecordPage(msgspec.Struct):
    """`list`; `next` is given as `after` to read on, null at the end."""

    records: list[Record]
    next: str | None


class NearRecord(msgspec.Struct):
    """A record that says nearly the same: its share of words in common, of 1."""

    id: str
    title: str | None
    similarity: float


class Remembered(msgspec.Struct):
    """`remember`. `outcome`: created, updated, unchanged, duplicate or restored; `redacted`: secrets that
    were taken out of what was given, by kind.
    """

    id: str
    outcome: str
    record: Record
    near: list[NearRecord]
    redacted: dict[str, int]


class Move(msgspec.Struct, rename={"source": "from", "target": "to"}):
    """A record that goes from one place (a layer or trash) to another (a layer, trash or removed), and why.

    `name`: its title, or how its text begins; `when`: null for now, else the earliest time (ISO 8601, UTC).
    """

    id: str
    name: str
    source: str
    target: str
    reason: str
    when: str | None


class PurgedPlace(msgspec.Struct):
    """A place that was looked into: what it holds, where, and how many of it were removed; null where that is
    not counted.
    """

    what: str
    path: str
    removed: int | None


class UnreachedPlace(msgspec.Struct):
    """Where something of it is, or may be; `failed`: it should have been removed and was not."""

    path: str
    why: str
    failed: bool


class Purged(msgspec.Struct):
    """`trash empty` and `forget --purge`: the ids that are gone, where was looked, what was not reached."""

    ids: list[str]
    looked: list[PurgedPlace]
    unreached: list[UnreachedPlace]


class Moves(msgspec.Struct):
    """`promote`, and the records of `clean`: what moved (with `dry_run`: would move), then what will later;
    `purged`: of what left the trash, null where nothing did; `waiting`: how many records are due and leave
    later, of which a run lists those that it found due, and a dry run all.
    """

    dry_run: bool
    moves: list[Move]
    purged: Purged | None
    waiting: int
    seconds: float


class Cleaned(Moves):
    """`clean`: the records, then the files that are gone (with `dry_run`: would be), and their bytes."""

    bytes: int
    steps: list[OptimizeStep]


class Forgotten(msgspec.Struct):
    """`forget`: the records in the trash; `purged` with --purge, else null."""

    records: list[Record]
    purged: Purged | None


class ChangedRecords(msgspec.Struct):
    """`pin`, `unpin` and `trash restore`."""

    records: list[Record]
