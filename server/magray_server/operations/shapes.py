"""Shapes of the contract's JSON, for results that the engine turns into JSON itself."""

from __future__ import annotations

from typing import Any

import msgspec


class Change(msgspec.Struct, rename={"source": "from"}):
    """A vault that changes to another model: `made` of its passages have a vector of it, a `share` of 1."""

    source: str
    to: str
    made: int
    share: float


class Vault(msgspec.Struct):
    """One vault. `pending` counts passages without a vector of the model, `approximate` those that have an
    approximate one instead, `redacted` secrets that were taken out, by kind.
    """

    kind: str
    root: str | None
    files: int
    passages: int
    pending: int
    approximate: int
    bytes: int
    last_indexed: str | None
    """ISO 8601, in UTC."""
    redacted: dict[str, int]


class DescribedVault(Vault):
    """A vault with the model that answers for it."""

    model: str | None
    change: Change | None


class Component(msgspec.Struct):
    """One part of the program. `severity`: ok, info, warning, critical or fatal."""

    name: str
    severity: str
    summary: str
    detail: dict[str, Any]
    hint: str


class Device(msgspec.Struct):
    """Where the model runs. `actual` is what was last observed."""

    requested: str
    actual: str | None
    observed_at: str | None
    reason: str | None


class Status(msgspec.Struct):
    """`status`."""

    version: str
    home: str
    severity: str
    components: list[Component]
    vaults: list[DescribedVault]
    device: Device


class Finding(msgspec.Struct):
    """Something that is wrong, or was."""

    check: str
    severity: str
    message: str
    path: str
    hint: str
    remedy: str | None
    mended: str


class Diagnosis(msgspec.Struct):
    """`doctor`."""

    home: str
    severity: str
    errors: int
    findings: list[Finding]
    mended: list[Finding]
    lost: list[str]
    vaults: int
    seconds: float


class OptimizeStep(msgspec.Struct):
    """One thing that was optimized: bytes and milliseconds won, or why it could not be."""

    what: str
    place: str
    message: str
    bytes: int
    ms: float | None
    problem: str


class Optimized(msgspec.Struct):
    """`optimize`."""

    dry_run: bool
    bytes: int
    seconds: float
    steps: list[OptimizeStep]


class Skipped(msgspec.Struct):
    """A file that should have been indexed."""

    path: str
    reason: str


class Seconds(msgspec.Struct):
    """How long the phases took."""

    lexical: float
    semantic: float | None


class IndexReport(msgspec.Struct):
    """`index`."""

    files: int
    ignored: int
    left_out: dict[str, int]
    passages: int
    embedded: int
    reused: int
    removed: int
    skipped: list[Skipped]
    seconds: Seconds
    device: str | None
    model: str | None


class PathStanding(msgspec.Struct):
    """How a path stands to the index. `state`: indexed, changed, not_indexed, left_out, skipped, gone or
    folder; `source`: where the rule stands; `redacted`: secrets that were taken out, by kind.
    """

    path: str
    state: str
    reason: str
    rule: str | None
    source: str
    pattern: str
    kind: str | None
    language: str | None
    files: int | None
    passages: int
    embedded: int
    left_out: dict[str, int]
    redacted: dict[str, int]


class Standings(msgspec.Struct):
    """`why`."""

    files: list[PathStanding]


class LeftOut(msgspec.Struct):
    """An entry that a rule leaves out; the path of a folder ends with `/`."""

    path: str
    rule: str
    reason: str
    source: str


class Coverage(msgspec.Struct):
    """`coverage`. `left_out`: entries by rule; `entries`: those of the rules that were named."""

    root: str
    files: int
    passages: int
    not_indexed: int
    left_out: dict[str, int]
    skipped: list[Skipped]
    entries: list[LeftOut]


class Vaults(msgspec.Struct):
    """`vault list`."""

    vaults: list[DescribedVault]


class Dropped(msgspec.Struct):
    """`vault drop`; `problems`: what of them is left, and why."""

    dropped: list[Vault]
    dry_run: bool
    problems: list[str]


class Models(msgspec.Struct):
    """`model list`: the facts of each model by name."""

    models: list[dict[str, Any]]


class ModelUsed(msgspec.Struct):
    """`model use`. `vaults`: how many are to be embedded again."""

    id: str
    dim: int
    path: str
    vaults: int


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


class Backup(msgspec.Struct):
    """A backup. `reason`: manual, daily or safety; null, as `full` and `records`, where it is not known
    because it is encrypted or damaged; `problem`: what is wrong with it.
    """

    file: str
    created: str
    """ISO 8601, in UTC."""
    bytes: int
    encrypted: bool
    reason: str | None
    full: bool | None
    records: int | None
    problem: str | None


class BackedUp(Backup):
    """`backup`: the backup that was made; `left_out`: workspaces that could not be in it, a sentence each;
    `pruned`: files of older backups that were deleted after it.
    """

    counts: dict[str, int]
    seconds: float
    left_out: list[str]
    pruned: list[str]


class Backups(msgspec.Struct):
    """`backup list`, the oldest first."""

    folder: str
    backups: list[Backup]


class PrunedBackups(msgspec.Struct):
    """`backup prune`: what was deleted (with `dry_run`: would be), how many stay, and the bytes won."""

    dry_run: bool
    deleted: list[Backup]
    kept: int
    bytes: int


class Exported(msgspec.Struct):
    """`export`. `written` and `unchanged` count files; `kept`: notes that were edited since then."""

    format: str
    path: str
    records: int
    written: int
    unchanged: int
    kept: list[str]


class Conflict(msgspec.Struct):
    """Something that was changed in its source and here: `record` is as it was, `copy` is what came."""

    path: str
    record: str
    copy: str


class Imported(msgspec.Struct, rename={"source": "from"}):
    """`import`: what became of each item. `duplicates`: their text is a record's already; `left_out`: by
    rule; `skipped`: should have been taken, the first thousand; `renumbered`: could not keep their id.
    """

    source: str
    dry_run: bool
    created: int
    updated: int
    unchanged: int
    duplicates: int
    renumbered: int
    conflicts: list[Conflict]
    left_out: dict[str, int]
    skipped: list[Skipped]
    more_skipped: int
    redacted: dict[str, int]


class Restored(msgspec.Struct):
    """`restore`: what was restored or, with `dry_run`, would be.

    `records`: of the archive; `purged`: records of it that stay away, since they were removed for good;
    `examples`: titles by `added`, `changed` and `removed`; `safety`: the file with the state before;
    `workspaces`: folders whose index came with a full backup, since they had none.
    """

    archive: str
    created: str
    merge: bool
    dry_run: bool
    records: int
    added: int
    changed: int
    removed: int
    purged: int
    settings: bool
    examples: dict[str, list[str]]
    safety: str | None
    conflicts: list[str]
    workspaces: list[str]
    seconds: float


class VerifiedBackup(Backup):
    """A backup with what is wrong with it; `unread`: no passphrase opens it."""

    unread: bool


class VerifiedBackups(msgspec.Struct):
    """`backup verify`."""

    backups: list[VerifiedBackup]


class Drilled(msgspec.Struct):
    """`backup drill`: the drill that passed, how many records came back, and how many were asked for."""

    archive: str
    records: int
    asked: int
    seconds: float
