"""`edit`: gives a record another text, title or kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.operations.operation import Context, Operation, option, options

if TYPE_CHECKING:
    from magray_memory.values import Record


@options
class Edit:
    """Change a record; what it was stays in its history.

    Without an option the text opens in $VISUAL or $EDITOR.
    """

    id: str = option("The id, as n17.", positional=True, metavar="ID")
    text: str | None = option("The new text; - reads it from stdin.", default=None, metavar="TEXT")
    title: str | None = option("The new title; empty leaves it to the text.", default=None, metavar="TEXT")
    kind: str | None = option("The new kind.", default=None, metavar="KIND")
    version: str | None = option(
        "The `version` that was read: another one there is left as it is.", default=None, metavar="VERSION"
    )


def run(context: Context, wanted: Edit) -> Record:
    """The record as it is then. Raises RecordNotFound, RecordError, RecordChanged."""
    records = context.memory.records
    changed = records.edit(
        wanted.id, text=wanted.text, title=wanted.title, kind=wanted.kind, version=wanted.version
    )
    records.embed_in_background()
    return changed


OPERATIONS = (
    Operation(
        name="edit",
        options=Edit,
        run=run,
        shape="magray_server.operations.record_shapes:Record",
        examples="""
        magray edit n17
        magray edit n17 --title "Ports of the server"
        """,
    ),
)
