"""`related`: passages like a place in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.operations.operation import Context, Operation, option, options
from magray_server.operations.paths import seen_from
from magray_server.operations.search import MAX_HITS, outcome

if TYPE_CHECKING:
    from magray_memory.values import SearchAnswer


@options
class Related:
    """Find passages similar to the one at PATH, or at a LINE of it."""

    path: str = option("The file.", positional=True, metavar="PATH[:LINE]")
    line: int | None = option(
        "A line of it, counted from 1.", default=None, limits=(1, 1 << 31), in_shell=False
    )
    k: int | None = option(
        "Number of hits (default 10).",
        default=None,
        flag="-k",
        metavar="N",
        limits=(0, MAX_HITS),
        engine_checks=True,
    )


def run(context: Context, wanted: Related) -> SearchAnswer:
    """Passages like the place. Raises WorkspaceError for a path outside of workspace and notes."""
    memory = context.memory
    k = memory.settings.search.k if wanted.k is None else wanted.k
    return memory.search.related(seen_from(context, wanted.path), wanted.line, k)


OPERATIONS = (
    Operation(
        name="related",
        options=Related,
        run=run,
        shape="magray_memory.values:SearchAnswer",
        outcome=outcome,
        examples="magray related src/app.py:120 -k 5",
    ),
)
