"""Events of the process that checks a vault's integrity: one typed union, a JSON line each."""

from __future__ import annotations

import json

import msgspec

from magray_memory.health.findings import Finding  # noqa: TC001 - msgspec reads it


class _Event(msgspec.Struct, frozen=True, tag_field="event"):
    pass


class StageBegun(_Event, frozen=True, tag="stage"):
    """A stage of the checks begins: a process that dies is known to have died in it."""

    stage: str


class Found(_Event, frozen=True, tag="finding"):
    """One finding of the stage."""

    finding: Finding


class Finished(_Event, frozen=True, tag="done"):
    """Every stage has run."""


IntegrityEvent = StageBegun | Found | Finished


def encode(event: IntegrityEvent) -> str:
    """The event as one line of JSON, without its end."""
    # Not msgspec's own writer, which refuses the halves of surrogate pairs that stand in names of files.
    return json.dumps(msgspec.to_builtins(event))


def decode(line: bytes | str) -> IntegrityEvent:
    """The event of a line. Raises ValueError for a line that holds none."""
    return msgspec.convert(json.loads(line), IntegrityEvent)
