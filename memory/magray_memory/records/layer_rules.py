"""Layer rules: when a record rises, fades or leaves, and the reason in words.

A record rises by days of use, never by the number of uses: a program that opens one a hundred times in an
hour has used it on one day. It leaves by its age alone, so that everybody can tell when it will. Between the
two lies a margin, so that a record that fades does not rise again by what it was: it rises only while it was
used lately, and its days of use count anew in each layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from magray_memory.config import LayerSettings
    from magray_memory.storage.layers import Aging

HOUR, DAY = 3_600.0, 86_400.0
LATELY = 2 / 3
"""Share of the time after which a record fades in which it must have been used to rise."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules of the three layers, with nothing left open. See `config.LayerSettings`."""

    interact_hours: int
    insights_days: int
    trash_days: int
    insights_after: int
    assets_after: int
    importance: float
    notice_hours: int

    def rises_to(self, record: Aging, now: float) -> tuple[str, str] | None:
        """The layer that a record rises to, and why; None for one that stays."""
        if record.trashed_at is not None or record.layer == "assets":
            return None
        if record.pinned:
            return "assets", "it is pinned"
        if now - record.age_from > LATELY * self.insights_days * DAY:
            return None
        if record.layer == "interact":
            if record.importance >= self.importance:
                return "insights", f"its importance is {record.importance:g} ({self.importance:g} is enough)"
            wanted, above = self.insights_after, "insights"
        else:
            wanted, above = self.assets_after, "assets"
        if record.days_used < wanted:
            return None
        return above, f"it was used on {_count(record.days_used, 'day')} ({wanted} are enough)"

    def limit(self, place: str) -> float:
        """Seconds after which a record leaves a layer, or the trash, where nothing is done with it."""
        if place == "interact":
            return self.interact_hours * HOUR
        return (self.insights_days if place == "insights" else self.trash_days) * DAY

    @property
    def notice(self) -> float:
        """Seconds between the first run that finds a record due and the one that moves it."""
        return self.notice_hours * HOUR

    def why_it_leaves(self, record: Aging, now: float) -> str:
        """Why a record that is due leaves where it is."""
        if record.trashed_at is not None:
            return (
                f"in the trash for {_span(now - record.trashed_at)} (it keeps {_span(self.limit('trash'))})"
            )
        age, kept = _span(now - record.age_from), _span(self.limit(record.layer))
        return f"not used for {age} ({record.layer} keeps {kept})"

    def is_due(self, record: Aging, now: float) -> bool:
        """Whether a record is old enough to leave where it is."""
        if record.trashed_at is not None:
            return now - record.trashed_at >= self.limit("trash")
        if record.layer == "assets" or record.pinned:
            return False
        return now - record.age_from >= self.limit(record.layer)


PROFILES = {
    "keep-most": Rules(168, 365, 90, 1, 3, 0.6, 24),
    "balanced": Rules(24, 90, 30, 2, 5, 0.8, 24),
    "tidy": Rules(12, 30, 14, 3, 8, 0.9, 24),
}


def rules_of(settings: LayerSettings) -> Rules:
    """The rules of the profile, with what the settings say otherwise."""
    profile = PROFILES[settings.profile]
    return Rules(
        settings.interact_hours or profile.interact_hours,
        settings.insights_days or profile.insights_days,
        settings.trash_days or profile.trash_days,
        settings.insights_after or profile.insights_after,
        settings.assets_after or profile.assets_after,
        settings.importance or profile.importance,
        settings.notice_hours,
    )


def _span(seconds: float) -> str:
    """A time in whole hours, from two days on in whole days."""
    hours = max(0, int(seconds // HOUR))
    return _count(hours, "hour") if hours < 48 else _count(hours // 24, "day")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
