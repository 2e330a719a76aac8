#!/usr/bin/env python3
"""Measures first light: how soon a source tree is found by words, by approximate meaning, by what the model
reads of it, and what each stage costs and finds.

usage: bench_first_light.py TREE [--depth DEPTH …] [--set "SET [OPTIONS]" …] [--semble PYTHON
                            [--semble-model FOLDER]] [--json]

For each depth a copy of TREE is indexed in a home of its own, start of the process included: seconds until
words and until approximate meaning (they are one commit, and a search by meaning proves it), until the model
is done; processor seconds of the process and its children (user and system), in all and per 1,000 passages;
bytes of the home.

--set runs `eval_quality.py SET [OPTIONS]` at each depth: NDCG@10 by vectors alone and hybrid. --semble is a
Python that has semble installed: seconds and processor seconds of its index of the same copy, in the same
run. Without --semble-model it is given a static model of the usual size with vectors by chance, which take
the same time and find nothing. The load is printed: figures mean little on a busy machine.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

STAGES = ("static", "heads", "full")
QUESTION = "where is an error turned into an answer for the user"
_DIMENSIONS = 256
_FEW_FILES = 64
_SEMBLE = """
import json, resource, sys, time
began = time.perf_counter()
from semble import SembleIndex
index = SembleIndex.from_path(sys.argv[1], model_path=sys.argv[2])
index.search(sys.argv[3])
seconds = time.perf_counter() - began
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"seconds": seconds, "cpu": used.ru_utime + used.ru_stime, "chunks": len(index.chunks)}))
"""
_MODEL = """
import sys
import numpy as np
from model2vec import StaticModel
from tokenizers import Tokenizer
tokenizer = Tokenizer.from_file(sys.argv[1])
tokenizer.no_truncation()
count = tokenizer.get_vocab_size()
vectors = np.random.default_rng(0).standard_normal((count, int(sys.argv[3])), np.float32)
StaticModel(vectors, tokenizer).save_pretrained(sys.argv[2])
"""


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tree", type=Path)
    parser.add_argument("--depth", nargs="+", default=list(STAGES))
    parser.add_argument("--set", action="append", default=[])
    parser.add_argument("--semble")
    parser.add_argument("--semble-model", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    facts: dict[str, Any] = {"tree": given.tree.name, "cores": os.cpu_count(), "load before": load()}
    with tempfile.TemporaryDirectory(prefix="magray-first-light-") as temporary:
        place = Path(temporary)
        workspace = place / given.tree.name
        shutil.copytree(given.tree, workspace, symlinks=True)
        for depth in given.depth:
            facts[depth] = index(workspace, place / depth, depth)
            for one in given.set:
                facts[depth] |= quality(one, place / f"{depth}-sets", depth)
        if given.semble:
            facts["semble"] = semble(given.semble, workspace, given.semble_model, place)
            if "static" in facts:
                ours = facts["static"]["seconds to approximate meaning"]
                facts["ratio to semble"] = round(ours / facts["semble"]["seconds"], 2)
    facts["load after"] = load()
    print(json.dumps(facts, indent=2) if given.json else table(facts))


def index(workspace: Path, home: Path, depth: str) -> dict[str, Any]:
    """One process of `magray index` at a depth, from nothing."""
    before, began = spent(), time.monotonic()
    with subprocess.Popen(
        [*magray(home, workspace), "index", "--events"], stdout=subprocess.PIPE, text=True, env=env(depth)
    ) as process:
        assert process.stdout is not None
        at: dict[str, float] = {}
        report: dict[str, Any] = {}
        for line in process.stdout:
            event = json.loads(line)
            at.setdefault(event["event"], round(time.monotonic() - began, 2))
            report = event if event["event"] == "done" else report
    cpu = spent() - before
    passages = report["passages"]
    answer = search(workspace, home, depth)
    # A few files get their approximate vectors after their words.
    approximate = at["lexical_ready" if report["files"] > _FEW_FILES else "done"]
    facts: dict[str, Any] = {
        "files": report["files"],
        "passages": passages,
        "seconds to words": at["lexical_ready"],
        "seconds to approximate meaning": approximate if depth == "static" else None,
        "seconds to the end": at["done"],
        "embedded": report["embedded"],
        "processor seconds": round(cpu, 1),
        "processor seconds per 1,000 passages": round(1000 * cpu / max(1, passages), 2),
        "bytes on disk": sum(path.stat().st_size for path in home.rglob("*") if path.is_file()),
        "answers by meaning": answer["mode"] == "semantic" and not answer["degraded"],
    }
    return {name: value for name, value in facts.items() if value is not None}


def search(workspace: Path, home: Path, depth: str) -> dict[str, Any]:
    command = [*magray(home, workspace), "search", "--mode", "semantic", "--json", QUESTION]
    return json.loads(subprocess.run(command, check=True, capture_output=True, env=env(depth)).stdout)


def quality(given: str, home: Path, depth: str) -> dict[str, float]:
    """NDCG@10 of a retrieval set at a depth, by the names of the set and the mode."""
    script = Path(__file__).with_name("eval_quality.py")
    command = [sys.executable, str(script), *shlex.split(given), "--home", str(home)]
    command += ["--mode", "semantic", "hybrid"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, env=env(depth)).stdout
    return {
        f"ndcg@10 {name.strip()}": float(found)
        for name, found in re.findall(r"^(\S.*?)\s+\d+\s+ndcg@10 ([\d.]+)", said, re.MULTILINE)
    }


def semble(python: str, workspace: Path, model: Path | None, place: Path) -> dict[str, Any]:
    if model is None:
        from magray_memory.models.default_model import BUNDLED, DEFAULT_ID

        model = place / "semble-model"
        tokenizer = BUNDLED / DEFAULT_ID / "tokenizer.json"
        subprocess.run([python, "-c", _MODEL, str(tokenizer), str(model), str(_DIMENSIONS)], check=True)
    command = [python, "-c", _SEMBLE, str(workspace), str(model), QUESTION]
    began = time.monotonic()
    said = subprocess.run(
        command, check=True, capture_output=True, text=True, env={**os.environ, "HF_HUB_OFFLINE": "1"}
    )
    found = json.loads(said.stdout.splitlines()[-1])
    return {
        "seconds": round(time.monotonic() - began, 2),
        "processor seconds": round(found["cpu"], 1),
        "chunks": found["chunks"],
    }


def magray(home: Path, workspace: Path) -> list[str]:
    module = [sys.executable, "-m", "magray_server.cli.main"]
    return [*module, "--home", str(home), "--workspace", str(workspace)]


def env(depth: str) -> dict[str, str]:
    return {**os.environ, "MAGRAY_EMBEDDING__DEPTH": depth, "MAGRAY_EMBEDDING__DEVICE": "cpu"}


def spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def load() -> str:
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def table(facts: dict[str, Any]) -> str:
    lines: list[str] = []
    for name, value in facts.items():
        if isinstance(value, dict):
            lines += [f"{name}:", *(f"    {inner:<40} {found}" for inner, found in value.items())]
        else:
            lines.append(f"{name:<44} {value}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
