"""What is installed to run a model, found without importing any of it.

`status` has a fifth of a second and must survive a native library that crashes on import, so it looks at
files only.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib.util import find_spec

_DISTRIBUTIONS = ("onnxruntime", "onnxruntime_gpu", "onnxruntime_directml", "onnxruntime_openvino")


@dataclass(frozen=True, slots=True)
class Installed:
    """The runtime's distributions with versions, and what keeps the model from running ("": nothing)."""

    distributions: dict[str, str]
    problem: str
    hint: str


def installed_runtime() -> Installed:
    """Which ONNX Runtime is installed and whether it can be whole."""
    found = dict(sorted(_distributions()))
    if not _is_package("onnxruntime"):
        if found:
            why = "the onnxruntime package is empty, as after removing one of onnxruntime and onnxruntime-gpu"
            return Installed(found, why, f"pip install --force-reinstall {next(iter(found))}")
        return Installed(found, "onnxruntime is not installed", 'pip install "magray[cpu]"')
    for name in ("tokenizers", "numpy"):
        if not _is_package(name):
            return Installed(found, f"{name} is not installed", f"pip install {name}")
    return Installed(found, "", "")


def _is_package(name: str) -> bool:
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        return False
    # An emptied folder still is a namespace package, which has no file of its own.
    return spec is not None and spec.origin is not None


def _distributions() -> list[tuple[str, str]]:
    """Names and versions, from folder names: importlib.metadata costs a quarter of the time there is."""
    found: list[tuple[str, str]] = []
    for folder in dict.fromkeys(sys.path):
        try:
            names = os.listdir(folder or os.curdir)  # noqa: PTH208 - names are all that is needed
        except OSError:
            continue
        for entry in names:
            if entry.endswith(".dist-info") and entry.lower().startswith("onnxruntime"):
                name, _, version = entry.removesuffix(".dist-info").partition("-")
                if name.lower() in _DISTRIBUTIONS:
                    found.append((name.lower().replace("_", "-"), version))
    return found
