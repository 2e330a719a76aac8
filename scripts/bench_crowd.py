#!/usr/bin/env python3
"""Six processes search while one indexes and one optimizes: errors, waits, and answers of one moment.

    python scripts/bench_crowd.py [--seconds 10] [--files 300] [--searchers 6] [--mode hybrid] [--json]

Every file says in each of its parts which generation it is of, and is replaced whole again and again; parts
of two generations of a file in one answer, or within one hit, would be a torn answer. Exit code 1 when there
was an error or a torn answer; times are only told.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

_GENERATION = re.compile(r"generation(\d+)")
_PARTS = 4
_LINES = 30


def write(root: Path, number: int, generation: int) -> None:
    """One file of a generation, put in place whole."""
    parts = [
        f"def part_{number}_{part}():\n"
        + "".join(f"    alpha_{line} = 'beta gamma generation{generation}'\n" for line in range(_LINES))
        for part in range(_PARTS)
    ]
    path = root / f"d{number % 9}" / f"f{number}.py"
    path.parent.mkdir(exist_ok=True)
    draft = path.with_suffix(".tmp")
    draft.write_text("\n\n".join(parts))
    draft.replace(path)


def search(root: Path, home: Path, seconds: float, mode: str) -> dict[str, Any]:
    """One searcher, for so many seconds."""
    from magray_memory.memory import Memory
    from magray_memory.search.query import parse

    waits: list[float] = []
    errors: list[str] = []
    torn = compared = 0
    chance = random.Random(os.getpid())
    end = time.monotonic() + seconds
    with Memory.open(root, home=home, overrides={"search.per_file": 4}) as memory:
        memory.search.query(parse("alpha", mode=mode))
        while time.monotonic() < end:
            query = parse(f"part {chance.randrange(50)} gamma", mode=mode, k=20)
            began = time.perf_counter()
            try:
                answer = memory.search.query(query)
            except Exception as error:  # whatever it is, it is what this looks for
                errors.append(f"{type(error).__name__}: {error}")
                continue
            waits.append(time.perf_counter() - began)
            if mode == "lexical" and answer.degraded:
                errors.append(answer.degraded)
            seen: dict[str | None, set[str]] = {}
            for hit in answer.hits:
                seen.setdefault(hit.path, set()).update(_GENERATION.findall(hit.snippet))
            compared += sum(map(bool, seen.values()))
            torn += any(len(generations) > 1 for generations in seen.values())
    return {"waits": waits, "errors": errors, "torn": torn, "compared": compared}


def repeat(root: Path, home: Path, seconds: float, files: int, *arguments: str) -> dict[str, Any]:
    """A command again and again; an indexer's workspace changes before each run."""
    chance = random.Random(7)
    end, runs, generation = time.monotonic() + seconds, 0, 1
    errors: list[str] = []
    while time.monotonic() < end:
        if arguments[0] == "index":
            generation += 1
            for number in chance.sample(range(files), max(1, files // 5)):
                write(root, number, generation)
        done = subprocess.run(
            [sys.executable, "-m", "magray_server.cli.main", *arguments],
            cwd=root,
            env={**os.environ, "MAGRAY_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )
        runs += 1
        if done.returncode != 0:
            errors.append(f"{' '.join(arguments)}: exit {done.returncode}: {done.stderr.strip()}")
    return {"runs": runs, "errors": errors}


def crowd(options: argparse.Namespace) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="magray-crowd-") as folder:
        root, home = Path(folder, "ws"), Path(folder, "home")
        (root / ".git").mkdir(parents=True)
        for number in range(options.files):
            write(root, number, 1)
        index = ["index"] if options.mode == "hybrid" else ["index", "--lexical"]
        first = repeat(root, home, 0.01, options.files, *index)
        roles = [*["search"] * options.searchers, " ".join(index), "optimize"]
        children = [
            subprocess.Popen(
                [sys.executable, __file__, "--role", role, "--root", str(root), "--home", str(home),
                 "--seconds", str(options.seconds), "--files", str(options.files), "--mode", options.mode],
                stdout=subprocess.PIPE, text=True,
            )
            for role in roles
        ]  # fmt: skip
        told = [json.loads(child.communicate()[0]) for child in children]
    waits = sorted(wait for one in told for wait in one.get("waits", ()))
    return {
        "searches": len(waits),
        "p50_ms": round(1000 * waits[len(waits) // 2], 1),
        "p95_ms": round(1000 * waits[int(len(waits) * 0.95)], 1),
        "max_ms": round(1000 * waits[-1], 1),
        "index_runs": told[-2]["runs"],
        "optimize_runs": told[-1]["runs"],
        "compared": sum(one.get("compared", 0) for one in told),
        "torn": sum(one.get("torn", 0) for one in told),
        "errors": [*first["errors"], *(error for one in told for error in one["errors"])],
    }


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--searchers", type=int, default=6)
    parser.add_argument("--mode", choices=("lexical", "hybrid"), default="lexical")
    parser.add_argument("--json", action="store_true")
    for hidden in ("--role", "--root", "--home"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role:
        place = Path(options.root), Path(options.home), options.seconds
        if options.role == "search":
            print(json.dumps(search(*place, options.mode)))
        else:
            print(json.dumps(repeat(*place, options.files, *options.role.split())))
        return 0
    found = crowd(options)
    if options.json:
        print(json.dumps(found))
    else:
        for name, value in found.items():
            print(f"{name:14} {value}")
    return 1 if found["errors"] or found["torn"] else 0


if __name__ == "__main__":
    sys.exit(main())
