#!/usr/bin/env python3
"""Changes the model of a vault while it is searched, and back: seconds, and answers that were wrong.

    bench_switch.py [PASSAGES]     about so many passages of Python's standard library (default 5000)

The models are one of random weights (made here, with `onnx`) and the one in the package. An answer by meaning
alone is right when it is, to the last score, what one of the two sets of vectors gives.
"""

from __future__ import annotations

import os
import statistics
import sys
import sysconfig
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tests" / "kit"), str(HERE.parent / "memory")]

from tiny_model import make_model  # noqa: E402

from magray_memory.memory import Memory  # noqa: E402
from magray_memory.models import store  # noqa: E402
from magray_memory.search.query import parse  # noqa: E402
from magray_memory.session import Session  # noqa: E402
from magray_memory.storage.home import Home  # noqa: E402

QUERIES = ("parse an email header", "retry a failed connection", "compress a file", "open a socket")
PER_FILE = 14
"""Passages of an average module, roughly."""


def workspace(root: Path, passages: int) -> None:
    (root / ".git").mkdir(parents=True)
    files = sorted(Path(sysconfig.get_path("stdlib")).glob("**/*.py"))
    plain = [f for f in files if "site-packages" not in f.parts and "test" not in str(f.parent)]
    for number, file in enumerate(plain[: passages // PER_FILE]):
        copy = root / f"{number:04}_{file.name}"
        copy.write_bytes(file.read_bytes())
        os.utime(copy, (1.5e9, 1.5e9))  # what is recent ranks higher, a little less with each second


def answer(memory: Memory, query: str) -> tuple[Any, ...]:
    found = memory.search.query(parse(query, mode="semantic"))
    return found.mode, found.degraded, tuple((hit.path, hit.start_line, hit.score) for hit in found.hits)


class Readers:
    """Two programs that search without a pause: one that opens as the shell does, one as an editor does."""

    def __init__(self, root: Path, home: Home, model: str) -> None:
        self.seen: list[tuple[str, tuple[Any, ...], float]] = []
        self.failed: list[BaseException] = []
        self._stop = threading.Event()
        overrides = {"embedding.model": model}
        self.session = Session.start(home, [root], overrides)
        self.session.search.warm()
        self.memory = Memory.open(root, home=home.path, overrides=overrides, environ={})
        self._threads = [threading.Thread(target=self._read, args=(m,)) for m in (self.session, self.memory)]

    def __enter__(self) -> Readers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self.session.close()
        self.memory.close()

    def _read(self, memory: Memory) -> None:
        number = 0
        while not self._stop.wait(0.02):
            query = QUERIES[number % len(QUERIES)]
            number += 1
            began = time.perf_counter()
            try:
                found = answer(memory, query)
            except Exception as error:  # counted and shown
                self.failed.append(error)
            else:
                self.seen.append((query, found, time.perf_counter() - began))


def switch(root: Path, home: Home, before: str, after: str) -> None:
    """Index with `after` while `before` serves, and tell what the readers saw."""

    def answers(model: str) -> dict[str, tuple[Any, ...]]:
        with Memory.open(root, home=home.path, overrides={"embedding.model": model}, environ={}) as memory:
            return {query: answer(memory, query) for query in QUERIES}

    old = answers(before)
    with Readers(root, home, before) as readers:
        time.sleep(1)
        began = time.perf_counter()
        with Memory.open(root, home=home.path, overrides={"embedding.model": after}, environ={}) as memory:
            report = memory.index.run()
        seconds = time.perf_counter() - began
        time.sleep(1)
    new = answers(after)
    of_old = sum(found == old[query] for query, found, _ in readers.seen)
    of_new = sum(found == new[query] for query, found, _ in readers.seen)
    words = sum(found[0] == "lexical" for _, found, _ in readers.seen)
    mixed = len(readers.seen) - of_old - of_new - words
    times = sorted(seconds for *_, seconds in readers.seen)
    print(f"{before or 'package'} -> {after or 'package'}: {seconds:.1f} s;", end=" ")
    print(f"passages {report.passages}, embedded {report.embedded}, reused {report.reused};", end=" ")
    print(f"answers {len(readers.seen)}: old {of_old}, new {of_new}, words only {words},", end=" ")
    print(f"mixed {mixed}, failed {len(readers.failed)};", end=" ")
    p95 = times[int(0.95 * len(times))]
    print(f"p50 {1000 * statistics.median(times):.0f} ms, p95 {1000 * p95:.0f} ms")


def main() -> None:
    passages = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    with tempfile.TemporaryDirectory() as folder:
        root, home = Path(folder, "project"), Home(Path(folder, "home"))
        home.ensure()
        workspace(root, passages)
        tiny = store.install_from_folder(
            make_model(Path(folder, "tiny")), home.path, store.ModelOverrides()
        ).id
        with Memory.open(root, home=home.path, overrides={"embedding.model": tiny}, environ={}) as memory:
            memory.index.run()
        switch(root, home, tiny, "")
        switch(root, home, "", tiny)
        with Memory.open(root, home=home.path, overrides={"embedding.model": tiny}, environ={}) as memory:
            memory.index.run()  # drops the other set: only the cache holds it now
        switch(root, home, tiny, "")


if __name__ == "__main__":
    main()
