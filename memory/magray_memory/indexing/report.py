"""Index report: the result of a run of the indexer, and its JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Seconds:
    """How long the phases took; None for one that did not run."""

    lexical: float
    semantic: float | None


@dataclass(frozen=True, slots=True)
class SkippedItem:
    """A file that should have been indexed and was not; reported by the run that finds it so."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What the vault holds now, and what a run did for it.

    `ignored`: entries left out by rule (a folder counts once), `left_out`: the same by the name of each rule;
    `embedded` and `reused`: passages whose vector was made and known; `removed`: files; `device` and `model`
    are None when no model ran or could run.
    """

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
        return {
            "files": self.files,
            "ignored": self.ignored,
            "left_out": self.left_out,
            "passages": self.passages,
            "embedded": self.embedded,
            "reused": self.reused,
            "removed": self.removed,
            "skipped": [{"path": item.path, "reason": item.reason} for item in self.skipped],
            "seconds": {"lexical": self.seconds.lexical, "semantic": self.seconds.semantic},
            "device": self.device,
            "model": self.model,
        }
