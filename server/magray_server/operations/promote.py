"""`promote`: records rise to a higher layer, by their use or because they are named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.operations.operation import Context, Operation, option, options
from magray_server.operations.remember import layer_names

if TYPE_CHECKING:
    from magray_memory.values import Moves


@options
class Promote:
    """Move records that are used to a higher layer; the background does it too, at most once an hour.

    With IDs just these records: one layer up, or to --layer.
    """

    ids: tuple[str, ...] = option("The ids, as n17.", default=(), positional=True, metavar="[ID]...")
    layer: str | None = option(
        "interact, insights or assets: where the named records go.",
        default=None,
        metavar="LAYER",
        complete=layer_names,
    )
    dry_run: bool = option("List each record with the reason; change nothing.", default=False)


def run(context: Context, wanted: Promote) -> Moves:
    """The records that rise. Raises RecordNotFound, RecordError, UsageError, StorageError."""
    return context.memory.layers.promote(
        wanted.ids, wanted.layer, dry_run=wanted.dry_run, progress=context.progress
    )


OPERATIONS = (
    Operation(
        name="promote",
        options=Promote,
        run=run,
        shape="magray_server.operations.record_shapes:Moves",
        activity="promoting",
        examples="""
        magray promote --dry-run
        magray promote n17 --layer assets
        """,
    ),
)
