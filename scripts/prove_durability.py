#!/usr/bin/env python3
"""Proves on this machine that what was acknowledged is there: a table of kills, power cuts, failing writes.

    prove_durability.py [PROOF…] [--runs 6] [--seed N]

    kills       writers of a notebook, three at once, killed at a random moment or at a write
    commands    `magray remember` and `magray remember --batch`, killed in the same ways
    migration   a notebook that is brought to a later schema and whose words are indexed anew, killed
    cuts        power cuts at every sync of a writer's run, in each durability mode
    index       power cuts at every sync of index runs, in each mode
    crowd       eight processes that remember 500 records each at once
    faults      ENOSPC, EIO and EROFS at each write of each call, once and from there on
    shell       the same of commands: an exit code of the contract, one sentence
    disk        commands on a disk that is full, and under a limit of a file's size

`--runs 60` is the long form. Kills and cuts at a write, and faults, need Linux and a C compiler; without them
the others run. Exits with 1 where a proof failed.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "kit"))

import durability
import full_disk
from proof_table import run_proofs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proof_table import Proof

NAMES = ("kills", "commands", "migration", "cuts", "index", "crowd", "faults", "shell", "disk")
MODES = ("high-performance", "balanced", "high-reliability")
ACTIONS = (
    "first", "remember", "remember_old", "batch", "edit", "upsert", "tag", "pin", "rise", "forget",
    "restore", "purge", "empty", "promote", "clean",
)  # fmt: skip
LONG = 20
"""From so many runs on, every write fails in turn, and every sync is cut."""


def proofs(runs: int, seed: int, library: Path | None) -> Iterator[tuple[str, Proof]]:
    """The name of each proof and the proof, as far as this machine can run them."""
    yield "kills", lambda base: durability.kills(base, runs, seed, library=library)
    yield "commands", lambda base: durability.shell_kills(base, runs, seed, library=library)
    yield "migration", lambda base: durability.migration_kills(base, runs, seed, library)
    yield "crowd", lambda base: durability.crowd(base, 8, 500)
    yield "disk", full_disk.under_limits
    yield "disk", full_disk.on_full_disks
    if library is None:
        return
    step, share = (1, 1.0) if runs >= LONG else (7, 0.25)
    for mode in MODES:
        of_writers = partial(durability.power_cuts, mode=mode, calls=2 * runs)
        yield "cuts", partial(of_writers, library=library, seed=seed, share=share, chances=4)
    for mode in MODES:
        of_runs = partial(durability.index_cuts, mode=mode, rounds=min(2 + runs // 4, 10))
        yield "index", partial(of_runs, library=library, seed=seed, share=share, chances=4)
    for error in ("ENOSPC", "EIO", "EROFS"):
        for lasting in (False, True):
            of_calls = partial(durability.write_faults, actions=ACTIONS, step=step, lasting=lasting)
            yield "faults", partial(of_calls, library=library, error=error)
    for error in ("ENOSPC", "EIO", "EROFS"):
        yield "shell", partial(durability.shell_faults, library=library, error=error, step=5 * step)


def main() -> int:
    """Run the proofs and print their table; returns the exit code."""
    return run_proofs(__doc__ or "", NAMES, proofs, runs=6)


if __name__ == "__main__":
    sys.exit(main())
