#!/usr/bin/env python3
"""Where the time of a command goes, step by step; writes the tables of docs/performance.md.

usage: bench_steps.py [FOLDER] [--vectors vectors.db] [--runs 5] [--print]

Copies FOLDER (by default the Python standard library), indexes the copy into a home of its own and runs every
command as a process of its own, --runs times; the quickest run is told. --vectors takes a cache of vectors
made before: without it everything is embedded first, which takes minutes. --print leaves the page alone.

Only what stands between the markers of the page is replaced.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[1] / "docs" / "performance.md"
BEGIN, END = "<!-- made by scripts/bench_steps.py: begin -->", "<!-- made by scripts/bench_steps.py: end -->"
QUESTION = "where is the configuration read and checked"
LIBRARIES = ("numpy", "onnxruntime", "tokenizers", "tree-sitter", "peewee")

STEPS: dict[str, dict[str, str]] = {
    "magray_memory.indexing.room": {"Indexing.open_vault": "opening the vault"},
    "magray_memory.index.open_vaults": {"OpenVaults.get": "opening the vaults"},
    "magray_memory.indexing.indexer": {"Indexer._scan": "walking, comparing with what is stored"},
    "magray_memory.indexing.embedding_phase": {
        "EmbeddingPhase.run": "looking for passages without a vector",
        "EmbeddingPhase._embed": "embedding what changed",
        "EmbeddingPhase._save_snapshot": "the snapshot of the vectors",
    },
    "magray_memory.indexing.parse_pool": {
        "_Inbox.get": "waiting for the parser processes",
        "ParsePool.prepare": "starting parser processes",
        "ParsePool.close": "ending parser processes",
    },
    "magray_memory.indexing.file_store": {"FileStore.flush": "writing passages and words, commits included"},
    "magray_memory.search.searcher": {
        "find_lexical": "looking the words up",
        "Searcher._cosines": "comparing the vectors",
        "Searcher._rank": "ranking",
        "Searcher._answer": "making the hits",
    },
    "magray_memory.models.onnx.runtime": {
        "open_session": "opening the model",
        "open_tokenizer": "opening the tokenizer",
    },
    "magray_memory.models.embedder": {"Embedder.query": "the vector of the question"},
    "concurrent.futures._base": {"Future.result": "waiting for the vector of the question and its nearest"},
    "magray_memory.storage.vault_info": {"list_vaults": "reading the facts of the vaults"},
    "magray_memory.health.status": {"read_status": "looking at every component"},
}
"""What is timed: functions by module, each with the name of its step."""


class Clock:
    """Time by step, each without the steps inside it: of the main thread, and of the others beside it."""

    def __init__(self) -> None:
        self.main: defaultdict[str, float] = defaultdict(float)
        self.beside: defaultdict[str, float] = defaultdict(float)
        self._inner: dict[int, list[float]] = {}

    def timed(self, step: str, call: Any) -> Any:
        def timing(*args: Any, **options: Any) -> Any:
            stack = self._inner.setdefault(threading.get_ident(), [])
            stack.append(0.0)
            began = time.perf_counter()
            try:
                return call(*args, **options)
            finally:
                took = time.perf_counter() - began
                inside = stack.pop()
                if stack:
                    stack[-1] += took
                here = threading.current_thread() is threading.main_thread()
                (self.main if here else self.beside)[step] += took - inside

        return timing

    def attach(self, module: str) -> None:
        """Time the functions of a module that was just loaded."""
        for name, step in STEPS.get(module, {}).items():
            owner: Any = sys.modules[module]
            *path, last = name.split(".")
            for part in path:
                owner = getattr(owner, part)
            setattr(owner, last, self.timed(step, getattr(owner, last)))


def child(arguments: list[str]) -> None:
    """Run one command in this process and tell on stderr what its steps took."""
    clock = Clock()
    bootstrap: Any = importlib._bootstrap  # type: ignore[attr-defined]
    load = bootstrap._find_and_load

    def find_and_load(name: str, import_: Any) -> Any:
        found = load(name, import_)
        clock.attach(name)
        return found

    bootstrap._find_and_load = clock.timed("loading modules", find_and_load)
    from magray_server.cli.program import run

    code = run(arguments)
    told = {"main": clock.main, "beside": clock.beside, "code": code}
    sys.stderr.write("\n" + json.dumps(told) + "\n")
    sys.stderr.flush()
    os._exit(0)


def steps_of(command: list[str]) -> Any:
    """The steps of one run, `starting Python` and `the rest` included, in milliseconds."""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, __file__, "--child", *command], capture_output=True, check=False)
    took = time.perf_counter() - began
    try:
        told = json.loads(done.stderr.splitlines()[-1])
    except (IndexError, ValueError):
        raise SystemExit(f"{command}: {done.stderr.decode()}") from None
    if told["code"] not in (0, 3):
        raise SystemExit(f"{command} ended with {told['code']}: {done.stderr.decode()}")
    told["main"]["starting Python, and all the rest"] = took - sum(told["main"].values())
    return told


def whole(command: list[str]) -> tuple[float, float]:
    """Seconds of one run as it is, and of processor time with its children."""
    before = os.times()
    began = time.perf_counter()
    magray = [sys.executable, "-m", "magray_server.cli.main", *command]
    done = subprocess.run(magray, capture_output=True, check=False)
    took, after = time.perf_counter() - began, os.times()
    if done.returncode not in (0, 3):
        raise SystemExit(f"{command} ended with {done.returncode}: {done.stderr.decode()}")
    return took, sum(after[2:4]) - sum(before[2:4])


def table(title: str, wholes: list[tuple[float, float]], told: list[Any]) -> str:
    """The steps of a command, the longest first; those below a hundredth of it are left out."""
    wall, busy = min(wholes)
    quickest = min(told, key=lambda run: sum(run["main"].values()))
    lines = [f"### {title}", "", f"Whole process: {wall:.2f} s; processor time {busy:.2f} s.", ""]
    lines += ["| step | ms |", "|---|--:|"]
    for part, mark in (("main", ""), ("beside", " (in a thread beside it)")):
        for name, value in sorted(quickest[part].items(), key=lambda item: -item[1]):
            if value >= 0.01 * wall:
                lines.append(f"| {name}{mark} | {value * 1000:,.0f} |")
    return "\n".join(lines) + "\n"


def parsing(workspace: Path) -> str:
    """What one parser process does with every file, in processor seconds of one core."""
    from magray_memory.indexing.parse import content_hash
    from magray_memory.indexing.walk import Tally, WalkOptions, walk
    from magray_memory.models.recipe import text_hash
    from magray_memory.regular_file import read_file
    from magray_memory.text.analyzer import analyze
    from magray_memory.text.chunk import chunk
    from magray_memory.text.decode import Undecodable, decode

    spent: defaultdict[str, float] = defaultdict(float)
    count = size = 0
    for file in walk(workspace, WalkOptions(), Tally()):
        marks = [time.process_time()]
        data = read_file(f"{workspace}/{file.path}", 2_000_000).data
        content_hash(data)
        try:
            text = decode(data)
        except Undecodable:
            continue
        marks.append(time.process_time())
        chunked = chunk(file.path, text)
        marks.append(time.process_time())
        for piece in chunked.chunks:
            analyze(piece.symbol)
            analyze(piece.text)
        marks.append(time.process_time())
        for piece in chunked.chunks:
            text_hash(piece.symbol, chunked.title, piece.text, chunked.kind)
        marks.append(time.process_time())
        names = (
            "reading, hashing, decoding",
            "parsing, cutting into passages",
            "tokens for the search by words",
        )
        for name, begin, end in zip((*names, "naming what is embedded"), marks, marks[1:], strict=False):
            spent[name] += end - begin
        count, size = count + 1, size + len(data)
    lines = [f"### What the parser processes do, for {count:,} files of {size / 1e6:.1f} MB", ""]
    lines += ["| step | s of one core |", "|---|--:|"]
    lines += [f"| {name} | {value:.2f} |" for name, value in sorted(spent.items(), key=lambda item: -item[1])]
    return "\n".join(lines) + "\n"


def machine() -> str:
    """This machine and what runs on it, in two lines."""
    try:
        names = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
                 if line.startswith("model name")]  # fmt: skip
        name = names[0]
    except (OSError, IndexError):
        name = platform.processor() or platform.machine()
    versions = [f"{library} {importlib.metadata.version(library)}" for library in LIBRARIES
                if importlib.util.find_spec(library.replace("-", "_"))]  # fmt: skip
    load = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    return (
        f"{os.cpu_count()} cores ({name}), {platform.system()}, Python {platform.python_version()},"
        f" SQLite {sqlite3.sqlite_version},\n{', '.join(versions)}.\n\nLoad before: {load}"
        " (one core busy with other work is 1.0).\n"
    )


def edit(workspace: Path, number: int) -> None:
    files = sorted(path for path in workspace.rglob("*.py") if path.stat().st_size > 2000)
    with files[(number * 7919) % len(files)].open("a") as file:
        file.write(f"\n\ndef edited_{number}():\n    return {time.time()}\n")


def measure(folder: Path, vectors: Path | None, runs: int) -> str:
    """All tables, as markdown."""
    with tempfile.TemporaryDirectory(prefix="magray-steps-") as temporary:
        workspace, home, empty = Path(temporary, "ws"), Path(temporary, "home"), Path(temporary, "empty")
        shutil.copytree(folder, workspace, symlinks=True)
        os.environ["MAGRAY_HOME"] = str(home)
        home.mkdir()
        if vectors is not None:
            shutil.copy2(vectors, home / "vectors.db")
        here = ["--workspace", str(workspace), "--quiet"]
        text = [machine()]
        subprocess.run([sys.executable, "-m", "magray_server.cli.main", *here, "index"], check=True)
        anew = ["--home", str(empty), *here, "index", "--lexical"]

        def from_nothing() -> None:
            shutil.rmtree(empty, ignore_errors=True)

        commands: list[tuple[str, list[str], Any]] = [
            ("`magray index --lexical` from nothing", anew, from_nothing),
            ("`magray index` with nothing changed", [*here, "index"], lambda: None),
            ("`magray index` after one edit", [*here, "index"], lambda: edit(workspace, time.monotonic_ns())),
            ("`magray search`, by words and by meaning", [*here, "search", QUESTION], lambda: None),
            ("`magray status`", [*here, "status"], lambda: None),
        ]
        for title, command, prepare in commands:
            wholes: list[tuple[float, float]] = []
            told: list[Any] = []
            for _ in range(runs):
                prepare()
                wholes.append(whole(command))
                prepare()
                told.append(steps_of(command))
            text.append(table(title, wholes, told))
            if command is anew:
                text.append(parsing(workspace))
    return "\n".join(text)


def main() -> None:
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2:])
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path(sysconfig.get_paths()["stdlib"]))
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--print", action="store_true", dest="show")
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed magray is compiled, so these have to be
    made = measure(options.folder, options.vectors, options.runs)
    if options.show:
        print(made)
        return
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{made}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
