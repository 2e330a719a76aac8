#!/usr/bin/env python3
"""How long a large workspace takes to be whole again: after SIGKILLs of its indexer, and after damage.

    python scripts/bench_recovery.py FOLDER [--runs 5] [--seed N]

Indexes by words into a home of its own. Prints the seconds of each recovery and what was lost (0 expected).
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

_STORED = "SELECT path, ordinal, start_line, end_line, symbol, passage.text FROM document LEFT JOIN passage"
_QUERY = f"{_STORED} ON document_id = document.id ORDER BY path, ordinal"


class Bench:
    def __init__(self, root: Path, home: Path) -> None:
        self.root = root
        self.env = {**os.environ, "MAGRAY_HOME": str(home)}
        self.home = home

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "magray_server.cli.main", "--workspace", str(self.root), *arguments]
        return subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def run(self, *arguments: str) -> float:
        began = time.perf_counter()
        process = self.start(*arguments)
        out, err = process.communicate()
        if process.returncode not in (0, 3):
            sys.exit(f"{arguments}: exit {process.returncode}: {out.decode()}{err.decode()}")
        return time.perf_counter() - began

    @property
    def vault(self) -> Path:
        return next(self.home.joinpath("workspaces").glob("*.db"))

    def stored(self) -> list[tuple[object, ...]]:
        with closing(sqlite3.connect(self.vault)) as connection:
            return connection.execute(_QUERY).fetchall()

    def harm(self, sql: str) -> None:
        with closing(sqlite3.connect(self.vault, isolation_level=None)) as connection:
            connection.execute(sql)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    chance = random.Random(options.seed)
    print(f"seed {options.seed}")
    with tempfile.TemporaryDirectory(prefix="magray-recovery-") as folder:
        clean = Bench(options.folder, Path(folder, "clean"))
        whole = clean.run("index", "--lexical")
        wanted = clean.stored()
        print(f"clean index            {whole:6.2f} s  {len(wanted):,} passages")
        for number in range(options.runs):
            bench = Bench(options.folder, Path(folder, f"killed{number}"))
            process = bench.start("index", "--lexical", "--events")
            assert process.stdout is not None
            process.stdout.readline()
            at = chance.uniform(0.1, 0.9) * whole
            time.sleep(at)
            process.send_signal(signal.SIGKILL)
            process.communicate()
            seconds = bench.run("index", "--lexical")
            lost = len(set(wanted) ^ set(bench.stored()))
            print(f"killed after {at:5.2f} s    {seconds:6.2f} s  {lost} lost")
        for name, sql in (
            ("lexical index emptied", "UPDATE passage_fts_data SET block = zeroblob(9) WHERE id > 10"),
            ("lexical index gone", "DROP TABLE passage_fts"),
            ("counters wrong", "UPDATE tally SET value = 7"),
        ):
            clean.harm(sql)
            seconds = clean.run("doctor", "--fix")
            print(f"{name:22} {seconds:6.2f} s  {len(set(wanted) ^ set(clean.stored()))} lost")
        with clean.vault.open("r+b") as file:
            file.seek(100_000)
            file.write(os.urandom(200_000))
        seconds = clean.run("doctor", "--fix")
        print(f"vault overwritten      {seconds:6.2f} s  {len(set(wanted) ^ set(clean.stored()))} lost")


if __name__ == "__main__":
    main()
