"""`forget`: moves records to the trash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from magray_server.operations.operation import Context, Operation, option, options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from magray_memory.values import Record


@options
class Forget:
    """Move records to the trash: nothing finds them, and `magray trash restore ID` brings them back."""

    ids: tuple[str, ...] = option("The ids, as n17.", positional=True, metavar="ID...")


@dataclass(frozen=True, slots=True)
class Changed:
    """The records that were changed, as they are now."""

    records: Sequence[Record]

    def as_json(self) -> dict[str, Any]:
        """`records`."""
        return {"records": [record.as_json() for record in self.records]}


def run(context: Context, wanted: Forget) -> Changed:
    """The records in the trash: all of them or, when one is not there, none. Raises RecordNotFound."""
    return Changed(context.memory.records.forget(wanted.ids))


OPERATIONS = (
    Operation(
        name="forget",
        options=Forget,
        run=run,
        shape="magray_server.operations.shapes:ChangedRecords",
        examples="magray forget n17 n18",
    ),
)
