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

`--runs 60` is the long form. Kills and cuts at a write, and faults, need Linux and a C compiler; without them
the others run. Exits with 1 where a proof failed.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "kit"))

import durability
from disk import NotHere, shim

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Proof = Callable[[Path], durability.Tally]

MODES = ("high-performance", "balanced", "high-reliability")
ACTIONS = (
    "first", "remember", "remember_old", "batch", "edit", "tag", "forget", "restore", "purge", "promote",
    "clean",
)  # fmt: skip
LONG = 20
"""From so many runs on, every write fails in turn, and every sync is cut."""


def proofs(runs: int, seed: int, library: Path | None) -> Iterator[tuple[str, Proof]]:
    """The name of each proof and the proof, as far as this machine can run them."""
    yield "kills", lambda base: durability.kills(base, runs, seed, library=library)
    yield "commands", lambda base: durability.shell_kills(base, runs, seed, library=library)
    yield "migration", lambda base: durability.migration_kills(base, runs, seed, library)
    yield "crowd", lambda base: durability.crowd(base, 8, 500)
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


def main() -> None:
    every = ("kills", "commands", "migration", "cuts", "index", "crowd", "faults", "shell")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("proofs", nargs="*", metavar="PROOF", help=f"of {', '.join(every)}; default: all")
    parser.add_argument("--runs", type=int, default=6)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    unknown = set(options.proofs) - set(every)
    if unknown:
        parser.error(f"no such proof: {', '.join(sorted(unknown))}")
    print(f"seed {options.seed}\n\n{durability.HEAD}", flush=True)
    bad = list[str]()
    with tempfile.TemporaryDirectory(prefix="magray-disk-") as folder:
        library, missing = None, ""
        try:
            library = shim(Path(folder))
        except NotHere as reason:
            missing = f"\nPower cuts, kills at a write and faults were not tried: {reason}."
        for name, proof in proofs(options.runs, options.seed, library):
            if name not in (options.proofs or every):
                continue
            started = time.monotonic()
            with durability.place() as base:
                tally = proof(base)
            print(f"{tally.row()} {time.monotonic() - started:.0f} |", flush=True)
            bad += [f"{tally.name}: {fault}" for fault in tally.told()]
    print(missing)
    print("\n".join(bad) or "nothing was lost")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
