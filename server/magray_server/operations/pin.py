"""`pin`: keeps records from ever expiring."""

from __future__ import annotations

from magray_server.operations.forget import Changed
from magray_server.operations.operation import Context, Operation, option, options


@options
class Pin:
    """Keep records for good: a pinned one never expires."""

    ids: tuple[str, ...] = option("The ids, as n17.", positional=True, metavar="ID...")


def run(context: Context, wanted: Pin) -> Changed:
    """The records as they are then. Raises RecordNotFound."""
    return Changed([context.memory.records.pin(id_, pinned=True) for id_ in wanted.ids])


OPERATIONS = (
    Operation(
        name="pin",
        options=Pin,
        run=run,
        shape="magray_server.operations.shapes:ChangedRecords",
        examples="magray pin n17",
    ),
)
