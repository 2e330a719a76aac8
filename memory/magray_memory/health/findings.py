"""What the doctor finds: a sentence each, how bad it is, and what would mend it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from magray_memory.health.report import Severity


class Remedy(StrEnum):
    """What mends a finding; only the last one touches what is not derived."""

    NONE = ""
    REINDEX = "reindex"
    """Build SQLite's own indexes again."""
    SCHEMA = "schema"
    """Make missing indexes and triggers again."""
    COUNTERS = "counters"
    """Count again."""
    LEXICAL = "lexical"
    """Build the lexical index again."""
    VECTORS = "vectors"
    """Forget unsound vectors; they are embedded again."""
    EMBED = "embed"
    """Index the workspace again: what has no vector gets one."""
    REREAD = "reread"
    """Have the next run of the indexer read the files again whose passages are not what was stored."""
    SNAPSHOTS = "snapshots"
    """Drop the index snapshots and write new ones."""
    REMOVE = "remove"
    """Remove a file that nothing needs."""
    ASIDE = "aside"
    """Move away what stands where something else belongs."""
    CACHE = "cache"
    """Begin the vector cache again."""
    PERMISSIONS = "permissions"
    """Let the person read and write, and nobody else."""
    RENEW = "renew"
    """Set a damaged workspace vault aside and index the workspace again."""
    SALVAGE = "salvage"
    """Copy what can be read of a damaged notebook into a new one, keeping the damaged one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be. `path`: the file it is about; `mended`: what was done."""

    check: str
    severity: Severity
    message: str
    path: str = ""
    hint: str = ""
    remedy: Remedy = Remedy.NONE
    mended: str = ""

    @property
    def is_error(self) -> bool:
        """Whether something fails, or answers wrongly, as long as this remains."""
        return self.severity.rank >= Severity.CRITICAL.rank

    def as_json(self) -> dict[str, Any]:
        """As the child tells its parent, and `doctor --json` the world."""
        return {**asdict(self), "severity": self.severity.value, "remedy": self.remedy.value or None}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Finding:
        """What `as_json` gave. Raises KeyError, TypeError, ValueError for anything else."""
        return cls(
            check=value["check"],
            severity=Severity(value["severity"]),
            message=value["message"],
            path=value["path"],
            hint=value["hint"],
            remedy=Remedy(value["remedy"] or ""),
        )
