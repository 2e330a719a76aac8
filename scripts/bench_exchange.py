#!/usr/bin/env python3
"""Measures import, a repeated import and export: seconds until records are found by words, and by meaning.

usage: bench_exchange.py [--records 10000] [--texts FOLDER] [--no-meaning]

Records are made of the paragraphs below FOLDER, as `bench_records.py` makes them, and stand in a file of JSON
lines. References, of the same texts in the same run: rows of a bare table and a bare FTS5 table, a hundred in
a synced transaction, for words; the model alone, for meaning. The load of the machine is printed, because it
decides the rest.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from bench_records import groups, varied
from magray_memory.context import Context
from magray_memory.indexing.notebook import embed_notebook
from magray_memory.memory import Memory
from magray_memory.search.query import Mode, parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_SETTINGS = {"records.embed_at_once": False, "layers.automatic": False, "backup.automatic": False}
_LAST = "The lighthouse keeper counts migrating storks before breakfast."
"""What the searches look for: like none of the other texts."""


def timed(work: Callable[[], object]) -> float:
    """Seconds of a piece of work."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def bare(path: Path, texts: Sequence[str]) -> None:
    """Store the texts in tables of SQLite alone, and look for the last of them."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE record (id INTEGER PRIMARY KEY, text TEXT)")
        connection.execute(
            "CREATE VIRTUAL TABLE words USING fts5(text, content='record', content_rowid='id')"
        )
        for some in groups(texts):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO record(text) VALUES (?)", ((text,) for text in some))
            connection.executemany("INSERT INTO words(text) VALUES (?)", ((text,) for text in some))
            connection.execute("COMMIT")


def found(memory: Memory, texts: Sequence[str], mode: Mode) -> None:
    """Look for the last text; an error where it is not the first that is found."""
    hits = memory.search.query(parse(texts[-1], mode=mode, within="notebook")).hits
    if not hits or texts[-1] not in (hits[0].snippet or ""):
        raise SystemExit(f"by {mode} the last record is not found")


def row(name: str, seconds: float, count: int, reference: float | None = None) -> None:
    """Print a row of the table."""
    ratio = "" if reference is None else f"{seconds / reference:.2f}"
    print(f"| {name} | {seconds:.2f} | {count / seconds:,.0f} | {ratio} |", flush=True)


def measure(folder: Path, texts: Sequence[str], *, meaning: bool) -> None:
    """Print the table."""
    source, home = folder / "records.jsonl", folder / "home"
    source.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), "utf-8")
    home.mkdir(mode=0o700)
    count = len(texts)
    print("| work | seconds | records a second | to the reference |\n|---|---|---|---|")
    plain = timed(lambda: bare(folder / "bare.db", texts))
    row("reference: bare tables of SQLite", plain, count)
    with Memory.open(home=home, outside=True, overrides=_SETTINGS) as memory:
        seconds = timed(lambda: (memory.exchange.import_(source), found(memory, texts, "lexical")))
        row("import, until found by words", seconds, count, plain)
        row("the same import again", timed(lambda: memory.exchange.import_(source)), count, plain)
        row("export", timed(lambda: memory.exchange.export(folder / "out.json")), count, plain)
    if not meaning:
        return
    with closing(Context.open(home=home, environ={**os.environ})) as context:
        context.models.wait()
        embedder = context.models.of(None)
        alone = timed(lambda: list(embedder.passages(texts)))
        row("reference: the model alone", alone, count)
        embedding = timed(lambda: embed_notebook(context))
    with Memory.open(home=home, outside=True, overrides=_SETTINGS) as memory:
        found(memory, texts, "semantic")
    row("vectors of all records", embedding, count, alone)
    row("import, until found by meaning", seconds + embedding, count, alone)


def main() -> None:
    """Print a row for each piece of work."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=10_000)
    parser.add_argument("--texts", type=Path, default=Path(__file__).resolve().parent.parent / "docs")
    parser.add_argument("--no-meaning", action="store_true")
    wanted = parser.parse_args()
    texts = [*itertools.islice(varied(wanted.texts), wanted.records - 1), _LAST]
    print(f"{len(texts):,} records, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), texts, meaning=not wanted.no_meaning)
    print(f"\nload at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
