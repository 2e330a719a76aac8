"""Deep status (`status --deep`): smoke tests and integrity checks, each in a child process."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from magray_memory.errors import ModelError
from magray_memory.health.checks import find_model
from magray_memory.health.findings import Finding
from magray_memory.health.report import Component, Severity
from magray_memory.models.device import find_out, gpu_impossible
from magray_memory.models.onnx.installed import installed_runtime

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from magray_memory.config import Settings
    from magray_memory.models.model import Model
    from magray_memory.storage.home import Home


def try_model(home: Home, settings: Settings) -> Iterator[Finding]:
    """Try the model on every device it may run on, whatever was known, and read its files.

    What is found out is remembered for `status` and for the next program that wants the model.
    """
    model, problem = find_model(settings, home)
    if model is None or problem is not None:
        assert problem is not None
        yield Finding("model", Severity.WARNING, problem.message, hint=problem.hint)
        return
    yield from _checksums(model)
    runtime = installed_runtime()
    if runtime.problem:
        yield Finding("model", Severity.WARNING, runtime.problem, hint=runtime.hint)
        return
    wanted = settings.embedding
    devices = ["cpu"] if wanted.device == "cpu" or gpu_impossible() else ["cpu", "cuda"]
    with ThreadPoolExecutor(len(devices)) as pool:
        trials = [
            pool.submit(find_out, home.path, model, device, wanted.probe_seconds, again=True)
            for device in devices
        ]
        verdicts = [trial.result() for trial in trials]
    for verdict in verdicts:
        if not verdict.ok and (verdict.device == "cpu" or wanted.device == "cuda"):
            place = "the processor" if verdict.device == "cpu" else "the GPU"
            why = f"the model cannot run on {place}: {verdict.reason}"
            part = "model" if verdict.device == "cpu" else "device"
            yield Finding(part, Severity.WARNING, why, hint=verdict.hint)
    impossible = gpu_impossible() if wanted.device == "cuda" else None
    if impossible is not None:
        yield Finding("device", Severity.WARNING, f"no GPU: {impossible.reason}", hint=impossible.hint)


def _checksums(model: Model) -> Iterator[Finding]:
    """What keeps the model from running at all, else what keeps it from a GPU alone."""
    for device, part, severity in (("cpu", "model", Severity.CRITICAL), (None, "device", Severity.WARNING)):
        try:
            model.verify(device)
        except ModelError as error:
            yield Finding(part, severity, f"{error.message}.", str(model.folder), error.hint)
            return


def add(components: Sequence[Component], findings: Sequence[Finding]) -> list[Component]:
    """The components with what an examination found: their figures, and the worst of it as their summary."""
    return [_with(component, [f for f in findings if _part(f) == component.name]) for component in components]


def _part(finding: Finding) -> str:
    parts = {"model": "model", "device": "device", "lexical": "lexical_index", "cache": "vector_cache"}
    parts |= dict.fromkeys(("vectors", "snapshots", "recall"), "vector_index")
    return parts.get(finding.check, "storage")


def _with(component: Component, findings: list[Finding]) -> Component:
    detail = {**component.detail, "findings": [finding.as_json() for finding in findings]}
    worst = max(findings, key=lambda finding: finding.severity.rank, default=None)
    if worst is None or worst.severity.rank <= component.severity.rank:
        return component._replace(detail=detail)
    return Component(component.name, worst.severity, worst.message, detail, worst.hint)
