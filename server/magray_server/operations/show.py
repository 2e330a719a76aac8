"""`show`: one record, with all that is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.operations.operation import Context, Operation, option, options

if TYPE_CHECKING:
    from magray_memory.values import RecordDetails


@options
class Show:
    """Show a record: its text, where it comes from and whether that still holds, and what links to it."""

    id: str = option("The id, as n17.", positional=True, metavar="ID")
    history: bool = option("Show its former texts too.", default=False)


def run(context: Context, wanted: Show) -> RecordDetails:
    """The record; that it was shown counts as a use. Raises RecordNotFound, QueryError."""
    return context.memory.records.show(wanted.id)


OPERATIONS = (
    Operation(
        name="show",
        options=Show,
        run=run,
        shape="magray_server.operations.record_shapes:RecordDetails",
        examples="magray show n17 --history",
    ),
)
