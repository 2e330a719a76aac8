"""Result of `optimize`: its steps, with what each of them won."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Step:
    """One step that was done, or with `dry_run` would be. `bytes`: won (negative: taken); `ms`: won for a
    search, None where nothing was measured; `problem`: why it could not be done.
    """

    what: str
    place: str
    message: str
    bytes: int = 0
    ms: float | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Optimized:
    """Every step of a run, and its seconds."""

    steps: Sequence[Step]
    dry_run: bool
    seconds: float

    @property
    def bytes(self) -> int:
        """Bytes won by all of it; negative: taken."""
        return sum(step.bytes for step in self.steps)

    @property
    def problems(self) -> list[Step]:
        """The steps that could not be done."""
        return [step for step in self.steps if step.problem]

    def as_json(self) -> dict[str, Any]:
        """JSON of `optimize --json`."""
        return {
            "dry_run": self.dry_run,
            "bytes": self.bytes,
            "seconds": self.seconds,
            "steps": [asdict(step) for step in self.steps],
        }
