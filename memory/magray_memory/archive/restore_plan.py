"""What a restore changes, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from magray_memory.archive.manifest import Manifest


@dataclass(frozen=True, slots=True)
class RestorePlan:
    """What a restore changes. The lists have the titles of some of the records."""

    archive: Path
    manifest: Manifest
    merge: bool
    added: int
    changed: int
    removed: int
    purged: int
    """Records of the archive that were removed for good since: they stay away."""
    settings: bool
    """Whether the settings change."""
    damaged: bool = False
    """Whether the notebook of now cannot be read: a copy of it is kept as it is."""
    examples: Mapping[str, Sequence[str]] = field(default_factory=dict[str, "Sequence[str]"])


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored or, with `dry_run`, would be. `safety`: the file with the state before; None where
    there was none. `conflicts`: of a merge, a sentence each.
    """

    plan: RestorePlan
    dry_run: bool
    seconds: float
    safety: Path | None = None
    conflicts: Sequence[str] = ()
    workspaces: Sequence[Path] = ()
    """Folders whose index came with the archive, since they had none."""

    def as_json(self) -> dict[str, Any]:
        """The plan's numbers and examples, and what became of it."""
        plan = self.plan
        return {
            "archive": str(plan.archive),
            "created": plan.manifest.created_at,
            "merge": plan.merge,
            "dry_run": self.dry_run,
            "records": plan.manifest.counts["records"],
            "added": plan.added,
            "changed": plan.changed,
            "removed": plan.removed,
            "purged": plan.purged,
            "settings": plan.settings,
            "examples": {name: list(titles) for name, titles in plan.examples.items()},
            "safety": None if self.safety is None else str(self.safety),
            "conflicts": list(self.conflicts),
            "workspaces": [str(root) for root in self.workspaces],
            "seconds": self.seconds,
        }
