"""What breaks under a model: packages missing, emptied or doubled, libraries that abort, hang or print, model
files that are not what they were.

Each fault is a Python environment of its own with the real packages, linked from the one that runs this, and
one thing wrong with it. The tests check them, `scripts/bench_faults.py` shows them as a table.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
GPU_WHEEL = os.environ.get("MAGRAY_TEST_GPU_WHEEL", "")
"""A wheel of onnxruntime-gpu, for the faults that need the real one (255 MB)."""
QUESTION = "how is a failed payment tried again"
FILES = {
    "pay/retry.py": "def delay(n):\n    '''Wait before a failed payment is retried.'''\n    return 2**n\n",
    "docs/guide.md": "# Guide\n\nEvery night the database is copied to cold storage.\n",
}
_CUDA_LIBRARIES = (
    "libcublasLt.so", "libcublas.so", "libcudart.so", "libcufft.so", "libcurand.so", "libcudnn.so",
)  # fmt: skip


class NotHere(Exception):  # noqa: N818 - says what this machine lacks
    """The fault cannot be made on this machine."""


@dataclass(frozen=True)
class Run:
    """A command that has ended."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Environment:
    """A Python environment with a fault in it, a home and a project."""

    python: Path
    packages: Path
    home: Path
    project: Path
    env: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def make(cls, folder: Path, *, without: tuple[str, ...] = (), wheel: str = "") -> Environment:
        """The packages of this Python, but for those in `without`, and those of a wheel."""
        venv = folder / "venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True)
        (packages,) = (venv / "lib").glob("python3*/site-packages")
        for entry in _packages().iterdir():
            name = entry.name.lower()
            ours = name.startswith(("magray", "__pycache__", "_editable_impl_magray"))
            if not ours and not any(name == gone or name.startswith(f"{gone}-") for gone in without):
                (packages / entry.name).symlink_to(entry)
        (packages / "source.pth").write_text(f"{ROOT / 'memory'}\n{ROOT / 'server'}\n")
        if wheel:
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(packages)
        project = folder / "project"
        for name, text in FILES.items():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).write_text(text, "utf-8")
        (project / ".git").mkdir()
        return cls(venv / "bin" / "python", packages, folder / "home", project)

    def magray(self, *arguments: str, **env: str) -> Run:
        """The command in the project, until it ends."""
        started = time.monotonic()
        process = self.start(*arguments, **env)
        out, err = process.communicate(timeout=120)
        return Run(process.returncode, out, err, time.monotonic() - started)

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """The command in the project."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAGRAY_", "PYTHON"))}
        return subprocess.Popen(
            [self.python, "-m", "magray_server.cli.main", *arguments],
            cwd=self.project,
            env={**kept, "MAGRAY_HOME": str(self.home), "PYTHONUTF8": "1", **self.env, **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def replace_runtime(self, source: str, *, real: bool = False) -> None:
        """Another `onnxruntime/__init__.py`; with `real` it is the real one, after this source ran."""
        folder = self.packages / "onnxruntime"
        origin = folder.resolve()
        folder.unlink()
        folder.mkdir()
        if real:
            for entry in origin.iterdir():
                if entry.name != "__init__.py":
                    (folder / entry.name).symlink_to(entry)
            text = (origin / "__init__.py").read_text("utf-8")
            future = "from __future__ import annotations\n"
            source = (future if future in text else "") + source + "\n" + text.replace(future, "")
        (folder / "__init__.py").write_text(source, "utf-8")

    def own_model(self) -> Path:
        """A copy of the bundled model that the settings name, to damage."""
        from magray_memory.models.default_model import BUNDLED, DEFAULT_ID

        folder = self.home.parent / "model"
        shutil.copytree(BUNDLED / DEFAULT_ID, folder)
        self.env["MAGRAY_MODEL"] = str(folder)
        return folder


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: `told` and `remedy` stand in the component's line of `status`.

    `device`: where the model runs all the same; None: nowhere, and search is by words.
    """

    name: str
    make: Callable[[Path], Environment]
    told: str
    remedy: str
    device: str | None = None
    component: str = "model"


def _packages() -> Path:
    spec = find_spec("numpy")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parents[1]


def _no_runtime(folder: Path) -> Environment:
    return Environment.make(folder, without=("onnxruntime",))


def _emptied(folder: Path) -> Environment:
    fault = _no_runtime(folder)
    (fault.packages / "onnxruntime" / "capi").mkdir(parents=True)
    (fault.packages / "onnxruntime_gpu-1.31.1.dist-info").mkdir()
    return fault


def _both(folder: Path) -> Environment:
    fault = Environment.make(folder)
    (fault.packages / "onnxruntime_gpu-1.31.1.dist-info").mkdir()
    return fault


def _cuda_of_the_cpu_build(folder: Path) -> Environment:
    fault = Environment.make(folder)
    fault.env["MAGRAY_DEVICE"] = "cuda"
    return fault


def gpu_build(folder: Path) -> Environment:
    """The real onnxruntime-gpu, asked for by name. Raises NotHere without its wheel."""
    if not GPU_WHEEL:
        raise NotHere("MAGRAY_TEST_GPU_WHEEL names no wheel of onnxruntime-gpu")
    fault = Environment.make(folder, without=("onnxruntime",), wheel=GPU_WHEEL)
    fault.env["MAGRAY_DEVICE"] = "cuda"
    return fault


def _cuda_without_driver(folder: Path) -> Environment:
    """The provider of the real build, with stand-ins for the libraries that it loads first."""
    compiler, reader = shutil.which("cc"), shutil.which("readelf")
    if compiler is None or reader is None:
        raise NotHere("no C compiler here, or no readelf")
    fault = gpu_build(folder)
    stubs = folder / "cuda"
    stubs.mkdir()
    provider = fault.packages / "onnxruntime" / "capi" / "libonnxruntime_providers_cuda.so"
    listed = subprocess.run([reader, "-d", provider], capture_output=True, text=True, check=True).stdout
    needed = [line.partition("[")[2].rstrip("]") for line in listed.splitlines() if "(NEEDED)" in line]
    for name in needed:
        if name.startswith(_CUDA_LIBRARIES):
            versions = stubs / "versions"
            versions.write_text(f"{name} {{ global: *; }};\n")
            subprocess.run(
                [compiler, "-shared", "-o", stubs / name, f"-Wl,-soname,{name}", "-x", "c", os.devnull,
                 f"-Wl,--version-script={versions}"],
                check=True,
            )  # fmt: skip
    fault.env["LD_LIBRARY_PATH"] = str(stubs)
    return fault


def _runtime(source: str, **env: str) -> Callable[[Path], Environment]:
    def make(folder: Path) -> Environment:
        fault = Environment.make(folder)
        fault.replace_runtime(source)
        fault.env |= env
        return fault

    return make


def _no_tokenizers(folder: Path) -> Environment:
    return Environment.make(folder, without=("tokenizers",))


def _truncated(folder: Path) -> Environment:
    fault = Environment.make(folder)
    os.truncate(fault.own_model() / "model.int8.onnx", 1_000_000)
    return fault


def _other_bytes(folder: Path) -> Environment:
    fault = Environment.make(folder)
    file = fault.own_model() / "model.int8.onnx"
    size = file.stat().st_size
    file.write_bytes(os.urandom(1000) * (size // 1000 + 1))
    os.truncate(file, size)
    return fault


def _other_dimension(folder: Path) -> Environment:
    fault = Environment.make(folder)
    toml = fault.own_model() / "model.toml"
    toml.write_text(toml.read_text("utf-8").replace("dim = 384", "dim = 256"), "utf-8")
    return fault


def _deleted(folder: Path) -> Environment:
    fault = Environment.make(folder)
    model = fault.own_model()
    assert fault.magray("--json", "index").json["device"] == "cpu"
    (model / "model.int8.onnx").unlink()
    (fault.project / "new.md").write_text("# New\n\nSomething else altogether.\n", "utf-8")
    return fault


_REINSTALL = "pip install --force-reinstall"
_DRIVER = Path("/proc/driver/nvidia/version").exists()
_WITHOUT_CUDA = 'pip install "onnxruntime-gpu[cuda,cudnn]"' if _DRIVER else "install the NVIDIA driver"
_ABORT = "import os\nos.abort()\n"
_CRASH = "import ctypes\nctypes.string_at(0)\n"
_HANG = "import time\ntime.sleep(600)\n"
FAULTS = (
    Fault("no runtime", _no_runtime, "onnxruntime is not installed", 'pip install "magray[cpu]"'),
    Fault(
        "an emptied package", _emptied, "the onnxruntime package is empty", f"{_REINSTALL} onnxruntime-gpu"
    ),
    Fault("both builds", _both, "both installed", "pip uninstall onnxruntime onnxruntime-gpu", "cpu"),
    Fault(
        "CUDA asked of the CPU build",
        _cuda_of_the_cpu_build,
        "cuda was asked for: onnxruntime is the build without CUDA",
        'pip install "magray[gpu]"',
        "cpu",
        "device",
    ),
    Fault(
        "the GPU build without CUDA",
        gpu_build,
        "libcublasLt.so",
        _WITHOUT_CUDA,
        "cpu",
        "device",
    ),
    Fault(
        "CUDA without a driver",
        _cuda_without_driver,
        "libcuda.so.1",
        "install the NVIDIA driver",
        "cpu",
        "device",
    ),
    Fault("an import that aborts", _runtime(_ABORT), "ends the process (SIGABRT)", _REINSTALL),
    Fault("an import that crashes", _runtime(_CRASH), "ends the process (SIGSEGV)", _REINSTALL),
    Fault(
        "an import that hangs",
        _runtime(_HANG, MAGRAY_EMBEDDING__PROBE_SECONDS="2"),
        "loading onnxruntime hangs",
        _REINSTALL,
    ),
    Fault("no tokenizers", _no_tokenizers, "tokenizers is not installed", "pip install tokenizers"),
    Fault("a model cut short", _truncated, "has 1000000 bytes instead of", "(try: put the right file back"),
    Fault("a model of other bytes", _other_bytes, "the checksum of", "(try: put the right file back"),
    Fault("a model of another dimension", _other_dimension, "256", "(try: magray model"),
    Fault("a model deleted between runs", _deleted, "No such file", "(try: put the right file back"),
)
