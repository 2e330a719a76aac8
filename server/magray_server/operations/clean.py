"""`clean`: records that are no longer used fade, leave for the trash, and leave the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.operations.operation import Context, Operation, Outcome, option, options

if TYPE_CHECKING:
    from magray_memory.values import Moves


@options
class Clean:
    """Move records that are no longer used to the trash; the background does it too, at most once an hour.

    A record leaves when two runs, a day apart, find it due; until then it is listed with the time.
    """

    dry_run: bool = option("List each record with the reason; change nothing.", default=False)
    at_once: bool = option("Do not wait for a second run: what is due leaves now.", default=False)


def run(context: Context, wanted: Clean) -> Moves:
    """The records that leave, now or later. Raises StorageError."""
    return context.memory.layers.clean(
        dry_run=wanted.dry_run, at_once=wanted.at_once, progress=context.progress
    )


def outcome(_: Clean, done: Moves) -> Outcome:
    """Partly done when something should have been removed for good and was not."""
    return Outcome.DONE if done.purged is None or done.purged.whole else Outcome.PARTLY


OPERATIONS = (
    Operation(
        name="clean",
        options=Clean,
        run=run,
        shape="magray_server.operations.shapes:Moves",
        activity="cleaning",
        outcome=outcome,
        examples="""
        magray clean --dry-run
        magray clean
        """,
    ),
)
