"""`export`: records as a JSON file, or as a folder of Markdown notes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from magray_server.operations.list import List, filter_of
from magray_server.operations.operation import Context, Operation, Outcome, option, options

if TYPE_CHECKING:
    from magray_memory.values import Exported, RecordFilter

Format = Literal["json", "markdown"]


@options
class Export:
    """Write records to a JSON file or a folder of Markdown notes, all of them or those that match.

    JSON holds all of a record, with its history: an import of it gives the same records. A note holds what
    can be edited, and an edit comes back with `magray import`. The trash stays behind without --trash. A file
    that no export wrote is refused, and a note that was edited since is left as it is, with the exit code 3.
    DEST - writes JSON to stdout.
    """

    dest: str = option("A file for JSON, a folder for Markdown.", positional=True, metavar="DEST", path=True)
    format: Format | None = option("Else a folder gets notes, anything else JSON.", default=None)
    layer: tuple[str, ...] = option("interact, insights or assets.", default=(), metavar="LAYER")
    kind: tuple[str, ...] = option("A kind, as note or decision.", default=(), metavar="KIND")
    tag: tuple[str, ...] = option("A tag; if repeated, all must match.", default=(), metavar="TAG")
    project: tuple[str, ...] = option("A project.", default=(), metavar="NAME")
    session: tuple[str, ...] = option("A session.", default=(), metavar="NAME")
    pinned: bool = option("Only pinned records.", default=False)
    since: str | None = option("Changed since: 2025-01-31, 3d, 2w, 6h.", default=None, metavar="WHEN")
    until: str | None = option("Changed until then.", default=None, metavar="WHEN")
    trash: bool = option("With the records in the trash.", default=False)
    force: bool = option("Over files that no export wrote, or that were edited since.", default=False)


def run(context: Context, wanted: Export) -> Exported:
    """What was written. Raises QueryError, UsageError, StorageError, Interrupted."""
    return context.memory.exchange.export(
        Path(wanted.dest),
        records_of(wanted),
        format=wanted.format,
        trash=wanted.trash,
        force=wanted.force,
        progress=context.progress,
    )


def records_of(wanted: Export) -> RecordFilter:
    """The filter that the options describe. Raises QueryError."""
    return filter_of(
        List(
            layer=wanted.layer,
            kind=wanted.kind,
            tag=wanted.tag,
            project=wanted.project,
            session=wanted.session,
            pinned=wanted.pinned,
            since=wanted.since,
            until=wanted.until,
        )
    )


def outcome(_: Export, done: Exported) -> Outcome:
    """Partly done where edited notes were left as they are."""
    return Outcome.PARTLY if done.kept else Outcome.DONE


OPERATIONS = (
    Operation(
        name="export",
        options=Export,
        run=run,
        shape="magray_server.operations.archive_shapes:Exported",
        outcome=outcome,
        activity="exporting",
        examples="""
        magray export records.json
        magray export - --tag billing | jq '.records[].title'
        magray export ~/notes/magray --format markdown
        """,
    ),
)
