"""Events of a child process: one typed union, which `magray index` and `magray optimize` print as JSON lines
with `--events`.

The struct's tag stands in the key `event`. A field whose default is None is left out of the JSON while it is
None; a field without a default is always there. Import this module only where an event is made or read:
msgspec costs 8 ms, which a run without a listener does not pay (see `event_sender`).
"""

from __future__ import annotations

import json
from typing import Any, Literal

import msgspec

from magray_memory.indexing.report import Seconds, SkippedItem  # noqa: TC001 - msgspec reads them

Phase = Literal["scan", "lexical", "semantic"]


class _Event(msgspec.Struct, frozen=True, tag_field="event", omit_defaults=True):
    pass


class Start(_Event, frozen=True, tag="start"):
    """A run begins; `files`: how many are indexed already."""

    root: str
    files: int
    pid: int


class Progress(_Event, frozen=True, tag="progress"):
    """How far a phase is; `rate` per second, 0 while unknown. At most four a second."""

    phase: Phase
    done: int
    total: int | None
    rate: float


class LexicalReady(_Event, frozen=True, tag="lexical_ready"):
    """Every file can be found by words."""

    files: int
    passages: int
    seconds: float


class SemanticReady(_Event, frozen=True, tag="semantic_ready"):
    """Every passage can be found by meaning."""

    passages: int
    embedded: int
    reused: int
    seconds: float


class Changed(_Event, frozen=True, tag="changed"):
    """So many files became searchable, and ceased to be. At most one a second."""

    files: int
    removed: int


class Device(_Event, frozen=True, tag="device"):
    """The device that the model really runs on; `reason` and `hint` when that changed, or a GPU cannot be
    used.
    """

    device: str
    model: str | None
    reason: str | None = None
    hint: str | None = None


class Warned(_Event, frozen=True, tag="warning"):
    """A warning for the person; `path` where it is about a file, `code` where nothing goes on until it is
    over.
    """

    message: str
    path: str | None = None
    code: str | None = None


class Done(_Event, frozen=True, tag="done"):
    """The run ended; the fields are those of `IndexReport`."""

    files: int
    ignored: int
    left_out: dict[str, int]
    passages: int
    embedded: int
    reused: int
    removed: int
    skipped: tuple[SkippedItem, ...]
    seconds: Seconds
    device: str | None
    model: str | None

    def as_json(self) -> dict[str, Any]:
        """The report with the names of the contract."""
        fields: dict[str, Any] = msgspec.to_builtins(self)
        del fields["event"]
        return fields | {"skipped": list(fields["skipped"])}


class Failed(_Event, frozen=True, tag="error"):
    """The run ended with an error; the fields are those of `MagrayError`."""

    code: str
    message: str
    hint: str


class Step(_Event, frozen=True, tag="step"):
    """Something begins that is no run of an indexer, in a few words."""

    message: str


class Result(_Event, frozen=True, tag="result"):
    """An operation other than indexing ended; `value`: its result in JSON."""

    value: dict[str, Any]


Event = (
    Start
    | Progress
    | LexicalReady
    | SemanticReady
    | Changed
    | Device
    | Warned
    | Done
    | Failed
    | Step
    | Result
)


def decode(line: bytes | str) -> Event | None:
    """The event that a line of JSON holds, None for a line that is none."""
    try:
        # Not msgspec's own parser, which refuses the halves of surrogate pairs that stand in names of files.
        return msgspec.convert(json.loads(line), Event)
    except (ValueError, msgspec.ValidationError):
        return None
