#!/usr/bin/env python3
"""What magray says when something under the model is broken, and how soon: a table.

    bench_faults.py [NAME…] [--json]

Makes the faults that the tests know (`tests/kit/faults.py`), each a Python environment of its own, and asks
`magray index`, `magray status`, `magray search`. A hub that misbehaves is asked for a model. Then the seconds
of `magray status` with each build, the best of a few. MAGRAY_TEST_GPU_WHEEL names a wheel of onnxruntime-gpu.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "kit"))

import faults
from hub_server import Hub

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 5
HUB: dict[str, Callable[[Hub], object]] = {
    "hub: 404": lambda hub: hub.files.clear(),
    "hub: 429": lambda hub: vars(hub).update(status=429, headers={"Retry-After": "30"}),
    "hub: half a file": lambda hub: vars(hub).update(cut=1000),
    "hub: wrong bytes": lambda hub: vars(hub).update(lie=b"x" * 200_000),
    "hub: nothing there": lambda hub: hub.stop(),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="only these")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    wanted = set(options.names)
    rows = [row(fault) for fault in faults.FAULTS if not wanted or fault.name in wanted]
    rows += [hub_row(name, HUB[name]) for name in HUB if not wanted or name in wanted]
    seconds = {} if wanted else status_seconds()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    if options.json:
        print(json.dumps({"faults": rows, "status seconds": seconds, "load": load}, indent=1))
        return
    for entry in rows:
        print(entry.pop("fault"))
        for name, value in entry.items():
            print(f"    {name:8}  {value}")
    print(f"magray status, seconds: {seconds}; load {load}")


def row(fault: faults.Fault) -> dict[str, Any]:
    """One fault: what the commands said of it."""
    with tempfile.TemporaryDirectory(prefix="magray-fault-") as folder:
        try:
            broken = fault.make(Path(folder))
        except faults.NotHere as error:
            return {"fault": fault.name, "left out": str(error)}
        index = broken.magray("index")
        status = broken.magray("status")
        search = broken.magray("--json", "search", faults.QUESTION)
        lines = status.out.replace(folder, "…").splitlines()
        (part,) = (line for line in lines if line[10:].startswith(f"{fault.component} "))
        answer = search.json
        said = (answer["degraded"] or "nothing amiss").replace(folder, "…")
        return {
            "fault": fault.name,
            "status": f"{lines[0]}  (exit {status.code}, {status.seconds:.2f} s)",
            "line": " ".join(part.split()),
            "search": f"exit {search.code}, {answer['mode']}, {search.seconds:.2f} s: {said}",
            "index": f"exit {index.code}, {index.seconds:.2f} s",
        }


def hub_row(name: str, misbehave: Callable[[Hub], object]) -> dict[str, Any]:
    """A hub that does one thing wrong, and `magray model pull`."""
    with tempfile.TemporaryDirectory(prefix="magray-fault-") as folder:
        hub = Hub({"tokenizer.json": b"{}" * 500, "onnx/model.onnx": os.urandom(200_000)})
        endpoint = hub.endpoint
        misbehave(hub)
        place = faults.Environment.make(Path(folder))
        pull = place.magray("model", "pull", "bge-small-en-v1.5", HF_ENDPOINT=endpoint)
        status = place.magray("status")
        if name != "hub: nothing there":
            hub.stop()
        return {
            "fault": name,
            "pull": f"exit {pull.code}, {pull.seconds:.2f} s: {pull.err.strip()}",
            "status": f"exit {status.code}, {status.seconds:.2f} s",
        }


def status_seconds() -> dict[str, float | str]:
    """The best of a few runs with each build."""
    builds: dict[str, Callable[[Path], faults.Environment]] = {
        "CPU wheel": faults.Environment.make,
        "GPU wheel, no GPU": faults.gpu_build,
        "no runtime": next(fault.make for fault in faults.FAULTS if fault.name == "no runtime"),
    }
    return {name: _best(make) for name, make in builds.items()}


def _best(make: Callable[[Path], faults.Environment]) -> float | str:
    with tempfile.TemporaryDirectory(prefix="magray-fault-") as folder:
        try:
            place = make(Path(folder))
        except faults.NotHere as error:
            return str(error)
        place.magray("index")
        return round(min(place.magray("status").seconds for _ in range(ROUNDS)), 3)


if __name__ == "__main__":
    main()
