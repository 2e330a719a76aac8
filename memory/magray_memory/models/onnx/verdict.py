"""Verdict: what a smoke test has found out about a device, and what to do about it."""

from __future__ import annotations

from typing import Any, NamedTuple

CPU_ONLY = "magray config set embedding.device cpu"
DRIVER = f"install the NVIDIA driver, or {CPU_ONLY}"
CUDA_LIBRARIES = f'pip install "onnxruntime-gpu[cuda,cudnn]", or {CPU_ONLY}'


class Verdict(NamedTuple):
    """Whether a device can run a model here, as a child process found out.

    `reason` and `hint` say why not; `library` is the file that could not be loaded; `providers` are the
    session's own; `passing` marks a failure that may have been the machine's bad moment.
    """

    device: str
    ok: bool
    reason: str = ""
    hint: str = ""
    library: str | None = None
    providers: tuple[str, ...] = ()
    runtime: str | None = None
    driver: str | None = None
    cuda: str | None = None
    seconds: float = 0.0
    at: float = 0.0
    passing: bool = False
    short: bool = False
    """Memory, processes, files or room were short: nothing was found out, and nothing is stored."""

    def as_json(self) -> dict[str, Any]:
        """JSON of the stored result, also in the health report."""
        return self._asdict()
