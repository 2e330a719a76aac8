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

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "kit"))

import exchange_proofs as proofs
from proof_table import run_proofs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proof_table import Proof

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


def main() -> int:
    """Run the proofs and print their table; returns the exit code."""
    return run_proofs(__doc__ or "", NAMES, all_proofs, runs=8)


if __name__ == "__main__":
    sys.exit(main())
