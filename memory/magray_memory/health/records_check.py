"""Health of the records: whether the notebook can be read, and how much of it is found by meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.health.report import Component, Severity

if TYPE_CHECKING:
    from magray_memory.health.checks import HealthContext

_NAME = "records"


def records(context: HealthContext) -> Component | None:
    """The records of the notebook; None where there is none."""
    notebook = next((vault for vault in context.vaults if not vault.kind.derived), None)
    if notebook is None:
        return None
    if notebook.problem:
        why = f"the notebook cannot be read: {notebook.problem}"
        return Component(_NAME, Severity.CRITICAL, why, {"path": str(notebook.path)}, "magray doctor --fix")
    kept = notebook.files - notebook.trashed
    detail = {
        "records": kept,
        "trashed": notebook.trashed,
        "passages": notebook.passages,
        "pending": notebook.pending,
        "bytes": notebook.bytes,
        "redacted": dict(notebook.redacted),
    }
    summary = f"{kept:,} record{'s' * (kept != 1)}, {notebook.trashed:,} in the trash"
    if notebook.pending and context.model_problem is None:
        why = f"{summary}; {notebook.pending:,} passages are still found by words only"
        return Component(_NAME, Severity.INFO, why, detail, "magray index")
    return Component(_NAME, Severity.OK, summary, detail)
