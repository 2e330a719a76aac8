"""`status`: what is there and how it is, at a glance. A request of other programs calls it `health`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.operations.operation import Context, Operation, option, options

if TYPE_CHECKING:
    from magray_memory.values import Status


@options
class StatusOptions:
    """Show storage, freshness, the state of the model, and problems.

    Nothing is run: it reports the current state and the last test results. With --deep the model runs once
    on each device, and every vault is examined, each in a process of its own.
    """

    deep: bool = option("Also test the model and examine every vault.", default=False, in_requests=False)


def run(context: Context, wanted: StatusOptions) -> Status:
    """How everything is; raises nothing for what it finds."""
    return context.memory.health.status(deep=wanted.deep)


OPERATIONS = (
    Operation(
        name="status",
        options=StatusOptions,
        run=run,
        shape="magray_server.operations.shapes:Status",
        examples="""
        magray status
        magray status --deep
        """,
    ),
)
