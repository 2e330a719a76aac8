"""`trash list`, `trash restore`, `trash empty`: what was forgotten, taken back, or removed for good."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.operations.forget import Changed
from magray_server.operations.operation import Context, Operation, Outcome, option, options

if TYPE_CHECKING:
    from magray_memory.values import Purged, RecordPage

MAX_LISTED = 1_000


@options
class TrashList:
    """List the records in the trash, the last forgotten first."""

    limit: int = option(
        "Records at most (default 100).", default=100, flag="-n", metavar="N", limits=(1, MAX_LISTED)
    )
    after: str | None = option("The `next` of an earlier list.", default=None, metavar="POSITION")


@options
class TrashRestore:
    """Take records out of the trash: they are as they were, and are found again."""

    ids: tuple[str, ...] = option("The ids, as n17.", positional=True, metavar="ID...")


@options
class TrashEmpty:
    """Remove what is in the trash for good, from every file that magray keeps.

    What it cannot reach is listed. The background does it with what has been there for 30 days.
    """

    ids: tuple[str, ...] = option(
        "Only these, as n17 (default: all).", default=(), positional=True, metavar="[ID]..."
    )


def list_trash(context: Context, wanted: TrashList) -> RecordPage:
    """A page of the trash. Raises QueryError, StorageError."""
    from magray_memory.values import RecordFilter

    return context.memory.records.list(RecordFilter(trashed=True), wanted.limit, wanted.after)


def restore(context: Context, wanted: TrashRestore) -> Changed:
    """The records as they are then. Raises RecordNotFound."""
    records = context.memory.records
    for id_ in wanted.ids:
        records.get(id_, trashed=True)  # all of them or, when one is not there, none
    restored = [records.restore(id_) for id_ in wanted.ids]
    records.embed_in_background()
    return Changed(restored)


def empty(context: Context, wanted: TrashEmpty) -> Purged:
    """What is gone, and what could not be reached. Raises RecordNotFound, RecordError, StorageError."""
    records = context.memory.records
    purged = records.empty_trash(wanted.ids)
    if purged.ids:
        records.embed_in_background()  # which writes the index of what is left
    return purged


def outcome(_: TrashEmpty, purged: Purged) -> Outcome:
    """Partly done when something should have been removed and was not."""
    return Outcome.DONE if purged.whole else Outcome.PARTLY


OPERATIONS = (
    Operation(
        name="trash list",
        options=TrashList,
        run=list_trash,
        shape="magray_server.operations.record_shapes:RecordPage",
        examples="magray trash list",
    ),
    Operation(
        name="trash restore",
        options=TrashRestore,
        run=restore,
        shape="magray_server.operations.record_shapes:ChangedRecords",
        examples="magray trash restore n17",
    ),
    Operation(
        name="trash empty",
        options=TrashEmpty,
        run=empty,
        shape="magray_server.operations.record_shapes:Purged",
        outcome=outcome,
        examples="magray trash empty",
    ),
)
