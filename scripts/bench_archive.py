#!/usr/bin/env python3
"""Measures backup, verify, restore, merge, drill and optimize of a notebook: seconds, bytes, writers' waits.

    bench_archive.py [--records 100000] [--texts FOLDER]

Records are made of the paragraphs below FOLDER, as `bench_records.py` makes them. A process of its own
writes a record every few milliseconds while each of them runs; beside it stand the calls of a time without.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench_records import fill_store, varied
from magray_memory.memory import Memory
from magray_memory.records.draft import Draft
from magray_memory.storage.record_lists import RecordFilter

if TYPE_CHECKING:
    from collections.abc import Callable

_SETTINGS = {"records.embed_at_once": False, "layers.automatic": False, "backup.automatic": False}


def opened(home: Path) -> Memory:
    """The memory of a home, without work in the background."""
    return Memory.open(home=home, outside=True, overrides=_SETTINGS)


def write(home: Path, log: Path) -> None:
    """Write a record every few milliseconds for ever, with the seconds of each call to a log."""
    number = 0
    with opened(home) as memory, log.open("a", encoding="ascii") as out:
        while True:
            began = time.perf_counter()
            memory.records.remember(Draft(text=f"written meanwhile {time.time_ns()} {number}"))
            print(f"{time.perf_counter() - began:.5f}", file=out, flush=True)
            number += 1
            time.sleep(0.005)


def beside_a_writer(home: Path, work: Callable[[], object]) -> tuple[float, list[float]]:
    """Seconds of a piece of work, and the sorted seconds of a writer's calls meanwhile."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        writer = subprocess.Popen([sys.executable, __file__, "--write", str(home), str(log)])
        try:
            while not log.exists() or log.read_text("ascii").count("\n") < 20:
                time.sleep(0.05)
            log.write_text("", "ascii")
            began = time.monotonic()
            work()
            seconds = time.monotonic() - began
        finally:
            writer.terminate()
            writer.wait()
        calls = [float(line) for line in log.read_text("ascii").replace("\0", "").split()]
    return seconds, sorted(calls)


def merged(memory: Memory, home: Path) -> None:
    """Merge the last archive of a home into another, which has one record."""
    with opened(home) as other:
        other.records.remember(Draft(text="a record"))
        other.archive.restore(str(memory.archive.list()[-1].path), merge=True)


def trash(memory: Memory) -> None:
    """Trash records, so that there is something to merge and to release."""
    page = memory.records.list(RecordFilter(), 1_000).records
    memory.records.forget([record.id for record in page])


def main() -> None:
    """Print a row for each piece of work."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--texts", type=Path, default=Path(__file__).resolve().parent.parent / "docs")
    parser.add_argument("--write", nargs=2, type=Path, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.write:
        write(*wanted.write)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir(mode=0o700)
        fill_store(home, list(itertools.islice(varied(wanted.texts), wanted.records)))
        memory = opened(home)
        live = sum(path.stat().st_size for path in home.glob("notebook.db*"))
        print("| work | seconds | calls of a writer | median ms | p99 ms | longest ms |")
        print("|---|---|---|---|---|---|")
        for name, work in (
            ("nothing", lambda: time.sleep(5)),
            ("backup", memory.archive.backup),
            ("verify", lambda: memory.archive.verify(["latest"])),
            ("drill", memory.archive.drill),
            ("restore", lambda: memory.archive.restore("latest")),
            ("merge", lambda: memory.archive.restore("latest", merge=True)),
            ("merge into none", lambda: merged(memory, Path(folder) / "other")),
            ("optimize", memory.maintenance.optimize),
        ):
            if name == "optimize":
                trash(memory)
            seconds, calls = beside_a_writer(home, work)
            middle, late = calls[len(calls) // 2], calls[len(calls) * 99 // 100]
            figures = " | ".join(f"{1000 * figure:.0f}" for figure in (middle, late, calls[-1]))
            print(f"| {name} | {seconds:.1f} | {len(calls)} | {figures} |", flush=True)
        size = memory.archive.list()[0].bytes
        sizes = f"{live / 1e6:.1f} MB live, {size / 1e6:.1f} MB archive, {size / live:.1%}"
        print(f"{wanted.records:,} records, {sizes}")


if __name__ == "__main__":
    main()
