"""Time reader: the tokens of a question read as times, in English and Russian.

Each reader of one form of a time ("3 days ago", "в марте") takes the place of a token, and returns the span
with the place behind it, or None.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from magray_memory.search import time_words as words
from magray_memory.search.local_calendar import DAY, Calendar, LocalSpan, midnight, months, one_day
from magray_memory.search.time_tokens import Token, fits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MIN_YEAR, MAX_YEAR = 1970, 2199


Found = tuple[LocalSpan, int]
"""A span, and the index of the token behind it."""


def _index(patterns: Iterable[str], word: str) -> int | None:
    return next((number for number, pattern in enumerate(patterns) if fits(pattern, word)), None)


class TimeReader:
    """Reads the tokens of a question as times, seen from `now`, a local time."""

    def __init__(self, tokens: list[Token], now: datetime) -> None:
        self._tokens = tokens
        self._calendar = Calendar(now)

    def phrase(self, at: int) -> Found | None:
        """A time with what stands before it: since, before, after, from … to, between … and."""
        word = self._word(at)
        if word == "between" or fits("между", word):
            return self._range(at + 1)
        if fits("from|с|со", word):
            found = self._range(at + 1)
            if found is not None:
                return found
        found = self._range(at, joined=r"\.\.|-|–|—|/|to|through|по")
        if found is not None:
            return found
        for pattern, read in (
            (words.SINCE, self._since),
            (words.BEFORE, self._before),
            (words.AFTER, self._after),
        ):
            if fits(pattern, word):
                atom = self._atom_after(at + 1)
                if atom is not None:
                    return read(atom[0]), atom[1]
        if fits(words.IN, word):
            return self._within(at)
        return self._atom(at)

    def _within(self, at: int) -> Found | None:
        """A time behind prepositions, which make a month of "may" and a year of a number."""
        begin = at
        while fits(words.IN, self._word(at)) and at - begin < 3:
            at += 1
        return self._atom(at, said=True)

    def _atom_after(self, at: int) -> Found | None:
        return self._within(at) if fits(words.IN, self._word(at)) else self._atom(at, said=True)

    def _since(self, span: LocalSpan) -> LocalSpan:
        return span._replace(until=max(self._calendar.tomorrow, span.until))

    def _before(self, span: LocalSpan) -> LocalSpan:
        return span._replace(since=datetime(MIN_YEAR, 1, 2), until=span.since)

    def _after(self, span: LocalSpan) -> LocalSpan:
        return span._replace(since=span.until, until=max(self._calendar.tomorrow, span.until + DAY))

    def _range(self, at: int, joined: str = words.AND) -> Found | None:
        """Two times with a word between them; "с 1 по 5 марта": the first may lack its month."""
        first = self._atom_after(at)
        if first is None and self._word(at).isdigit() and fits(joined, self._word(at + 1)):
            second = self._atom_after(at + 2)
            day = int(self._word(at))
            if second is not None and 1 <= day <= second[0].since.day:
                return second[0]._replace(since=second[0].since.replace(day=day)), second[1]
            return None
        if first is None or not fits(joined, self._word(first[1])):
            return None
        second = self._atom_after(first[1] + 1)
        if second is None or second[0].until <= first[0].since:
            return None
        return LocalSpan(first[0].since, second[0].until, first[0].relative or second[0].relative), second[1]

    def _atom(self, at: int, *, said: bool = False) -> Found | None:
        """One time without words before it, and the part of the day. `said`: a preposition or the like stands
        before it.
        """
        found = self._whole(at, said) if at < len(self._tokens) else None
        if found is None or found[0].until - found[0].since != DAY:
            return found
        hours = _hours(self._word(found[1]))
        return found if hours is None else (_at_hours(found[0], hours), found[1] + 1)

    def _whole(self, at: int, said: bool) -> Found | None:
        """The time itself."""
        readers: tuple[Callable[[int, bool], Found | None], ...] = (
            self._written,
            self._near_day,
            self._ago,
            self._last_count,
            self._part,
            self._of_calendar,
            self._quarter,
            self._day_and_month,
            self._month_of,
            self._season,
            self._weekday,
            self._year,
        )
        return next((found for read in readers if (found := read(at, said)) is not None), None)

    def _word(self, at: int) -> str:
        return self._tokens[at].text if 0 <= at < len(self._tokens) else ""

    def _written(self, at: int, _: bool) -> Found | None:
        """ISO dates, months, weeks and moments; 3.3.2026."""
        text = self._word(at)
        try:
            if re.match(r"\d{4}-\d{2}-\d{2}t", text):
                moment = datetime.fromisoformat(text.upper())
                local = moment.astimezone().replace(tzinfo=None) if moment.tzinfo else moment
                seconds = re.match(r".{13}:\d{2}:\d{2}", text)
                whole = timedelta(seconds=1) if seconds else timedelta(minutes=1)
                return LocalSpan(local, local + whole, False), at + 1
            if re.fullmatch(r"\d{4}-w\d{2}", text):
                begin = datetime.fromisocalendar(int(text[:4]), int(text[6:]), 1)
                return LocalSpan(begin, begin + 7 * DAY, False), at + 1
            if re.fullmatch(r"\d{4}-\d{2}", text):
                return LocalSpan(*months(int(text[:4]), _number(text[5:], 1, 12)), False), at + 1
            if re.fullmatch(r"\d{4}[-/]\d{2}[-/]\d{2}", text):
                return one_day(date.fromisoformat(text.replace("/", "-"))), at + 1
            if re.fullmatch(r"\d{1,2}\.\d{1,2}\.\d{4}", text):
                day, month, year = map(int, text.split("."))
                return one_day(date(year, month, day)), at + 1
        except (ValueError, OverflowError):
            pass
        return None

    def _near_day(self, at: int, _: bool) -> Found | None:
        word, end = self._word(at), at + 1
        if fits(words.LATELY, word):
            return LocalSpan(self._calendar.today - 14 * DAY, self._calendar.tomorrow, True), end
        if word == "day" and [self._word(at + n) for n in (1, 2)] == ["before", "yesterday"]:
            return one_day((self._calendar.today - 2 * DAY).date(), relative=True), at + 3
        ago = next((days for pattern, days in words.NEAR_DAYS.items() if fits(pattern, word)), None)
        if ago is None and word == "this" and _hours(self._word(end)) is not None:
            ago = 0
        hours = _hours(word) if ago is None and fits(words.PART_ALONE, word) else None
        if hours is not None:  # of today, or yesterday's where that is to come; records may say the word
            day = self._calendar.today - DAY * (self._calendar.now.hour < hours[0])
            return _at_hours(one_day(day.date()), hours), end
        if ago is None:
            night = fits(words.LAST, word) and fits(r"night|ноч(?:ью|ь)", self._word(end))
            return (
                (LocalSpan(self._calendar.today - DAY / 4, self._calendar.today + DAY / 4, True), end + 1)
                if night
                else None
            )
        return one_day((self._calendar.today - ago * DAY).date(), relative=True), end

    def _count(self, at: int) -> tuple[float, int] | None:
        """A number, in digits or words: "3", "two", "a couple of", "пару"."""
        word = self._word(at)
        if re.fullmatch(r"\d{1,4}", word):
            return float(word), at + 1
        if word not in words.NUMBERS:
            return None
        end = at + 1
        if self._word(end) in ("couple", "few"):
            word, end = self._word(end), end + 1
        if word in ("couple", "half") and self._word(end) in ("of", "a", "an"):
            end += 1
        return words.NUMBERS[word], end

    def _unit(self, at: int) -> str | None:
        return next((name for name, pattern in words.UNITS.items() if fits(pattern, self._word(at))), None)

    def _ago(self, at: int, _: bool) -> Found | None:
        """ "3 days ago", "неделю назад"."""
        count, begin = self._count(at) or (1.0, at)
        unit = self._unit(begin)
        begin += fits(words.BEFORE_AGO, self._word(begin + 1))
        if unit is None or not fits(words.AGO, self._word(begin + 1)):
            return None
        then = self._calendar.back(unit, count)
        if then is None:
            return None
        if unit in ("minute", "hour"):
            slack = timedelta(minutes=30) if unit == "hour" else timedelta(minutes=5)
        else:
            then, slack = midnight(then), DAY * {"day": 0, "week": 3, "month": 10}.get(unit, 45)
        whole = timedelta(0) if unit in ("minute", "hour") else DAY
        return LocalSpan(then - slack, then + slack + whole, True), begin + 2

    def _last_count(self, at: int, _: bool) -> Found | None:
        """ "the last 3 days", "за последнюю неделю", "past month": counted back from now."""
        word = self._word(at)
        past = fits(words.PAST, word)
        if not past and not fits(words.LAST, word):
            # "за неделю" is as long as "за последнюю неделю".
            if self._word(at - 1) != "за" or self._unit(at) is None:
                return None
            past, at = True, at - 1
        counted = self._count(at + 1)
        if counted is None and not past and self._unit(at + 1) not in ("minute", "hour"):
            return None
        count, end = counted or (1.0, at + 1)
        unit = self._unit(end)
        then = None if unit is None else self._calendar.back(unit, count)
        if then is None:
            return None
        begin = then if unit in ("minute", "hour") else midnight(then)
        return LocalSpan(begin, self._calendar.tomorrow, True), end + 1

    def _of_calendar(self, at: int, said: bool) -> Found | None:
        """ "last week", "this month", "в прошлом году", "on the weekend": by the calendar."""
        if said and self._unit(at) == "weekend":
            latest = self._calendar.unit("weekend", 0)
            return None if latest is None else (latest, at + 1)
        word = self._word(at)
        back = next(
            (n for n, p in enumerate((words.THIS, words.LAST, words.BEFORE_LAST)) if fits(p, word)), None
        )
        if back is None:
            return None
        unit = self._unit(at + 1)
        found = None if unit is None else self._calendar.unit(unit, back)
        return None if found is None else (found, at + 2)

    def _part(self, at: int, _: bool) -> Found | None:
        """ "the beginning of March", "в конце прошлого года": a third of it."""
        word = self._word(at)
        part = next((name for name, pattern in words.PARTS.items() if fits(pattern, word)), None)
        if part is None:
            return None
        begin = at + 1
        while fits("of|the|-|in", self._word(begin)):
            begin += 1
        unit = self._unit(begin)
        if unit is not None and unit in ("week", "month", "quarter", "year"):
            whole: Found | None = None
            calendar = self._calendar.unit(unit, 0)
            whole = None if calendar is None else (calendar, begin + 1)
        else:
            whole = self._atom(begin, said=True)
        if whole is None:
            return None
        span, end = whole
        third = (span.until - span.since) / 3
        start = span.since + third * ("start", "middle", "end").index(part)
        return span._replace(since=start, until=start + third), end

    def _quarter(self, at: int, _: bool) -> Found | None:
        """ "Q1 2026", "the first quarter of 2025", "в 1 квартале", "H2"."""
        word = self._word(at)
        match = re.fullmatch(r"([qh])([1-4])", word)
        if match is not None:
            length, number, end = (3 if match[1] == "q" else 6), int(match[2]), at + 1
        else:
            number = int(word) if word in ("1", "2", "3", "4") else (_index(words.ORDINALS, word) or -1) + 1
            if _index(words.ORDINALS, word) == 0:
                number = 1
            unit = self._unit(at + 1)
            if unit not in ("quarter", "half") or not number:
                return None
            length, end = (3 if unit == "quarter" else 6), at + 2
        if number * length > 12:
            return None
        year, end = self._year_behind(end)
        first = (number - 1) * length + 1
        span = LocalSpan(*months(year or self._calendar.now.year, first, length), False)
        if year is None and span.since > self._calendar.now:
            span = LocalSpan(*months(self._calendar.now.year - 1, first, length), False)
        return span, end

    def _month_number(self, at: int) -> int | None:
        number = _index(words.MONTHS, self._word(at))
        return None if number is None else number + 1

    def _day_number(self, at: int) -> int | None:
        match = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th|-\w+)?", self._word(at))
        return int(match[1]) if match and 1 <= int(match[1]) <= 31 else None

    def _day_and_month(self, at: int, _: bool) -> Found | None:
        """ "3 March 2026", "March 3rd", "3 марта"."""
        day, month, end = self._day_number(at), None, at + 1
        if day is not None:
            end += self._word(end) == "of"
            month, end = self._month_number(end), end + 1
        else:
            month, day = self._month_number(at), self._day_number(at + 1)
            end = at + 2
        if month is None or day is None:
            return None
        end += self._word(end) == "," and self._year_at(end + 1) is not None
        year, end = self._year_behind(end)
        try:
            found = date(year or self._calendar.now.year, month, day)
            if year is None and datetime(found.year, found.month, found.day) > self._calendar.now:
                found = date(found.year - 1, month, day)
        except ValueError:
            return None
        return one_day(found), end

    def _month_of(self, at: int, said: bool) -> Found | None:
        """ "March 2026", "last March", "в марте прошлого года"."""
        begin = at + fits(f"{words.LAST}|{words.THIS}", self._word(at))
        month = self._month_number(begin)
        if month is None:
            return None
        year, end = self._year_behind(begin + 1)
        if not (said or year or begin > at or words.SURE_MONTHS.match(self._word(begin))):
            return None
        if year is None:
            year = self._calendar.now.year - (month > self._calendar.now.month)
            if begin > at and month == self._calendar.now.month and fits(words.LAST, self._word(at)):
                year -= 1
        return LocalSpan(*months(year, month), False), end

    def _season(self, at: int, said: bool) -> Found | None:
        begin = at + fits(f"{words.LAST}|{words.THIS}", self._word(at))
        name = next((n for n, pattern in words.SEASONS.items() if fits(pattern, self._word(begin))), None)
        if name is None:
            return None
        year, end = self._year_behind(begin + 1)
        if not (said or year or begin > at or self._word(begin) in _BY_SEASON):
            return None
        first = words.FIRST_MONTH[name]
        if year is not None:
            return LocalSpan(*months(year, first, 3), False), end
        over = begin > at and fits(words.LAST, self._word(at))
        spans = (LocalSpan(*months(self._calendar.now.year - back, first, 3), False) for back in range(3))
        return next(span for span in spans if (span.until if over else span.since) <= self._calendar.now), end

    def _weekday(self, at: int, said: bool) -> Found | None:
        """ "on Monday", "last Friday", "в прошлую пятницу": the latest one, before today with "last"."""
        begin = at + fits(f"{words.LAST}|{words.THIS}", self._word(at))
        number = _index(words.WEEKDAYS, self._word(begin))
        if number is None or not (said or begin > at or len(self._word(begin)) > 5):
            return None
        back = (self._calendar.today.weekday() - number) % 7
        if back == 0 and begin > at and fits(words.LAST, self._word(at)):
            back = 7
        return one_day((self._calendar.today - back * DAY).date(), relative=True), begin + 1

    def _year(self, at: int, said: bool) -> Found | None:
        """ "in 2025", "2025 год"."""
        year = self._year_at(at)
        if year is None:
            return None
        named = fits(r"год\w{0,2}|year|г", self._word(at + 1))
        if not (said or named):
            return None
        return LocalSpan(*months(year, 1, 12), False), at + 1 + named

    def _year_at(self, at: int) -> int | None:
        match = re.fullmatch(r"(\d{4})(?:-\w+)?", self._word(at))
        return int(match[1]) if match and MIN_YEAR <= int(match[1]) <= MAX_YEAR else None

    def _year_behind(self, at: int) -> tuple[int | None, int]:
        """The year behind a month or a quarter, in digits or in words, and where the text goes on."""
        end = at + fits("of|in|,", self._word(at))
        year = self._year_at(end)
        if year is not None:
            return year, end + 1 + fits(r"год\w{0,2}|г", self._word(end + 1))
        for back, pattern in enumerate((words.THIS, words.LAST, words.BEFORE_LAST)):
            if fits(pattern, self._word(end)) and self._unit(end + 1) == "year":
                return self._calendar.now.year - back, end + 2
        return None, at


def _hours(word: str) -> tuple[int, int] | None:
    """The hours of a part of the day."""
    return next((hours for pattern, hours in words.PARTS_OF_DAY.items() if fits(pattern, word)), None)


def _at_hours(day: LocalSpan, hours: tuple[int, int]) -> LocalSpan:
    begin, end = (day.since + timedelta(hours=hour) for hour in hours)
    return day._replace(since=begin, until=end)


_BY_SEASON = ("весной", "летом", "осенью", "зимой")


def _number(text: str, least: int, most: int) -> int:
    number = int(text)
    if not least <= number <= most:
        raise ValueError(text)
    return number
