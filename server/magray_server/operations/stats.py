"""`stats`: what is stored, what was asked, found and opened, and what is never used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.operations.operation import Context, Operation, option, options

if TYPE_CHECKING:
    from magray_memory.values import Stats

MAX_LISTED = 1_000


@options
class CountUsage:
    """Count records, what was searched and found, and what is never used.

    A question is without an answer where nothing was found, or the first hit hardly answers (a confidence
    below 0.2). All of it stays on this machine. `magray config set usage.enabled false` keeps nothing of
    what is asked, and erases what was kept.
    """

    since: str | None = option(
        "Count questions, uses and weeks since: 2025-01-31, 3d, 2w, 6h (default: all that is kept).",
        default=None,
        metavar="WHEN",
    )
    limit: int = option(
        "Names in each list (default 10).", default=10, flag="-n", metavar="N", limits=(1, MAX_LISTED)
    )
    unused_days: int = option(
        "Records count as never used after so many days without use (default 90).",
        default=90,
        metavar="DAYS",
        limits=(1, 36_500),
    )


def run(context: Context, wanted: CountUsage) -> Stats:
    """The counts. Raises QueryError for a time that is none, StorageError."""
    from datetime import UTC, datetime

    from magray_memory.values import read_moment

    since = None if wanted.since is None else read_moment(wanted.since, "--since", datetime.now(UTC))
    return context.memory.usage.stats(
        None if since is None else since.timestamp(), limit=wanted.limit, unused_days=wanted.unused_days
    )


OPERATIONS = (
    Operation(
        name="stats",
        options=CountUsage,
        run=run,
        shape="magray_server.operations.usage_shapes:Stats",
        activity="counting",
        examples="""
        magray stats
        magray stats --since 4w
        """,
    ),
)
