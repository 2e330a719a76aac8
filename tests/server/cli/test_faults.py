"""What breaks under a model: packages missing, emptied or doubled, libraries that abort, hang or print.

Each fault is a Python environment of its own with the real packages, linked from the one that runs the tests,
and one thing wrong with it. Whatever the fault, `status` answers at once and names cause and remedy in one
line, `search` answers and says by what, `index` keeps all it can, and stdout holds results alone.

MAGRAY_TEST_GPU_WHEEL names an onnxruntime-gpu wheel (255 MB, `pip download --no-deps onnxruntime-gpu`) for
the faults that need it.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")

ROOT = Path(__file__).parents[3]
STATUS_SECONDS = 2.0
GPU_WHEEL = os.environ.get("MAGRAY_TEST_GPU_WHEEL", "")
LIBRARIES = ("libcublasLt.so", "libcublas.so", "libcudart.so", "libcufft.so", "libcurand.so", "libcudnn.so")
QUESTION = "how is a failed payment tried again"
FILES = {
    "pay/retry.py": "def delay(n):\n    '''Wait before a failed payment is retried.'''\n    return 2**n\n",
    "docs/guide.md": "# Guide\n\nEvery night the database is copied to cold storage.\n",
}


@dataclass
class Environment:
    """A Python environment with a fault in it, a home and a project."""

    python: Path
    packages: Path
    home: Path
    project: Path
    env: dict[str, str]

    def magray(self, *arguments: str, **env: str) -> Run:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("MAGRAY_", "PYTHON"))}
        started = time.monotonic()
        done = subprocess.run(
            [self.python, "-m", "magray_server.cli.main", *arguments],
            cwd=self.project,
            env={**kept, "MAGRAY_HOME": str(self.home), "PYTHONUTF8": "1", **self.env, **env},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Run(done.returncode, done.stdout, done.stderr, time.monotonic() - started)

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


@dataclass(frozen=True)
class Run:
    code: int
    out: str
    err: str
    seconds: float

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def _packages() -> Path:
    spec = find_spec("numpy")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parents[1]


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Environment]:
    def make(*, without: tuple[str, ...] = (), wheel: str = "") -> Environment:
        venv = tmp_path / "venv"
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
        project = tmp_path / "project"
        for name, text in FILES.items():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            (project / name).write_text(text, "utf-8")
        (project / ".git").mkdir()
        return Environment(venv / "bin" / "python", packages, tmp_path / "home", project, {})

    return make


def check(
    fault: Environment, *, told: str, remedy: str, device: str | None, component: str = "model"
) -> None:
    """What holds in every fault. `device` None: no model runs, and search is by words."""
    report = fault.magray("--json", "index")
    assert report.code == 0, report.err
    assert report.json["passages"] >= 2
    assert report.json["embedded"] == (report.json["passages"] if device else 0)
    assert report.json["device"] == device

    status = fault.magray("status")
    assert (status.code, status.err) == (0, "")
    assert status.seconds < STATUS_SECONDS
    (line,) = (line for line in status.out.splitlines() if line[10:].startswith(f"{component} "))
    assert told in line
    assert remedy in line
    assert status.out.splitlines()[0].split()[2] in ("info", "warning"), status.out
    record(fault, status, line)
    shown = fault.magray("--json", "status").json
    assert shown["device"]["requested"] == fault.env.get("MAGRAY_DEVICE", "auto")
    assert shown["device"]["actual"] == device

    answer = fault.magray("--json", "search", QUESTION)
    assert answer.code == 0, answer.err
    assert answer.json["hits"][0]["path"] == "pay/retry.py"
    assert answer.json["device"] == device
    if device is None:
        assert answer.json["mode"] == "lexical"
        assert told in answer.json["degraded"]
        assert told in answer.err
    else:
        assert (answer.json["mode"], answer.json["degraded"]) == ("hybrid", None)


def record(fault: Environment, status: Run, line: str) -> None:
    """For the table of faults in the documentation: MAGRAY_TEST_TABLE names the file that gets a line."""
    table = os.environ.get("MAGRAY_TEST_TABLE")
    if table:
        name = os.environ.get("PYTEST_CURRENT_TEST", "").partition("::")[2].removesuffix(" (call)")
        first = status.out.splitlines()[0].replace(str(fault.home), "HOME")
        with Path(table).open("a") as file:
            file.write(
                f"| {name} | {first} | {' '.join(line.split())} | {status.code} | {status.seconds:.2f} |\n"
            )


@functools.cache
def gpu_wheel() -> str:
    if not GPU_WHEEL:
        pytest.skip("MAGRAY_TEST_GPU_WHEEL names no wheel of onnxruntime-gpu")
    return GPU_WHEEL


def test_no_runtime_at_all(make: Callable[..., Environment]) -> None:
    fault = make(without=("onnxruntime",))
    check(fault, told="onnxruntime is not installed", remedy='pip install "magray[cpu]"', device=None)


def test_the_empty_package_that_is_left_when_one_of_two_is_removed(make: Callable[..., Environment]) -> None:
    fault = make(without=("onnxruntime",))
    (fault.packages / "onnxruntime" / "capi").mkdir(parents=True)
    (fault.packages / "onnxruntime_gpu-1.31.1.dist-info").mkdir()
    check(
        fault,
        told="the onnxruntime package is empty",
        remedy="pip install --force-reinstall onnxruntime-gpu",
        device=None,
    )


def test_both_distributions_are_told_while_one_works(make: Callable[..., Environment]) -> None:
    fault = make()
    (fault.packages / "onnxruntime_gpu-1.31.1.dist-info").mkdir()
    check(fault, told="both installed", remedy="pip uninstall onnxruntime onnxruntime-gpu", device="cpu")


def test_cuda_asked_of_the_build_without_it(make: Callable[..., Environment]) -> None:
    fault = make()
    fault.env["MAGRAY_DEVICE"] = "cuda"
    before = fault.magray("status")
    assert before.code == 0
    assert "onnxruntime is the build without CUDA" in before.out
    check(
        fault,
        told="cuda was asked for: onnxruntime is the build without CUDA",
        remedy='pip install "magray[gpu]"',
        device="cpu",
        component="device",
    )
    assert "cuda was asked for, the cpu is used" in fault.magray("search", QUESTION).err


def test_the_gpu_build_on_a_machine_without_cuda(make: Callable[..., Environment]) -> None:
    fault = make(without=("onnxruntime",), wheel=gpu_wheel())
    fault.env["MAGRAY_DEVICE"] = "cuda"
    check(
        fault,
        told="libcublasLt.so",
        remedy='pip install "onnxruntime-gpu[cuda,cudnn]"',
        device="cpu",
        component="device",
    )


def test_an_examination_tries_the_devices_again(make: Callable[..., Environment]) -> None:
    fault = make()
    fault.replace_runtime("import os\nos.abort()\n")
    fault.magray("index")
    deep = fault.magray("--json", "status", "--deep")
    assert deep.code == 0
    model = next(part for part in deep.json["components"] if part["name"] == "model")
    assert "SIGABRT" in model["summary"]
    assert "SIGABRT" in model["detail"]["findings"][0]["message"]
    assert "SIGABRT" in fault.magray("doctor").out


def test_cuda_libraries_without_a_driver(make: Callable[..., Environment], tmp_path: Path) -> None:
    """The provider of the real build, with stand-ins for the libraries that it loads first."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler here")
    fault = make(without=("onnxruntime",), wheel=gpu_wheel())
    stubs = tmp_path / "cuda"
    stubs.mkdir()
    provider = fault.packages / "onnxruntime" / "capi" / "libonnxruntime_providers_cuda.so"
    for name in _needed(provider):
        if name.startswith(LIBRARIES):
            versions = stubs / "versions"
            versions.write_text(f"{name} {{ global: *; }};\n")
            subprocess.run(
                [compiler, "-shared", "-o", stubs / name, f"-Wl,-soname,{name}", "-x", "c", os.devnull,
                 f"-Wl,--version-script={versions}"],
                check=True,
            )  # fmt: skip
    fault.env |= {"MAGRAY_DEVICE": "cuda", "LD_LIBRARY_PATH": str(stubs)}
    check(fault, told="libcuda.so.1", remedy="install the NVIDIA driver", device="cpu", component="device")


def _needed(library: Path) -> list[str]:
    program = shutil.which("readelf")
    if program is None:
        pytest.skip("no readelf here")
    listed = subprocess.run([program, "-d", library], capture_output=True, text=True, check=True).stdout
    return [line.partition("[")[2].rstrip("]") for line in listed.splitlines() if "(NEEDED)" in line]


def test_a_native_import_that_aborts(make: Callable[..., Environment]) -> None:
    fault = make()
    fault.replace_runtime("import os\nos.abort()\n")
    check(
        fault,
        told="loading onnxruntime ends the process (SIGABRT)",
        remedy="pip install --force-reinstall",
        device=None,
    )


def test_a_native_import_that_crashes(make: Callable[..., Environment]) -> None:
    fault = make()
    fault.replace_runtime("import ctypes\nctypes.string_at(0)\n")
    check(fault, told="ends the process (SIGSEGV)", remedy="pip install --force-reinstall", device=None)


def test_a_native_import_that_hangs_is_waited_for_once(make: Callable[..., Environment]) -> None:
    fault = make()
    fault.replace_runtime("import time\ntime.sleep(600)\n")
    fault.env["MAGRAY_EMBEDDING__PROBE_SECONDS"] = "2"
    check(fault, told="loading onnxruntime hangs", remedy="pip install --force-reinstall", device=None)
    assert fault.magray("search", QUESTION).seconds < 2


def test_a_native_import_that_prints_to_stdout(make: Callable[..., Environment]) -> None:
    fault = make()
    fault.replace_runtime("import os\nos.write(1, b'EP Error natively\\n')\nprint('EP Error')\n", real=True)
    report = fault.magray("--json", "index")
    assert report.json["device"] == "cpu", report.err
    answer = fault.magray("--json", "search", QUESTION)
    assert answer.json["hits"][0]["path"] == "pay/retry.py"
    assert "EP Error natively" in answer.err
    status = fault.magray("status")
    assert (status.code, status.err, "EP Error" in status.out) == (0, "", False)
    record(fault, status, status.out.splitlines()[6])
    events = fault.magray("index", "--events", "--force")
    assert all(json.loads(line)["event"] for line in events.out.splitlines())


def test_no_tokenizer_library(make: Callable[..., Environment]) -> None:
    fault = make(without=("tokenizers",))
    check(fault, told="tokenizers is not installed", remedy="pip install tokenizers", device=None)


def own_model(fault: Environment) -> Path:
    """A copy of the bundled model that the settings name, to damage."""
    from magray_memory.embedding.model import BUNDLED, DEFAULT_ID

    folder = fault.home.parent / "model"
    shutil.copytree(BUNDLED / DEFAULT_ID, folder)
    fault.env["MAGRAY_MODEL"] = str(folder)
    return folder


def test_a_model_file_that_was_truncated(make: Callable[..., Environment]) -> None:
    fault = make()
    file = own_model(fault) / "model.int8.onnx"
    os.truncate(file, 1_000_000)
    check(fault, told="has 1000000 bytes instead of", remedy="(try: put the right file back", device=None)


def test_a_model_file_with_other_bytes_in_it(make: Callable[..., Environment]) -> None:
    fault = make()
    file = own_model(fault) / "model.int8.onnx"
    size = file.stat().st_size
    file.write_bytes(os.urandom(1000) * (size // 1000 + 1))
    os.truncate(file, size)
    check(fault, told="the checksum of", remedy="(try: put the right file back", device=None)


def test_a_model_of_another_dimension(make: Callable[..., Environment]) -> None:
    fault = make()
    toml = own_model(fault) / "model.toml"
    toml.write_text(toml.read_text("utf-8").replace("dim = 384", "dim = 256"), "utf-8")
    check(fault, told="256", remedy="(try: magray model", device=None)


def test_a_model_deleted_after_it_was_used(make: Callable[..., Environment]) -> None:
    fault = make()
    folder = own_model(fault)
    assert fault.magray("--json", "index").json["device"] == "cpu"
    (folder / "model.int8.onnx").unlink()
    (fault.project / "new.md").write_text("# New\n\nSomething else altogether.\n", "utf-8")
    report = fault.magray("--json", "index")
    assert (report.code, report.json["files"], report.json["embedded"]) == (0, 3, 0)
    status = fault.magray("status")
    assert status.code == 0
    assert "cannot be read: No such file or directory" in status.out
    answer = fault.magray("--json", "search", QUESTION)
    assert (answer.code, answer.json["mode"]) == (0, "lexical")


def test_a_repaired_installation_is_believed_at_once(make: Callable[..., Environment]) -> None:
    fault = make()
    real = (fault.packages / "onnxruntime").resolve()
    fault.replace_runtime("import os\nos.abort()\n")
    assert fault.magray("--json", "index").json["device"] is None
    shutil.rmtree(fault.packages / "onnxruntime")
    (fault.packages / "onnxruntime").symlink_to(real)
    assert fault.magray("--json", "index").json["device"] == "cpu"
    status = fault.magray("--json", "status").json
    assert status["severity"] in ("ok", "info")
    assert status["device"]["actual"] == "cpu"
