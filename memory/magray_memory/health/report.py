"""Health report: components with a severity each, and the worst of them for the whole."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Severity(StrEnum):
    """From good to bad: `info` is a notice, `warning` works with limits, `critical` fails."""

    OK = "ok"
    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"
    FATAL = "fatal"

    @property
    def rank(self) -> int:
        """How bad it is, from 0 for good."""
        return list(Severity).index(self)


_NO_DETAIL: Mapping[str, Any] = MappingProxyType({})


class Component(NamedTuple):
    """One part of the program as it is now: a summary in words, the numbers behind it, and what to do."""

    name: str
    severity: Severity
    summary: str
    detail: Mapping[str, Any] = _NO_DETAIL
    hint: str = ""

    def as_json(self) -> dict[str, Any]:
        """As the contract of `status` names it."""
        return {
            "name": self.name,
            "severity": self.severity.value,
            "summary": self.summary,
            "detail": dict(self.detail),
            "hint": self.hint,
        }


def worst(components: list[Component]) -> Severity:
    """The severity of the whole."""
    return max((component.severity for component in components), key=lambda s: s.rank, default=Severity.OK)
