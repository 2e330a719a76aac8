"""Installed runtimes: what can run a model, found without importing any of it.

`status` has a fifth of a second and must survive a native library that crashes on import, so this looks at
files only. The same facts name an installation: what was found out about one is not believed of another.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from magray_memory import __version__

if TYPE_CHECKING:
    from magray_memory.models.model import Model

_DISTRIBUTIONS = ("onnxruntime", "onnxruntime_gpu", "onnxruntime_directml", "onnxruntime_openvino")
_CUDA_LIBRARIES = ("libonnxruntime_providers_cuda.so", "onnxruntime_providers_cuda.dll")
_DRIVER = Path("/proc/driver/nvidia/version")
_LOADER_CACHE = Path("/etc/ld.so.cache")
_GPU_VARIABLES = ("CUDA_VISIBLE_DEVICES", "CUDA_PATH", "LD_LIBRARY_PATH", "NVIDIA_VISIBLE_DEVICES")


class Installed(NamedTuple):
    """The runtime's distributions with versions, and what keeps the model from running ("": nothing)."""

    distributions: dict[str, str]
    problem: str
    hint: str


def installed_runtime() -> Installed:
    """Which ONNX Runtime is installed and whether it can be whole."""
    found = runtime_distributions()
    if _origin("onnxruntime") is None:
        if found:
            why = "the onnxruntime package is empty, as after removing one of onnxruntime and onnxruntime-gpu"
            return Installed(found, why, f"pip install --force-reinstall {next(iter(found))}")
        return Installed(found, "onnxruntime is not installed", 'pip install "magray[cpu]"')
    for name in ("tokenizers", "numpy"):
        if _origin(name) is None:
            return Installed(found, f"{name} is not installed", f"pip install {name}")
    return Installed(found, "", "")


def runtime_distributions() -> dict[str, str]:
    """The ONNX Runtime distributions by name with their versions; more than one overwrite each other."""
    known = {name.replace("_", "-") for name in _DISTRIBUTIONS}
    return {name: version for name, version in sorted(_distributions()) if name in known}


def has_cuda_provider() -> bool:
    """Whether the package that is imported as onnxruntime was built with CUDA at all."""
    origin = _origin("onnxruntime")
    if origin is None:
        return False
    return any((origin.parent / "capi" / name).is_file() for name in _CUDA_LIBRARIES)


def driver_version() -> str | None:
    """The version of the loaded NVIDIA kernel driver, None where there is none or it cannot be read."""
    try:
        text = _DRIVER.read_text("utf-8", errors="replace")
    except OSError:
        return None
    found = re.search(r"Kernel Module.*?(\d+\.\d+(?:\.\d+)?)", text)
    return found[1] if found else None


def fingerprint(model: Model, device: str) -> str:
    """Names this installation, this model and, for a GPU, this driver: 32 hex digits.

    Every file of the installation counts by size and time, every file of the model also by its inode and the
    time at which that changed: what is put in its place with its former time is another one.
    """
    facts: list[object] = [__version__, sys.executable, sys.version, platform.machine(), device]
    facts.append(sorted(_distributions()))
    for name in ("onnxruntime", "tokenizers", "numpy"):
        origin = _origin(name)
        facts.append([str(origin), _stamp(origin), [] if origin is None else _native(origin)])
    # A file that was replaced is read against its checksum before it is believed again.
    facts.append([model.id, *sorted((key, file.sha256) for key, file in model.files.items())])
    facts.append(sorted((file.name, _identity(model.folder / file.name)) for file in model.files.values()))
    if device == "cuda":
        facts += [driver_version(), _stamp(_LOADER_CACHE)]
        facts += [os.environ.get(name, "") for name in _GPU_VARIABLES]
    text = json.dumps(facts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def _native(origin: Path) -> list[tuple[str, object]]:
    if origin.parent.name != "onnxruntime":
        return []
    try:
        files = sorted(entry for entry in (origin.parent / "capi").iterdir() if _is_native(entry.name))
    except OSError:
        return []
    return [(file.name, _stamp(file)) for file in files]


def _is_native(name: str) -> bool:
    return ".so" in name or name.endswith((".pyd", ".dll", ".dylib"))


def _stamp(path: Path | None) -> tuple[int, int] | None:
    if path is None:
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def _identity(path: Path) -> tuple[int, ...] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino


def _origin(name: str) -> Path | None:
    """The file that an import would run; None for a package that is missing or only an emptied folder."""
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        return None
    # An emptied folder still is a namespace package, which has no file of its own.
    return None if spec is None or spec.origin is None else Path(spec.origin)


def _distributions() -> list[tuple[str, str]]:
    """Names and versions, from folder names: importlib.metadata costs a quarter of the time there is."""
    found: list[tuple[str, str]] = []
    for folder in dict.fromkeys(sys.path):
        try:
            names = os.listdir(folder or os.curdir)  # noqa: PTH208 - names are all that is needed
        except OSError:
            continue
        for entry in names:
            if not entry.endswith(".dist-info"):
                continue
            name, _, version = entry.lower().removesuffix(".dist-info").partition("-")
            if name in _DISTRIBUTIONS or name.startswith("nvidia_"):
                found.append((name.replace("_", "-"), version))
    return found
