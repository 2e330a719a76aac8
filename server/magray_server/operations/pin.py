"""`pin`: keeps records from ever expiring."""

from __future__ import annotations

from typing import Any

from magray_server.operations.forget import Changed
from magray_server.operations.operation import Context, Operation, option, options


@options
class Pin:
    """Keep records for good: a pinned one never expires."""

    ids: tuple[str, ...] = option("The ids, as n17.", positional=True, metavar="ID...")


def pinning(name: str, wanted: type[Pin], *, pinned: bool) -> Operation[Any, Any]:
    """The operation that pins records, or unpins them; its run raises RecordNotFound."""

    def run(context: Context, given: Pin) -> Changed:
        records = context.memory.records
        for id_ in given.ids:
            records.get(id_)  # all of them or, when one is not there, none
        return Changed([records.pin(id_, pinned=pinned) for id_ in given.ids])

    return Operation(
        name=name,
        options=wanted,
        run=run,
        shape="magray_server.operations.record_shapes:ChangedRecords",
        examples=f"magray {name} n17",
    )


OPERATIONS = (pinning("pin", Pin, pinned=True),)
