"""Time span: the time that a question asks for, in English or Russian, as UTC seconds.

`find_span` reads "last week", "since Monday", "3 days ago", "в марте", "на прошлой неделе", "до 3 марта",
ISO dates and ranges. Days, weeks and months are those of this machine's zone, so that a day of 23 hours is
one. What is no time is left alone: the word "may" or a bare number asks for nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.search import time_words as words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DAY = timedelta(days=1)
_SECONDS_OF_DAY = 86_400.0
_LONGEST_SCALE = 30 * _SECONDS_OF_DAY
EVENT_WEIGHT = 0.6
"""How far a span is trusted whose end is the date of what was taken for the event that is named."""
_MAX_TEXT = 600
"""Characters of a question in which a time is looked for."""
_EVENT_WORDS = 4
_MIN_YEAR, _MAX_YEAR = 1970, 2199

_DAY_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?(\d\d)[-_.]?(\d\d)(?!\d)")
_QUOTED = re.compile(r'"[^"]*"|«[^»]*»|`[^`]*`')
_TOKEN = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?"
    r"|\d{4}-\d{2}-\d{2}|\d{4}-W\d{2}|\d{4}-\d{2}(?!\d)|\d{4}/\d{2}/\d{2}|\d{1,2}\.\d{1,2}\.\d{4}"
    r"|\.\.|\d+(?:st|nd|rd|th)\b|\d+-(?:й|го|м|е|я|ю)\b|[QqHh][1-4]\b|\d+|[^\W\d_]+|[^\w\s]",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """From `since` to `until`, in UTC seconds. `start` and `end` are where it stands in the text.

    `relative`: said from today on, so that no text holds these words for its sake. `weight`: how far it is
    trusted, 0…1.
    """

    since: float
    until: float
    start: int = 0
    end: int = 0
    relative: bool = True
    weight: float = 1.0

    def nearness(self, times: Iterable[tuple[float, float]]) -> float:
        """0…1: how near the nearest of these spans is; 1 inside."""
        distance = min((max(0.0, self.since - last, first - self.until) for first, last in times), default=0)
        scale = min(max(self.until - self.since, _SECONDS_OF_DAY), _LONGEST_SCALE)
        return self.weight * 0.5 ** min(60.0, 4 * distance / scale) if distance else self.weight


class EventSpan(NamedTuple):
    """A time that is named by an event: `before` or after what `name` says. Places as in TimeSpan."""

    name: str
    before: bool
    start: int
    end: int


class _Token(NamedTuple):
    text: str
    start: int
    end: int


class _Span(NamedTuple):
    """Local times without a zone, the end not included; `relative` as in TimeSpan."""

    since: datetime
    until: datetime
    relative: bool


_COUNTED = frozenset(f"{letter}{digit}" for letter in "qh" for digit in "1234")

_Found = tuple[_Span, int]
"""A span, and the index of the token behind it."""


def find_span(text: str, now: float) -> TimeSpan | EventSpan | None:
    """The first time that a question asks for, `now` in UTC seconds; None without one."""
    masked = _QUOTED.sub(lambda match: "\u0000" * len(match[0]), text[:_MAX_TEXT])
    tokens = [_Token(m[0].lower(), m.start(), m.end()) for m in _TOKEN.finditer(masked)]
    reader = _Reader(tokens, datetime.fromtimestamp(now))
    event: EventSpan | None = None
    for at, token in enumerate(tokens):
        if not (token.text[0].isdigit() or token.text[:2] in _beginnings()):
            continue
        found = reader.phrase(at)
        if found is not None:
            span, end = found
            since, until = _seconds(span.since), _seconds(span.until)
            if since < until:
                return TimeSpan(since, until, tokens[at].start, tokens[end - 1].end, span.relative)
        event = event or _event(tokens, at, masked)
    return event


def without_span(text: str, span: TimeSpan | EventSpan | None) -> str:
    """The text without the words of a relative time, unless nothing is left then."""
    if span is None or (isinstance(span, TimeSpan) and not span.relative):
        return text
    rest = " ".join(f"{text[: span.start]} {text[span.end :]}".split())
    return rest if re.search(r"\w", rest) else text


def resolve(event: EventSpan, at: float, now: float) -> TimeSpan:
    """The span before or after the moment of an event."""
    since, until = (0.0, at) if event.before else (at, max(now, at) + _SECONDS_OF_DAY)
    return TimeSpan(since, until, event.start, event.end, relative=True, weight=EVENT_WEIGHT)


def named_day(path: str) -> tuple[float, float] | None:
    """The day that a file is named after, as `daily/2026-03-03.md` is, in UTC seconds."""
    match = _DAY_IN_NAME.search(path.rpartition("/")[2])
    try:
        day = date(*map(int, match.groups())) if match else None
    except ValueError:
        return None
    if day is None:
        return None
    begin = datetime(day.year, day.month, day.day)
    return _seconds(begin), _seconds(begin + DAY)


def moment(text: str, now: float) -> float | None:
    """The end of the time that a text names, in UTC seconds and never in the future: as of then. None where
    it names none.
    """
    span = find_span(text, now)
    if not isinstance(span, TimeSpan) or text[: span.start].strip() or text[span.end :].strip():
        return None
    return min(span.until, now)


def _event(tokens: list[_Token], at: int, text: str) -> EventSpan | None:
    """Before or after a noun: "before the release", "после релиза"."""
    before = _fits(words.BEFORE, tokens[at].text)
    if not before and not _fits(f"{words.AFTER}|since", tokens[at].text):
        return None
    begin = at + 1
    while begin < len(tokens) and _fits(r"the|a|an|our|my|наш\w{2,3}", tokens[begin].text):
        begin += 1
    end = begin
    while end < len(tokens) and end < begin + _EVENT_WORDS and re.match(r"[\w.]", tokens[end].text):
        end += 1
    if end == begin:
        return None
    return EventSpan(
        text[tokens[begin].start : tokens[end - 1].end], before, tokens[at].start, tokens[end - 1].end
    )


@cache
def _beginnings() -> frozenset[str]:
    """The first two letters of every word that a time may begin with: to look for them costs a hundredth."""
    patterns = (*words.MONTHS, *words.WEEKDAYS, *words.UNITS.values(), *words.SEASONS.values(),
                *words.NUMBERS, *words.ORDINALS, *words.NEAR_DAYS, *words.PARTS.values(), words.LAST,
                words.BEFORE_LAST, words.PAST, words.THIS, words.SINCE, words.BEFORE, words.AFTER, words.IN,
                words.LATELY, "between|from|между")  # fmt: skip
    plain = (re.sub(r"\(\?:[^)]*\)|\[[^]]*\]|\\w|[?{},\d-]", "", pattern) for pattern in patterns)
    return frozenset(word[:2] for pattern in plain for word in pattern.split("|") if word) | _COUNTED


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{pattern})\Z")


def _fits(pattern: str, word: str) -> bool:
    return _pattern(pattern).match(word) is not None


def _index(patterns: Iterable[str], word: str) -> int | None:
    return next((number for number, pattern in enumerate(patterns) if _fits(pattern, word)), None)


def _seconds(local: datetime) -> float:
    """UTC seconds of a local time; by the zone's rules of that day."""
    try:
        return local.timestamp()
    except (OverflowError, OSError, ValueError):
        return 0.0


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def _month(year: int, month: int, count: int = 1) -> tuple[datetime, datetime]:
    """The begin of a month (which may be beyond 1…12), and that of the one `count` later."""

    def begin(number: int) -> datetime:
        return datetime(year + (number - 1) // 12, (number - 1) % 12 + 1, 1)

    return begin(month), begin(month + count)


class _Reader:
    """Reads the tokens of a question as times, seen from `now`, a local time."""

    def __init__(self, tokens: list[_Token], now: datetime) -> None:
        self._tokens = tokens
        self._now = now
        self._today = _midnight(now)
        self._tomorrow = self._today + DAY

    def phrase(self, at: int) -> _Found | None:
        """A time with what stands before it: since, before, after, from … to, between … and."""
        word = self._word(at)
        if word == "between" or _fits("между", word):
            return self._range(at + 1)
        if _fits("from|с|со", word):
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
            if _fits(pattern, word):
                atom = self._atom_after(at + 1)
                if atom is not None:
                    return read(atom[0]), atom[1]
        if _fits(words.IN, word):
            return self._within(at)
        return self._atom(at)

    def _within(self, at: int) -> _Found | None:
        """A time behind prepositions, which make a month of "may" and a year of a number."""
        begin = at
        while _fits(words.IN, self._word(at)) and at - begin < 3:
            at += 1
        return self._atom(at, said=True)

    def _atom_after(self, at: int) -> _Found | None:
        return self._within(at) if _fits(words.IN, self._word(at)) else self._atom(at, said=True)

    def _since(self, span: _Span) -> _Span:
        return span._replace(until=max(self._tomorrow, span.until))

    def _before(self, span: _Span) -> _Span:
        return span._replace(since=datetime(_MIN_YEAR, 1, 2), until=span.since)

    def _after(self, span: _Span) -> _Span:
        return span._replace(since=span.until, until=max(self._tomorrow, span.until + DAY))

    def _range(self, at: int, joined: str = words.AND) -> _Found | None:
        """Two times with a word between them; "с 1 по 5 марта": the first may lack its month."""
        first = self._atom_after(at)
        if first is None and self._word(at).isdigit() and _fits(joined, self._word(at + 1)):
            second = self._atom_after(at + 2)
            day = int(self._word(at))
            if second is not None and 1 <= day <= second[0].since.day:
                return second[0]._replace(since=second[0].since.replace(day=day)), second[1]
            return None
        if first is None or not _fits(joined, self._word(first[1])):
            return None
        second = self._atom_after(first[1] + 1)
        if second is None or second[0].until <= first[0].since:
            return None
        return _Span(first[0].since, second[0].until, first[0].relative or second[0].relative), second[1]

    def _atom(self, at: int, *, said: bool = False) -> _Found | None:
        """One time without words before it. `said`: a preposition or the like stands before it."""
        if at >= len(self._tokens):
            return None
        readers: tuple[Callable[[int, bool], _Found | None], ...] = (
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

    def _written(self, at: int, _: bool) -> _Found | None:
        """ISO dates, months, weeks and moments; 3.3.2026."""
        text = self._word(at)
        try:
            if re.match(r"\d{4}-\d{2}-\d{2}t", text):
                moment = datetime.fromisoformat(text.upper())
                local = moment.astimezone().replace(tzinfo=None) if moment.tzinfo else moment
                seconds = re.match(r".{13}:\d{2}:\d{2}", text)
                whole = timedelta(seconds=1) if seconds else timedelta(minutes=1)
                return _Span(local, local + whole, False), at + 1
            if re.fullmatch(r"\d{4}-w\d{2}", text):
                begin = datetime.fromisocalendar(int(text[:4]), int(text[6:]), 1)
                return _Span(begin, begin + 7 * DAY, False), at + 1
            if re.fullmatch(r"\d{4}-\d{2}", text):
                return _Span(*_month(int(text[:4]), _number(text[5:], 1, 12)), False), at + 1
            if re.fullmatch(r"\d{4}[-/]\d{2}[-/]\d{2}", text):
                return self._day(date.fromisoformat(text.replace("/", "-"))), at + 1
            if re.fullmatch(r"\d{1,2}\.\d{1,2}\.\d{4}", text):
                day, month, year = map(int, text.split("."))
                return self._day(date(year, month, day)), at + 1
        except (ValueError, OverflowError):
            pass
        return None

    def _day(self, day: date, *, relative: bool = False) -> _Span:
        begin = datetime(day.year, day.month, day.day)
        return _Span(begin, begin + DAY, relative)

    def _near_day(self, at: int, _: bool) -> _Found | None:
        word, end = self._word(at), at + 1
        if _fits(words.LATELY, word):
            return _Span(self._today - 14 * DAY, self._tomorrow, True), end
        if word == "day" and [self._word(at + n) for n in (1, 2)] == ["before", "yesterday"]:
            return self._day((self._today - 2 * DAY).date(), relative=True), at + 3
        ago = next((days for pattern, days in words.NEAR_DAYS.items() if _fits(pattern, word)), None)
        if ago is None and word == "this" and _fits(words.PART_OF_DAY, self._word(end)):
            ago = 0
        if ago is None:
            night = _fits(words.LAST, word) and _fits(r"night|ноч(?:ью|ь)", self._word(end))
            return (_Span(self._today - DAY / 4, self._today + DAY / 4, True), end + 1) if night else None
        if _fits(words.PART_OF_DAY, self._word(end)):
            end += 1
        return self._day((self._today - ago * DAY).date(), relative=True), end

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
        return next((name for name, pattern in words.UNITS.items() if _fits(pattern, self._word(at))), None)

    def _ago(self, at: int, _: bool) -> _Found | None:
        """ "3 days ago", "неделю назад"."""
        count, begin = self._count(at) or (1.0, at)
        unit = self._unit(begin)
        if unit is None or not _fits(words.AGO, self._word(begin + 1)):
            return None
        then = self._back(unit, count)
        if then is None:
            return None
        if unit in ("minute", "hour"):
            slack = timedelta(minutes=30) if unit == "hour" else timedelta(minutes=5)
        else:
            then, slack = _midnight(then), DAY * {"day": 0, "week": 3, "month": 10}.get(unit, 45)
        whole = timedelta(0) if unit in ("minute", "hour") else DAY
        return _Span(then - slack, then + slack + whole, True), begin + 2

    def _back(self, unit: str, count: float) -> datetime | None:
        """The moment so many units before now."""
        days = {"minute": 1 / 1440, "hour": 1 / 24, "day": 1.0, "week": 7.0, "weekend": 7.0}.get(unit)
        try:
            if days is not None:
                return self._now - DAY * days * count
            months = round({"month": 1, "quarter": 3, "half": 6}.get(unit, 12) * count)
            begin, end = _month(self._now.year, self._now.month - months)
            return begin.replace(
                day=min(self._now.day, (end - DAY).day), hour=self._now.hour, minute=self._now.minute
            )
        except (OverflowError, ValueError):
            return None

    def _last_count(self, at: int, _: bool) -> _Found | None:
        """ "the last 3 days", "за последнюю неделю", "past month": counted back from now."""
        word = self._word(at)
        past = _fits(words.PAST, word)
        if not past and not _fits(words.LAST, word):
            # "за неделю" is as long as "за последнюю неделю".
            if self._word(at - 1) != "за" or self._unit(at) is None:
                return None
            past, at = True, at - 1
        counted = self._count(at + 1)
        if counted is None and not past and self._unit(at + 1) not in ("minute", "hour"):
            return None
        count, end = counted or (1.0, at + 1)
        unit = self._unit(end)
        then = None if unit is None else self._back(unit, count)
        if then is None:
            return None
        begin = then if unit in ("minute", "hour") else _midnight(then)
        return _Span(begin, self._tomorrow, True), end + 1

    def _of_calendar(self, at: int, _: bool) -> _Found | None:
        """ "last week", "this month", "в прошлом году": by the calendar."""
        word = self._word(at)
        back = next(
            (n for n, p in enumerate((words.THIS, words.LAST, words.BEFORE_LAST)) if _fits(p, word)), None
        )
        if back is None:
            return None
        unit = self._unit(at + 1)
        found = None if unit is None else self._calendar(unit, back)
        return None if found is None else (found, at + 2)

    def _calendar(self, unit: str, back: int) -> _Span | None:
        """The unit of the calendar that is `back` before the one of now."""
        today = self._today
        monday = today - DAY * today.weekday()
        if unit == "day":
            return self._day((today - back * DAY).date(), relative=True)
        if unit == "week":
            return _Span(monday - 7 * back * DAY, monday + 7 * (1 - back) * DAY, True)
        if unit == "weekend":
            saturday = monday + 5 * DAY - 7 * DAY * (back - (today.weekday() >= 5 and back == 0))
            saturday = saturday if saturday <= today else saturday - 7 * DAY
            return _Span(saturday, saturday + 2 * DAY, True)
        months = {"month": 1, "quarter": 3, "half": 6, "year": 12}.get(unit)
        if months is None:
            return None
        first = (today.month - 1) // months * months + 1 - back * months
        return _Span(*_month(today.year, first, months), True)

    def _part(self, at: int, _: bool) -> _Found | None:
        """ "the beginning of March", "в конце прошлого года": a third of it."""
        word = self._word(at)
        part = next((name for name, pattern in words.PARTS.items() if _fits(pattern, word)), None)
        if part is None:
            return None
        begin = at + 1
        while _fits("of|the|-|in", self._word(begin)):
            begin += 1
        unit = self._unit(begin)
        if unit is not None and unit in ("week", "month", "quarter", "year"):
            whole: _Found | None = None
            calendar = self._calendar(unit, 0)
            whole = None if calendar is None else (calendar, begin + 1)
        else:
            whole = self._atom(begin, said=True)
        if whole is None:
            return None
        span, end = whole
        third = (span.until - span.since) / 3
        start = span.since + third * ("start", "middle", "end").index(part)
        return span._replace(since=start, until=start + third), end

    def _quarter(self, at: int, _: bool) -> _Found | None:
        """ "Q1 2026", "the first quarter of 2025", "в 1 квартале", "H2"."""
        word = self._word(at)
        match = re.fullmatch(r"([qh])([1-4])", word)
        if match is not None:
            months, number, end = (3 if match[1] == "q" else 6), int(match[2]), at + 1
        else:
            number = int(word) if word in ("1", "2", "3", "4") else (_index(words.ORDINALS, word) or -1) + 1
            if _index(words.ORDINALS, word) == 0:
                number = 1
            unit = self._unit(at + 1)
            if unit not in ("quarter", "half") or not number:
                return None
            months, end = (3 if unit == "quarter" else 6), at + 2
        if number * months > 12:
            return None
        year, end = self._year_behind(end)
        first = (number - 1) * months + 1
        span = _Span(*_month(year or self._now.year, first, months), False)
        if year is None and span.since > self._now:
            span = _Span(*_month(self._now.year - 1, first, months), False)
        return span, end

    def _month_number(self, at: int) -> int | None:
        number = _index(words.MONTHS, self._word(at))
        return None if number is None else number + 1

    def _day_number(self, at: int) -> int | None:
        match = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th|-\w+)?", self._word(at))
        return int(match[1]) if match and 1 <= int(match[1]) <= 31 else None

    def _day_and_month(self, at: int, _: bool) -> _Found | None:
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
            found = date(year or self._now.year, month, day)
            if year is None and datetime(found.year, found.month, found.day) > self._now:
                found = date(found.year - 1, month, day)
        except ValueError:
            return None
        return self._day(found), end

    def _month_of(self, at: int, said: bool) -> _Found | None:
        """ "March 2026", "last March", "в марте прошлого года"."""
        begin = at + _fits(f"{words.LAST}|{words.THIS}", self._word(at))
        month = self._month_number(begin)
        if month is None:
            return None
        year, end = self._year_behind(begin + 1)
        if not (said or year or begin > at or words.SURE_MONTHS.match(self._word(begin))):
            return None
        if year is None:
            year = self._now.year - (month > self._now.month)
            if begin > at and month == self._now.month and _fits(words.LAST, self._word(at)):
                year -= 1
        return _Span(*_month(year, month), False), end

    def _season(self, at: int, said: bool) -> _Found | None:
        begin = at + _fits(f"{words.LAST}|{words.THIS}", self._word(at))
        name = next((n for n, pattern in words.SEASONS.items() if _fits(pattern, self._word(begin))), None)
        if name is None:
            return None
        year, end = self._year_behind(begin + 1)
        if not (said or year or begin > at or self._word(begin) in _BY_SEASON):
            return None
        first = words.FIRST_MONTH[name]
        if year is not None:
            return _Span(*_month(year, first, 3), False), end
        over = begin > at and _fits(words.LAST, self._word(at))
        spans = (_Span(*_month(self._now.year - back, first, 3), False) for back in range(3))
        return next(span for span in spans if (span.until if over else span.since) <= self._now), end

    def _weekday(self, at: int, said: bool) -> _Found | None:
        """ "on Monday", "last Friday", "в прошлую пятницу": the latest one, before today with "last"."""
        begin = at + _fits(f"{words.LAST}|{words.THIS}", self._word(at))
        number = _index(words.WEEKDAYS, self._word(begin))
        if number is None or not (said or begin > at or len(self._word(begin)) > 5):
            return None
        back = (self._today.weekday() - number) % 7
        if back == 0 and begin > at and _fits(words.LAST, self._word(at)):
            back = 7
        return self._day((self._today - back * DAY).date(), relative=True), begin + 1

    def _year(self, at: int, said: bool) -> _Found | None:
        """ "in 2025", "2025 год"."""
        year = self._year_at(at)
        if year is None:
            return None
        named = _fits(r"год\w{0,2}|year|г", self._word(at + 1))
        if not (said or named):
            return None
        return _Span(*_month(year, 1, 12), False), at + 1 + named

    def _year_at(self, at: int) -> int | None:
        match = re.fullmatch(r"(\d{4})(?:-\w+)?", self._word(at))
        return int(match[1]) if match and _MIN_YEAR <= int(match[1]) <= _MAX_YEAR else None

    def _year_behind(self, at: int) -> tuple[int | None, int]:
        """The year behind a month or a quarter, in digits or in words, and where the text goes on."""
        end = at + _fits("of|in|,", self._word(at))
        year = self._year_at(end)
        if year is not None:
            return year, end + 1 + _fits(r"год\w{0,2}|г", self._word(end + 1))
        for back, pattern in enumerate((words.THIS, words.LAST, words.BEFORE_LAST)):
            if _fits(pattern, self._word(end)) and self._unit(end + 1) == "year":
                return self._now.year - back, end + 2
        return None, at


_BY_SEASON = ("весной", "летом", "осенью", "зимой")


def _number(text: str, least: int, most: int) -> int:
    number = int(text)
    if not least <= number <= most:
        raise ValueError(text)
    return number
