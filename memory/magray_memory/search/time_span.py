"""Time span: the time that a question asks for, in English or Russian, as UTC seconds.

`find_span` reads "last week", "since Monday", "3 days ago", "в марте", "на прошлой неделе", "до 3 марта",
ISO dates and ranges. Days, weeks and months are those of this machine's zone, so that a day of 23 hours is
one. What is no time is left alone: the word "may" or a bare number asks for nothing.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from magray_memory.search import time_words as words
from magray_memory.search.local_calendar import DAY, seconds
from magray_memory.search.time_reader import TimeReader
from magray_memory.search.time_tokens import Sentence, fits
from magray_memory.search.weights import STOP_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable

_SECONDS_OF_DAY = 86_400.0
_LONGEST_SCALE = 30 * _SECONDS_OF_DAY
EVENT_WEIGHT = 0.6
"""How far a span is trusted whose end is the date of what was taken for the event that is named."""
_MAX_TEXT = 600
"""Characters of a question in which a time is looked for."""
_NAMED = re.compile(
    r"(?:\s+(?:the|an?|our|my|наш\w{2,3})\b)*\s+(\w[\w./@#:-]*(?:\s+\w[\w./@#:-]*){0,3})", re.IGNORECASE
)
"""An event: four words at most."""

_DAY_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_.]?(\d\d)[-_.]?(\d\d)(?!\d)")


class TimeSpan(msgspec.Struct, frozen=True):
    """From `since` to `until`, in UTC seconds. `start` and `end` are where it stands in the text.

    `relative`: said from today on, so that no text holds these words for its sake. `weight`: how far it is
    trusted, 0…1. `slack`: how many seconds of it, at its end too, are beside what was said.
    """

    since: float
    until: float
    start: int = 0
    end: int = 0
    relative: bool = True
    weight: float = 1.0
    slack: float = 0.0

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


def find_span(text: str, now: float) -> TimeSpan | EventSpan | None:
    """The first time that a question asks for, `now` in UTC seconds; None without one."""
    sentence = Sentence(text[:_MAX_TEXT])
    reader = TimeReader(sentence, datetime.fromtimestamp(now))
    event: EventSpan | None = None
    for at, token in enumerate(sentence.tokens):
        found = reader.phrase(at) if _begins(sentence, at) else None
        if found is not None:
            span, end = found
            since, until = seconds(span.since), seconds(span.until)
            if since < until:
                last, slack = sentence.tokens[end - 1].end, span.slack.total_seconds()
                return TimeSpan(since, until, token.start, last, span.relative, slack=slack)
        event = event or _event(sentence, at, text)
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
    return seconds(begin), seconds(begin + DAY)


def moment(text: str, now: float) -> float | None:
    """The end of the time that a text names, in UTC seconds and never in the future: as of then. None where
    it names none.
    """
    span = find_span(text, now)
    if not isinstance(span, TimeSpan) or text[: span.start].strip() or text[span.end :].strip():
        return None
    return min(span.until - span.slack, now)


def _event(sentence: Sentence, at: int, text: str) -> EventSpan | None:
    """Before or after a noun: "before the release", "после релиза"."""
    before = sentence.fits(words.BEFORE, at)
    if not before and not sentence.fits(f"{words.AFTER}|since", at):
        return None
    token = sentence.tokens[at]
    named = _NAMED.match(text, token.end)
    if named is None or named[1].split()[0].lower() in STOP_WORDS:
        return None
    return EventSpan(named[1].strip(".:"), before, token.start, named.end())


def _begins(sentence: Sentence, at: int) -> bool:
    """Whether a time may begin at a place: to look for one costs a hundredth of reading it."""
    word = sentence.word(sentence.skip(_BEFORE_TIME, at, most=5))
    return word[:1].isdigit() or fits(_TIME_WORDS, word)


_BEFORE_TIME = "|".join((words.IN, words.SINCE, words.BEFORE, words.AFTER, "between|между"))
_TIME_WORDS = "|".join(
    (*words.MONTHS, *words.WEEKDAYS, *words.UNITS.values(), *words.SEASONS.values(), *words.NUMBERS,
     *words.ORDINALS, *words.ROMAN, *words.NEAR_DAYS, *words.PARTS.values(), *words.DECADES.values(),
     *words.PARTS_OF_DAY, words.LAST, words.BEFORE_LAST, words.PAST, words.THIS, words.THAT, words.LATELY,
     words.OF_LAST_YEAR, r"recent|other|днях|twenty|двадцать|thirty|тридцать|[ck]?w\d*|[qh]\d")
)  # fmt: skip
