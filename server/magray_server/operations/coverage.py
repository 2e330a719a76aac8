"""`coverage`: what of a workspace is indexed, and what is left out by which rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_server.operations.operation import Context, Operation, option, options

if TYPE_CHECKING:
    from magray_memory.values import Coverage


@options
class CoverageOptions:
    """Count what of the workspace is indexed, and what is left out, by rule.

    A folder that is left out counts once. With --rule each entry that the rule leaves out is listed with the
    reason.
    """

    rules: tuple[str, ...] = option(
        "List what this rule leaves out; repeatable.", default=(), flag="--rule", metavar="RULE"
    )


def run(context: Context, wanted: CoverageOptions) -> Coverage:
    """The counts, and the entries of the rules that are named. Raises UsageError for an unknown rule."""
    return context.memory.index.coverage(wanted.rules, context.progress.should_stop)


OPERATIONS = (
    Operation(
        name="coverage",
        options=CoverageOptions,
        run=run,
        shape="magray_server.operations.shapes:Coverage",
        examples="""
        magray coverage
        magray coverage --rule secret --rule generated
        """,
    ),
)
