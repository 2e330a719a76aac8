"""Facts that the smoke test's child reports to its parent: lines of JSON objects with some of these keys."""

from __future__ import annotations

from typing import TypedDict


class Facts(TypedDict, total=False):
    """What the child has reached and learned; a later line's value replaces an earlier one's."""

    stage: str
    """The step that is about to be taken: a child that dies died in it."""
    runtime: str
    """Version of ONNX Runtime."""
    driver: str | None
    """Version of the NVIDIA driver."""
    cuda: str | None
    """Newest CUDA that the driver can run, else the one that the runtime was built for."""
    reason: str
    """Why the model cannot run, in words."""
    hint: str
    short: str
    """What was short when it failed, in words; empty where that was not why."""
    ok: bool
    """The model ran and gave the vector that it should."""
    providers: list[str]
    """Execution providers of the session that ran."""
