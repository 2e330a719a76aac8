"""Runtime import: the one place that imports ONNX Runtime and tokenizers, and explains why it could not.

Both are loaded at the first embedding, never before: they cost a tenth of a second, and a machine without
them still searches by words.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import re
import sys
from typing import TYPE_CHECKING, Any

from magray_memory.errors import EmbeddingUnavailable, ModelError
from magray_memory.models.onnx.gpu_errors import is_out_of_memory
from magray_memory.models.onnx.shortage import HINT, shortage
from magray_memory.resources import cores

if TYPE_CHECKING:
    import threading
    from pathlib import Path

    from magray_memory.models.model import Model
    from magray_memory.models.onnx.runner import Runner

INSTALL = 'pip install "magray[cpu]"'
MOST_THREADS = 8
"""Texts are small (a few hundred tokens); more threads than this wait for each other."""
GPU_BATCH_TOKENS = 8192
"""Tokens of a batch on a GPU, which is slow until it is full.

On an H200, passages of 220 tokens with a small model: 3,500 a second with 1,024 tokens, 10,800 with 4,096,
13,800 with 8,192, 16,900 with 32,768. A step of 8,192 takes 3 ms, so that no question notices it, and a
smaller card is full sooner.
"""

_SPINNING = ("session.force_spinning_stop", "1")
"""Between two runs the threads sleep. Left to themselves they go on spinning: 30 ms of processor time for a
question that takes 6 (2 cores), and no quicker."""
_CUDA = "CUDAExecutionProvider"
_CUDA_OPTIONS = {"arena_extend_strategy": "kSameAsRequested"}
"""Memory grows by what is asked for, not by powers of two: other programs want some of the card too."""


def onnxruntime() -> Any:
    """ONNX Runtime's module, silenced and with telemetry off.

    Raises EmbeddingUnavailable when it is missing, emptied or broken.
    """
    loaded = "onnxruntime" in sys.modules
    # 1.32 notes every session in a database of its own, to send it to its makers, unless it is told now.
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    try:
        module = importlib.import_module("onnxruntime")
    except ModuleNotFoundError as error:
        if error.name == "onnxruntime":
            raise EmbeddingUnavailable(
                "no embedding runtime", "onnxruntime is not installed", INSTALL
            ) from error
        raise _broken(error) from error
    except (ImportError, OSError) as error:
        raise _broken(error) from error
    if not hasattr(module, "InferenceSession"):
        # onnxruntime and onnxruntime-gpu share one folder; removing either leaves this.
        raise EmbeddingUnavailable(
            "no embedding runtime",
            "the onnxruntime package is empty, as after removing one of onnxruntime and onnxruntime-gpu",
            "pip install --force-reinstall onnxruntime",
        )
    if not loaded:
        module.set_default_logger_severity(4)
    return module


def _broken(error: Exception) -> EmbeddingUnavailable:
    short = shortage(error)
    if short:
        return EmbeddingUnavailable("onnxruntime cannot be loaded now", short, HINT)
    reason = str(error).strip().splitlines()
    return EmbeddingUnavailable(
        "no embedding runtime",
        f"onnxruntime cannot be loaded: {reason[0] if reason else type(error).__name__}",
        "pip install --force-reinstall onnxruntime",
    )


def open_runner(
    model: Model,
    *,
    device: str = "cpu",
    threads: int = 0,
    file: str = "",
) -> Runner:
    """The model opened on a device, from the file for that device or the one that is named.

    A processor runs texts one at a time; a GPU in batches, where they change no vector.

    Raises EmbeddingUnavailable (when the device cannot be had, too) or ModelError.
    """
    from magray_memory.models.onnx.runner import Runner

    path = model.path(file or device)
    session = open_session(model, path, device, threads)
    on_gpu = device == "cuda"
    runner = Runner(model, session, file=path.name, binding=on_gpu)
    if on_gpu and runner.agrees_in_batches():
        runner.batch_tokens = GPU_BATCH_TOKENS
    return runner


def usual_threads() -> int:
    """Threads for a model where the settings name none."""
    return min(cores(), MOST_THREADS)


def open_session(model: Model, path: Path, device: str = "cpu", threads: int = 0) -> Any:
    """A session of this ONNX file, whatever it takes and gives. Raises EmbeddingUnavailable or ModelError."""
    ort = onnxruntime()
    options = ort.SessionOptions()
    # Our own graphs are stored fused: looking for more to fuse would only slow the start.
    levels = ort.GraphOptimizationLevel
    options.graph_optimization_level = levels.ORT_ENABLE_ALL if model.exported else levels.ORT_DISABLE_ALL
    options.intra_op_num_threads = threads or usual_threads()
    options.inter_op_num_threads = 1
    options.add_session_config_entry(*_SPINNING)
    options.log_severity_level = 4
    providers: list[Any] = ["CPUExecutionProvider"]
    if device == "cuda":
        _preload(ort)
        providers.insert(0, (_CUDA, _CUDA_OPTIONS))
    try:
        with _quiet():
            session = ort.InferenceSession(str(path), options, providers=providers, enable_fallback=0)
            session.disable_fallback()  # 1.20 does not know the argument
    except Exception as error:  # the runtime raises a class of its own for every status code
        if device == "cuda":
            raise _no_gpu(error) from error
        _refuse_shortage(error)
        raise ModelError(
            f"model {model.id}", f"{path.name} cannot be loaded: {_why(error)}", "magray model verify"
        ) from error
    if device == "cuda" and _CUDA not in session.get_providers():
        # Asking for CUDA never raises: without it the session silently runs on the processor.
        raise EmbeddingUnavailable("no GPU", "CUDA could not be loaded", "magray status --deep")
    return session


def _no_gpu(error: Exception) -> EmbeddingUnavailable:
    """What to raise for a session that could not be opened on the GPU."""
    from magray_memory.models.onnx.runner import first_line

    if is_out_of_memory(error):
        why, hint = "the GPU has not enough memory for the model", "close other programs that use the GPU"
        return EmbeddingUnavailable("no GPU", why, hint)
    return EmbeddingUnavailable("no GPU", first_line(error))


def _refuse_shortage(error: Exception) -> None:
    short = shortage(error)
    if short:
        raise EmbeddingUnavailable("the model cannot be opened now", short, HINT) from error


def _why(error: Exception) -> str:
    """The runtime's own words, or plainer ones for what it says at length."""
    text = str(error)
    opset = re.search(
        r"Opset (\d+) is under development.*?Current official support for domain \S+ is till opset (\d+)",
        text,
    )
    if opset:
        return f"it needs opset {opset[1]}, the installed onnxruntime has {opset[2]}"
    version = re.search(r"Unsupported model IR version: (\d+), max supported IR version: (\d+)", text)
    if version:
        return f"it has format {version[1]}, the installed onnxruntime reads up to {version[2]}"
    if any(sign in text for sign in ("INVALID_PROTOBUF", "Protobuf parsing failed", "No graph was found")):
        return "it is damaged, or no ONNX file"
    return text.strip().partition("\n")[0]


def _preload(ort: Any) -> None:
    """Load the CUDA libraries of pip packages, where they are; what is missing is reported by the session."""
    preload = getattr(ort, "preload_dlls", None)
    if preload is None:
        return
    with _quiet(), contextlib.suppress(OSError, ValueError):
        preload(directory="")


def _quiet() -> contextlib.AbstractContextManager[object]:
    """ONNX Runtime reports on stdout what it could not load; that belongs to results."""
    return contextlib.redirect_stdout(io.StringIO())


def open_tokenizer(model: Model, may_begin: threading.Event | None = None) -> Any:
    """The model's tokenizer, cut off at its window. Raises EmbeddingUnavailable or ModelError.

    `may_begin`: what to wait for once the library is loaded. Reading the file holds the interpreter lock to
    its end; opening a session does not, so the two take the time of one when the session begins first.
    """
    path = model.path("tokenizer")
    try:
        library = importlib.import_module("tokenizers")
    except (ImportError, OSError) as error:
        _refuse_shortage(error)
        raise EmbeddingUnavailable(
            "no tokenizer", f"the tokenizers package cannot be loaded: {error}", "pip install tokenizers"
        ) from error
    if may_begin is not None:
        may_begin.wait()
    try:
        tokenizer = library.Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises a bare Exception
        _refuse_shortage(error)
        raise ModelError(
            f"model {model.id}", f"{path.name} cannot be loaded: {error}", "magray model verify"
        ) from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(model.max_tokens)
    return tokenizer
