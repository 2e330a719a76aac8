#!/usr/bin/env python3
"""Measures how fast search answers in a workspace that is indexed: warm, and as whole processes.

usage: bench_search.py WORKSPACE [--home DIR] [--queries FILE] [--count N] [--rounds N]

Prints p50 and p95 of each mode in a warm process, beside a bare FTS5 query for the same words in the same
vault; and of `magray search` and `magray status` as processes, beside a bare `python -c pass`, with the least
processor time of one, which other work on the same cores lengthens less. Figures of one run compare with each
other; the load of the machine is printed, because it decides the rest.

Without --queries, the questions are made of the workspace's symbols and of common words, the hardest kind.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory.memory import Memory
from magray_memory.search.query import Mode, SearchQuery
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.vault import Vault
from magray_memory.text.analyzer import query_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ORDER: tuple[Mode, ...] = ("lexical", "semantic", "hybrid")
COMMON = (
    "how is the value of the request set in the test",
    "where does it return the name of a field",
    "what happens when a file is not found",
    "how are errors handled and returned to the caller",
    "default value of the setting",
    "как проверяется форма",
    "где задаётся значение по умолчанию",
)


def percentile(seconds: Sequence[float], share: float) -> float:
    """Milliseconds that this share of the measurements does not exceed."""
    ordered = sorted(seconds)
    return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def timed(run: Callable[[str], object], texts: Sequence[str]) -> list[float]:
    took: list[float] = []
    for text in texts:
        start = time.perf_counter()
        run(text)
        took.append(time.perf_counter() - start)
    return took


def show(name: str, seconds: Sequence[float], reference: Sequence[float] | None = None) -> None:
    line = f"{name:<28} p50 {percentile(seconds, 0.5):8.1f} ms   p95 {percentile(seconds, 0.95):8.1f} ms"
    if reference is not None:
        line += f"   p50 × {percentile(seconds, 0.5) / percentile(reference, 0.5):.1f} of the reference"
    print(line, flush=True)


def questions(vault: Vault, count: int) -> list[str]:
    """Questions about what is in the vault, the same in every run: common words, names, names in words."""
    with vault.read() as connection:
        rows = connection.execute("SELECT symbol FROM passage WHERE symbol <> '' ORDER BY id").fetchall()
    symbols = [row[0].split(",")[0] for row in rows] or ["main"]
    chosen = random.Random(1).choices(symbols, k=count)
    words = [" ".join(query_tokens(symbol)[-4:]) for symbol in chosen]
    both = zip(chosen, words, strict=True)
    made = [(symbol, f"how does {text} work", text)[i % 3] for i, (symbol, text) in enumerate(both)]
    return [*COMMON, *made][:count]


def bare_fts(vault: Vault) -> Callable[[str], object]:
    """The reference: one FTS5 query for any of the words, the 100 best, nothing read but their ids."""

    def run(text: str) -> object:
        match = " OR ".join(f'"{token}"' for token in query_tokens(text)[:32])
        sql = "SELECT rowid FROM passage_fts WHERE passage_fts MATCH ? ORDER BY rank LIMIT 100"
        return vault.db.raw().execute(sql, (match,)).fetchall()

    return run


def bench_warm(memory: Memory, texts: list[str], vault: Vault) -> None:
    with vault.read():
        reference = timed(bare_fts(vault), texts)
    show("bare FTS5 query (reference)", reference)
    for mode in ORDER:

        def run(text: str, mode: Mode = mode) -> object:
            return memory.search.query(SearchQuery(text, mode=mode))

        timed(run, texts[:3])  # opens the model and the index
        if mode != "lexical":
            memory.models.embedder().known_questions.clear()  # nobody asks the same question again and again
        show(f"warm {mode}", timed(run, texts), reference)
    memory.models.embedder().known_questions.clear()
    filtered = timed(lambda text: memory.search.query(SearchQuery(text, languages=("python",))), texts)
    show("warm hybrid, lang:python", filtered, reference)


def processor_seconds() -> float:
    """What the processes that have ended took of the processor; 0 where the system does not say it finely."""
    if sys.platform == "win32":
        return 0.0
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def bench_processes(workspace: Path, home: Path, rounds: int) -> None:
    environment = {**os.environ, "MAGRAY_HOME": str(home)}
    magray = [sys.executable, "-m", "magray_server.cli.main", "--workspace", str(workspace)]
    commands = {
        "python -c pass (reference)": [sys.executable, "-c", "pass"],
        "magray search": [*magray, "search", COMMON[0]],
        "magray search, lexical": [*magray, "search", COMMON[0], "--mode", "lexical"],
        "magray status": [*magray, "status"],
    }
    reference: list[float] | None = None
    for name, command in commands.items():
        busy: list[float] = []

        def run(_: str, command: list[str] = command, busy: list[float] = busy) -> object:
            before = processor_seconds()
            done = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
            busy.append(processor_seconds() - before)
            return done

        took = timed(run, [""] * rounds)
        show(name, took, reference)
        print(f"{'':<28} processor {1000 * min(busy):8.1f} ms at least")
        reference = reference or took


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--home", type=Path, help="default: MAGRAY_HOME, or the person's own")
    parser.add_argument("--queries", type=Path, help="a question on each line")
    parser.add_argument("--count", type=int, default=100, help="questions made without --queries")
    parser.add_argument("--rounds", type=int, default=7, help="processes started of each kind")
    args = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed magray is compiled, so these have to be
    with Memory.open(args.workspace, home=args.home) as memory:
        path = memory.home.vault_path(memory.root)
        with Vault.open(path, kind=VaultKind.WORKSPACE, root=memory.root) as vault:
            files, passages = vault.counts()
            texts = (
                args.queries.read_text("utf-8").splitlines() if args.queries else questions(vault, args.count)
            )
            load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
            print(f"{files} files, {passages} passages, {len(texts)} questions")
            print(f"load {load:.1f} on {os.cpu_count()} cores", flush=True)
            bench_warm(memory, texts, vault)
        bench_processes(memory.root, memory.home.path, args.rounds)


if __name__ == "__main__":
    main()
