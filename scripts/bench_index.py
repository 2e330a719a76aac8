#!/usr/bin/env python3
"""Measures indexing: how soon a folder can be searched, how fast it is embedded, what that costs.

usage: bench_index.py [FOLDER] [--lexical] [--files N] [--share N] [--home DIR] [--json]

Prints, for a copy of FOLDER (by default the Python standard library):
  files, passages, source bytes; seconds until searchable by words and by meaning, start of the process
  included; peak memory of the process tree (sum of resident sizes); bytes on disk against source bytes;
  seconds of a whole `magray index` with nothing changed, and after one edit;
  passages a second of the second phase as a share of a bare `session.run` loop over the same token batches:
  a random sample of files (--share passages, 0 leaves it out), both in turn, the best of each.

--lexical leaves embeddings out; --files takes a random sample of so many files. The load is printed because
figures mean little on a busy machine.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, cast

EDITED = {".py", ".js", ".ts", ".go", ".rs", ".java", ".md"}
ROUNDS = 3


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=Path(sysconfig.get_paths()["stdlib"]))
    parser.add_argument("--lexical", action="store_true")
    parser.add_argument("--files", type=int, default=0)
    parser.add_argument("--share", type=int, default=600)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="magray-bench-") as temporary:
        workspace = Path(temporary, "workspace")
        home = options.home or Path(temporary, "home")
        copy(options.folder, workspace, options.files)
        facts = measure(workspace, home, lexical=options.lexical)
        if options.share and not options.lexical:
            facts |= measure_share(workspace, Path(temporary, "share"), options.share)
    print(json.dumps(facts) if options.json else table(facts))


def copy(source: Path, target: Path, count: int) -> None:
    """The folder, or a random sample of its files, times of change included."""
    if not count:
        shutil.copytree(source, target, symlinks=True)
        return
    files = sorted(path for path in source.rglob("*") if path.is_file() and not path.is_symlink())
    for file in random.Random(0).sample(files, min(count, len(files))):
        place = target / file.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, place)


def measure(workspace: Path, home: Path, *, lexical: bool) -> dict[str, Any]:
    """Whole runs of the command: from nothing, with nothing changed, after one edit."""
    facts: dict[str, Any] = {"load before": load(), "cores": os.cpu_count()}
    first = run(workspace, home, "--lexical" if lexical else "")
    report = first["report"]
    facts["files"], facts["passages"] = report["files"], report["passages"]
    facts["skipped"], facts["left out"] = len(report["skipped"]), report["ignored"]
    facts["seconds until searchable by words"] = first["lexical_ready"]
    if not lexical:
        facts["seconds until searchable by meaning"] = first["semantic_ready"]
        facts["embedded"], facts["reused"] = report["embedded"], report["reused"]
        spent = report["seconds"]["semantic"]
        facts["embedded a second"] = round(report["embedded"] / spent, 1) if spent else None
    facts["peak memory, MB"] = first["peak"]
    source = sum(path.stat().st_size for path in workspace.rglob("*") if path.is_file())
    disk = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    facts["source bytes"], facts["bytes on disk"] = source, disk
    facts["disk to source"] = round(disk / max(1, source), 2)
    extra = "--lexical" if lexical else ""
    facts["nothing changed, s"] = min(run(workspace, home, extra)["seconds"] for _ in range(ROUNDS))
    facts["after one edit, s"] = min(edit_and_run(workspace, home, extra, n) for n in range(ROUNDS))
    facts["load after"] = load()
    return facts


def edit_and_run(workspace: Path, home: Path, extra: str, number: int) -> float:
    found = (path for path in workspace.rglob("*") if path.suffix in EDITED and path.stat().st_size > 2000)
    files = sorted(found)
    with files[(number * 7919) % len(files)].open("a") as file:
        file.write(f"\n\ndef edited_{number}():\n    return {time.time()}\n")
    return run(workspace, home, extra)["seconds"]


def run(workspace: Path, home: Path, extra: str) -> dict[str, Any]:
    """One process of `magray index`: its seconds, the moments of its events, its report, its peak memory."""
    magray = shutil.which("magray", path=str(Path(sys.executable).parent)) or "magray"
    command = [magray, "--home", str(home), "--workspace", str(workspace), "index", "--events"]
    began = time.monotonic()
    facts: dict[str, Any] = {}
    process = subprocess.Popen([*command, *extra.split()], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    peak = PeakMemory(process.pid)
    for line in process.stdout:
        event = json.loads(line)
        facts[event["event"]] = round(time.monotonic() - began, 2)
        if event["event"] == "done":
            facts["report"] = event
    code = process.wait()
    facts["seconds"] = round(time.monotonic() - began, 3)
    facts["peak"] = peak.stop()
    if code not in (0, 3):
        raise SystemExit(f"magray index ended with {code}")
    return facts


class PeakMemory:
    """Watches a process and its children in a thread; on Linux only."""

    def __init__(self, pid: int) -> None:
        self._peak = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, args=(pid,), daemon=True)
        self._thread.start()

    def _watch(self, pid: int) -> None:
        while not self._ended.wait(0.1):
            self._peak = max(self._peak, sum(resident(member) for member in [pid, *children(pid)]))

    def stop(self) -> float | None:
        self._ended.set()
        self._thread.join()
        return round(self._peak / 1e6) if self._peak else None


def children(pid: int) -> list[int]:
    found: list[int] = []
    for listing in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in listing.read_text().split()]
        except OSError:
            continue
    return found + [deeper for child in found for deeper in children(child)]


def resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


def measure_share(workspace: Path, place: Path, passages: int) -> dict[str, Any]:
    """The second phase and a bare loop of the model over the same batches, in turn, the best of each.

    The phase runs as `magray index` runs it; the loop is a session with the library's own threads and nothing
    else, its inputs made beforehand.
    """
    from magray_memory.config import Settings
    from magray_memory.indexing.embedding_passes import Pass
    from magray_memory.indexing.embedding_worker import EmbeddingWorker
    from magray_memory.indexing.event_sender import EventSender
    from magray_memory.indexing.indexer import Indexer
    from magray_memory.models.embedder import Embedder
    from magray_memory.models.model import resolve_model
    from magray_memory.storage.durability import Durability
    from magray_memory.storage.home import Home
    from magray_memory.storage.vault import Vault, VaultKind
    from magray_memory.storage.vector_cache import VectorCache
    from magray_memory.storage.vectors import drop_vectors

    sample, home = place / "sample", Home(place / "home").ensure()
    copy(workspace, sample, max(1, passages // 5))
    model = resolve_model("", home.models)
    embedder = Embedder.open(model, many=True)
    session = bare_session(model.path("cpu"))
    recorder = Recorder(embedder.devices)
    embedder.devices = cast(Any, recorder)
    phases: list[float] = []
    bare: list[float] = []
    count = 0
    with Vault.open(home.vault_path(sample), kind=VaultKind.WORKSPACE, root=sample, write=True) as vault:
        Indexer(vault, home, Settings()).run(lexical=True)
        for _ in range(ROUNDS):
            with VectorCache(place / "cache.db", 0) as cache:
                phase = EmbeddingWorker(
                    vault, embedder.key, embedder.dim, Durability.BALANCED, EventSender(), cache,
                    lambda: False, lambda: None, Pass(),
                )  # fmt: skip
                recorder.batches.clear()
                began = time.perf_counter()
                count = phase.run(lambda: embedder).embedded
                phases.append(time.perf_counter() - began)
            feeds = [padded(rows) for rows in recorder.batches]
            began = time.perf_counter()
            for inputs in feeds:
                session.run(None, inputs)
            bare.append(time.perf_counter() - began)
            drop_vectors(vault, embedder.key)
    return {
        "sample, passages": count,
        "second phase, passages a second": round(count / min(phases), 1),
        "bare session.run, passages a second": round(count / min(bare), 1),
        "share of bare": round(min(bare) / min(phases), 3),
    }


def bare_session(path: Path) -> Any:
    """The graph as anybody would open it, with a thread for each core."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 0
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def padded(rows: list[list[int]]) -> dict[str, Any]:
    """A batch as the bundled graph takes it."""
    import numpy as np

    ids = np.zeros((len(rows), max(map(len, rows))), np.int32)
    mask = np.zeros_like(ids)
    for row, tokens in enumerate(rows):
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
    return {"input_ids": ids, "attention_mask": mask}


class Recorder:
    """The devices of an embedder, keeping the token batches that they run."""

    def __init__(self, devices: Any) -> None:
        self.devices = devices
        self.batches: list[list[list[int]]] = []

    def run(self, rows: list[list[int]]) -> Any:
        self.batches.append(rows)
        return self.devices.run(rows)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.devices, name)


def load() -> str:
    return " ".join(f"{value:.2f}" for value in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown"


def table(facts: dict[str, Any]) -> str:
    width = max(map(len, facts))
    return "\n".join(f"{name:<{width}}  {value:,}" if isinstance(value, int) else f"{name:<{width}}  {value}"
                     for name, value in facts.items())  # fmt: skip


if __name__ == "__main__":
    main()
