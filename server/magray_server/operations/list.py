"""`list`: records of the notebook, the last changed first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.operations.operation import Context, Operation, option, options

if TYPE_CHECKING:
    from magray_memory.values import RecordFilter, RecordPage

MAX_LISTED = 1_000


@options
class List:
    """List records, the last changed first.

    Different filters must all match; of a repeated filter other than --tag one is enough.
    """

    layer: tuple[str, ...] = option("interact, insights or assets.", default=(), metavar="LAYER")
    kind: tuple[str, ...] = option("A kind, as note or decision.", default=(), metavar="KIND")
    tag: tuple[str, ...] = option("A tag; if repeated, all must match.", default=(), metavar="TAG")
    project: tuple[str, ...] = option("A project.", default=(), metavar="NAME")
    session: tuple[str, ...] = option("A session.", default=(), metavar="NAME")
    pinned: bool = option("Only pinned records.", default=False)
    since: str | None = option("Changed since: 2025-01-31, 3d, 2w, 6h.", default=None, metavar="WHEN")
    until: str | None = option("Changed until then.", default=None, metavar="WHEN")
    limit: int = option(
        "Records at most (default 100).", default=100, flag="-n", metavar="N", limits=(1, MAX_LISTED)
    )
    after: str | None = option("The `next` of an earlier list.", default=None, metavar="POSITION")


def filter_of(wanted: List, *, trashed: bool = False) -> RecordFilter:
    """The filter that the options describe. Raises QueryError."""
    from magray_memory.values import RecordFilter, parse

    query = parse(
        "", layers=wanted.layer, kinds=wanted.kind, tags=wanted.tag, since=wanted.since, until=wanted.until
    )
    return RecordFilter(
        layers=tuple(sorted(query.layers)),
        kinds=tuple(sorted(query.kinds)),
        tags=tuple(sorted(query.tags)),
        projects=wanted.project,
        sessions=wanted.session,
        pinned=True if wanted.pinned else None,
        since=None if query.since is None else query.since.timestamp(),
        until=None if query.until is None else query.until.timestamp(),
        trashed=trashed,
    )


def run(context: Context, wanted: List) -> RecordPage:
    """A page of records. Raises QueryError, StorageError."""
    return context.memory.records.list(filter_of(wanted), wanted.limit, wanted.after)


OPERATIONS = (
    Operation(
        name="list",
        options=List,
        run=run,
        shape="magray_server.operations.record_shapes:RecordPage",
        examples="""
        magray list --tag billing --since 2w
        magray list --kind todo --json
        """,
    ),
)
