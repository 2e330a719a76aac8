"""Embedding depth of a vault: how much of its passages the model read in its last run, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from magray_memory.storage.vault import Vault

_NAME, _WHY = "embedding_depth", "embedding_depth_why"
"""The rows of `meta`."""


class Depth(NamedTuple):
    """How much of each passage the model reads: a value of `embedding.depth`, for `auto` the one that it
    comes to. `why` says in a clause why `auto` does; else it is empty.
    """

    name: str
    why: str = ""


FULL = Depth("full")


def note(vault: Vault, depth: Depth) -> None:
    """Note the depth of a run; writes nothing where it is that of the run before."""
    if noted(vault) != depth:
        with vault.write():
            vault.set_meta(_NAME, depth.name)
            vault.set_meta(_WHY, depth.why)


def noted(vault: Vault) -> Depth:
    """The depth of the last run."""
    with vault.read():
        return in_facts({name: vault.meta(name) for name in (_NAME, _WHY)})


def in_facts(facts: Mapping[str, str | None]) -> Depth:
    """The same, from the facts of a vault."""
    return Depth(facts.get(_NAME) or FULL.name, facts.get(_WHY) or "")
