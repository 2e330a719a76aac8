#!/usr/bin/env python3
"""Proves the GPU path of embedding on a machine with an NVIDIA GPU, and measures it beside the processor.

    prove_gpu.py FOLDER [--passages 3000] [--home DIR] [--only PART ...]

`magray model build --device cuda` must have made the GPU's file in the home. FOLDER gives the passages.
Parts, each a process of its own:

    facts     versions, the smoke test, seconds to open the model on either device
    vectors   cosine of the GPU's float16 vectors to the processor's int8 ones, and of batches to texts alone
    speed     passages a second by tokens in a batch, with and without IO binding; the processor's beside them
    question  milliseconds of a question while passages are embedded
    memory    another program holds the GPU's memory: where each passage ends up (Linux)
    driver    every CUDA call fails from some moment on, and works again later (Linux, needs `cc`)

Prints a line for each fact. Exits with 1 when a passage is lost or has another vector than it should.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from magray_memory.errors import MagrayError
from magray_memory.models import fallback
from magray_memory.models.device import find_out
from magray_memory.models.embedder import Embedder
from magray_memory.models.model import resolve_model
from magray_memory.models.onnx import runner as runners
from magray_memory.models.onnx import runtime

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from magray_memory.models.fallback import DeviceChange

    Rows = Sequence[Sequence[int]]

BATCHES = (1024, 4096, 8192, 16384, 32768, 65536)
LEFT_MEGABYTES = (2000, 500, 120, 0)
CLOSE = 0.97
"""The least cosine of a float16 vector to the int8 one of the same text; the mean is .996."""
PAUSE = 300
"""How much faster than the clock the pause after a failed GPU goes by here."""

SHIM = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
#include <stdlib.h>
static int gone(void) { const char *f = getenv("CUDA_GONE"); return f && access(f, F_OK) == 0; }
#define PASS(name, params, args) \\
  int name params { \\
    static int (*next) params; \\
    if (gone()) return 719; \\
    if (!next) next = dlsym(dlopen("libcudart.so.13", RTLD_LAZY), #name); \\
    return next args; }
typedef struct { unsigned x, y, z; } dim3_;
PASS(cudaLaunchKernel, (const void *f, dim3_ g, dim3_ b, void **a, size_t m, void *s), (f, g, b, a, m, s))
PASS(cudaLaunchKernelExC, (const void *c, const void *f, void **a), (c, f, a))
PASS(cudaMemcpyAsync, (void *d, const void *s, size_t n, int k, void *st), (d, s, n, k, st))
PASS(cudaMemcpy, (void *d, const void *s, size_t n, int k), (d, s, n, k))
PASS(cudaStreamSynchronize, (void *s), (s))
PASS(cudaMalloc, (void **p, size_t n), (p, n))
"""


class Bench:
    """The model, the passages, and a place for results."""

    def __init__(self, home: Path, texts: list[str]) -> None:
        self.home = home
        self.model = resolve_model("", home / "models")
        self.texts = texts
        self.failures = 0

    def say(self, what: str, value: object) -> None:
        """One fact."""
        print(f"{what:<58} {value}", flush=True)

    def check(self, what: str, holds: bool, value: object = "") -> None:
        """One promise."""
        self.failures += not holds
        self.say(what, f"{'yes' if holds else 'NO'} {value}")

    def embedder(self) -> Embedder:
        """The model open on the processor, for a workspace."""
        return Embedder.open(self.model, many=True)

    def with_gpu(self, changes: list[DeviceChange]) -> Embedder:
        """The same, moved to the GPU, and retrying it soon when it failed."""
        cpu = runtime.open_runner(self.model, threads=1)
        devices = fallback.Fallback(cpu, changes.append, clock=lambda: PAUSE * time.monotonic())
        lanes = runtime.usual_threads()
        embedder = Embedder(self.model, devices, runtime.open_tokenizer(self.model), lanes)
        embedder.devices.promote(lambda: runtime.open_runner(self.model, device="cuda"))
        return embedder


def facts(bench: Bench) -> None:
    ort = runtime.onnxruntime()
    bench.say("onnxruntime, providers listed", f"{ort.__version__} {ort.get_available_providers()}")
    began = time.perf_counter()
    found = find_out(bench.home, bench.model, "cuda", 60, again=True)
    bench.check("smoke test passed", found.ok, f"{found.reason} {found.hint}")
    bench.say("  driver, CUDA, providers of the session", f"{found.driver} {found.cuda} {found.providers}")
    bench.say("  seconds, a process of its own", round(time.perf_counter() - began, 2))
    for device in ("cpu", "cuda", "cuda"):
        began = time.perf_counter()
        opened = runtime.open_runner(bench.model, device=device)
        opened.run([[5] * 20])
        bench.say(f"seconds to open on {device} and run a text", round(time.perf_counter() - began, 2))
        bench.say("  tokens of a batch", opened.batch_tokens)


def vectors(bench: Bench) -> None:
    rows = encode(bench, bench.texts[:1000])
    expected = runtime.open_runner(bench.model).run(rows)
    gpu = runtime.open_runner(bench.model, device="cuda")
    bench.check("texts share batches", gpu.batch_tokens is not None, gpu.batch_tokens)
    alone = plain_gpu(bench).run(rows)
    shared = np.empty_like(alone)
    order = sorted(range(len(rows)), key=lambda at: len(rows[at]))
    for group in batches(order, rows, runtime.GPU_BATCH_TOKENS):
        shared[group] = gpu.run([rows[at] for at in group])
    mixed = np.concatenate([gpu.run(rows[at : at + 16]) for at in range(0, len(rows), 16)])
    for name, made, least in (
        ("float16 to int8", expected, CLOSE),
        ("a text in a batch of its length to itself alone", shared, 1 - runners.TOLERANCE),
        ("a text in a batch of mixed lengths to itself alone", mixed, 1 - runners.TOLERANCE),
    ):
        cosines = (alone * made).sum(axis=1)
        bench.check(name, bool(cosines.min() >= least), describe(cosines))
    bench.say("ten nearest among int8 vectors, shared by both", round(shared_nearest(alone, expected), 3))


def shared_nearest(some: Any, others: Any) -> float:
    """How many of the ten nearest of `others` a vector and its counterpart have in common, on average."""
    found: list[Any] = []
    for questions in (some, others):
        similar = questions @ others.T
        np.fill_diagonal(similar, -1)
        found.append(np.argsort(-similar, axis=1)[:, :10])
    both = [len(set(a) & set(b)) / 10 for a, b in zip(*found, strict=True)]
    return statistics.mean(both)


def plain_gpu(bench: Bench, *, binding: bool = True) -> runners.Runner:
    """The GPU without batches of texts, nor shapes of batches."""
    session = runtime.open_session(bench.model, bench.model.path("cuda"), "cuda")
    return runners.Runner(bench.model, session, binding=binding)


def speed(bench: Bench) -> None:
    embedder = bench.embedder()
    share = bench.texts[: max(200, len(bench.texts) // 10)]
    bench.say("cores, threads of the model", f"{os.cpu_count()} {runtime.usual_threads()}")
    bench.say("processor, passages a second", rate(embedder, share))
    rows = encode(bench, bench.texts)
    order = sorted(range(len(rows)), key=lambda at: len(rows[at]))
    tokens = sum(map(len, rows))
    bench.say("passages, tokens", f"{len(rows)} {tokens}")
    for binding in (False, True):
        gpu = plain_gpu(bench, binding=binding)
        for size in BATCHES:
            gpu.batch_tokens = size
            groups = list(batches(order, rows, size))
            best, steps = float("inf"), list[float]()
            for _ in range(3):
                steps = []
                for group in groups:
                    began = time.perf_counter()
                    gpu.run([rows[at] for at in group])
                    steps.append(time.perf_counter() - began)
                best = min(best, sum(steps))
            bench.say(
                f"GPU, {size} tokens{', IO binding' if binding else ''}: passages a second, longest step",
                f"{len(rows) / best:,.0f}  {max(steps) * 1000:.1f} ms  ({memory_used()} MB used)",
            )
    changes: list[DeviceChange] = []
    embedder = bench.with_gpu(changes)
    rate(embedder, bench.texts[:200])
    bench.say("GPU, the whole path of indexing, passages a second", rate(embedder, bench.texts))
    began = time.perf_counter()
    encode(bench, bench.texts)
    bench.say("  tokenizing alone", f"{len(bench.texts) / (time.perf_counter() - began):,.0f}")


def question(bench: Bench) -> None:
    for device in ("cpu", "cuda"):
        changes: list[DeviceChange] = []
        embedder = bench.embedder() if device == "cpu" else bench.with_gpu(changes)
        embedder.query("a first one")
        quiet = asked(embedder, 60, "quiet")
        stop = threading.Event()

        def work(stop: threading.Event = stop, embedder: Embedder = embedder) -> None:
            while not stop.is_set():
                for _ in embedder.passages(bench.texts, stop.is_set):
                    pass

        thread = threading.Thread(target=work)
        thread.start()
        time.sleep(1)
        busy = asked(embedder, 60, "busy")
        stop.set()
        thread.join()
        bench.say(f"a question on the {device}: quiet, beside passages", f"{quiet}   {busy}")


def memory(bench: Bench) -> None:
    texts = bench.texts[:600]
    expected = by_position(bench.embedder(), texts)
    for left in LEFT_MEGABYTES:
        for early in (True, False):
            changes: list[DeviceChange] = []
            embedder = None if early else bench.with_gpu(changes)
            with Hog(left) as free:
                title = f"{free} MB free, taken {'before' if early else 'after'} the model opened"
                try:
                    embedder = embedder or bench.with_gpu(changes)
                except MagrayError as error:
                    bench.say(f"{title}: not opened", f"{error.message}: {error.why[:120]}")
                    continue
                made = by_position(embedder, texts)
                check_vectors(bench, title, made, expected)
                last = changes[-1]
                bench.say(
                    "  now on, tokens of a batch, why",
                    f"{embedder.device} {embedder.devices.batch_tokens} {last.reason[:160]} | {last.hint}",
                )


def driver(bench: Bench) -> None:
    if "CUDA_GONE" not in os.environ:
        with tempfile.TemporaryDirectory() as folder:
            source, library = Path(folder, "gone.c"), Path(folder, "gone.so")
            source.write_text(SHIM)
            subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
            env = {**os.environ, "CUDA_GONE": str(Path(folder, "now")), "LD_PRELOAD": str(library)}
            bench.failures += subprocess.run(
                [sys.executable, *sys.argv, "--only", "driver"], env=env
            ).returncode
        return
    mark = Path(os.environ["CUDA_GONE"])
    texts = bench.texts[:900]
    expected = by_position(bench.embedder(), texts)
    changes: list[DeviceChange] = []
    embedder = bench.with_gpu(changes)
    seen = 0

    def lose_it() -> bool:
        nonlocal seen
        seen += 1
        if seen == 3:
            mark.touch()
        return False

    made = by_position(embedder, texts, lose_it)
    check_vectors(bench, "CUDA fails after two batches", made, expected)
    bench.check("  runs on the processor now", embedder.device == "cpu", changes[-1].reason[:160])
    question = embedder.query("asked without a driver")
    bench.check("  a question has its vector", bool(abs(np.linalg.norm(question) - 1) < 0.01))
    time.sleep(1.2)
    by_position(embedder, texts[:20])
    time.sleep(3)
    bench.check("  still gone: tried again, not used", embedder.device == "cpu", changes[-1].reason[:160])
    mark.unlink()
    for _ in range(8):
        time.sleep(1.5)
        embedder.query(f"is it back {time.time()}")
    made = by_position(embedder, texts)
    check_vectors(bench, "CUDA works again", made, expected)
    bench.check("  runs on the GPU again", embedder.device == "cuda", changes[-1].reason[:160])


PARTS: dict[str, Callable[[Bench], None]] = {
    "facts": facts,
    "vectors": vectors,
    "speed": speed,
    "question": question,
    "memory": memory,
    "driver": driver,
}


class Hog:
    """Another process that holds the GPU's memory but for so many megabytes."""

    def __init__(self, left: int) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *sys.argv, "--hold", str(left)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def hold(bench: Bench, left: int) -> None:
    """Take memory in ever smaller pieces until so many megabytes are free; keep it to the end of stdin."""
    opened = runtime.open_runner(bench.model, device="cuda")  # brings the CUDA runtime along
    maps = Path("/proc/self/maps").read_text("utf-8").splitlines()
    cuda = ctypes.CDLL(next(line.split()[-1] for line in maps if "libcudart" in line))
    free, total, piece = ctypes.c_size_t(), ctypes.c_size_t(), 1 << 30
    while piece >= 1 << 20:
        cuda.cudaMemGetInfo(ctypes.byref(free), ctypes.byref(total))
        place = ctypes.c_void_p()
        fits = free.value - piece >= left << 20
        if not fits or cuda.cudaMalloc(ctypes.byref(place), ctypes.c_size_t(piece)):
            piece >>= 1
    cuda.cudaMemGetInfo(ctypes.byref(free), ctypes.byref(total))
    print(free.value >> 20, flush=True)
    sys.stdin.read()
    del opened


def memory_used() -> str:
    """Megabytes in use on the first GPU, by nvidia-smi."""
    command = ["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"]
    if not shutil.which(command[0]):
        return "?"
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.split("\n")[0].strip() or "?"


def encode(bench: Bench, texts: Sequence[str]) -> list[list[int]]:
    tokenizer = runtime.open_tokenizer(bench.model)
    return [tokenizer.encode(bench.model.passage_prefix + text).ids for text in texts]


def batches(order: Sequence[int], rows: Rows, tokens: int) -> list[list[int]]:
    """Positions by length, in groups of so many tokens with the padding."""
    made: list[list[int]] = [[]]
    for at in order:
        if made[-1] and (len(made[-1]) + 1) * len(rows[at]) > tokens:
            made.append([])
        made[-1].append(at)
    return made


def rate(embedder: Embedder, texts: Sequence[str]) -> str:
    began = time.perf_counter()
    count = sum(len(positions) for positions, _ in embedder.passages(texts))
    return f"{count / (time.perf_counter() - began):,.0f}"


def asked(embedder: Embedder, times: int, what: str) -> str:
    spent: list[float] = []
    for number in range(times):
        began = time.perf_counter()
        embedder.query(f"how is a failed payment tried again, {what} {number}")
        spent.append((time.perf_counter() - began) * 1000)
        time.sleep(0.02)
    return f"p50 {statistics.median(spent):.1f} p95 {sorted(spent)[int(times * 0.95)]:.1f} ms"


def by_position(
    embedder: Embedder, texts: Sequence[str], should_stop: Callable[[], bool] | None = None
) -> dict[int, Any]:
    made: dict[int, Any] = {}
    for positions, found in embedder.passages(texts, should_stop):
        for position, vector in zip(positions, found, strict=True):
            assert position not in made, "a passage came twice"
            made[position] = vector
    return made


def check_vectors(bench: Bench, what: str, made: dict[int, Any], expected: dict[int, Any]) -> None:
    lost = len(expected) - len(made)
    cosines = np.array([float(made[at] @ expected[at]) for at in made])
    bench.check(what, not lost and bool(cosines.min() >= CLOSE), f"lost {lost}, cosine {describe(cosines)}")


def describe(cosines: Any) -> str:
    return f"mean {cosines.mean():.5f}, least {cosines.min():.5f}"


def passages(folder: Path, count: int) -> list[str]:
    """A random sample of the passages that `magray index` makes of a folder, as the model gets them."""
    from magray_memory.config import Settings
    from magray_memory.indexing.indexer import Indexer
    from magray_memory.storage.home import Home
    from magray_memory.storage.vault import Vault, VaultKind

    with tempfile.TemporaryDirectory(prefix="magray-gpu-") as temporary:
        home = Home(Path(temporary, "home")).ensure()
        path = home.vault_path(folder)
        with Vault.open(path, kind=VaultKind.WORKSPACE, root=folder, write=True) as vault:
            Indexer(vault, home, Settings()).run(lexical=True)
            texts = [str(row[0]) for row in vault.db.raw().execute("SELECT text FROM passage").fetchall()]
    random.Random(0).shuffle(texts)
    return texts[:count]


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--passages", type=int, default=3000)
    parser.add_argument(
        "--home", type=Path, default=Path(os.environ.get("MAGRAY_HOME", "~/.magray")).expanduser()
    )
    parser.add_argument("--only", nargs="+", choices=tuple(PARTS))
    parser.add_argument("--texts", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--hold", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.texts:
        bench = Bench(options.home, json.loads(options.texts.read_text("utf-8")))
        if options.hold is not None:
            hold(bench, options.hold)
            return 0
        for part in options.only:
            PARTS[part](bench)
        return min(bench.failures, 100)
    if "cuda" not in resolve_model("", options.home / "models").files:
        parser.error("the model has no file for a GPU (try: magray model build --device cuda)")
    failed = 0
    with tempfile.TemporaryDirectory(prefix="magray-gpu-") as temporary:
        texts = Path(temporary, "texts.json")
        texts.write_text(json.dumps(passages(options.folder.resolve(), options.passages)), "utf-8")
        for part in options.only or PARTS:
            print(f"-- {part}", flush=True)
            command = [sys.executable, __file__, str(options.folder), "--home", str(options.home)]
            failed += subprocess.run(
                [*command, "--texts", str(texts), "--only", part], check=False
            ).returncode
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
