"""The components `model` and `device`: what could run, what did run, and what was found out about the rest.

Read from files alone. A native library is never loaded here; what a child process found out about it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magray_memory.health.report import Component, Severity
from magray_memory.models.default_model import DEFAULT_ID
from magray_memory.models.device import gpu_impossible, verdict
from magray_memory.models.model import passed_over
from magray_memory.models.onnx.installed import has_cuda_provider, installed_runtime

if TYPE_CHECKING:
    from magray_memory.health.checks import HealthContext
    from magray_memory.models.onnx.verdict import Verdict

_TRY = "magray status --deep"


def model(context: HealthContext) -> Component:
    """The model's files, what is installed to run them, and whether that was seen to work."""
    runtime = installed_runtime()
    tried = _verdict(context, "cpu")
    detail: dict[str, Any] = {
        "id": None if context.model is None else context.model.id,
        "languages": [] if context.model is None else list(context.model.languages),
        "runtime": runtime.distributions,
        "probe": None if tried is None else tried.as_json(),
    }
    if context.model_problem is not None:
        return _lost(context.model_problem.message, context.model_problem.hint, detail)
    if runtime.problem:
        return _lost(runtime.problem, runtime.hint, detail)
    if tried is not None and not tried.ok:
        return _lost(tried.reason, tried.hint, detail)
    if len(runtime.distributions) > 1:
        why = f"{' and '.join(runtime.distributions)} are both installed and overwrite each other"
        hint = f"pip uninstall {' '.join(runtime.distributions)}, then install one of them"
        return Component("model", Severity.WARNING, why, detail, hint)
    assert context.model is not None
    unused = passed_over(context.home.models) if context.model.id == DEFAULT_ID else None
    if unused is not None:
        why = f"{context.model.id} of the package; its copy in the home is not used: {unused.why}"
        return Component("model", Severity.INFO, why, detail, unused.hint)
    summary = context.model.id if tried is not None else f"{context.model.id}, not tested here yet"
    return Component("model", Severity.OK, summary, detail)


def _lost(why: str, hint: str, detail: dict[str, Any]) -> Component:
    return Component("model", Severity.WARNING, f"{why}; search is by words only", detail, hint)


def device(context: HealthContext) -> Component:
    """Where the model last ran, as the process that ran it saw it, beside what was asked for."""
    wanted, seen = context.settings.embedding.device, context.device
    gpu = None if wanted == "cpu" else gpu_impossible() or _verdict(context, "cuda")
    detail: dict[str, Any] = {"requested": wanted, "actual": None, "observed_at": None, "reason": None}
    if seen is not None:
        detail = seen.as_json() | {"requested": wanted}
    detail["gpu"] = None if gpu is None else gpu.as_json()
    refused = gpu is not None and not gpu.ok
    if seen is not None and seen.actual is None:
        if model(context).severity is Severity.OK:
            why = "no model could run when last tested; the cause no longer exists"
            return Component("device", Severity.INFO, why, detail, "magray index")
        return Component("device", Severity.WARNING, f"no model could run: {seen.reason}", detail, seen.hint)
    if seen is not None and seen.actual == "cuda" and not refused:
        return Component("device", Severity.OK, "cuda", detail)
    on = "no model has run yet" if seen is None else str(seen.actual)
    # What was found out last is nearer to now than what some program saw.
    reason, hint = (gpu.reason, gpu.hint) if refused and gpu else ("", "")
    if not refused and seen is not None and seen.requested == wanted and seen.reason:
        reason, hint = seen.reason, seen.hint
    if wanted == "cuda":
        reason, hint = (reason, hint) if reason else ("it was not tested yet", _TRY)
        if gpu is not None and gpu.ok:
            reason, hint = "it works, and is used by the next long run", "magray index"
            return Component("device", Severity.INFO, f"{on}; cuda was asked for: {reason}", detail, hint)
        return Component("device", Severity.WARNING, f"{on}; cuda was asked for: {reason}", detail, hint)
    if reason and has_cuda_provider():
        return Component("device", Severity.INFO, f"{on}; the GPU is not used: {reason}", detail, hint)
    return Component("device", Severity.INFO if seen is None else Severity.OK, on, detail)


def _verdict(context: HealthContext, name: str) -> Verdict | None:
    return None if context.model is None else verdict(context.home.path, context.model, name)
