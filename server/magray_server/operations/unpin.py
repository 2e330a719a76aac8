"""`unpin`: lets pinned records expire again."""

from __future__ import annotations

from magray_server.operations.forget import Changed
from magray_server.operations.operation import Context, Operation, option, options


@options
class Unpin:
    """Let pinned records expire again, as others do."""

    ids: tuple[str, ...] = option("The ids, as n17.", positional=True, metavar="ID...")


def run(context: Context, wanted: Unpin) -> Changed:
    """The records as they are then. Raises RecordNotFound."""
    return Changed([context.memory.records.pin(id_, pinned=False) for id_ in wanted.ids])


OPERATIONS = (
    Operation(
        name="unpin",
        options=Unpin,
        run=run,
        shape="magray_server.operations.shapes:ChangedRecords",
        examples="magray unpin n17",
    ),
)
