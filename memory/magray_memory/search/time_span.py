"""Time span: the time that a question asks for, in English or Russian, as UTC seconds.

`find_span` reads "last week", "since Monday", "3 days ago", "в марте", "на прошлой неделе", "до 3 марта",
ISO dates and ranges. Days, weeks and months are those of this machine's zone, so that a day of 23 hours is
one. What is no time is left alone: the word "may" or a bare number asks for nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.search import time_words as words
from magray_memory.search.local_calendar import DAY, seconds
from magray_memory.search.time_reader import TimeReader
from magray_memory.search.time_tokens import Token, fits

if TYPE_CHECKING:
    from collections.abc import Iterable

_SECONDS_OF_DAY = 86_400.0
_LONGEST_SCALE = 30 * _SECONDS_OF_DAY
EVENT_WEIGHT = 0.6
"""How far a span is trusted whose end is the date of what was taken for the event that is named."""
_MAX_TEXT = 600
"""Characters of a question in which a time is looked for."""
_EVENT_WORDS = 4

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


def find_span(text: str, now: float) -> TimeSpan | EventSpan | None:
    """The first time that a question asks for, `now` in UTC seconds; None without one."""
    masked = _QUOTED.sub(lambda match: "\u0000" * len(match[0]), text[:_MAX_TEXT])
    tokens = [Token(m[0].lower(), m.start(), m.end()) for m in _TOKEN.finditer(masked)]
    reader = TimeReader(tokens, datetime.fromtimestamp(now))
    event: EventSpan | None = None
    for at, token in enumerate(tokens):
        if not (token.text[0].isdigit() or token.text[:2] in _beginnings()):
            continue
        found = reader.phrase(at)
        if found is not None:
            span, end = found
            since, until = seconds(span.since), seconds(span.until)
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
    return seconds(begin), seconds(begin + DAY)


def moment(text: str, now: float) -> float | None:
    """The end of the time that a text names, in UTC seconds and never in the future: as of then. None where
    it names none.
    """
    span = find_span(text, now)
    if not isinstance(span, TimeSpan) or text[: span.start].strip() or text[span.end :].strip():
        return None
    return min(span.until, now)


def _event(tokens: list[Token], at: int, text: str) -> EventSpan | None:
    """Before or after a noun: "before the release", "после релиза"."""
    before = fits(words.BEFORE, tokens[at].text)
    if not before and not fits(f"{words.AFTER}|since", tokens[at].text):
        return None
    begin = at + 1
    while begin < len(tokens) and fits(r"the|a|an|our|my|наш\w{2,3}", tokens[begin].text):
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
                words.LATELY, words.PART_ALONE, "between|from|между")  # fmt: skip
    plain = (re.sub(r"\(\?:[^)]*\)|\[[^]]*\]|\\w|[?{},\d-]", "", pattern) for pattern in patterns)
    return frozenset(word[:2] for pattern in plain for word in pattern.split("|") if word) | _COUNTED


_COUNTED = frozenset(f"{letter}{digit}" for letter in "qh" for digit in "1234")
