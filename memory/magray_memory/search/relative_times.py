"""Relative times: those that are said from now on: "yesterday", "3 days ago", "на прошлой неделе".

Each reader takes a place in the sentence, and whether a preposition stands before it; it returns the span
with the place behind it, or None.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from magray_memory.search import time_words as words
from magray_memory.search.local_calendar import DAY, Calendar, LocalSpan, at_hours, midnight, one_day
from magray_memory.search.time_tokens import fits

if TYPE_CHECKING:
    from magray_memory.search.time_tokens import Sentence

Found = tuple[LocalSpan, int]
"""A span, and the place behind it."""

_LATELY = 14 * DAY
_MOST_COUNTED = 366
_SHORT = 5
"""Letters of the weekdays that need a word before them."""


def hours_of(word: str) -> tuple[int, int] | None:
    """The hours of a part of the day."""
    return next((hours for pattern, hours in words.PARTS_OF_DAY.items() if fits(pattern, word)), None)


class RelativeTimes:
    """The readers of times that are counted from the calendar's now."""

    def __init__(self, sentence: Sentence, calendar: Calendar) -> None:
        self._s = sentence
        self._calendar = calendar
        self.readers = (
            self._near_day, self._lately, self._ago, self._weekdays_ago, self._last_count, self._of_calendar,
        )  # fmt: skip

    def _near_day(self, at: int, said: bool) -> Found | None:
        """ "yesterday", "this morning", "last night", "вечером"."""
        word, end = self._s.word(at), at + 1
        if word == "day" and [self._s.word(at + n) for n in (1, 2)] == ["before", "yesterday"]:
            return one_day((self._calendar.today - 2 * DAY).date(), relative=True), at + 3
        ago = next((days for pattern, days in words.NEAR_DAYS.items() if fits(pattern, word)), None)
        if ago is not None:
            return one_day((self._calendar.today - ago * DAY).date(), relative=True), end
        behind = hours_of(self._s.word(end))
        if behind is not None and word == "this":
            return at_hours(one_day(self._calendar.today.date(), relative=True), behind), end + 1
        if behind is not None and fits(words.LAST, word):
            return self._last_part_of_day(behind), end + 1
        hours = hours_of(word)
        alone = fits(words.PART_ALONE, word) or (said and word == "утра" and self._s.word(at - 1) == "с")
        if hours is None or not alone:
            return None
        # Of today, or yesterday's where that is to come; records may say the word.
        day = self._calendar.today - DAY * (self._calendar.now.hour < hours[0])
        return at_hours(one_day(day.date()), hours), end

    def _last_part_of_day(self, hours: tuple[int, int]) -> LocalSpan:
        today = self._calendar.today
        if hours == (0, 24):
            return LocalSpan(today - DAY / 4, today + DAY / 4, True)
        day = today if self._calendar.now >= today + timedelta(hours=hours[1]) else today - DAY
        return at_hours(one_day(day.date(), relative=True), hours)

    def _lately(self, at: int, _: bool) -> Found | None:
        """ "recently", "на днях", "the other day", "in recent weeks"."""
        end, word = at + 1, self._s.word(at)
        if word == "recent":
            unit = self._s.unit(end)
            then = None if unit is None else self._calendar.back(unit, 3)
            if then is None:
                return None
            begin = min(midnight(then), self._calendar.today - _LATELY)
            return LocalSpan(begin, self._calendar.tomorrow, True), end + 1
        if not (
            fits(words.LATELY, word)
            or (word == "днях" and self._s.word(at - 1) == "на")
            or [self._s.word(at + n) for n in (-1, 0, 1)] == ["the", "other", "day"]
        ):
            return None
        return LocalSpan(self._calendar.today - _LATELY, self._calendar.tomorrow, True), end + (
            word == "other"
        )

    def _ago(self, at: int, _: bool) -> Found | None:
        """ "3 days ago", "неделю назад", "a year and a half ago", "дня три назад"."""
        counted = self._s.count(at)
        count, begin = counted or (1.0, at)
        unit = self._s.unit(begin, counted=counted is not None)
        if unit is None:
            return None
        end = begin + 1
        half, inverted = self._s.half(end), None if counted else self._s.count(end)
        if half is not None:
            count, end = count + 0.5, half
        elif inverted is not None:
            count, end = inverted
        end += self._s.fits(words.BEFORE_AGO, end)
        plain = counted is None and inverted is None
        if not self._s.fits(words.AGO if plain else f"{words.AGO}|{words.AGO_OF_COUNTED}", end):
            return None
        then = self._calendar.back(unit, count)
        return None if then is None else (self._calendar.around(then, unit, count), end + 1)

    def _weekdays_ago(self, at: int, _: bool) -> Found | None:
        """ "three Mondays ago", "два понедельника назад"."""
        counted = self._s.count(at)
        if counted is None or counted[0] < 1 or counted[0] % 1:
            return None
        number, end = self._s.weekday(counted[1], several=True), counted[1] + 1
        end += self._s.fits(words.BEFORE_AGO, end)
        if number is None or not self._s.fits(words.AGO, end):
            return None
        back = (self._calendar.today.weekday() - number) % 7 or 7
        weeks = min(int(counted[0]) - 1, _MOST_COUNTED)
        return one_day((self._calendar.today - (back + 7 * weeks) * DAY).date(), relative=True), end + 1

    def _last_count(self, at: int, _: bool) -> Found | None:
        """ "the last 3 days", "за последнюю неделю", "past month": counted back from now."""
        past = self._s.fits(words.PAST, at)
        if not past and not self._s.fits(words.LAST, at):
            # "за неделю" is as long as "за последнюю неделю"; "за день до" is counted from something else.
            counted = self._s.count(at)
            end = at if counted is None else counted[1]
            if self._s.word(at - 1) != "за" or self._s.unit(end) is None or self._s.word(end + 1) == "до":
                return None
            if counted is not None and counted[0] > _MOST_COUNTED:  # "за 2025 год"
                return None
            past, at = True, at - 1
        counted = self._s.count(at + 1)
        short = self._s.unit(at + 1) in ("minute", "hour", "fortnight")
        if counted is None and not past and not short:
            return None
        count, end = counted or (1.0, at + 1)
        unit = self._s.unit(end, counted=counted is not None)
        if (unit == "weekend" and counted is None) or self._s.word(end + 1) == "of":
            return None
        then = None if unit is None else self._calendar.back(unit, count)
        if then is None:
            return None
        begin = then if unit in ("minute", "hour") else midnight(then)
        return LocalSpan(begin, self._calendar.tomorrow, True), end + 1

    def _of_calendar(self, at: int, said: bool) -> Found | None:
        """ "last week", "this month", "в прошлом году", "on the weekend", "the week before last"."""
        unit = self._s.unit(at)
        if unit is not None and [self._s.word(at + n) for n in (1, 2)] == ["before", "last"]:
            found = self._calendar.unit(unit, 2)
            return None if found is None else (found, at + 3)
        if unit is not None and [self._s.word(at + n) for n in (1, 2)] == ["to", "date"]:
            found = self._calendar.unit(unit, 0)
            return None if found is None else (found, at + 3)
        if said and unit == "weekend":
            latest = self._calendar.unit("weekend", 0)
            return None if latest is None else (latest, at + 1)
        if self._s.fits(words.OF_LAST_YEAR, at):
            found = self._calendar.unit("year", 1)
            return None if found is None else (found, at + 1)
        back = self.back(at)
        unit = None if back is None else self._s.unit(at + 1)
        if unit is None or back is None or self._s.word(at + 2) == "of":  # "the last day of the sprint"
            return None
        found = self._calendar.unit(unit, back)
        return None if found is None else (found, at + 2)

    def back(self, at: int) -> int | None:
        """How many units of the calendar the word at a place goes back: "this", "last", "позапрошлый"."""
        if self._s.fits(words.THAT, at) and self._s.unit(at + 1) == "week":
            return 1
        if self._s.fits(words.PAST, at) and self._s.unit(at + 1) == "weekend":
            return 1
        return self._s.one_of((words.THIS, words.LAST, words.BEFORE_LAST), at)

    def weekday(self, at: int, said: bool) -> Found | None:
        """ "on Monday", "last Friday", "Monday before last", "в прошлую пятницу": the latest one, before
        today with "last".

        A weekday that nothing says more of is also what texts hold ("no deploys on Friday"): its word counts.
        """
        begin = at + self._s.fits(f"{words.LAST}|{words.THIS}|{words.PAST}", at)
        number = self._s.weekday(begin)
        if number is None:
            return None
        if len(self._s.word(begin)) <= _SHORT and begin == at and (not said or self._s.goes_on(begin + 1)):
            return None  # "sun", "sat" and the like are words too
        back = (self._calendar.today.weekday() - number) % 7
        end = begin + 1
        if [self._s.word(end), self._s.word(end + 1)] == ["before", "last"]:
            back, end = (back or 7) + 7, end + 2
        elif back == 0 and begin > at and not self._s.fits(words.THIS, at):
            back = 7
        return one_day((self._calendar.today - back * DAY).date(), relative=end > at + 1), end
