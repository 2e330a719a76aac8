"""Shapes of the contract's JSON, for results that the engine turns into JSON itself."""

from __future__ import annotations

from typing import Any

import msgspec


class Change(msgspec.Struct, rename={"source": "from"}):
    """A vault that changes to another model: `made` of its passages have a vector of it, a `share` of 1."""

    source: str
    to: str
    made: int
    share: float


class Vault(msgspec.Struct):
    """One vault. `pending` counts passages without a vector of the model, `approximate` those that have an
    approximate one instead, `heads` passages whose vector is of the beginning of their text, `redacted`
    secrets that were taken out, by kind.
    """

    kind: str
    root: str | None
    files: int
    passages: int
    pending: int
    approximate: int
    heads: int
    bytes: int
    last_indexed: str | None
    """ISO 8601, in UTC."""
    redacted: dict[str, int]


class DescribedVault(Vault):
    """A vault with the model that answers for it."""

    model: str | None
    change: Change | None


class Component(msgspec.Struct):
    """One part of the program. `severity`: ok, info, warning, critical or fatal."""

    name: str
    severity: str
    summary: str
    detail: dict[str, Any]
    hint: str


class Device(msgspec.Struct):
    """Where the model runs. `actual` is what was last observed."""

    requested: str
    actual: str | None
    observed_at: str | None
    reason: str | None


class Status(msgspec.Struct):
    """`status`."""

    version: str
    home: str
    severity: str
    components: list[Component]
    vaults: list[DescribedVault]
    device: Device


class Finding(msgspec.Struct):
    """Something that is wrong, or was."""

    check: str
    severity: str
    message: str
    path: str
    hint: str
    remedy: str | None
    mended: str


class Diagnosis(msgspec.Struct):
    """`doctor`."""

    home: str
    severity: str
    errors: int
    findings: list[Finding]
    mended: list[Finding]
    lost: list[str]
    vaults: int
    seconds: float


class OptimizeStep(msgspec.Struct):
    """One thing that was optimized: bytes and milliseconds won, or why it could not be."""

    what: str
    place: str
    message: str
    bytes: int
    ms: float | None
    problem: str


class Optimized(msgspec.Struct):
    """`optimize`."""

    dry_run: bool
    bytes: int
    seconds: float
    steps: list[OptimizeStep]


class Skipped(msgspec.Struct):
    """A file that should have been indexed."""

    path: str
    reason: str


class Seconds(msgspec.Struct):
    """How long the phases took."""

    lexical: float
    semantic: float | None


class IndexReport(msgspec.Struct):
    """`index`."""

    files: int
    ignored: int
    left_out: dict[str, int]
    passages: int
    embedded: int
    reused: int
    removed: int
    skipped: list[Skipped]
    seconds: Seconds
    device: str | None
    model: str | None


class PathStanding(msgspec.Struct):
    """How a path stands to the index. `state`: indexed, changed, not_indexed, left_out, skipped, gone,
    folder, missing or outside; `source`: where the rule stands; `redacted`: secrets that were taken out, by
    kind.
    """

    path: str
    state: str
    reason: str
    rule: str | None
    source: str
    pattern: str
    kind: str | None
    language: str | None
    files: int | None
    passages: int
    embedded: int
    left_out: dict[str, int]
    redacted: dict[str, int]


class Standings(msgspec.Struct):
    """`why`."""

    files: list[PathStanding]


class LeftOut(msgspec.Struct):
    """An entry that a rule leaves out; the path of a folder ends with `/`."""

    path: str
    rule: str
    reason: str
    source: str


class Coverage(msgspec.Struct):
    """`coverage`. `left_out`: entries by rule; `entries`: those of the rules that were named."""

    root: str
    files: int
    passages: int
    not_indexed: int
    left_out: dict[str, int]
    skipped: list[Skipped]
    entries: list[LeftOut]


class Vaults(msgspec.Struct):
    """`vault list`."""

    vaults: list[DescribedVault]


class Dropped(msgspec.Struct):
    """`vault drop`; `problems`: what of them is left, and why."""

    dropped: list[Vault]
    dry_run: bool
    problems: list[str]


class Models(msgspec.Struct):
    """`model list`: the facts of each model by name."""

    models: list[dict[str, Any]]


class ModelUsed(msgspec.Struct):
    """`model use`. `vaults`: how many are to be embedded again."""

    id: str
    dim: int
    path: str
    vaults: int
