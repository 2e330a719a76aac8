"""`why`: whether and how a file is indexed, or by which rule it is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from magray_memory.errors import UsageError, WorkspaceError
from magray_server.operations.operation import Context, Operation, Outcome, option, options
from magray_server.operations.paths import seen_from

if TYPE_CHECKING:
    from collections.abc import Sequence

    from magray_memory.values import PathStanding


@options
class Why:
    """Report whether and how files are indexed, or by which rule they are left out.

    The rule is named with the file and line that it stands in, like `git check-ignore -v`. The exit code is 3
    when something is known of some paths and nothing of others.
    """

    paths: tuple[str, ...] = option(
        "Files and folders of the workspace.", positional=True, metavar="PATH...", path=True
    )


@dataclass(frozen=True, slots=True)
class Standings:
    """What is known of each path, in the order that they were named."""

    files: Sequence[PathStanding]

    def as_json(self) -> dict[str, Any]:
        """Each path under the key `files`."""
        return {"files": [standing.as_json() for standing in self.files]}


def run(context: Context, wanted: Why) -> Standings:
    """What is known of each path. Raises UsageError without any, WorkspaceError where nothing is known of
    the only one.
    """
    found = context.memory.index.why([seen_from(context, path) for path in named(wanted)])
    if len(found) == 1 and _is_unknown(found[0]):
        raise WorkspaceError(found[0].path, found[0].reason, found[0].hint)
    return Standings(found)


def named(wanted: Why) -> tuple[str, ...]:
    """The paths. Raises UsageError without any."""
    if not wanted.paths:
        raise UsageError("why", "it does not say which file", "magray why PATH")
    return wanted.paths


def _is_unknown(standing: PathStanding) -> bool:
    from magray_memory.values import Standing

    return standing.standing in (Standing.MISSING, Standing.OUTSIDE)


def outcome(_: Why, found: Standings) -> Outcome:
    """Partly done when nothing is known of a path, failed when of none."""
    count = sum(map(_is_unknown, found.files))
    if count == len(found.files):
        return Outcome.FAILED
    return Outcome.PARTLY if count else Outcome.DONE


OPERATIONS = (
    Operation(
        name="why",
        options=Why,
        run=run,
        shape="magray_server.operations.shapes:Standings",
        outcome=outcome,
        examples="""
        magray why src/app.py
        magray why build/ config/tokens.json
        """,
    ),
)
