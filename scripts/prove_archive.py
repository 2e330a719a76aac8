#!/usr/bin/env python3
"""Proves on this machine that backups lose nothing: a table of kills, damaged archives, full disks, writers.

    prove_archive.py [PROOF…] [--runs 40] [--seed N]

    backup, restore, merge, drill    each killed at a random moment: one whole state is there, and is sound
    clean                            the same, and the next run removes the rest
    damaged                          archives that are cut, altered, forged or foreign: refused in a sentence
    full                             no room at every size: said in a sentence, one whole state is there
    failing                          ENOSPC and EIO at a write and ever after, in each phase of each of them
    writers                          a backup under eight writers is a prefix of what was acknowledged

Work is killed until `--runs` of it were cut off before they had ended. The tests run short forms of all of
these. Exits with 1 where a proof failed.
"""

from __future__ import annotations

import itertools
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "kit"))

import archive_faults
from archive_disk_faults import failing_disk
from clean_kills import clean_kills
from proof_table import run_proofs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proof_table import Proof

KILLED = ("backup", "restore", "merge", "drill")
NAMES = (*KILLED, "clean", "damaged", "full", "failing", "writers")
FLIPS = 500


def proofs(runs: int, seed: int, library: Path | None) -> Iterator[tuple[str, Proof]]:
    """The name of each proof and the proof."""
    for work in KILLED:
        yield work, partial(archive_faults.kills, work=work, runs=runs, seed=seed)
    yield "clean", partial(clean_kills, runs=runs, seed=seed, library=library)
    for damage, cases in (("cut", 50), ("flipped", FLIPS), ("forged", 0)):
        yield "damaged", partial(archive_faults.damaged_archives, damage=damage, cases=cases, seed=seed)
    for work in ("backup", "restore"):
        yield "full", partial(archive_faults.full_disk, work=work, steps=runs)
    if library is not None:
        for work, error in itertools.product(KILLED, ("ENOSPC", "EIO")):
            failing = partial(failing_disk, library=library, error=error, runs=runs, seed=seed)
            yield "failing", partial(failing, work=work)
    yield "writers", partial(archive_faults.eight_writers, backups=max(2, runs // 4))


def main() -> int:
    """Run the proofs and print their table; returns the exit code."""
    return run_proofs(__doc__ or "", NAMES, proofs, runs=40)


if __name__ == "__main__":
    sys.exit(main())
