"""The one place that imports ONNX Runtime and the tokenizer library, and says plainly why it could not.

Both are loaded at the first embedding, never before: they cost a tenth of a second, and a machine without
them still searches by words.
"""

from __future__ import annotations

import importlib
import math
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magray_memory.errors import EmbeddingUnavailable, ModelError

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.embedding.model import Model

INSTALL = 'pip install "magray[cpu]"'
MOST_THREADS = 8
"""Batches are small (a few hundred tokens); more threads than this wait for each other."""


def cores() -> int:
    """Processor cores this process may use: affinity and a container's quota, not what the machine has."""
    affinity: Callable[[int], set[int]] | None = getattr(os, "sched_getaffinity", None)
    count = len(affinity(0)) if affinity else os.cpu_count() or 1
    quota = _cgroup_quota()
    return max(1, min(count, math.ceil(quota))) if quota else max(1, count)


def _cgroup_quota() -> float | None:
    """Cores granted by a Linux control group, version 2 or 1; None when there is no limit."""
    if sys.platform != "linux":
        return None
    root = Path("/sys/fs/cgroup")
    try:
        quota, period = (root / "cpu.max").read_text("ascii").split()
    except (OSError, ValueError):
        try:
            quota = (root / "cpu/cpu.cfs_quota_us").read_text("ascii").strip()
            period = (root / "cpu/cpu.cfs_period_us").read_text("ascii").strip()
        except OSError:
            return None
    return int(quota) / int(period) if quota.isdecimal() and int(period) else None


def onnxruntime() -> Any:
    """The runtime module, silenced. Raises EmbeddingUnavailable when it is missing, emptied or broken."""
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
    module.set_default_logger_severity(4)
    return module


def _broken(error: Exception) -> EmbeddingUnavailable:
    reason = str(error).strip().splitlines()
    return EmbeddingUnavailable(
        "no embedding runtime",
        f"onnxruntime cannot be loaded: {reason[0] if reason else type(error).__name__}",
        "pip install --force-reinstall onnxruntime",
    )


def open_session(model: Model, threads: int) -> Any:
    """An ONNX session of the model on the processor. Raises EmbeddingUnavailable or ModelError."""
    path = model.path("cpu")
    ort = onnxruntime()
    options = ort.SessionOptions()
    # The graph is stored fused: looking for more to fuse would only slow the start.
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = threads or min(cores(), MOST_THREADS)
    options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime raises a class of its own for every status code
        raise ModelError(
            f"model {model.id}", f"{path.name} cannot be loaded: {error}", "magray model verify"
        ) from error
    shape = session.get_outputs()[0].shape
    if shape[-1] != model.dim:
        raise ModelError(
            f"model {model.id}",
            f"{path.name} makes vectors of {shape[-1]} numbers, model.toml says {model.dim}",
        )
    names = {entry.name for entry in session.get_inputs()}
    if names != {"input_ids", "attention_mask"}:
        raise ModelError(
            f"model {model.id}", f"{path.name} takes {', '.join(sorted(names))}, which is not known"
        )
    return session


def open_tokenizer(model: Model) -> Any:
    """The model's tokenizer, cut off at its window. Raises EmbeddingUnavailable or ModelError."""
    path = model.path("tokenizer")
    try:
        library = importlib.import_module("tokenizers")
    except (ImportError, OSError) as error:
        raise EmbeddingUnavailable(
            "no tokenizer", f"the tokenizers package cannot be loaded: {error}", "pip install tokenizers"
        ) from error
    try:
        tokenizer = library.Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises a bare Exception
        raise ModelError(
            f"model {model.id}", f"{path.name} cannot be loaded: {error}", "magray model verify"
        ) from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(model.max_tokens)
    return tokenizer
