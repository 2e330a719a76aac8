#!/usr/bin/env python3
"""Proves on this machine that backups lose nothing: a table of kills, damaged archives, full disks, writers.

    prove_archive.py [PROOF…] [--runs 40]

    backup, restore, merge, drill    each killed at a random moment: one whole state is there, and is sound
    damaged                          archives that are cut, altered, forged or foreign: refused in a sentence
    full                             no room at every size: said in a sentence, one whole state is there
    writers                          a backup under eight writers is a prefix of what was acknowledged

The tests run short forms of all of these. Exits with 1 where a proof failed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "kit"))

import archive_faults as faults

if TYPE_CHECKING:
    from collections.abc import Iterator

KILLED = ("backup", "restore", "merge", "drill")
PROOFS = (*KILLED, "damaged", "full", "writers")


def proved(name: str, folder: Path, runs: int) -> Iterator[tuple[str, faults.Campaign]]:
    """The campaigns of a proof, each with what to call it."""
    if name in KILLED:
        yield f"kills of {name}", faults.kills(name, folder, runs)
    elif name == "damaged":
        found = faults.damaged_archives(folder, cuts=50, flips=500)
        yield from ((f"archive: {what}", campaign) for what, campaign in found.items())
    elif name == "full":
        for work in ("backup", "restore"):
            (folder / work).mkdir()
            yield f"no room for {work}", faults.full_disk(work, folder / work, runs)
    else:
        campaign, longest = faults.eight_writers(folder, max(2, runs // 4))
        yield f"eight writers (longest call {1000 * longest:.0f} ms)", campaign


def main() -> int:
    """Run the proofs and print a row for each campaign; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("proof", nargs="*", choices=[[], *PROOFS], default=[])
    parser.add_argument("--runs", type=int, default=40)
    wanted = parser.parse_args()
    failed = False
    print("| proof | runs | cut off | faults | seconds |\n|---|---|---|---|---|")
    for name in wanted.proof or PROOFS:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            for what, campaign in proved(name, Path(folder), wanted.runs):
                row = (what, campaign.runs, campaign.cut_off, len(campaign.faults))
                print(f"| {' | '.join(map(str, row))} | {time.monotonic() - began:.0f} |", flush=True)
                for fault in campaign.faults:
                    failed = True
                    print(f"  {fault}", file=sys.stderr)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
