"""Calendar: days, weeks, months and quarters seen from a moment, in local time without a zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

DAY = timedelta(days=1)
_DAYS = {
    "minute": 1 / 1440, "half hour": 1 / 48, "hour": 1 / 24, "day": 1.0, "week": 7.0, "weekend": 7.0,
    "fortnight": 14.0, "half month": 15.0,
}  # fmt: skip
_MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12, "decade": 120}


class LocalSpan(NamedTuple):
    """Local times, the end not included; `relative`: said from today on; `slack`: how much earlier and later
    than what was said they begin and end, since "a month ago" is said of no day.
    """

    since: datetime
    until: datetime
    relative: bool
    slack: timedelta = timedelta(0)


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


def at_hours(day: LocalSpan, hours: tuple[int, int]) -> LocalSpan:
    """The hours of a day, from and to."""
    begin, end = (day.since + timedelta(hours=hour) for hour in hours)
    return day._replace(since=begin, until=end)


class Calendar:
    """The calendar as seen from `now`, a local time."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.today = midnight(now)
        self.tomorrow = self.today + DAY

    def back(self, unit: str, count: float) -> datetime | None:
        """The moment so many units before now."""
        days = _DAYS.get(unit)
        try:
            if days is not None:
                return self.now - DAY * days * count
            count_back = round(_MONTHS[unit] * count)
            begin, end = months(self.now.year, self.now.month - count_back)
            return begin.replace(
                day=min(self.now.day, (end - DAY).day), hour=self.now.hour, minute=self.now.minute
            )
        except (OverflowError, ValueError):
            return None

    def around(self, then: datetime, unit: str, count: float) -> LocalSpan:
        """What is meant by a moment that lies so many units back: the further, the less exactly."""
        if unit in ("minute", "half hour", "hour"):
            slack, whole = timedelta(minutes=5 if unit == "minute" else 30), timedelta(0)
        else:
            days = {"day": 0, "week": 3, "fortnight": 3, "half month": 3, "month": 10}.get(unit)
            if days is None:
                days = max(45, round(22.5 * count * _MONTHS[unit] / 12))
            then, slack, whole = midnight(then), DAY * days, DAY
        return LocalSpan(then - slack, then + slack + whole, True, slack)

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
        if unit == "fortnight":
            return LocalSpan(today - 14 * back * DAY, today + (14 * (1 - back) + 1) * DAY, True)
        length = _MONTHS.get(unit)
        if length is None:
            return None
        since = today.year % 10 * 12 if unit == "decade" else 0
        first = (since + today.month - 1) // length * length + 1 - since - back * length
        return LocalSpan(*months(today.year, first, length), True)
