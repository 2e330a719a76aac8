"""Calendar: days, weeks, months and quarters seen from a moment, in local time without a zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

DAY = timedelta(days=1)


class LocalSpan(NamedTuple):
    """Local times, the end not included; `relative`: said from today on."""

    since: datetime
    until: datetime
    relative: bool


def seconds(local: datetime) -> float:
    """UTC seconds of a local time; by the zone's rules of that day."""
    try:
        return local.timestamp()
    except (OverflowError, OSError, ValueError):
        return 0.0


def midnight(moment: datetime) -> datetime:
    """The beginning of a day."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def months(year: int, month: int, count: int = 1) -> tuple[datetime, datetime]:
    """The begin of a month (which may be beyond 1…12), and that of the one `count` later."""

    def begin(number: int) -> datetime:
        return datetime(year + (number - 1) // 12, (number - 1) % 12 + 1, 1)

    return begin(month), begin(month + count)


def one_day(day: date, *, relative: bool = False) -> LocalSpan:
    """The span of a day."""
    begin = datetime(day.year, day.month, day.day)
    return LocalSpan(begin, begin + DAY, relative)


class Calendar:
    """The calendar as seen from `now`, a local time."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.today = midnight(now)
        self.tomorrow = self.today + DAY

    def back(self, unit: str, count: float) -> datetime | None:
        """The moment so many units before now."""
        days = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1.0, "week": 7.0, "weekend": 7.0}.get(unit)
        try:
            if days is not None:
                return self.now - DAY * days * count
            count_back = round({"month": 1, "quarter": 3, "half": 6}.get(unit, 12) * count)
            begin, end = months(self.now.year, self.now.month - count_back)
            return begin.replace(
                day=min(self.now.day, (end - DAY).day), hour=self.now.hour, minute=self.now.minute
            )
        except (OverflowError, ValueError):
            return None

    def unit(self, unit: str, back: int) -> LocalSpan | None:
        """The unit of the calendar that is `back` before the one of now."""
        today = self.today
        monday = today - DAY * today.weekday()
        if unit == "day":
            return one_day((today - back * DAY).date(), relative=True)
        if unit == "week":
            return LocalSpan(monday - 7 * back * DAY, monday + 7 * (1 - back) * DAY, True)
        if unit == "weekend":
            saturday = monday + 5 * DAY - 7 * DAY * (back - (today.weekday() >= 5 and back == 0))
            saturday = saturday if saturday <= today else saturday - 7 * DAY
            return LocalSpan(saturday, saturday + 2 * DAY, True)
        length = {"month": 1, "quarter": 3, "half": 6, "year": 12}.get(unit)
        if length is None:
            return None
        first = (today.month - 1) // length * length + 1 - back * length
        return LocalSpan(*months(today.year, first, length), True)
