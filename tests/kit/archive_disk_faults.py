"""Archives on a disk that fails: each piece of work meets the error in each of its phases."""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING

from archive_faults import child, faults_of, half_merged, make_home, state
from disk import read_trace, watched
from proof_table import Tally

if TYPE_CHECKING:
    from pathlib import Path


def failing_disk(folder: Path, work: str, library: Path, error: str, runs: int, seed: int = 1) -> Tally:
    """Backup, restore, merge or drill whose Nth write, rename, removal or sync fails, and every later one.

    The first N are spread over the whole work. What is there must be whole, what is told a sentence, and the
    same work on a sound disk must succeed.
    """
    base = folder / "base"
    _, old, new = make_home(base)
    done, chance = Tally(f"{error} in {work}"), random.Random(seed)
    trace, timed = folder / "trace", folder / "timed"
    shutil.copytree(base, timed)
    child(work, timed, watched(library, timed, trace)).communicate()
    writes = sum(entry.what not in "As" for entry in read_trace(trace))
    after = state(timed) if work == "merge" else old if work == "restore" else new
    for run in range(runs):
        home = folder / f"run{run}"
        shutil.copytree(base, home)
        at = 1 + int(writes * (run + chance.random()) / runs)
        process = child(work, home, watched(library, home, fault=f"{error} {at}+"))
        told = process.communicate()[1].decode()
        done.runs += 1
        done.cut_off += process.returncode != 0
        faults = [] if told.count("\n") <= 1 and (process.returncode == 1) == bool(told) else [told[-400:]]
        if work == "merge":
            faults += half_merged(home, new, after)
        else:
            whole = state(home) in ((old, new) if work == "restore" else (new,))
            faults += [] if whole else ["neither the state before nor the state after is there"]
            again = child(work, home).communicate()[1].decode()
            faults += [f"then, on a sound disk: {again}"] if again else []
        done.add([*faults, *faults_of(home, [after])], f"{error} at {at} of {writes}")
        shutil.rmtree(home)
    return done
