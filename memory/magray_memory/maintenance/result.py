"""Result of `optimize`: its steps, with what each of them won."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from magray_memory.records.layers import Moves


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


@dataclass(frozen=True, slots=True)
class Cleaned:
    """The records that left or will, and the files that are gone or, with `dry_run`, would be."""

    records: Moves
    steps: Sequence[Step] = ()

    @property
    def bytes(self) -> int:
        """Bytes of the files."""
        return sum(step.bytes for step in self.steps)

    @property
    def whole(self) -> bool:
        """Whether everything that should have gone is gone."""
        purged = self.records.purged
        return (purged is None or purged.whole) and not any(step.problem for step in self.steps)

    def as_json(self) -> dict[str, Any]:
        """JSON of `clean --json`: that of the records, with `steps` and `bytes` of the files."""
        steps = [asdict(step) for step in self.steps]
        return {**self.records.as_json(), "bytes": self.bytes, "steps": steps}
