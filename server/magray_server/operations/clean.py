"""`clean`: records that are no longer used leave, and files that nothing needs are removed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.operations.operation import Context, Operation, Outcome, option, options

if TYPE_CHECKING:
    from magray_memory.values import Cleaned


@options
class Clean:
    """Move records that are no longer used to the trash, and remove files that nothing needs.

    A record leaves when two runs, a day apart, find it due; until then it is listed with the time. Files:
    vaults of folders that have been missing for a month, index snapshots and cached vectors that nothing
    uses, old logs, questions and backups, unfinished drafts, and what was damaged and quarantined. The
    background does it too.
    """

    dry_run: bool = option("List each record and file with the reason; change nothing.", default=False)
    at_once: bool = option("Do not wait for a second run: records that are due leave now.", default=False)
    records: bool = option("Only records; leave the files.", default=False)


def run(context: Context, wanted: Clean) -> Cleaned:
    """What leaves, now or later. Raises StorageError."""
    return context.memory.maintenance.clean(
        dry_run=wanted.dry_run,
        at_once=wanted.at_once,
        records_only=wanted.records,
        progress=context.progress,
    )


def outcome(_: Clean, done: Cleaned) -> Outcome:
    """Partly done when something should have been removed for good and was not."""
    return Outcome.DONE if done.whole else Outcome.PARTLY


OPERATIONS = (
    Operation(
        name="clean",
        options=Clean,
        run=run,
        shape="magray_server.operations.record_shapes:Cleaned",
        activity="cleaning",
        outcome=outcome,
        examples="""
        magray clean --dry-run
        magray clean
        """,
    ),
)
