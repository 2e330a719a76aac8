"""Findings of the doctor: a sentence each, how bad it is, and the remedy."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from magray_memory.health.report import Severity

FIX = "magray doctor --fix"
"""The hint of a finding that has a remedy."""


class Remedy(StrEnum):
    """What repairs a finding; only SALVAGE and REDACT touch what is not derived. The values are what programs
    read.
    """

    NONE = ""
    REINDEX = "reindex"
    """Rebuild SQLite's own indexes."""
    SCHEMA = "schema"
    """Rebuild missing indexes and triggers."""
    COUNTERS = "counters"
    """Recount."""
    LEXICAL = "lexical"
    """Rebuild the lexical index."""
    VECTORS = "vectors"
    """Remove unsound vectors; they are embedded again."""
    EMBED = "embed"
    """Index the workspace: what has no vector gets one."""
    REREAD = "reread"
    """Have the next run of the indexer read the files again whose passages are not what was stored."""
    SNAPSHOTS = "snapshots"
    """Remove the index snapshots and write new ones."""
    RECORDS = "records"
    """Make the passages of records that have none."""
    REDACT = "redact"
    """Take out of records what former rules of redaction left in them."""
    REMOVE = "remove"
    """Remove a file that nothing needs."""
    QUARANTINE = "quarantine"
    """Rename what stands where something else belongs."""
    CACHE = "cache"
    """Remove the vector cache; it fills again."""
    PERMISSIONS = "permissions"
    """Let the person read and write, and nobody else."""
    REBUILD = "renew"
    """Quarantine a damaged workspace vault and index the workspace again."""
    SALVAGE = "salvage"
    """Copy what can be read of a damaged notebook into a new one, and quarantine the damaged one."""

    @property
    def replaces_vault(self) -> bool:
        """Whether the whole vault is replaced, so that no other finding in it matters."""
        return self in (Remedy.REBUILD, Remedy.SALVAGE)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be. `path`: the file it is about; `repaired`: what was done."""

    check: str
    severity: Severity
    message: str
    path: str = ""
    hint: str = ""
    remedy: Remedy = Remedy.NONE
    repaired: str = ""

    @property
    def is_error(self) -> bool:
        """Whether something fails, or answers wrongly, as long as this remains."""
        return self.severity.rank >= Severity.CRITICAL.rank

    def as_json(self) -> dict[str, Any]:
        """JSON of `doctor --json`."""
        values = asdict(self)
        values["mended"] = values.pop("repaired")
        return {**values, "severity": self.severity.value, "remedy": self.remedy.value or None}
