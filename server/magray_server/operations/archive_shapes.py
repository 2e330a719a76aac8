"""Shapes of the contract's JSON: backups, exports and imports."""

from __future__ import annotations

import msgspec

from magray_server.operations.shapes import Skipped  # noqa: TC001 - msgspec reads the types


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
