#!/usr/bin/env python3
"""Measures records at size: remembering, recalling, promoting, cleaning, and the bytes that they take.

usage: bench_records.py [N] [--texts FOLDER] [--fill batch|store] [--vectors model|random|none] [--home DIR]

Makes N records (10,000) of the paragraphs below FOLDER (this repository's pages), varied so that no two are
alike, by `magray remember --batch`, and prints the rate of each tenth: it must not fall. Then: `remember` as
a whole process and in a process that stays, beside one row of the same text in a bare table with the same
syncs; `recall` in a process that stays, beside a bare FTS5 query; runs of `promote` and `clean` under a clock
of the bench's own. Figures of one run compare with each other; the load of the machine is printed, because it
decides the rest. `--vectors random` gives every record a vector drawn at random: as quick to search as a real
one, and no model embeds a hundred thousand texts first. `--fill store` leaves out the process and the look
for near duplicates, which takes most of the time.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from magray_memory.context import Context
from magray_memory.index.vector_store import VectorStore
from magray_memory.indexing.notebook import embed_notebook
from magray_memory.records.draft import Draft, content_of
from magray_memory.records.layers import Layers
from magray_memory.records.recall import Recall
from magray_memory.records.room import Records
from magray_memory.records.store import Prepared, RecordStore
from magray_memory.search.live import LiveSearch
from magray_memory.search.query import Mode, SearchQuery
from magray_memory.storage import vector_spaces, vectors
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.uses import note_uses, use
from magray_memory.storage.vault import Vault
from magray_memory.text.analyzer import query_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
ROOT = Path(__file__).parents[1]
DAY = 86_400.0
COMMAND = [sys.executable, "-m", "magray_server.cli.main"]
QUIET = {"MAGRAY_RECORDS__EMBED_AT_ONCE": "false", "MAGRAY_LAYERS__AUTOMATIC": "false"}
MODES: tuple[Mode, ...] = ("lexical", "hybrid")
_BATCH = 2_000


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("records", nargs="?", type=int, default=10_000)
    parser.add_argument("--texts", type=Path, default=ROOT)
    parser.add_argument("--fill", choices=("batch", "store"), default="batch")
    parser.add_argument("--vectors", choices=("model", "random", "none"), default="model")
    parser.add_argument("--home", type=Path)
    given = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed magray is compiled, so these have to be
    os.environ.update(QUIET)
    home = given.home or Path(tempfile.mkdtemp(prefix="magray-records-"))
    print(f"{given.records:,} records, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {home}\n")
    texts = list(itertools.islice(varied(given.texts), given.records + 500))
    stored, spare = texts[: given.records], texts[given.records :]
    try:
        (fill_by_batch if given.fill == "batch" else fill_store)(home, stored)
        measure(home, stored, spare, given.vectors)
    finally:
        if given.home is None:
            shutil.rmtree(home, ignore_errors=True)
    print(f"\nload at the end {os.getloadavg()[0]:.1f}")


def varied(folder: Path) -> Iterator[str]:
    """Paragraphs of the texts below a folder, each time with other words in it; the same in each run."""
    found = [
        part.strip()
        for path in sorted([*folder.rglob("*.md"), *folder.rglob("*.txt"), *folder.rglob("*.rst")])
        if not any(name.startswith(".") for name in path.relative_to(folder).parts)
        for part in path.read_text("utf-8", errors="replace").split("\n\n")
        if 60 <= len(part) <= 1_500 and "|--" not in part
    ]
    if not found:
        raise SystemExit(f"{folder} has no paragraphs")
    words = sorted({word for part in found for word in part.split() if word.isalpha() and len(word) > 4})
    chance = random.Random(7)
    for number in itertools.count():
        part = found[number % len(found)].split(" ")
        for _ in range(max(2, len(part) // 6)):
            part[chance.randrange(len(part))] = chance.choice(words)
        yield f"{' '.join(part)}\n\nNumber {number}, {chance.choice(words)}."


def fill_by_batch(home: Path, texts: Sequence[str]) -> None:
    """Store them by one process that is fed line by line, as a program would."""
    command = [*COMMAND, "--home", str(home), "remember", "--batch", "-"]
    with (
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process,
        Rates("remember --batch", len(texts)) as rates,
    ):
        written, answers = process.stdin, process.stdout
        assert written is not None and answers is not None
        for some in groups(texts):
            written.writelines(json.dumps({"text": text, "project": "bench"}) + "\n" for text in some)
            written.flush()
            for _ in some:
                answers.readline()
            rates.add(len(some))
        written.close()


def fill_store(home: Path, texts: Sequence[str]) -> None:
    """Store them in this process, a hundred in a transaction."""
    path = Context.open(home=home, environ={}).home.ensure().notebook
    with (
        Vault.open(path, kind=VaultKind.NOTEBOOK, write=True) as vault,
        Rates("the store alone", len(texts)) as rates,
    ):
        store = RecordStore(vault)
        for some in groups(texts):
            drafts = [Draft(text=text, project="bench") for text in some]
            store.remember([Prepared(draft, content_of(draft)) for draft in drafts])
            rates.add(len(some))


class Rates:
    """Records a second, by tenths of all."""

    def __init__(self, name: str, count: int) -> None:
        self.name, self.count, self.done = name, count, 0
        self.rates: list[str] = []

    def __enter__(self) -> Self:
        self.began = self.last = time.perf_counter()
        return self

    def add(self, count: int) -> None:
        step = max(1, self.count // 10)
        self.done += count
        if self.done // step > (self.done - count) // step:
            now = time.perf_counter()
            self.rates.append(f"{max(step, count) / (now - self.last):,.0f}")
            self.last = now

    def __exit__(self, *_: object) -> None:
        took = time.perf_counter() - self.began
        print(f"{self.name:<26}{took:8.1f} s, {self.count / took:,.0f} a second")
        print(f"  a second, by tenths       {' '.join(self.rates)}", flush=True)


def groups(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(texts), 100):
        yield texts[start : start + 100]


def measure(home: Path, stored: Sequence[str], spare: Sequence[str], source: str) -> None:
    now = [time.time()]
    context = Context.open(home=home, environ={**os.environ})
    context.long_lived = True
    records = Records(context, lambda: now[0])
    vault = records.notebook(write=True)
    assert vault is not None
    embed(context, vault, source)
    remembering(home, records, spare)
    recalling(context, records, stored)
    aging(context, records, vault, now)
    sizes(home)
    records.close()
    context.close()


def embed(context: Context, vault: Vault, source: str) -> None:
    if source != "none":
        context.models.wait()
    began, made = time.perf_counter(), 0
    if source == "model":
        made = embed_notebook(context)
    elif source == "random":
        embedder = context.models.of(None)
        vector_spaces.begin(vault, embedder.key)
        with vault.read() as connection:
            ids = [row[0] for row in connection.execute("SELECT id FROM passage ORDER BY id")]
        chance = np.random.default_rng(7)
        for start in range(0, len(ids), _BATCH):
            some = ids[start : start + _BATCH]
            drawn = chance.standard_normal((len(some), embedder.dim), dtype=np.float32)
            drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
            made += vectors.put_vectors(vault, embedder.key, some, drawn)
        # As each run that embeds does at its end.
        VectorStore(vault, embedder.key, context.effective.vectors).save_snapshot()
    print(f"vectors, {source:<17}{time.perf_counter() - began:8.1f} s, {made:,} of them")


def remembering(home: Path, records: Records, spare: Sequence[str]) -> None:
    command = [*COMMAND, "--home", str(home), "remember"]
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    show("magray remember", timed(lambda text: run([*command, "--", text], **silent), spare[:15]))
    show("  python -c pass", timed(lambda _: run([sys.executable, "-c", "pass"]), spare[:15]))
    show("remember, durable", timed(lambda text: records.remember(Draft(text=text)), spare[15:315]))
    with sqlite3.connect(home / "reference.db", isolation_level=None) as bare:
        bare.execute("PRAGMA journal_mode = wal")
        bare.execute("PRAGMA synchronous = FULL")
        bare.execute("CREATE TABLE record (id INTEGER PRIMARY KEY, text TEXT)")
        add = "INSERT INTO record(text) VALUES (?)"
        show("  one synced row", timed(lambda text: bare.execute(add, (text,)), spare[15:315]))
    bare.close()
    for path in home.glob("reference.db*"):
        path.unlink()


def recalling(context: Context, records: Records, stored: Sequence[str]) -> None:
    chance = random.Random(11)
    known = [query_tokens(text)[:40] for text in stored[:: max(1, len(stored) // 150)]]
    asked = [" ".join(chance.sample(words, 4)) for words in known if len(words) >= 4]
    search = LiveSearch(context, {})
    room = Recall(context, search, records)
    search.warm()
    for mode in MODES:

        def ask(text: str, mode: Mode = mode) -> object:
            return room.query(SearchQuery(text, mode=mode))

        timed(ask, asked[:5])
        show(f"recall, {mode}", timed(ask, asked))
    vault = records.notebook(write=False)
    assert vault is not None
    sql = "SELECT rowid FROM passage_fts WHERE passage_fts MATCH ? ORDER BY rank LIMIT 10"
    with vault.read() as connection:

        def bare(text: str) -> object:
            return connection.execute(sql, (" OR ".join(query_tokens(text)),)).fetchall()

        show("  FTS5 alone", timed(bare, asked))
    search.close()


def aging(context: Context, records: Records, vault: Vault, now: list[float]) -> None:
    """Runs of the schedule: the first one, one with nothing to do, one after use, and those that move."""
    layers = Layers(context, records, lambda: now[0])
    step("promote, first run", lambda: layers.promote().moves)
    step("promote, nothing changed", lambda: layers.promote().moves)
    with vault.read() as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM document ORDER BY id")]
    for day in (0, 1):
        note_uses(vault, [use(id_, "shown", now[0] + day * DAY) for id_ in ids[::100]])
    step(f"promote, {len(ids[::100]):,} used", lambda: layers.promote().moves)
    step("clean, nothing due", lambda: layers.clean().moves)
    now[0] += 1.5 * DAY
    step("clean, all fall due", lambda: layers.clean().moves)
    now[0] += 0.1 * DAY
    step("clean, all wait", lambda: layers.clean().moves)
    step("clean --dry-run", lambda: layers.clean(dry_run=True).moves)
    now[0] += DAY
    step("clean, all leave", lambda: layers.clean().moves)
    step("clean, nothing left", lambda: layers.clean().moves)
    began = time.perf_counter()
    gone = records.empty_trash([f"n{id_}" for id_ in ids[1:100]])
    took = time.perf_counter() - began
    print(f"trash empty, 99 of them   {took:8.3f} s  {len(gone.unreached):,} not reached")


def step(name: str, work: Callable[[], Sequence[object]]) -> None:
    began = time.perf_counter()
    moves = work()
    print(f"{name:<26}{time.perf_counter() - began:8.3f} s  {len(moves):,} listed")


def sizes(home: Path) -> None:
    print()
    for path in sorted(home.iterdir()):
        if path.is_file() and path.stat().st_size > 100_000:
            print(f"{path.stat().st_size / 1e6:8.1f} MB  {path.name}")


def run(command: Sequence[str], **options: Any) -> None:
    subprocess.run(command, check=True, **options)


def timed(work: Callable[[str], object], texts: Sequence[str]) -> list[float]:
    took: list[float] = []
    for text in texts:
        start = time.perf_counter()
        work(text)
        took.append(time.perf_counter() - start)
    return took


def show(name: str, seconds: Sequence[float]) -> None:
    ordered = sorted(seconds)
    p50, p95 = (1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] for share in (0.5, 0.95))
    print(f"{name:<26}{p50:8.1f} ms p50  {p95:8.1f} ms p95  ({len(ordered)})")


if __name__ == "__main__":
    main()
