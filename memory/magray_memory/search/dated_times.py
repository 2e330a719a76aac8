"""Dated times: those that the calendar names: "3 March 2025", "Q1", "week 12", "осенью 2024", "the 1990s".

Each reader takes a place in the sentence, and whether a preposition stands before it; it returns the span
with the place behind it, or None.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from magray_memory.search import time_words as words
from magray_memory.search.local_calendar import DAY, LocalSpan, months, one_day
from magray_memory.search.time_tokens import fits

if TYPE_CHECKING:
    from magray_memory.search.local_calendar import Calendar
    from magray_memory.search.relative_times import Found
    from magray_memory.search.time_tokens import Sentence

MIN_YEAR, MAX_YEAR = 1970, 2199
_YEAR_WORD = r"год\w{0,2}|year|г"


class DatedTimes:
    """The readers of times that are named after the calendar, the last one of that name before now."""

    def __init__(self, sentence: Sentence, calendar: Calendar) -> None:
        self._s = sentence
        self._calendar = calendar
        self._now = calendar.now
        self.readers = (
            self._written,
            self._quarter,
            self._week,
            self._day_and_month,
            self._month_of,
            self._season,
            self._decade,
            self._day_of_month,
            self._year,
        )

    def _written(self, at: int, said: bool) -> Found | None:
        """ISO dates, months, weeks and moments; 3.3.2026; 3/25/2026."""
        text = self._s.word(at)
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
            if re.fullmatch(r"\d{4}-\d{2}", text) and 1 <= int(text[5:]) <= 12:
                return LocalSpan(*months(int(text[:4]), int(text[5:])), False), at + 1
            day = self._date(text, said)
            return None if day is None else (one_day(day), at + 1)
        except (ValueError, OverflowError):
            return None

    def _date(self, text: str, said: bool) -> date | None:
        numbers = tuple(map(int, re.findall(r"\d+", text)))
        if re.fullmatch(r"\d{4}([-/])\d{1,2}\1\d{1,2}", text):
            return date(*numbers)
        if re.fullmatch(r"\d{1,2}\.\d{1,2}\.\d{4}", text):
            return date(*reversed(numbers))
        if said and re.fullmatch(r"\d{2}\.\d{2}\.\d{2}", text):  # else it may be a version
            return date(2000 + numbers[2], numbers[1], numbers[0])
        if not re.fullmatch(r"\d{1,2}/\d{1,2}/\d{4}", text):
            return None
        # The month stands first, as for git, unless that is no date or one that is to come.
        first, second, year = numbers
        for month, day in ((first, second), (second, first)):
            if month <= 12 and date(year, month, day) <= self._now.date():
                return date(year, month, day)
        return date(year, first, second)

    def _latest(self, first: int, length: int, year: int | None) -> LocalSpan:
        """The months of a year, or the latest that have begun."""
        span = LocalSpan(*months(year or self._now.year, first, length), False)
        if year is None and span.since > self._now:
            span = LocalSpan(*months(self._now.year - 1, first, length), False)
        return span

    def _quarter(self, at: int, said: bool) -> Found | None:
        """ "Q1 2026", "2025 Q4", "the first quarter of 2025", "the last quarter of 2024", "в IV квартале"."""
        year = self.year_at(at)
        begin = at if year is None else at + 1
        match = re.fullmatch(r"([qh])([1-4])", self._s.word(begin))
        if match is not None:
            length, number, end = (3 if match[1] == "q" else 6), int(match[2]), begin + 1
        elif year is not None:
            return None
        else:
            named = self._numbered(at)
            if named is None or self._s.unit(named[1]) not in ("quarter", "half"):
                return None
            length = 3 if self._s.unit(named[1]) == "quarter" else 6
            number, end = named[0], named[1] + 1
        if year is None:
            year, end = self.year_behind(end + (length == 3 and self._s.word(end) == "."))
        if number * length > 12 or (match is not None and length == 6 and not (year or said)):
            return None
        return self._latest((number - 1) * length + 1, length, year), end

    def nth_months(self, span: LocalSpan, number: int, length: int) -> LocalSpan | None:
        """The month or quarter of a span that has the number; -1 is the last one."""
        count = (span.until.year - span.since.year) * 12 + span.until.month - span.since.month
        first = count - length if number < 0 else (number - 1) * length
        if not 0 <= first <= count - length:
            return None
        return LocalSpan(*months(span.since.year, span.since.month + first, length), span.relative)

    def _numbered(self, at: int) -> tuple[int, int] | None:
        word = self._s.word(at)
        if word in words.ROMAN:
            return words.ROMAN[word], at + 1
        return (int(word), at + 1) if word in ("1", "2", "3", "4") else self._s.ordinal(at)

    def _week(self, at: int, said: bool) -> Found | None:
        """ "week 12", "CW 12 2025", "на 12-й неделе", "in W12"."""
        word = self._s.word(at)
        match = re.fullmatch(r"([ck]?)w(\d{1,2})", word)
        number: int | None = None
        end = at + 1
        if match is not None:
            number = int(match[2])
        elif (fits("week|cw|kw|недел[яеию]", word)) and re.fullmatch(r"\d{1,2}", self._s.word(at + 1)):
            number, end = int(self._s.word(at + 1)), at + 2
        else:
            named = (int(word), at + 1) if re.fullmatch(r"\d{1,2}", word) else self._s.ordinal(at)
            if named is not None and fits("неделя|неделе|неделю|недели", self._s.word(named[1])):
                # "12 недель" counts, "12 неделя" names; two to four weeks are "недели" too.
                number, end = (named[0], named[1] + 1) if named[0] > 4 or said else (None, at)
        if number is None or not 1 <= number <= 53:
            return None
        year, end = self.year_behind(end)
        if match is not None and not match[1] and not (said or year):
            return None
        span = self._week_of(number, year)
        return None if span is None else (span, end)

    def _week_of(self, number: int, year: int | None) -> LocalSpan | None:
        years = (self._now.year, self._now.year - 1) if year is None else (year,)
        for of in years:
            try:
                begin = datetime.fromisocalendar(of, number, 1)
            except ValueError:
                continue
            if year is not None or begin <= self._now:
                return LocalSpan(begin, begin + 7 * DAY, False)
        return None

    def _day_and_month(self, at: int, _: bool) -> Found | None:
        """ "3 March 2026", "March 3rd", "March 3-7", "третьего марта"."""
        day = self._s.day(at)
        if day is not None:
            begin = day[1] + (self._s.word(day[1]) == "of")
            month = self._s.month(begin)
            if month is None or self._is_verb(begin, begin + 1):
                return None
            return self._dated(month, (day[0], day[0]), begin + 1)
        month = self._s.month(at)
        first = None if month is None else self._s.day(at + 1)
        if month is None or first is None:
            return None
        last, end = first
        second = self._s.day(end + 1) if self._s.fits(words.JOINED, end) else None
        if second is not None and second[0] > last and self._s.month(second[1]) is None:
            last, end = second
        return None if self._is_verb(at, end) else self._dated(month, (first[0], last), end)

    def _is_verb(self, at: int, end: int) -> bool:
        """Whether the word at a place is the verb: "the second may fail", "may 3 people"."""
        token = self._s.tokens[at]
        return token.text == "may" and not token.capital and self._s.goes_on(end)

    def _dated(self, month: int, days: tuple[int, int], end: int) -> Found | None:
        end += self._s.word(end) == "," and self.year_at(end + 1) is not None
        year, end = self.year_behind(end)
        try:
            first, last = (date(year or self._now.year, month, day) for day in days)
            if year is None and datetime(first.year, first.month, first.day) > self._now:
                first, last = first.replace(year=first.year - 1), last.replace(year=last.year - 1)
        except ValueError:
            return None
        return one_day(first)._replace(until=one_day(last).until), end

    def _day_of_month(self, at: int, said: bool) -> Found | None:
        """ "on the 15th", "15-го", "третьего числа": of this month, or of the last one."""
        named = self._s.ordinal(at)
        number = named or self._s.day(at)
        if number is None:
            return None
        day, end = number
        dates = self._s.fits(words.DATES_OF_MONTH, end)
        if not dates:
            spelled = not self._s.word(at)[0].isdigit()
            behind = self._s.word(at - 2) if self._s.word(at - 1) == "the" else self._s.word(at - 1)
            sure = self._s.fits(_DAY_ALONE, at) or (said and fits(_BEFORE_DAY, behind))
            if named is None or spelled or self._s.goes_on(end) or not sure:
                return None
        for back in range(13):
            first, until = months(self._now.year, self._now.month - back)
            found = first + (day - 1) * DAY
            if found < until and found <= self._now:
                return one_day(found.date()), end + dates
        return None

    def _month_of(self, at: int, said: bool) -> Found | None:
        """ "March 2026", "last March", "в марте прошлого года"."""
        begin = at + self._s.fits(f"{words.LAST}|{words.THIS}", at)
        month = self._s.month(begin)
        if month is None:
            return None
        year, end = self.year_behind(begin + 1)
        token = self._s.tokens[begin]
        if not (said or year or begin > at):
            name = token.capital and fits(words.ALSO_NAMES, token.text)
            if name or not words.SURE_MONTHS.match(token.text):
                return None
        if year is None:
            year = self._now.year - (month > self._now.month)
            if begin > at and month == self._now.month and self._s.fits(words.LAST, at):
                year -= 1
        return LocalSpan(*months(year, month), False), end

    def _season(self, at: int, said: bool) -> Found | None:
        begin = at + self._s.fits(f"{words.LAST}|{words.THIS}", at)
        name = next((n for n, pattern in words.SEASONS.items() if self._s.fits(pattern, begin)), None)
        if name is None:
            return None
        year, end = self.year_behind(begin + 1)
        noun = self._s.word(begin).isascii() and self._s.goes_on(end)  # "in Spring Boot"
        if not ((said and not noun) or year or begin > at or self._s.fits(words.BY_SEASON, begin)):
            return None
        first = words.FIRST_MONTH[name]
        if year is not None:
            return LocalSpan(*months(year, first, 3), False), end
        over = begin > at and self._s.fits(words.LAST, at)
        spans = (LocalSpan(*months(self._now.year - back, first, 3), False) for back in range(3))
        return next(span for span in spans if (span.until if over else span.since) <= self._now), end

    def _decade(self, at: int, said: bool) -> Found | None:
        """ "the 1990s", "in the 90s", "в 2010-х годах", "in the nineties"."""
        word, end = self._s.word(at), at + 1
        match = re.fullmatch(r"((?:19|20)?\d0)(?:s|-е|-х|-ые|-ых)", word)
        the = self._s.word(at - 1) == "the"
        year: int | None = None
        if match is not None:
            year = int(match[1])
        elif re.fullmatch(r"\d0", word) and the and self._s.word(end) == "s":  # "in 90s" is a time in seconds
            year, end = int(word), end + 1
        elif said or the:
            year = next((first for first, pattern in words.DECADES.items() if fits(pattern, word)), None)
        if year is None or self._s.fits(words.DATES_OF_MONTH, end):
            return None
        if year < 100:
            if not (said or the):
                return None
            year += 1900 if year >= MIN_YEAR % 100 else 2000
        if not MIN_YEAR <= year <= self._now.year:
            return None
        return LocalSpan(*months(year, 1, 120), False), end + self._s.fits(r"год\w{0,2}", end)

    def _year(self, at: int, said: bool) -> Found | None:
        """ "in 2025", "2025 год", "year 2025"."""
        before = self._s.fits(r"год\w{0,2}|year", at) and self.year_at(at + 1) is not None
        year = self.year_at(at + before)
        end = at + before + 1
        named = self._s.fits(_YEAR_WORD, end)
        if year is None or year > self._now.year or not (said or named or before):
            return None
        return LocalSpan(*months(year, 1, 12), False), end + named

    def year_at(self, at: int) -> int | None:
        """The year in digits at a place."""
        match = re.fullmatch(r"(\d{4})(?:-\w+)?", self._s.word(at))
        return int(match[1]) if match and MIN_YEAR <= int(match[1]) <= MAX_YEAR else None

    def year_behind(self, at: int) -> tuple[int | None, int]:
        """The year behind a month or a quarter, in digits or in words, and where the text goes on."""
        if self._s.word(at) in ("'", "’") and re.fullmatch(r"\d\d", self._s.word(at + 1)):
            return 2000 + int(self._s.word(at + 1)), at + 2
        end = at + self._s.fits("of|in|,", at)
        year = self.year_at(end)
        if year is not None:
            return year, end + 1 + self._s.fits(r"год\w{0,2}|г", end + 1)
        back = self._s.one_of((words.THIS, words.LAST, words.BEFORE_LAST), end)
        if back is not None and self._s.unit(end + 1) == "year":
            return self._now.year - back, end + 2
        return None, at


_DAY_ALONE = r"\d{1,2}-го"
_BEFORE_DAY = r"on|since|until|till|before|after|by|from|to|and|between|с|со|до|от|к|по|после|и"
