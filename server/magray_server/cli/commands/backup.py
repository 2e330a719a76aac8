"""View of `magray backup`: the backup that was made, and those that there are."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from magray_server.cli import render
from magray_server.cli.operation_command import Call, View
from magray_server.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.values import BackedUp, Backup, Drilled, PrunedBackups, VerifiedBackups
    from magray_server.operations.backup import (
        DrillBackup,
        ListBackups,
        Listed,
        MakeBackup,
        PruneBackups,
        VerifyBackups,
    )

_HEADS = ("CREATED", "REASON", "RECORDS", "SIZE", "FILE")


def _made(_: Call[MakeBackup], done: BackedUp) -> Iterator[str]:
    count = done.manifest.counts["records"]
    what = f"{count:,} record{'s' * (count != 1)}, {render.size(done.backup.bytes)}"
    yield safe(f"{done.backup.path}  ({what}, {render.seconds(done.seconds)})")


def _made_notes(call: Call[MakeBackup], done: BackedUp) -> None:
    for sentence in done.left_out:
        call.shell.warn(sentence)


def _listed(_: Call[ListBackups], found: Listed) -> Iterator[str]:
    if found.backups:
        yield from render.table([_HEADS, *map(_row, found.backups)], right=(2, 3))


def _listed_notes(call: Call[ListBackups], found: Listed) -> None:
    if not found.backups and not call.shell.json:
        call.shell.note(f"there is no backup in {found.folder} yet: magray backup")


def _pruned(call: Call[PruneBackups], done: PrunedBackups) -> Iterator[str]:
    verb = "would delete" if done.dry_run else "deleted"
    for backup in done.deleted:
        yield safe(f"{verb} {backup.path} ({render.size(backup.bytes)})")
    yield f"{done.kept} of {done.kept + len(done.deleted)} backups stay"


def _verified(_: Call[VerifyBackups], found: VerifiedBackups) -> Iterator[str]:
    for one in found.backups:
        yield safe(f"{one.backup.path}  {one.problem or 'sound'}")


def _verified_notes(call: Call[VerifyBackups], found: VerifiedBackups) -> None:
    if not found.backups and not call.shell.json:
        call.shell.note("there is no backup yet: magray backup")


def _drilled(_: Call[DrillBackup], done: Drilled) -> Iterator[str]:
    asked = f"{done.records:,} restored, {done.asked} asked for and found, {render.seconds(done.seconds)}"
    yield safe(f"{done.archive}  the drill passed ({asked})")


def _row(backup: Backup) -> tuple[str, ...]:
    known = backup.manifest
    remarks = ["encrypted"] if backup.encrypted else []
    remarks += [backup.problem] if backup.problem else []
    return (
        render.ago(time.time() - backup.created_at.timestamp()),
        known.reason if known else "safety" if backup.safety else "?",
        f"{known.counts.get('records', 0):,}" if known else "?",
        render.size(backup.bytes),
        safe(str(backup.path) + (f"  ({', '.join(remarks)})" if remarks else "")),
    )


VIEWS = {
    "backup": View(lines=_made, notes=_made_notes),
    "backup list": View(lines=_listed, notes=_listed_notes),
    "backup verify": View(lines=_verified, notes=_verified_notes),
    "backup drill": View(lines=_drilled),
    "backup prune": View(lines=_pruned),
}
