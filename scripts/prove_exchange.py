#!/usr/bin/env python3
"""Proves on this machine that exports and imports are whole, however they end: a table.

    prove_exchange.py [PROOF…] [--runs 8] [--seed N]

    import      `magray import` of JSON, notes and JSON lines, killed at a random moment or at a write
    export      `magray export` to JSON and to notes, killed in the same ways
    at-once     one source, imported by two and by four processes at once
    full-disk   ENOSPC at each write of either, and ever after

After each fault what is there is examined, and the same command is run again, which must finish. `--runs 40`
is the long form. Kills at a write and the full disk need Linux and a C compiler. Exits with 1 where a proof
failed.
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
import exchange_proofs as proofs
from disk import NotHere, shim

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Proof = Callable[[Path], durability.Tally]

NAMES = ("import", "export", "at-once", "full-disk")
LONG = 20
"""From so many runs on, the disk is full at every third write; before, at every twentieth."""


def all_proofs(runs: int, seed: int, library: Path | None) -> Iterator[tuple[str, Proof]]:
    """The name of each proof and the proof, as far as this machine can run them."""
    for source in ("records.json", "notes", "lines.jsonl"):
        yield "import", partial(proofs.import_kills, runs=runs, seed=seed, library=library, source=source)
    for form in ("json", "markdown"):
        yield "export", partial(proofs.export_kills, runs=runs, seed=seed, library=library, form=form)
    for source, processes in (("records.json", 2), ("lines.jsonl", 2), ("lines.jsonl", 4)):
        yield "at-once", partial(proofs.at_once, rounds=max(1, runs // 4), source=source, processes=processes)
    if library is not None:
        for command in ("import", "export"):
            full = partial(proofs.full_disk, error="ENOSPC", command=command, step=3 if runs >= LONG else 20)
            yield "full-disk", partial(full, library=library)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("proofs", nargs="*", metavar="PROOF", help=f"of {', '.join(NAMES)}; default: all")
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    unknown = set(options.proofs) - set(NAMES)
    if unknown:
        parser.error(f"no such proof: {', '.join(sorted(unknown))}")
    print(f"seed {options.seed}\n\n{durability.HEAD}", flush=True)
    bad = list[str]()
    with tempfile.TemporaryDirectory(prefix="magray-disk-") as folder:
        library, missing = None, ""
        try:
            library = shim(Path(folder))
        except NotHere as reason:
            missing = f"\nKills at a write and the full disk were not tried: {reason}."
        for name, proof in all_proofs(options.runs, options.seed, library):
            if name not in (options.proofs or NAMES):
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
