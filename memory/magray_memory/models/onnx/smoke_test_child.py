"""Smoke test, the child: loads files and libraries, embeds a text, and reports each stage.

Started as `python -P -m magray_memory.models.onnx.smoke_test_child REQUEST`. Each step is written before it
is taken, so that a step which ends this process is known by name.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, Unpack

from magray_memory.errors import EmbeddingUnavailable, MagrayError
from magray_memory.models.model import Model, load_model
from magray_memory.models.onnx import runtime
from magray_memory.models.onnx.installed import driver_version
from magray_memory.models.onnx.shortage import shortage

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from magray_memory.models.onnx.smoke_test_facts import Facts

_CUDA = "CUDAExecutionProvider"
_NVML = ("libnvidia-ml.so.1", "nvml.dll")
_PR_SET_PDEATHSIG = 1
_NO_FILE = "the model has no file for the GPU"


class Report(Protocol):
    """Writes some facts to the parent's file at once."""

    def __call__(self, **facts: Unpack[Facts]) -> None:
        """Write these facts; those written before stay."""
        ...


def main() -> None:
    """Answers the request and ends without taking the libraries apart."""
    request = json.loads(sys.argv[1])
    _die_after(float(request["seconds"]))
    _die_with_parent()
    result: int | str = request["result"]
    out = result if isinstance(result, int) else os.open(result, os.O_WRONLY | os.O_APPEND)

    def report(**facts: Unpack[Facts]) -> None:
        os.write(out, json.dumps(facts).encode() + b"\n")

    try:
        _try(load_model(Path(request["model"])), request["device"], report)
    except MagrayError as error:
        report(reason=error.why or error.message, hint=error.hint, short=shortage(error))
    except Exception as error:  # whatever a native library raises is an answer
        lines = str(error).strip().splitlines()
        report(reason=lines[0] if lines else type(error).__name__, short=shortage(error))
    os._exit(0)


def _die_after(seconds: float) -> None:
    """Never outlive the parent's patience, even when it is gone and native code holds the interpreter."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, seconds + 1)


def _die_with_parent() -> None:
    """End at once when the parent does: by the system where it can, else by the end of stdin."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)

    def follow() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _try(model: Model, device: str, report: Report) -> None:
    report(stage="files")
    model.verify(device if device in model.files else "cpu")
    report(stage="numpy")
    importlib.import_module("numpy")
    report(stage="onnxruntime")
    ort = runtime.onnxruntime()
    report(runtime=str(ort.__version__))
    report(stage="tokenizers")
    from magray_memory.models import reference

    tokenizer = runtime.open_tokenizer(model)
    if device == "cuda":
        _try_cuda(ort, model, tokenizer, report)
        return
    report(stage="session")
    runner = runtime.open_runner(model)
    report(stage="run")
    ours, expected = reference.embed(model, runner, tokenizer), reference.expected(model)
    if expected is not None:
        _compare(ours, expected)
    report(ok=True, providers=["CPUExecutionProvider"])


def _try_cuda(ort: Any, model: Model, tokenizer: Any, report: Report) -> None:
    if _CUDA not in ort.get_available_providers():
        raise EmbeddingUnavailable(
            "no GPU", "the installed onnxruntime is built without CUDA", 'pip install "magray[gpu]"'
        )
    from magray_memory.models import reference

    ort.set_default_logger_severity(3)  # the loader names the missing library nowhere else
    driver, driver_cuda = _versions()
    report(driver=driver, cuda=driver_cuda or (getattr(ort, "cuda_version", "") or None))
    report(stage="session")
    if "cuda" not in model.files:
        # The provider is tried all the same: what keeps it from loading is the more useful answer.
        runtime.open_runner(model, device="cuda", file="cpu")
        how = "pull" if model.origin else "build"
        raise EmbeddingUnavailable("no GPU", _NO_FILE, f"magray model {how} --device cuda {model.id}")
    runner = runtime.open_runner(model, device="cuda")
    report(stage="run")
    ours, expected = reference.embed(model, runner, tokenizer), reference.expected(model)
    if expected is None:
        expected = reference.embed(model, runtime.open_runner(model), tokenizer)
    _compare(ours, expected)
    report(ok=True, providers=list(runner.providers))


def _compare(ours: NDArray[np.float32], expected: NDArray[np.float32]) -> None:
    from magray_memory.models import reference

    cosine = float(ours @ expected)
    if not cosine >= reference.CLOSE:  # false for NaN too
        why = f"it makes other vectors than the model's (cosine {cosine:.3f} for the reference text)"
        raise EmbeddingUnavailable("wrong vectors", why, "magray model verify")


def _versions() -> tuple[str | None, str | None]:
    """Versions of the NVIDIA driver and of the newest CUDA that it can run, where they can be read."""
    for name in _NVML:
        try:
            nvml: Any = ctypes.CDLL(name)
        except OSError:
            continue
        if nvml.nvmlInit_v2() != 0:
            break
        text, number = ctypes.create_string_buffer(96), ctypes.c_int()
        driver = cuda = None
        if nvml.nvmlSystemGetDriverVersion(text, 96) == 0:
            driver = text.value.decode("ascii", "replace")
        if nvml.nvmlSystemGetCudaDriverVersion_v2(ctypes.byref(number)) == 0:
            cuda = f"{number.value // 1000}.{number.value % 1000 // 10}"
        return driver, cuda
    return driver_version(), None


if __name__ == "__main__":
    main()
