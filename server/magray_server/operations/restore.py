"""`restore`: records and settings from a backup, in place of those of now or merged with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.errors import UsageError
from magray_server.operations.backup import passphrases_of
from magray_server.operations.operation import Context, Operation, option, options

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.values import Restored, RestorePlan


@options
class Restore:
    """Put the records and settings of a backup in place of those of now, or merge its records.

    The backup is verified first, and the state of now is kept as a safety backup. Records that were purged
    stay away. Other programs can run meanwhile.
    """

    archive: str = option("`latest`, a file, or a name in `magray backup list`.", positional=True)
    merge: bool = option(
        "Keep what is here: add what is missing, and of each record the newer text.", default=False
    )
    dry_run: bool = option("Report what would change; change nothing.", default=False)
    yes: bool = option("Do not ask before replacing.", default=False)
    passphrase_file: str | None = option(
        "The passphrase of an encrypted backup is the first line of this file.",
        default=None,
        metavar="FILE",
        path=True,
    )


def run(context: Context, wanted: Restore) -> Restored:
    """What was restored. Raises UsageError, ArchiveError, PassphraseError, StorageError, Interrupted."""
    done = context.memory.archive.restore(
        wanted.archive,
        merge=wanted.merge,
        dry_run=wanted.dry_run,
        confirm=None if wanted.yes or wanted.merge or wanted.dry_run else _confirming(context),
        passphrases=passphrases_of(context, wanted.passphrase_file),
        progress=context.progress,
    )
    if not wanted.dry_run:
        context.memory.records.embed_in_background()
    return done


def _confirming(context: Context) -> Callable[[RestorePlan], bool]:
    ask = context.confirm
    if ask is None:
        why = "it replaces the records and settings of now, and nobody can be asked"
        raise UsageError("restore", why, "--yes, or --dry-run to see what would change")
    return lambda plan: ask("\n".join([*described(plan), "Replace?"]))


def described(plan: RestorePlan) -> list[str]:
    """What a restore changes, a line each."""
    records = plan.manifest.counts["records"]
    lines = [
        f"{plan.archive.name}: {records:,} record{'s' * (records != 1)}, made {plan.manifest.created_at}"
    ]
    for name, count in (("added", plan.added), ("changed", plan.changed), ("removed", plan.removed)):
        if count:
            some = plan.examples.get(name, ())
            rest = ["…"] if count > len(some) else []
            lines.append(f"{name:<8} {count:,}: " + ", ".join([*(f"'{title}'" for title in some), *rest]))
    if plan.purged:
        lines.append(f"purged   {plan.purged:,} of its records were removed for good and stay away")
    if plan.settings:
        lines.append("settings those of the backup")
    if plan.damaged:
        lines.append("the notebook of now is damaged; a copy of it is kept")
    return lines if len(lines) > 1 else [*lines, "nothing differs"]


OPERATIONS = (
    Operation(
        name="restore",
        options=Restore,
        run=run,
        activity="restoring",
        shape="magray_server.operations.archive_shapes:Restored",
        examples="""
        magray restore latest --dry-run
        magray restore latest
        magray restore /media/usb/magray-20260303T120000Z.zip --merge
        """,
    ),
)
