"""`vault list` and `vault drop`: which workspaces are indexed, and dropping those that are not wanted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magray_memory.errors import UsageError
from magray_server.operations.operation import Context, Operation, Outcome, option, options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from magray_memory.values import Status, VaultInfo


@options
class VaultList:
    """List every vault: its folder, content, size and time of indexing."""


@options
class VaultDrop:
    """Delete the index of a workspace. Its files stay as they are, and it can be indexed again.

    Records that cite its files stay, and what they cite is found again once it is indexed.

    Vectors of its texts leave the cache too, unless another workspace has the same text.
    """

    roots: tuple[str, ...] = option(
        "The workspaces.", default=(), positional=True, metavar="[FOLDER]...", path=True
    )
    gone: bool = option("Every workspace whose folder no longer exists.", default=False)
    dry_run: bool = option("Report what would be deleted; change nothing.", default=False)


@dataclass(frozen=True, slots=True)
class Vaults:
    """The vaults of a home, with the state that they were seen in."""

    status: Status

    def as_json(self) -> dict[str, Any]:
        """The vaults as `status` describes them."""
        return {"vaults": self.status.as_json()["vaults"]}


@dataclass(frozen=True, slots=True)
class Dropped:
    """The vaults that were deleted, or with `dry_run` would be."""

    vaults: Sequence[VaultInfo]
    dry_run: bool
    problems: Sequence[str] = ()
    """What of them is left, and why."""

    def as_json(self) -> dict[str, Any]:
        """Each vault as `status` describes it."""
        return {
            "dropped": [vault.as_json() for vault in self.vaults],
            "dry_run": self.dry_run,
            "problems": list(self.problems),
        }


def list_vaults(context: Context, _: VaultList) -> Vaults:
    """Every vault of the home."""
    return Vaults(context.memory.health.status())


def drop_vaults(context: Context, wanted: VaultDrop) -> Dropped:
    """Delete vaults. Raises UsageError when none is named, WorkspaceError when one is not there."""
    if not wanted.roots and not wanted.gone:
        raise UsageError("vault drop", "it does not say which", "magray vault drop FOLDER, or --gone")
    roots = [Path(root) for root in wanted.roots]
    done = context.memory.vaults.drop(roots, gone=wanted.gone, dry_run=wanted.dry_run)
    return Dropped(done.vaults, wanted.dry_run, done.problems)


def outcome(_: VaultDrop, done: Dropped) -> Outcome:
    """Partly done when the vector cache keeps something of them."""
    return Outcome.PARTLY if done.problems else Outcome.DONE


OPERATIONS = (
    Operation(
        name="vault list",
        options=VaultList,
        run=list_vaults,
        shape="magray_server.operations.shapes:Vaults",
        examples="magray vault list",
    ),
    Operation(
        name="vault drop",
        options=VaultDrop,
        run=drop_vaults,
        shape="magray_server.operations.shapes:Dropped",
        outcome=outcome,
        examples="""
        magray vault drop ~/old-project
        magray vault drop --gone --dry-run
        """,
    ),
)
