"""The component `skipped_files`: what should be in the index and is not, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.errors import StorageError
from magray_memory.health.report import Component, Severity
from magray_memory.indexing.skip import Skip, SkipReason
from magray_memory.storage.skipped_files import failed
from magray_memory.storage.vault import Vault

if TYPE_CHECKING:
    from magray_memory.health.checks import HealthContext

_LISTED = 200


def skipped_files(context: HealthContext) -> Component | None:
    """The files of this workspace that could not be indexed when they were last read; None without any."""
    current = context.current
    if current is None or current.problem:
        return None
    try:
        vault = Vault.find(current.path, kind=current.kind, root=current.root)
        if vault is None:
            return None
        with vault:
            files = failed(vault)
    except StorageError:
        return None
    if not files:
        return None
    reasons = {file.path: Skip(SkipReason(file.reason), file.detail).sentence for file in files[:_LISTED]}
    first = files[0].path
    rest = f" and {len(files) - 1:,} more" if len(files) > 1 else ""
    detail = {"count": len(files), "files": reasons}
    summary = f"{first}{rest} not indexed: {reasons[first]}"
    return Component("skipped_files", Severity.INFO, summary, detail)
