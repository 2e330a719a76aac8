#!/usr/bin/env python3
"""Measures how magray grows: the same questions over 10,000, 100,000 and a million passages.

usage: bench_growth.py [FOLDER …] [--sizes 10k,100k,1m] [--work DIR] [--results FILE] [--plot FILE]

Copies of the text files below the folders (by default this Python's standard library and installed packages)
are indexed by `magray index --lexical` until there are about so many passages; in each copy a part of the
words is replaced by made-up ones, so that the vocabulary grows as it does in real text. A sample of passages
is embedded by the model, the vectors of the others are these with noise, stored as the indexer stores them.
Then, each in a process of its own: building the index engines, loading, searching, memory, a run of the
indexer that finds nothing changed.

Every size adds a line to the results file, and the plot (which needs matplotlib) shows all lines in it: sizes
can be measured one at a time. A million passages take about 15 minutes, 12 GB of disk and 4 GB of memory.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.models.embedder import Embedder
    from magray_memory.storage.vault import Vault

SIZES = "10k,100k,1m"
BYTES_OF_A_PASSAGE = 860
"""Of source text; only to begin with, every size corrects it for the next."""
SUFFIXES = frozenset((".py", ".md", ".rst", ".txt", ".c", ".h", ".js", ".ts", ".css", ".html"))
LARGEST_FILE = 400_000
REPLACED_SHARE = 3
"""In a copy one of so many of the longer words is another word."""
SAMPLE = 400
"""Passages that the model embeds."""
NOISE = 0.45
"""Length of the noise beside a vector of length 1: a cosine of .91, as between passages of one file."""
BATCH = 4096
ROUNDS = 200
PROCESSES = 5
_WORD = re.compile(r"[^\W\d_]{6,}")
_CONSONANTS, _VOWELS = "bcdfghklmnprstvz", "aeiou"


def say(text: str) -> None:
    print(text, flush=True)


def count_of(text: str) -> int:
    """10k, 1m or plain digits as a number."""
    factor = {"k": 1000, "m": 1_000_000}.get(text[-1:].lower(), 1)
    return int(float(text.rstrip("kKmM")) * factor)


def default_folders() -> list[Path]:
    paths = sysconfig.get_paths()
    return list(dict.fromkeys(Path(paths[name]).resolve() for name in ("purelib", "stdlib")))


# What is searched.


def sources(folders: list[Path]) -> list[Path]:
    """Text files below the folders, in an order that mixes them and is the same each time."""
    found = {
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.suffix in SUFFIXES and path.is_file() and 200 < path.stat().st_size < LARGEST_FILE
    }
    ordered = sorted(found)
    random.Random(1).shuffle(ordered)
    return ordered


def varied(text: str, copy: int) -> str:
    """The text with a part of its longer words replaced, the same word always by the same in one copy."""

    @functools.lru_cache(maxsize=200_000)
    def other(word: str) -> str:
        chance = random.Random(f"{copy} {word.lower()}")
        if chance.randrange(REPLACED_SHARE):
            return word
        made = "".join(chance.choice(_CONSONANTS) + chance.choice(_VOWELS) for _ in range(4))
        return made.capitalize() if word[0].isupper() else made

    return _WORD.sub(lambda match: other(match[0]), text)


def make_tree(root: Path, files: list[Path], size: int) -> int:
    """Copies of the files below `root`, `size` bytes in all; returns how many files."""
    written = made = copy = 0
    while written < size:
        for source in files:
            text = source.read_text("utf-8", errors="replace")
            text = varied(text, copy) if copy else text
            # A folder holds the files of one source folder, as a project does.
            group = f"{source.parent.name}-{crc32(source.parent.as_posix().encode()) % 997}"
            target = root / f"part{copy}" / group / source.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, "utf-8", errors="replace")
            written += len(text)
            made += 1
            if written >= size:
                break
        copy += 1
    return made


# Stages, each in a process of its own.


def stage_fill(root: Path, home: Path) -> dict[str, Any]:
    """Vectors for every passage, and the indexes over them."""
    import numpy as np

    from magray_memory.index.planner import choose
    from magray_memory.index.vector_store import VectorStore
    from magray_memory.memory import Memory
    from magray_memory.storage import change_log, vector_spaces, vectors
    from magray_memory.storage.durability import VaultKind
    from magray_memory.storage.pending import pending_ids
    from magray_memory.storage.vault import Vault

    figures: dict[str, Any] = {}
    with Memory.open(root, home=home) as memory:
        embedder = memory.models.embedder()
        settings = memory.effective_settings.vectors
        path = memory.home.vault_path(memory.root)
        with Vault.open(path, kind=VaultKind.WORKSPACE, root=memory.root, write=True) as vault:
            vector_spaces.begin(vault, embedder.key)
            sample = embed_sample(vault, embedder)
            chance = np.random.default_rng(1)
            after, began = 0, time.perf_counter()
            while ids := pending_ids(vault.db.raw(), embedder.key, BATCH, after):
                rows = sample[chance.integers(0, len(sample), len(ids))]
                noise = chance.standard_normal(rows.shape, dtype=np.float32)
                rows = rows + noise * (NOISE / np.linalg.norm(noise, axis=1, keepdims=True))
                rows /= np.linalg.norm(rows, axis=1, keepdims=True)
                vectors.put_vectors(vault, embedder.key, ids, rows)
                after = ids[-1]
            figures["store_vectors_s"] = time.perf_counter() - began
            store = VectorStore(vault, embedder.key, settings)
            began = time.perf_counter()
            store.save_snapshot()
            figures["build_index_s"] = time.perf_counter() - began
            count = vectors.count_vectors(vault, embedder.key)
            sealing = choose(count, settings.engine, long_lived=False) == "annoy"
            if sealing and store.sealed_at() != change_log.max_seq(vault):
                began = time.perf_counter()
                store.seal()
                figures["seal_index_s"] = time.perf_counter() - began
            if store.problem:
                say(f"  {store.problem}")
            store.close()
    return figures


def embed_sample(vault: Vault, embedder: Embedder) -> Any:
    """Vectors of some passages from all over the vault."""
    import numpy as np

    from magray_memory.models.recipe import passage_text
    from magray_memory.storage.vectors import pending_passages

    with vault.read() as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM passage ORDER BY id")]
    parts = pending_passages(vault, random.Random(1).sample(ids, min(SAMPLE, len(ids))))
    texts = [passage_text(p.symbol, p.title, p.text, p.kind) for p in parts]
    return np.concatenate([vectors for _, vectors in embedder.passages(texts)])


def stage_search(root: Path, home: Path) -> dict[str, Any]:
    """A program that stays: loading, then questions in each mode."""
    from bench_search import ORDER, questions, timed
    from magray_memory.search.query import SearchQuery
    from magray_memory.session import Session
    from magray_memory.storage.home import Home

    figures: dict[str, Any] = {}
    with Session.start(Home(home), [root]) as session:
        session.search.warm()
        base = memory_now()
        vault = session.search.vault(root)
        assert vault is not None
        figures["load_s"], figures["engine"] = load(session, root)
        texts = questions(vault, ROUNDS + 20)
        for mode in ORDER:

            def ask(text: str, mode: Any = mode) -> object:
                return session.search.query(SearchQuery(text, mode=mode, within="workspace"))

            timed(ask, texts[:20])
            session.models.embedder().known_questions.clear()  # nobody asks the same question again and again
            spent = time.process_time()
            took = timed(ask, texts[20:])
            figures |= searched(mode, took, time.process_time() - spent)
        filtered = [SearchQuery(text, languages=("python",), within="workspace") for text in texts[20:80]]
        spent = time.process_time()
        took = timed(
            lambda text: session.search.query(filtered[int(text)]), [str(i) for i in range(len(filtered))]
        )
        figures |= searched("filtered", took, time.process_time() - spent)
        figures["memory"] = memory_now() | {"before_search": base["own"]}
    return figures


def searched(mode: str, took: list[float], spent: float) -> dict[str, float]:
    """Milliseconds of a search in this mode: p50, p95, and processor time, which other work moves least."""
    from bench_search import percentile

    p50, p95, cpu = percentile(took, 0.5), percentile(took, 0.95), 1000 * spent / len(took)
    return {f"{mode}_p50_ms": p50, f"{mode}_p95_ms": p95, f"{mode}_cpu_ms": cpu}


def load(session: Any, root: Path) -> tuple[float, str]:
    """Seconds that the first search by meaning takes beyond the second, and the engine that answers."""
    from magray_memory.search.query import SearchQuery
    from magray_memory.storage.vector_spaces import serving

    took: list[float] = []
    for text in ("where is the first search", "where is the second search"):
        began = time.perf_counter()
        session.search.query(SearchQuery(text, mode="semantic", within="workspace"))
        took.append(time.perf_counter() - began)
    opened = next(part for part in session.search.open().vaults if part.root == root)
    return took[0] - took[1], opened.vectors(serving(opened.vault) or "").engine


def memory_now() -> dict[str, int]:
    """Megabytes of this process: its own, mapped files among what it uses, and its own at the most."""
    found: dict[str, int] = {}
    names = {"RssAnon": "own", "RssFile": "mapped", "VmHWM": "peak"}
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        name, _, rest = line.partition(":")
        if name in names:
            found[names[name]] = int(rest.split()[0]) // 1000
    return found


STAGES = {"fill": stage_fill, "search": stage_search}


def in_child(stage: str, root: Path, home: Path) -> dict[str, Any]:
    command = [sys.executable, __file__, "--stage", stage, "--work", str(root), "--home", str(home)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    *said, last = done.stdout.splitlines()
    for line in said:
        say(line)
    return json.loads(last)


# A size, from nothing to its figures.


def magray(root: Path, home: Path, *arguments: str) -> float:
    """Seconds that a run of the program takes."""
    command = [
        sys.executable,
        "-m",
        "magray_server.cli.main",
        "--quiet",
        "--workspace",
        str(root),
        *arguments,
    ]
    began = time.perf_counter()
    environment = {**os.environ, "MAGRAY_HOME": str(home)}
    code = subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode
    if code not in (0, 3):  # 3: among so many files there are some that cannot be read
        sys.exit(f"error: {' '.join(command)} ended with {code}")
    return time.perf_counter() - began


def passages_of(root: Path, home: Path) -> tuple[int, int]:
    """Files and passages in the vault of a workspace."""
    from magray_memory.storage.durability import VaultKind
    from magray_memory.storage.home import Home
    from magray_memory.storage.vault import Vault

    with Vault.open(Home(home).vault_path(root), kind=VaultKind.WORKSPACE, root=root) as vault:
        return vault.counts()


def bytes_below(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def measure(size: int, folders: list[Path], work: Path, bytes_of_a_passage: float) -> dict[str, Any]:
    root, home = (work / "tree").resolve(), (work / "home").resolve()
    root.mkdir(parents=True)
    began = time.perf_counter()
    files = make_tree(root, sources(folders), int(size * bytes_of_a_passage))
    source = bytes_below(root)
    say(f"{size:,} wanted: {files:,} files, {source / 1e6:.0f} MB, in {time.perf_counter() - began:.0f} s")
    figures: dict[str, Any] = {"load_average": os.getloadavg()[0], "cores": os.cpu_count()}
    figures["lexical_index_s"] = magray(root, home, "index", "--lexical")
    figures["files"], figures["passages"] = passages_of(root, home)
    figures["source_bytes"] = source
    say(f"  {figures['passages']:,} passages by words in {figures['lexical_index_s']:.1f} s")
    figures |= in_child("fill", root, home)
    say(f"  vectors stored in {figures['store_vectors_s']:.1f} s, index in {figures['build_index_s']:.1f} s")
    figures["index_s"] = magray(root, home, "index")  # writes down that nothing is pending
    figures["unchanged_s"] = statistics.median(magray(root, home, "index") for _ in range(3))
    figures |= in_child("search", root, home)
    figures["process_s"] = statistics.median(
        magray(root, home, "search", "where are errors returned to the caller") for _ in range(PROCESSES)
    )
    figures["home_bytes"] = bytes_below(home)
    return figures


def table(figures: dict[str, Any]) -> Iterator[str]:
    """The figures of one size for a person."""
    f = figures
    own, mapped, peak = (f["memory"][name] for name in ("own", "mapped", "peak"))
    sealed = f", and to seal {f['seal_index_s']:.1f} s" if "seal_index_s" in f else ""
    load = f"load {f['load_average']:.1f} on {f['cores']} cores"
    yield f"{f['passages']:,} passages of {f['files']:,} files, {load}"
    for mode in ("lexical", "semantic", "hybrid", "filtered"):
        p50, p95, cpu = (f[f"{mode}_{name}_ms"] for name in ("p50", "p95", "cpu"))
        yield f"  search {mode:<12} p50 {p50:7.1f} ms   p95 {p95:7.1f} ms   processor {cpu:7.1f} ms"
    yield f"  one process         {f['process_s']:7.2f} s"
    yield f"  memory              {own:7d} MB   and {mapped} MB of mapped files, {peak} MB at the most"
    yield f"  first search        {f['load_s']:7.2f} s more than the next, by {f['engine']}"
    yield f"  vector index        {f['build_index_s']:7.1f} s to build{sealed}"
    yield f"  index by words      {f['lexical_index_s']:7.1f} s"
    yield f"  nothing changed     {f['unchanged_s']:7.2f} s"
    home, source = f["home_bytes"] / 1e6, f["source_bytes"] / 1e6
    yield f"  disk                {home:7.0f} MB for {source:.0f} MB of text"


def plot(results: list[dict[str, Any]], target: Path) -> None:
    """Four panels over the number of passages."""
    pyplot = pyplot_or_exit()
    results = sorted(results, key=lambda figures: figures["passages"])
    sizes = [figures["passages"] for figures in results]
    figure, axes = pyplot.subplots(2, 2, figsize=(11, 8), layout="constrained")

    def lines(axis: Any, title: str, unit: str, **series: list[float | None]) -> None:
        for name, values in series.items():
            points = [(x, y) for x, y in zip(sizes, values, strict=True) if y is not None]
            if points:
                axis.plot(*zip(*points, strict=True), marker="o", label=name.replace("_", " "))
        axis.set(title=title, xlabel="passages", ylabel=unit, xscale="log", yscale="log")
        axis.grid(visible=True, which="major", alpha=0.4)
        axis.legend()

    def column(name: str, factor: float = 1.0) -> list[float | None]:
        return [None if name not in figures else figures[name] * factor for figures in results]

    modes = ("lexical", "semantic", "hybrid")
    searches = {f"{mode}_{share}": column(f"{mode}_{share}_ms") for mode in modes for share in ("p50", "cpu")}
    lines(axes[0][0], "warm search", "ms", **searches)
    memory = {name: [figures["memory"][name] for figures in results] for name in ("own", "mapped", "peak")}
    lines(axes[0][1], "memory of a program that stays", "MB", **memory)
    times = {
        "load": column("load_s"), "build_vector_index": column("build_index_s"),
        "seal": column("seal_index_s"), "index_by_words": column("lexical_index_s"),
        "nothing_changed": column("unchanged_s"), "one_process": column("process_s"),
    }  # fmt: skip
    lines(axes[1][0], "times", "s", **times)
    disk = {"source": column("source_bytes", 1e-6), "home": column("home_bytes", 1e-6)}
    lines(axes[1][1], "disk", "MB", **disk)
    figure.savefig(target, dpi=100)
    say(f"{target} shows {len(results)} sizes")


def pyplot_or_exit() -> Any:
    try:
        import matplotlib  # pyright: ignore[reportMissingImports]
    except ImportError:
        sys.exit("error: no plot: matplotlib is not installed (try: pip install matplotlib)")
    matplotlib.use("Agg")
    from matplotlib import pyplot  # pyright: ignore[reportMissingImports]

    return pyplot


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("folders", type=Path, nargs="*", metavar="FOLDER", help="whose text is indexed")
    parser.add_argument("--sizes", default=SIZES, help="passages, such as 10k,100k; empty: only plot")
    parser.add_argument(
        "--work", type=Path, help="where trees and homes are made; default: a temporary folder"
    )
    parser.add_argument("--results", type=Path, default=Path("growth.jsonl"), help="a line for each size")
    parser.add_argument("--plot", type=Path, help="a PNG of all results; needs matplotlib")
    parser.add_argument("--keep", action="store_true", help="leave trees and homes where they are")
    parser.add_argument("--stage", choices=STAGES, help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.stage:
        print(json.dumps(STAGES[args.stage](args.work, args.home)))
        return
    if args.plot:
        pyplot_or_exit()
    work = args.work or Path(tempfile.mkdtemp(prefix="magray-growth-"))
    bytes_of_a_passage = float(BYTES_OF_A_PASSAGE)
    for size in map(count_of, filter(None, args.sizes.split(","))):
        place = work / str(size)
        try:
            figures = measure(size, args.folders or default_folders(), place, bytes_of_a_passage)
        finally:
            if not args.keep:
                shutil.rmtree(place, ignore_errors=True)
        bytes_of_a_passage = figures["source_bytes"] / figures["passages"]
        with args.results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(figures) + "\n")
        say("\n".join(table(figures)))
    if args.plot:
        plot([json.loads(line) for line in args.results.read_text("utf-8").splitlines()], args.plot)


if __name__ == "__main__":
    main()
