"""`tag`: adds and removes tags of a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.operations.operation import Context, Operation, option, options

if TYPE_CHECKING:
    from magray_memory.values import Record


@options
class Tag:
    """Add and remove tags of a record: +TAG adds, -TAG removes.

    A tag that stands in the text as #tag goes when the text is edited.
    """

    id: str = option("The id, as n17.", positional=True, metavar="ID [+TAG|-TAG]...")
    add: tuple[str, ...] = option("A tag to add, as +TAG does.", default=(), metavar="TAG")
    remove: tuple[str, ...] = option("A tag to remove, as -TAG does.", default=(), metavar="TAG")


def run(context: Context, wanted: Tag) -> Record:
    """The record as it is then. Raises RecordNotFound, RecordError."""
    return context.memory.records.tag(wanted.id, wanted.add, wanted.remove)


OPERATIONS = (
    Operation(
        name="tag",
        options=Tag,
        run=run,
        shape="magray_server.operations.record_shapes:Record",
        examples="magray tag n17 +billing -draft",
    ),
)
