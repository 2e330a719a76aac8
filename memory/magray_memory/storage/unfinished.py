"""Unfinished index: the fact that a run over a whole workspace has not come to its end, so that files are
missing from the vault.

A run that ends early leaves the fact where it is: killed, interrupted, out of disk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from magray_memory.storage.vault import Vault

UNFINISHED = "unfinished"
"""The row of `meta`: about how many files there will be; 0 while that is not known."""


def expect(vault: Vault, files: int) -> None:
    """A run begins that will leave about so many files."""
    vault.set_meta(UNFINISHED, str(files))


def finish(vault: Vault, *, whole: bool) -> None:
    """A run has come to its end, over the whole workspace or a part of it.

    A part that a person named is all they wanted, unless a run over everything had begun before.
    """
    expected = expected_files(vault)
    if expected is not None and (whole or expected == 0):
        vault.remove_meta(UNFINISHED)


def expected_files(vault: Vault) -> int | None:
    """About how many files an unfinished run will leave, 0 where that is not known; None once finished."""
    return in_facts({UNFINISHED: vault.meta(UNFINISHED)})


def in_facts(facts: Mapping[str, str | None]) -> int | None:
    """The same, from the facts of a vault."""
    text = facts.get(UNFINISHED)
    return None if text is None else int(text) if text.isdecimal() else 0


def how_far(files: int, expected: int) -> str:
    """How far such a run is, in a few words."""
    return f"{files:,} of about {expected:,} files" if expected > files else f"{files:,} files so far"
