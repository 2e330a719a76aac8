"""Time reader: the tokens of a question read as times, in English and Russian.

Single times are read by `relative_times` and `dated_times`. Here they are joined: since and before, from …
to, the beginning of, the morning of, the last week of.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from magray_memory.search import time_words as words
from magray_memory.search.dated_times import MIN_YEAR, DatedTimes
from magray_memory.search.local_calendar import DAY, Calendar, LocalSpan, at_hours, one_day
from magray_memory.search.relative_times import RelativeTimes, hours_of

if TYPE_CHECKING:
    from magray_memory.search.relative_times import Found
    from magray_memory.search.time_tokens import Sentence

_WEEK = 7 * DAY
_HALF_YEAR = 181 * DAY


class TimeReader:
    """Reads the tokens of a question as times, seen from `now`, a local time."""

    def __init__(self, sentence: Sentence, now: datetime) -> None:
        self._s = sentence
        self._calendar = Calendar(now)
        self._relative = RelativeTimes(sentence, self._calendar)
        self._dated = DatedTimes(sentence, self._calendar)

    def phrase(self, at: int) -> Found | None:
        """A time with what stands before it: since, before, after, from … to, between … and."""
        if self._s.fits("between|между", at):
            return self._range(at + 1, words.AND)
        if self._s.fits("from|с|со", at):
            found = self._range(at + 1, words.AND) or self._onwards(at + 1)
            if found is not None:
                return found
        found = self._range(at, words.JOINED)
        if found is not None:
            return found
        for pattern, read in (
            (words.SINCE, self._since),
            (words.BEFORE, self._before),
            (words.AFTER, self._after),
        ):
            if self._s.fits(pattern, at):
                found = read(at + 1)
                if found is not None:
                    return found
        return self._within(at)

    def _within(self, at: int) -> Found | None:
        """A time behind prepositions, which make a month of "may" and a year of a number."""
        begin = self._s.skip(words.IN, at)
        said = any(self._s.word(place) != "the" for place in range(at, begin))
        return self._atom(begin, said=said)

    def _after_word(self, at: int) -> Found | None:
        """A time behind "since" and the like, with or without a preposition."""
        return self._atom(self._s.skip(words.IN, at), said=True)

    def _onwards(self, at: int) -> Found | None:
        """ "from March on"."""
        found = self._after_word(at)
        if found is None or not self._s.fits(words.ONWARDS, found[1]):
            return None
        return self._until_now(found[0]), found[1] + 1

    def _until_now(self, span: LocalSpan) -> LocalSpan:
        return span._replace(until=max(self._calendar.tomorrow, span.until))

    def _since(self, at: int) -> Found | None:
        found = self._after_word(at)
        return None if found is None else (self._until_now(found[0]), found[1])

    def _before(self, at: int) -> Found | None:
        found = self._after_word(at)
        if found is None:
            return None
        span, end = found
        at_end = self._s.fits(words.PARTS["end"], self._s.skip("the", at))  # "until the end of March"
        return span._replace(since=datetime(MIN_YEAR, 1, 2), until=span.until if at_end else span.since), end

    def _after(self, at: int) -> Found | None:
        found = self._after_word(at)
        if found is None:
            return None
        span, end = found
        return span._replace(since=span.until, until=max(self._calendar.tomorrow, span.until + DAY)), end

    def _range(self, at: int, joined: str) -> Found | None:
        """Two times with a word between them; "с 1 по 5 марта": the first may lack its month."""
        begin = self._s.skip(words.IN, at)
        found = self._days_of(begin, joined)
        if found is not None:
            return found
        said = joined == words.AND or begin > at
        first = self._atom(begin, said=said)
        if first is None or not self._s.fits(joined, first[1]):
            return None
        second = self._after_word(first[1] + 1)
        if second is None:
            return None
        span, (last, end) = first[0], second
        if last.until <= span.since:
            # "Monday to Friday", "с октября по март": the latest ones that follow each other.
            earlier = TimeReader(self._s, last.until - DAY)._atom(begin, said=said)
            span = span if earlier is None else earlier[0]
        if last.until <= span.since:
            return None
        return LocalSpan(span.since, last.until, span.relative or last.relative), end

    def _days_of(self, at: int, joined: str) -> Found | None:
        first = self._s.day(at)
        if first is None or not self._s.fits(joined, first[1]):
            return None
        begin = self._s.skip(words.IN, first[1] + 1)
        second = None if self._s.day(begin) is None else self._atom(begin, said=True)
        if second is None or second[0].until - second[0].since != DAY or first[0] > second[0].since.day:
            return None
        return second[0]._replace(since=second[0].since.replace(day=first[0])), second[1]

    def _atom(self, at: int, *, said: bool) -> Found | None:
        """One time, and the part of the day or the day of the week that is said with it. `said`: a
        preposition or the like stands before it.
        """
        if at >= len(self._s.tokens):
            return None
        found = self._part_of_day(at) or self._whole(at, said)
        if found is None:
            return None
        span, end = found
        if span.until - span.since == _WEEK and span.relative:
            begin = self._s.skip(rf"{words.IN}|'|’|s|,", end)
            number = self._s.weekday(begin)
            return found if number is None else (_day_of(span, number), begin + 1)
        if span.until - span.since != DAY:
            return found
        begin = self._s.skip(r"in|at|the|с|,", end)
        hours = hours_of(self._s.word(begin))
        return found if hours is None else (at_hours(span, hours), begin + 1)

    def _whole(self, at: int, said: bool) -> Found | None:
        """The time itself."""
        for read in (
            self._numbered_part, self._part, self._weekday, *self._relative.readers, *self._dated.readers,
        ):  # fmt: skip
            found = read(at, said)
            if found is not None:
                return found
        return None

    def _part_of_day(self, at: int) -> Found | None:
        """ "the morning of March 3", "вечером в пятницу", "утром 3 марта"."""
        hours = hours_of(self._s.word(at))
        begin = self._s.skip(words.IN, at + 1)
        if hours is None or (begin == at + 1 and self._s.word(at).isascii()):
            return None
        day = self._whole(begin, said=True)
        return (at_hours(day[0], hours), day[1]) if day and day[0].until - day[0].since == DAY else None

    def _weekday(self, at: int, said: bool) -> Found | None:
        """ "on Monday", "Monday of last week", "Tuesday two weeks ago"."""
        found = self._relative.weekday(at, said)
        number = self._s.weekday(at)
        if number is None:
            return found
        begin = self._s.skip(words.IN, at + 1)
        for read in self._relative.readers:
            week = read(begin, True)
            if week is not None and week[0].until - week[0].since == _WEEK:
                return _day_of(week[0], number), week[1]
        return found

    def _part(self, at: int, _: bool) -> Found | None:
        """ "the beginning of March", "в конце прошлого года", "в первых числах мая": a third of it."""
        part = self._s.one_of(tuple(words.PARTS.values()), at)
        begin = at + 1
        if self._s.fits(words.DATES_OF_MONTH, begin):
            part = 0 if self._s.fits(words.ORDINALS[0], at) else 2 if self._s.fits(words.PAST, at) else None
            begin += 1
        whole = None if part is None else self._around_part(begin)
        if whole is None or part is None:
            return None
        span, end = whole
        third = (span.until - span.since) / 3
        start = span.since + third * part
        return span._replace(since=start, until=start + third), end

    def _around_part(self, at: int) -> Found | None:
        """What a part is of: a time, or the week, month, quarter or year of now."""
        begin = self._s.skip("of|the|-|in", at)
        unit = self._s.unit(begin)
        if unit is not None and unit in ("week", "month", "quarter", "year", "decade"):
            span = self._calendar.unit(unit, 0)
            return None if span is None else (span, begin + 1)
        return self._atom(begin, said=True)

    def _numbered_part(self, at: int, _: bool) -> Found | None:
        """ "the last week of March", "the first half of 2025", "во второй половине года", "первый понедельник
        марта".
        """
        last = self._s.fits(f"{words.LAST}|{words.PAST}", at)
        named = (-1, at + 1) if last else self._s.ordinal(at)
        if named is None:
            return None
        number, begin = named
        half = self._s.fits(words.HALF, begin)
        unit, weekday = self._s.unit(begin), self._s.weekday(begin)
        if not half and weekday is None and unit not in ("day", "week", "month", "quarter"):
            return None
        # In Russian the genitive alone says what it is of.
        whole = self._around_part(begin + 1)
        if whole is None or (self._s.word(begin).isascii() and not self._s.fits("of|in", begin + 1)):
            return None
        span = self._nth(whole[0], number, "half" if half else weekday if unit is None else unit)
        return None if span is None else (span, whole[1])

    def _nth(self, span: LocalSpan, number: int, unit: str | int | None) -> LocalSpan | None:
        since, until = span.since, span.until
        if unit == "half":
            halves = (until - since) // _HALF_YEAR
            if halves:
                return self._dated.nth_months(span, number, 3 * halves)
            middle = since + (until - since) / 2
            return span._replace(until=middle) if number == 1 else span._replace(since=middle)
        if isinstance(unit, int):
            days = [day for n in range((until - since).days) if (day := since + n * DAY).weekday() == unit]
            index = number if number < 0 else number - 1
            return one_day(days[index].date()) if -len(days) <= index < len(days) else None
        if unit in ("month", "quarter"):
            return self._dated.nth_months(span, number, 1 if unit == "month" else 3)
        length = DAY if unit == "day" else _WEEK
        start = until - length if number < 0 else since + (number - 1) * length
        return span._replace(since=start, until=min(start + length, until)) if start < until else None


def _day_of(week: LocalSpan, weekday: int) -> LocalSpan:
    """A day of the calendar's week that the middle of a span lies in."""
    middle = week.since + (week.until - week.since) / 2
    return one_day((middle + (weekday - middle.weekday()) * DAY).date(), relative=True)
