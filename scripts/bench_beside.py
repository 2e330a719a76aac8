#!/usr/bin/env python3
"""How much slower searches are while an indexer embeds beside them, as in an editor.

    bench_beside.py FOLDER [--seconds 20]

A session over a copy of FOLDER that is indexed answers questions, first alone, then while the indexer's own
process embeds another copy, by the same model on the same cores. Each question is a new one, so that nothing
is answered from memory. Prints milliseconds (p50, p95) and the ratio.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.session import Session

WORDS = ("retry", "payment", "session", "token", "cache", "parser", "index", "vector", "lock", "home")
PAUSE = 0.02


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("folder", type=Path)
    options.add_argument("--seconds", type=float, default=20.0)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as place:
        print(json.dumps(measure(Path(place), given.folder, given.seconds), indent=2))


def measure(place: Path, folder: Path, seconds: float) -> dict[str, object]:
    from magray_memory.session import Session
    from magray_memory.storage.home import Home

    home = Home(place / "home")
    for name in ("searched", "indexed"):
        shutil.copytree(folder, place / name, symlinks=True)
        (place / name / ".git").mkdir(exist_ok=True)
    subprocess.run(command(home.path, place / "searched"), check=True, stdout=subprocess.DEVNULL)
    (home.path / "vectors.db").unlink(missing_ok=True)  # else the second copy would cost no embedding
    session = Session.start(home, [place / "searched"])
    session.search.warm()
    questions = itertools.count()
    alone = times(session, questions, lambda began: time.monotonic() - began < seconds)
    indexer = subprocess.Popen(command(home.path, place / "indexed"), stdout=subprocess.PIPE, text=True)
    assert indexer.stdout is not None
    for line in indexer.stdout:
        if json.loads(line)["event"] == "device":
            break
    beside = times(
        session, questions, lambda began: indexer.poll() is None and time.monotonic() - began < seconds
    )
    indexer.kill()
    indexer.wait()
    return {
        "cores": os.cpu_count(),
        "searches": [len(alone), len(beside)],
        "alone": figures(alone),
        "beside": figures(beside),
        "p95 ratio": round(figures(beside)["p95"] / figures(alone)["p95"], 2),
    }


def command(home: Path, root: Path) -> list[str]:
    module = [sys.executable, "-m", "magray_server.cli.main"]
    return [*module, "--home", str(home), "--workspace", str(root), "index", "--events"]


def times(session: Session, questions: itertools.count[int], go_on: Callable[[float], bool]) -> list[float]:
    """Milliseconds of one search after another, with the pause of a person who types."""
    from magray_memory.search.query import parse

    took: list[float] = []
    began = time.monotonic()
    while go_on(began):
        number = next(questions)
        words = [WORDS[(number * step) % len(WORDS)] for step in (1, 3, 7)]
        query = parse(f"how does the {' '.join(words)} {number} work")
        start = time.perf_counter()
        session.search.query(query)
        took.append((time.perf_counter() - start) * 1000)
        time.sleep(PAUSE)
    return took


def figures(took: list[float]) -> dict[str, float]:
    cuts = statistics.quantiles(took, n=20)
    return {"p50": round(statistics.median(took), 1), "p95": round(cuts[18], 1)}


if __name__ == "__main__":
    main()
