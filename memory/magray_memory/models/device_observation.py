"""Device observation: the device that the model last ran on, stored in the home by that process.

`status` must not load a model to say where it runs, and what a library promises is not what it does: so
whoever really ran the model writes down what the session said. Only information: a failure to write it is
nobody's problem.
"""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from magray_memory import atomic_file

if TYPE_CHECKING:
    from pathlib import Path

_NAME = "device.json"
_REPEAT_SECONDS = 60.0
_MAX_BYTES = 10_000
_log = logging.getLogger(__name__)


class Observation(NamedTuple):
    """`actual` is None when no model could run; then `reason` says why. `observed_at` is in UTC seconds."""

    requested: str
    actual: str | None
    observed_at: float
    reason: str | None = None
    model: str | None = None
    hint: str = ""

    def as_json(self) -> dict[str, Any]:
        """The contract's `device`."""
        when = datetime.fromtimestamp(self.observed_at, UTC).isoformat(timespec="seconds")
        return {
            "requested": self.requested,
            "actual": self.actual,
            "observed_at": when,
            "reason": self.reason,
        }


def last_observation(home: Path) -> Observation | None:
    """What was written last, None when nothing was or it cannot be read."""
    try:
        with (home / _NAME).open("rb") as file:
            value: Any = json.loads(file.read(_MAX_BYTES))
        seen = Observation(
            requested=str(value["requested"]),
            actual=None if value["actual"] is None else str(value["actual"]),
            observed_at=float(value["observed_at"]),
            reason=None if value.get("reason") is None else str(value["reason"]),
            model=None if value.get("model") is None else str(value["model"]),
            hint=str(value.get("hint", "")),
        )
        seen.as_json()
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
    return seen


def observe(
    home: Path, requested: str, actual: str | None, reason: str | None, model: str | None, hint: str = ""
) -> None:
    """Leave an observation in a home that is there, unless the same was seen within the last minute."""
    now = time.time()
    seen = last_observation(home)
    new = Observation(requested, actual, now, reason, model, hint)
    if seen is not None and now - seen.observed_at < _REPEAT_SECONDS and _same(seen, new):
        return
    try:
        atomic_file.write_text(home / _NAME, json.dumps(new._asdict()))
    except OSError as error:
        _log.debug("the device in use could not be stored: %s", error)


def _same(one: Observation, other: Observation) -> bool:
    return (one.requested, one.actual, one.reason, one.model) == (
        other.requested,
        other.actual,
        other.reason,
        other.model,
    )
