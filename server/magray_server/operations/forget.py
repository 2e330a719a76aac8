"""`forget`: moves records to the trash, or removes them for good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from magray_server.operations.operation import Context, Operation, Outcome, option, options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from magray_memory.values import Purged, Record


@options
class Forget:
    """Move records to the trash: nothing finds them, and `magray trash restore ID` brings them back.

    With --purge they are gone for good, from every file that magray keeps; what it cannot reach is listed.
    """

    ids: tuple[str, ...] = option("The ids, as n17.", positional=True, metavar="ID...")
    purge: bool = option("Remove them for good, in the trash or not.", default=False)


@dataclass(frozen=True, slots=True)
class Changed:
    """The records that were changed, as they are now."""

    records: Sequence[Record]

    def as_json(self) -> dict[str, Any]:
        """`records`."""
        return {"records": [record.as_json() for record in self.records]}


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The records in the trash, or what became of those that were removed for good."""

    records: Sequence[Record]
    purged: Purged | None = None

    def as_json(self) -> dict[str, Any]:
        """`records` and `purged`."""
        return {
            "records": [record.as_json() for record in self.records],
            "purged": None if self.purged is None else self.purged.as_json(),
        }


def run(context: Context, wanted: Forget) -> Forgotten:
    """All of the records or, when one is not there, none. Raises RecordNotFound, StorageError."""
    records = context.memory.records
    if not wanted.purge:
        return Forgotten(records.forget(wanted.ids))
    purged = records.purge(wanted.ids)
    records.embed_in_background()  # which writes the index of what is left
    return Forgotten((), purged)


def outcome(_: Forget, done: Forgotten) -> Outcome:
    """Partly done when something should have been removed and was not."""
    return Outcome.DONE if done.purged is None or done.purged.whole else Outcome.PARTLY


OPERATIONS = (
    Operation(
        name="forget",
        options=Forget,
        run=run,
        shape="magray_server.operations.record_shapes:Forgotten",
        outcome=outcome,
        examples="""
        magray forget n17 n18
        magray forget --purge n17
        """,
    ),
)
