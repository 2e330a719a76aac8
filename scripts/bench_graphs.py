#!/usr/bin/env python3
"""Measures graphs of neighbours beside each other: hnswlib and usearch over the same vectors and questions.

usage: bench_graphs.py WORKSPACE [--home DIR] [--queries FILE] [--count N] [--engines NAMES] [--keep FOLDER]

WORKSPACE is indexed, at least by words. Its passages are embedded, the first 64 tokens of each, and kept in
FOLDER for the next run. Where --count wants more vectors than there are passages, the rest are mixtures of
two real ones with noise beside them, as far from these as passages of one file are from each other.

usearch is no dependency (`pip install usearch`). Each engine is built, saved and loaded in a process of its
own; recall is the share of the ten nearest, by a comparison with every vector, that it finds. Ratios are to
the first engine, in the same run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

from bench_search import percentile, questions

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD_CHARACTERS = 220
"""About 64 tokens."""
NOISE = 0.45
"""Length of the noise beside a vector of length 1: a cosine of .91."""
BATCH = 4096
EXPANSIONS = (64, 128, 256)
CHANGED = 1_000
QUESTIONS = 400
ENGINES = "hnswlib,usearch-f32,usearch-f16,sketch"


def embedded(workspace: Path, home: Path | None, keep: Path, queries: Path | None) -> tuple[Any, Any]:
    """Vectors of the workspace's passages and of the questions, made once."""
    from magray_memory.memory import Memory
    from magray_memory.models.recipe import passage_text
    from magray_memory.storage.durability import VaultKind
    from magray_memory.storage.vault import Vault
    from magray_memory.storage.vectors import pending_passages

    rows_file = keep / "passages.npy"
    with Memory.open(workspace, home=home) as memory:
        embedder = memory.models.embedder()
        path = memory.home.vault_path(memory.root)
        with Vault.open(path, kind=VaultKind.WORKSPACE, root=memory.root) as vault:
            texts = queries.read_text("utf-8").splitlines() if queries else questions(vault, QUESTIONS)
            asked = np.stack([embedder.query(text) for text in texts])
            if not rows_file.exists():
                with vault.read() as connection:
                    ids = [row[0] for row in connection.execute("SELECT id FROM passage ORDER BY id")]
                heads = [
                    passage_text(p.symbol, p.title, p.text, p.kind)[:HEAD_CHARACTERS]
                    for p in pending_passages(vault, ids)
                ]
                rows = np.zeros((len(heads), embedder.dim), dtype=np.float32)
                for numbers, vectors in embedder.passages(heads):
                    rows[numbers] = vectors
                keep.mkdir(parents=True, exist_ok=True)
                np.save(rows_file, rows.astype(np.float16))
    rows = np.load(rows_file).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True), asked


def mixed(rows: Any, count: int) -> Any:
    """The rows and, up to `count`, mixtures of two of them with noise."""
    chance = np.random.default_rng(1)
    made = [rows[:count]]
    while (missing := count - sum(map(len, made))) > 0:
        size = min(BATCH, missing)
        first, second = (rows[chance.integers(0, len(rows), size)] for _ in range(2))
        share = chance.uniform(0.6, 1.0, (size, 1)).astype(np.float32)
        noise = chance.standard_normal(first.shape, dtype=np.float32)
        noise *= NOISE / np.linalg.norm(noise, axis=1, keepdims=True)
        some = share * first + (1 - share) * second + noise
        made.append(some / np.linalg.norm(some, axis=1, keepdims=True))
    return np.concatenate(made)


def nearest(rows: Any, asked: Any) -> Any:
    """Row numbers of the ten nearest of each question, by comparison with every row."""
    best = np.empty((len(asked), 10), dtype=np.int64)
    for start in range(0, len(asked), 20):
        scores = asked[start : start + 20] @ rows.T
        top = np.argpartition(scores, -10, axis=1)[:, -10:]
        best[start : start + len(top)] = top
    return best


class Hnswlib:
    """The given engine, as `index/hnsw.py` uses it."""

    def __init__(self, dim: int) -> None:
        self.native: Any = import_module("hnswlib").Index(space="ip", dim=dim)

    def begin(self, count: int) -> None:
        self.native.init_index(count, M=16, ef_construction=200, random_seed=100, allow_replace_deleted=True)

    def add(self, ids: Any, rows: Any) -> None:
        self.native.resize_index(
            max(self.native.get_max_elements(), self.native.get_current_count() + len(ids))
        )
        self.native.add_items(rows, ids, num_threads=2)

    def remove(self, ids: Any) -> None:
        for number in ids.tolist():
            self.native.mark_deleted(number)

    def search(self, query: Any, k: int, expansion: int) -> Any:
        self.native.set_ef(max(expansion, k))
        return self.native.knn_query(query, k=k, num_threads=1)[0][0]

    def save(self, path: Path) -> None:
        self.native.save_index(str(path))

    def load(self, path: Path) -> None:
        self.native.load_index(str(path), allow_replace_deleted=True)

    view: Callable[[Path], None] | None = None


class Usearch:
    """The candidate: wheels for every system, vectors as float32 or float16, a file that can be mapped."""

    def __init__(self, dim: int, dtype: str) -> None:
        self.native: Any = import_module("usearch.index").Index(
            ndim=dim, metric="ip", dtype=dtype, connectivity=16, expansion_add=200
        )

    def begin(self, count: int) -> None:
        """usearch grows by itself."""

    def add(self, ids: Any, rows: Any) -> None:
        self.native.add(ids, rows, copy=True, threads=2)

    def remove(self, ids: Any) -> None:
        self.native.remove(ids, threads=1)

    def search(self, query: Any, k: int, expansion: int) -> Any:
        self.native.expansion_search = max(expansion, k)
        return self.native.search(query, k, threads=1).keys

    def save(self, path: Path) -> None:
        self.native.save(path)

    def load(self, path: Path) -> None:
        self.native.load(path)

    def view(self, path: Path) -> None:
        self.native.view(path)


class Sketches:
    """The engine that needs no graph, as `index/sketch.py` has it; the width of the search is its own."""

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self.parts: list[tuple[Any, Any]] = []
        self.index: Any = None

    def begin(self, count: int) -> None:
        """Nothing is built."""

    def add(self, ids: Any, rows: Any) -> None:
        if self.index is None:
            self.parts.append((ids, rows))
        else:
            self.index.add(ids, rows)

    def remove(self, ids: Any) -> None:
        self.index.remove(ids)

    def search(self, query: Any, k: int, expansion: int) -> Any:
        return self.index.search(query, k)[0]

    def save(self, path: Path) -> None:
        from magray_memory.index import exact, sketch

        exact.write(path, self.dim, self.parts)
        sketch.write(path.with_suffix(".bits"), np.concatenate([rows for _, rows in self.parts]))

    def load(self, path: Path) -> None:
        from magray_memory.index.exact import ExactIndex
        from magray_memory.index.sketch import Sketch, SketchIndex

        count = path.stat().st_size // (2 * self.dim + 8)
        drawn = Sketch.load(path.with_suffix(".bits"), count, self.dim)
        self.index = SketchIndex(drawn, ExactIndex.load(path, count, self.dim))

    view: Callable[[Path], None] | None = None


def engine(name: str, dim: int) -> Any:
    if name == "sketch":
        return Sketches(dim)
    return Hnswlib(dim) if name == "hnswlib" else Usearch(dim, name.removeprefix("usearch-"))


def seconds(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def own_mb() -> float:
    """Memory that this process does not share, mapped files left out."""
    return psutil.Process().memory_full_info().uss / 1e6


def asked_of(index: Any, asked: Any, best: Any, expansion: int, k: int = 10) -> tuple[float, float]:
    """Recall of the ten nearest, and milliseconds at the median."""
    found, took = 0, list[float]()
    for query, wanted in zip(asked, best, strict=True):
        began = time.perf_counter()
        keys = index.search(query, k, expansion)
        took.append(time.perf_counter() - began)
        found += len(np.intersect1d(np.asarray(keys, dtype=np.int64), wanted))
    return found / best.size, percentile(took, 0.5)


def stage_build(name: str, folder: Path) -> dict[str, float]:
    rows = np.load(folder / "rows.npy", mmap_mode="r")
    index = engine(name, rows.shape[1])
    index.begin(len(rows))

    def fill() -> None:
        for start in range(0, len(rows), BATCH):
            stop = min(len(rows), start + BATCH)
            index.add(np.arange(start, stop), np.array(rows[start:stop]))

    built = seconds(fill)
    saved = seconds(lambda: index.save(folder / name))
    return {"build s": built, "save s": saved, "file MB": (folder / name).stat().st_size / 1e6}


def stage_search(name: str, folder: Path) -> dict[str, float]:
    asked, best = np.load(folder / "asked.npy"), np.load(folder / "best.npy")
    index = engine(name, asked.shape[1])
    before = own_mb()
    figures = {"load s": seconds(lambda: index.load(folder / name)), "loaded MB": own_mb() - before}
    for expansion in EXPANSIONS:
        recall, milliseconds = asked_of(index, asked, best, expansion)
        figures |= {f"recall@10 at {expansion}": recall, f"ms at {expansion}": milliseconds}
    # A filter that leaves a tenth: as many neighbours as ten of them need, the rest thrown away.
    kept = np.sort(np.load(folder / "kept.npy"))
    best = np.load(folder / "kept_best.npy")
    began, found = time.perf_counter(), 0
    for query, wanted in zip(asked, best, strict=True):
        keys = np.asarray(index.search(query, 140, 420), dtype=np.int64)
        found += len(np.intersect1d(keys[np.isin(keys, kept)][:10], wanted))
    figures["filtered recall@10"] = found / best.size
    figures["filtered ms"] = (time.perf_counter() - began) / len(asked) * 1000
    count = int(np.load(folder / "rows.npy", mmap_mode="r").shape[0])
    fresh = np.roll(np.load(folder / "rows.npy", mmap_mode="r")[:CHANGED], 1, axis=1)
    figures["add 1,000 s"] = seconds(lambda: index.add(np.arange(count, count + CHANGED), fresh))
    figures["remove 1,000 s"] = seconds(lambda: index.remove(np.arange(CHANGED)))
    return figures


def stage_view(name: str, folder: Path) -> dict[str, float]:
    asked, best = np.load(folder / "asked.npy"), np.load(folder / "best.npy")
    index = engine(name, asked.shape[1])
    if index.view is None:
        return {}
    before = own_mb()
    figures = {"view s": seconds(lambda: index.view(folder / name))}
    figures["first search ms"] = 1000 * seconds(lambda: index.search(asked[0], 10, 64))
    figures["mapped ms at 64"] = asked_of(index, asked, best, 64)[1]
    return figures | {"mapped MB": own_mb() - before}


STAGES = {"build": stage_build, "search": stage_search, "view": stage_view}


def in_a_process(stage: str, name: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, __file__, str(folder), "--stage", stage, "--engines", name]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def compare(rows: Any, asked: Any, names: list[str], folder: Path) -> None:
    kept = np.sort(np.random.default_rng(2).choice(len(rows), len(rows) // 10, replace=False))
    for name, array in {
        "rows": rows,
        "asked": asked,
        "best": nearest(rows, asked),
        "kept": kept,
        "kept_best": kept[nearest(rows[kept], asked)],
    }.items():
        np.save(folder / f"{name}.npy", array)
    count = len(rows)
    del rows
    figures: dict[str, dict[str, float]] = {}
    for name in names:
        figures[name] = {}
        for stage in STAGES:
            figures[name] |= in_a_process(stage, name, folder)
    reference = figures[names[0]]
    print(f"\n{count:,} vectors, {len(asked)} questions, load {psutil.getloadavg()[0]:.1f}")
    print("".join(f"{text:>24}" for text in ("", *names)))
    for row in dict.fromkeys(key for each in figures.values() for key in each):
        cells = [figures[name].get(row) for name in names]
        base = reference.get(row)
        shown = [
            "-" if value is None else f"{value:.3f}" + (f"  × {value / base:.2f}" if base else "")
            for value in cells
        ]
        print(f"{row:>24}" + "".join(f"{text:>24}" for text in shown), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--home", type=Path, help="default: MAGRAY_HOME, or the person's own")
    parser.add_argument("--queries", type=Path, help="a question on each line")
    parser.add_argument("--count", type=int, default=0, help="vectors; 0 = as many as there are passages")
    parser.add_argument("--engines", default=ENGINES, help="separated by commas; ratios are to the first")
    parser.add_argument("--keep", type=Path, help="folder for the vectors; default: a temporary one")
    parser.add_argument("--stage", choices=sorted(STAGES), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.stage:
        print(json.dumps(STAGES[args.stage](args.engines, args.workspace)))
        return
    with tempfile.TemporaryDirectory() as folder:
        keep = args.keep or Path(folder)
        rows, asked = embedded(args.workspace, args.home, keep, args.queries)
        rows = mixed(rows, args.count or len(rows))
        compare(rows, asked, args.engines.split(","), Path(folder))


if __name__ == "__main__":
    main()
