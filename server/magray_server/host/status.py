"""Status of a long-lived host: what `status` says, with the host's indexers and its session's figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from magray_server.host.jobs import State

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from magray_memory.session import Session
    from magray_memory.values import Component, Status
    from magray_server.host.jobs import Report


def read_status(session: Session, root: Path | None, reports: Mapping[Path, Report]) -> Status:
    """How everything is, seen from a root. `reports`: what is known of each folder's indexer."""
    status = session.health.status(root)
    figures = session.search.figures()
    return status._replace(
        components=[_completed(component, figures, reports) for component in status.components]
    )


def _completed(component: Component, figures: Any, reports: Mapping[Path, Report]) -> Component:
    if component.name == "vector_cache":
        return component._replace(detail={**component.detail, "session": figures})
    if component.name == "indexer":
        return _with_indexers(component, reports)
    return component


def _with_indexers(component: Component, reports: Mapping[Path, Report]) -> Component:
    from magray_memory.values import Severity

    indexers = [
        {
            "root": str(root),
            "state": report.state.value,
            "message": report.message,
            "pid": report.pid,
            "restarts": report.restarts,
        }
        for root, report in reports.items()
    ]
    component = component._replace(detail={**component.detail, "server": indexers})
    failed = next((report for report in reports.values() if report.state is State.FAILED), None)
    if failed is None or component.severity not in (Severity.OK, Severity.INFO):
        return component
    what = "cannot continue" if failed.trouble else "keeps ending"
    return component._replace(severity=Severity.WARNING, summary=f"the indexer {what}: {failed.message}")
