"""Import report: what became of the items of a source."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_LISTED = 1_000


class Conflict(NamedTuple):
    """An item that was changed in its source and here since it was imported or exported: both are kept.
    `record`: the one that was here; `copy`: the one that the item became, empty in a dry run.
    """

    path: str
    record: str
    copy: str


class SkippedItem(NamedTuple):
    """An item that should have been taken and was not."""

    path: str
    reason: str


@dataclass(slots=True)
class Imported:
    """Counts of items. `duplicates`: their text is a record's already; `renumbered`: records that could not
    keep their id; `left_out`: by rule; `redacted`: secrets that were taken out, by kind.
    """

    importer: str
    about: str
    """What the source was taken for."""
    dry_run: bool = False
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    renumbered: int = 0
    conflicts: list[Conflict] = field(default_factory=list[Conflict])
    left_out: dict[str, int] = field(default_factory=dict[str, int])
    skipped: list[SkippedItem] = field(default_factory=list[SkippedItem])
    more_skipped: int = 0
    """Those that are not listed."""
    redacted: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def taken(self) -> int:
        """Records that came, or changed."""
        return self.created + self.updated

    @property
    def found(self) -> int:
        """Items that are records now, whether they came or were there."""
        return self.taken + self.unchanged + self.duplicates + len(self.conflicts)

    @property
    def all_skipped(self) -> int:
        """Items that were skipped."""
        return len(self.skipped) + self.more_skipped

    def leave_out(self, rule: str) -> None:
        """Count something that is no record by rule."""
        self.left_out[rule] = self.left_out.get(rule, 0) + 1

    def skip(self, path: str, reason: str) -> None:
        """Note an item that should have been taken."""
        if len(self.skipped) < _LISTED:
            self.skipped.append(SkippedItem(path, reason))
        else:
            self.more_skipped += 1

    def redact(self, counts: Mapping[str, int]) -> None:
        """Count secrets that were taken out."""
        for kind, count in counts.items():
            self.redacted[kind] = self.redacted.get(kind, 0) + count

    def as_json(self) -> dict[str, Any]:
        """All of it, with the importer as `from`."""
        return {
            "from": self.importer,
            "dry_run": self.dry_run,
            "created": self.created,
            "updated": self.updated,
            "unchanged": self.unchanged,
            "duplicates": self.duplicates,
            "renumbered": self.renumbered,
            "conflicts": [conflict._asdict() for conflict in self.conflicts],
            "left_out": dict(self.left_out),
            "skipped": [item._asdict() for item in self.skipped],
            "more_skipped": self.more_skipped,
            "redacted": dict(self.redacted),
        }
