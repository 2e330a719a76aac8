"""`optimize`: less space, less waiting; what was done, with the bytes and milliseconds won."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.operations.operation import Context, Operation, Outcome, option, options

if TYPE_CHECKING:
    from magray_memory.values import Optimized


@options
class Optimize:
    """Merge indexes, release free space, and build the vector indexes of large workspaces.

    Searches and indexing go on meanwhile. Vaults of folders that have been missing for a month are deleted.
    """

    dry_run: bool = option("Report what would be done; change nothing.", default=False)
    events: bool = option(
        "Report events to a parent process as JSON lines; exit with it.", default=False, in_requests=False
    )


def run(context: Context, wanted: Optimize) -> Optimized:
    """What was done; a step that could not be done says why."""
    return context.memory.maintenance.optimize(dry_run=wanted.dry_run, progress=context.progress)


def outcome(_: Optimize, done: Optimized) -> Outcome:
    """Partly done when a step could not be."""
    return Outcome.PARTLY if done.problems else Outcome.DONE


OPERATIONS = (
    Operation(
        name="optimize",
        options=Optimize,
        run=run,
        shape="magray_server.operations.shapes:Optimized",
        outcome=outcome,
        activity="optimizing",
        examples="""
        magray optimize --dry-run
        magray optimize
        """,
    ),
)
