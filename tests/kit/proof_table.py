"""Proof table: what proofs did and found, a row each; the command line of the scripts that run them."""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from disk import NotHere, shim

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    Proof = Callable[[Path], "Tally"]
    """Tries its faults in an empty folder."""
    Proofs = Callable[[int, int, Path | None], Iterator[tuple[str, Proof]]]
    """The proofs with their names, for a number of runs, a seed, and the library that harms writes."""

HEAD = """\
| proof | runs | cut off | states examined | calls acknowledged | faults | seconds |
|---|---|---|---|---|---|---|"""
"""Of the table that `Tally.row` and the seconds make."""
_KEPT_FAULTS = 20


@dataclass
class Tally:
    """What a proof did and found. `cut_off`: processes that were killed, or refused, before they had ended;
    `points`: states that were examined; `acknowledged`: calls.
    """

    name: str
    runs: int = 0
    points: int = 0
    acknowledged: int = 0
    faults: list[str] = field(default_factory=list[str])
    cut_off: int = 0

    def add(self, faults: Sequence[str], about: str = "") -> None:
        """A state that was examined, and what was wrong with it."""
        self.points += 1
        self.faults += [f"{about}: {fault}" for fault in faults]

    def wants_more(self, runs: int) -> bool:
        """Whether fewer runs than these were cut off, and another try may be."""
        return self.cut_off < runs and self.runs < 4 * runs

    def row(self) -> str:
        """A line of the table."""
        cells = (self.name, self.runs, self.cut_off, self.points, self.acknowledged, len(self.faults))
        return f"| {' | '.join(map(str, cells))} |"

    def told(self) -> list[str]:
        """The first faults."""
        return self.faults[:_KEPT_FAULTS]


@contextmanager
def place(base: Path | None = None) -> Generator[Path]:
    """An empty folder, in memory where the system has such a place: syncs are watched, not waited for."""
    memory = Path("/dev/shm")
    within = base or (memory if os.access(memory, os.W_OK) else None)
    with tempfile.TemporaryDirectory(prefix="magray-proof-", dir=within) as folder:
        yield Path(folder)


def run_proofs(doc: str, names: Sequence[str], proofs: Proofs, *, runs: int) -> int:
    """The command line of a script of proofs: prints their table, then what was lost; returns the exit code.

    `doc`: its help; `names`: of the proofs that can be asked for; `runs`: where none are given.
    """
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("proofs", nargs="*", metavar="PROOF", help=f"of {', '.join(names)}; default: all")
    parser.add_argument("--runs", type=int, default=runs)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    unknown = set(options.proofs) - set(names)
    if unknown:
        parser.error(f"no such proof: {', '.join(sorted(unknown))}")
    print(f"seed {options.seed}\n\n{HEAD}", flush=True)
    bad = list[str]()
    with tempfile.TemporaryDirectory(prefix="magray-disk-") as folder:
        library, missing = None, ""
        try:
            library = shim(Path(folder))
        except NotHere as reason:
            missing = f"\nWhat harms single writes was not tried: {reason}."
        for name, proof in proofs(options.runs, options.seed, library):
            if name in (options.proofs or names):
                bad += _row(proof)
    print(missing)
    print("\n".join(bad) or "nothing was lost")
    return 1 if bad else 0


def _row(proof: Proof) -> list[str]:
    """Print the row of a proof; returns its faults."""
    started = time.monotonic()
    with place() as base:
        tally = proof(base)
    print(f"{tally.row()} {time.monotonic() - started:.0f} |", flush=True)
    return [f"{tally.name}: {fault}" for fault in tally.told()]
