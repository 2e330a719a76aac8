"""The time of a question, in English and Russian, by this machine's zone and its rules."""

from __future__ import annotations

import os
import time
from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from magray_memory.search.time_span import EventSpan, TimeSpan, find_span, moment, named_day, without_span

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 5, 20, 15, 30)
"""A Wednesday."""


def _span(question: str, now: datetime = NOW) -> tuple[str, str] | None:
    found = find_span(question, now.timestamp())
    if not isinstance(found, TimeSpan):
        return None

    def shown(seconds: float) -> str:
        moment = datetime.fromtimestamp(seconds)
        return f"{moment:%Y-%m-%d}" if (moment.hour, moment.minute) == (0, 0) else f"{moment:%Y-%m-%d %H:%M}"

    return shown(found.since), shown(found.until)


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("today", "2026-05-20", "2026-05-21"),
        ("what did we decide yesterday about ports", "2026-05-19", "2026-05-20"),
        ("the day before yesterday", "2026-05-18", "2026-05-19"),
        ("last night", "2026-05-19 18:00", "2026-05-20 06:00"),
        ("last week", "2026-05-11", "2026-05-18"),
        ("this week", "2026-05-18", "2026-05-25"),
        ("last weekend", "2026-05-16", "2026-05-18"),
        ("previous month", "2026-04-01", "2026-05-01"),
        ("last quarter", "2026-01-01", "2026-04-01"),
        ("last year", "2025-01-01", "2026-01-01"),
        ("3 days ago", "2026-05-17", "2026-05-18"),
        ("a couple of days ago", "2026-05-18", "2026-05-19"),
        ("eleven days ago", "2026-05-09", "2026-05-10"),
        ("three Mondays ago", "2026-05-04", "2026-05-05"),
        ("a Wednesday ago", "2026-05-13", "2026-05-14"),
        ("in the last 3 days", "2026-05-17", "2026-05-21"),
        ("over the past two weeks", "2026-05-06", "2026-05-21"),
        ("on Monday", "2026-05-18", "2026-05-19"),
        ("last Wednesday", "2026-05-13", "2026-05-14"),
        ("since Friday", "2026-05-15", "2026-05-21"),
        ("in March", "2026-03-01", "2026-04-01"),
        ("in September", "2025-09-01", "2025-10-01"),
        ("in May", "2026-05-01", "2026-06-01"),
        ("last May", "2025-05-01", "2025-06-01"),
        ("March 2024", "2024-03-01", "2024-04-01"),
        ("March 3", "2026-03-03", "2026-03-04"),
        ("December 24", "2025-12-24", "2025-12-25"),
        ("3rd of March, 2025", "2025-03-03", "2025-03-04"),
        ("2026-03-03", "2026-03-03", "2026-03-04"),
        ("2026-03", "2026-03-01", "2026-04-01"),
        ("2026-W10", "2026-03-02", "2026-03-09"),
        ("2026-03-01..2026-03-05", "2026-03-01", "2026-03-06"),
        ("between March 3 and March 10", "2026-03-03", "2026-03-11"),
        ("from 2026-03-01 to 2026-03-05", "2026-03-01", "2026-03-06"),
        ("before 2026-03-03", "1970-01-02", "2026-03-03"),
        ("after 3 March", "2026-03-04", "2026-05-21"),
        ("Q1 2025", "2025-01-01", "2025-04-01"),
        ("in Q3", "2025-07-01", "2025-10-01"),
        ("the second quarter of 2024", "2024-04-01", "2024-07-01"),
        ("in 2024", "2024-01-01", "2025-01-01"),
        ("last summer", "2025-06-01", "2025-09-01"),
        ("сегодня утром", "2026-05-20 04:00", "2026-05-20 12:00"),
        ("this morning", "2026-05-20 04:00", "2026-05-20 12:00"),
        ("yesterday evening", "2026-05-19 17:00", "2026-05-20"),
        ("3 марта утром", "2026-03-03 04:00", "2026-03-03 12:00"),
        ("on Monday afternoon", "2026-05-18 12:00", "2026-05-18 18:00"),
        ("вчера ночью", "2026-05-19", "2026-05-20"),
        ("утром", "2026-05-20 04:00", "2026-05-20 12:00"),
        ("что записали вечером", "2026-05-19 17:00", "2026-05-20"),
        ("3 дня тому назад", "2026-05-17", "2026-05-18"),
        ("неделю тому назад", "2026-05-10", "2026-05-17"),
        ("два понедельника назад", "2026-05-11", "2026-05-12"),
        ("две среды тому назад", "2026-05-06", "2026-05-07"),
        ("около десяти дней назад", "2026-05-10", "2026-05-11"),
        ("двадцать дней назад", "2026-04-30", "2026-05-01"),
        ("что решили 15-го", "2026-05-15", "2026-05-16"),
        ("over the weekend", "2026-05-16", "2026-05-18"),
        ("на выходных", "2026-05-16", "2026-05-18"),
        ("что решили вчера про порты", "2026-05-19", "2026-05-20"),
        ("позавчера", "2026-05-18", "2026-05-19"),
        ("на прошлой неделе", "2026-05-11", "2026-05-18"),
        ("на позапрошлой неделе", "2026-05-04", "2026-05-11"),
        ("в этом месяце", "2026-05-01", "2026-06-01"),
        ("в прошлом году", "2025-01-01", "2026-01-01"),
        ("неделю назад", "2026-05-10", "2026-05-17"),
        ("три дня назад", "2026-05-17", "2026-05-18"),
        ("за последние две недели", "2026-05-06", "2026-05-21"),
        ("за неделю", "2026-05-13", "2026-05-21"),
        ("в прошлую пятницу", "2026-05-15", "2026-05-16"),
        ("с понедельника", "2026-05-18", "2026-05-21"),
        ("в марте", "2026-03-01", "2026-04-01"),
        ("в марте прошлого года", "2025-03-01", "2025-04-01"),
        ("3 марта 2025 года", "2025-03-03", "2025-03-04"),
        ("03.03.2026", "2026-03-03", "2026-03-04"),
        ("с 1 по 5 марта", "2026-03-01", "2026-03-06"),
        ("с марта по май", "2026-03-01", "2026-06-01"),
        ("до 3 марта", "1970-01-02", "2026-03-03"),
        ("в первом квартале", "2026-01-01", "2026-04-01"),
        ("в 2025 году", "2025-01-01", "2026-01-01"),
        ("прошлым летом", "2025-06-01", "2025-09-01"),
        ("с начала года", "2026-01-01", "2026-05-21"),
        ("a fortnight ago", "2026-05-03", "2026-05-10"),
        ("the last fortnight", "2026-05-06", "2026-05-21"),
        ("3d ago", "2026-05-17", "2026-05-18"),
        ("two and a half years ago", "2023-09-25", "2024-01-16"),
        ("ten days back", "2026-05-10", "2026-05-11"),
        ("the other day", "2026-05-06", "2026-05-21"),
        ("in recent weeks", "2026-04-29", "2026-05-21"),
        ("last evening", "2026-05-19 17:00", "2026-05-20"),
        ("on the morning of March 3", "2026-03-03 04:00", "2026-03-03 12:00"),
        ("the week before last", "2026-05-04", "2026-05-11"),
        ("the Friday before last", "2026-05-08", "2026-05-09"),
        ("Monday of last week", "2026-05-11", "2026-05-12"),
        ("last week's Monday", "2026-05-11", "2026-05-12"),
        ("Tuesday two weeks ago", "2026-05-05", "2026-05-06"),
        ("Monday to Friday", "2026-05-11", "2026-05-16"),
        ("from October to March", "2025-10-01", "2026-04-01"),
        ("since Tuesday", "2026-05-19", "2026-05-21"),
        ("from March on", "2026-03-01", "2026-05-21"),
        ("year to date", "2026-01-01", "2027-01-01"),
        ("week 12", "2026-03-16", "2026-03-23"),
        ("week 12 of 2025", "2025-03-17", "2025-03-24"),
        ("in week 40", "2025-09-29", "2025-10-06"),
        ("CW 12", "2026-03-16", "2026-03-23"),
        ("in W12", "2026-03-16", "2026-03-23"),
        ("between 3 and 7 March", "2026-03-03", "2026-03-08"),
        ("between the 3rd and the 7th of March", "2026-03-03", "2026-03-08"),
        ("March 3-7", "2026-03-03", "2026-03-08"),
        ("March 3rd to 7th, 2025", "2025-03-03", "2025-03-08"),
        ("the third of March", "2026-03-03", "2026-03-04"),
        ("on the 15th", "2026-05-15", "2026-05-16"),
        ("until the end of March", "1970-01-02", "2026-04-01"),
        ("the last week of March", "2026-03-25", "2026-04-01"),
        ("the last Friday of March", "2026-03-27", "2026-03-28"),
        ("the last quarter of 2025", "2025-10-01", "2026-01-01"),
        ("the second half of 2025", "2025-07-01", "2026-01-01"),
        ("2025 Q4", "2025-10-01", "2026-01-01"),
        ("Q4'25", "2025-10-01", "2026-01-01"),
        ("in the 1990s", "1990-01-01", "2000-01-01"),
        ("in the 90s", "1990-01-01", "2000-01-01"),
        ("last decade", "2010-01-01", "2020-01-01"),
        ("3/25/2026", "2026-03-25", "2026-03-26"),
        ("25/3/2026", "2026-03-25", "2026-03-26"),
        ("2026-3-3", "2026-03-03", "2026-03-04"),
        ("March '25", "2025-03-01", "2025-04-01"),
        ("last fall", "2025-09-01", "2025-12-01"),
        ("на днях", "2026-05-06", "2026-05-21"),
        ("вчерашнее решение", "2026-05-19", "2026-05-20"),
        ("в прошлогодних заметках", "2025-01-01", "2026-01-01"),
        ("сегодня с утра", "2026-05-20 04:00", "2026-05-20 12:00"),
        ("вечером в пятницу", "2026-05-15 17:00", "2026-05-16"),
        ("утром 3 марта", "2026-03-03 04:00", "2026-03-03 12:00"),
        ("полчаса назад", "2026-05-20 14:30", "2026-05-20 15:30"),
        ("дня три назад", "2026-05-17", "2026-05-18"),
        ("полтора года назад", "2024-10-06", "2025-01-05"),
        ("десять лет назад", "2015-10-08", "2017-01-01"),
        ("за последнее десятилетие", "2016-05-20", "2026-05-21"),
        ("за прошедшую неделю", "2026-05-13", "2026-05-21"),
        ("за пару дней", "2026-05-18", "2026-05-21"),
        ("за 2025 год", "2025-01-01", "2026-01-01"),
        ("на той неделе", "2026-05-11", "2026-05-18"),
        ("на минувшей неделе", "2026-05-11", "2026-05-18"),
        ("на 12-й неделе", "2026-03-16", "2026-03-23"),
        ("на двенадцатой неделе", "2026-03-16", "2026-03-23"),
        ("в понедельник на прошлой неделе", "2026-05-11", "2026-05-12"),
        ("между понедельником и средой", "2026-05-18", "2026-05-21"),
        ("между 3 и 7 марта", "2026-03-03", "2026-03-08"),
        ("с 3-го по 7-е марта", "2026-03-03", "2026-03-08"),
        ("двадцать третьего февраля", "2026-02-23", "2026-02-24"),
        ("15 числа", "2026-05-15", "2026-05-16"),
        ("в начале марта", "2026-03-01", "2026-03-11 08:00"),
        ("в последних числах марта", "2026-03-21 16:00", "2026-04-01"),
        ("первый понедельник марта", "2026-03-02", "2026-03-03"),
        ("во втором полугодии 2025", "2025-07-01", "2026-01-01"),
        ("в IV квартале 2025", "2025-10-01", "2026-01-01"),
        ("прошлой осенью", "2025-09-01", "2025-12-01"),
        ("с мая по июль", "2025-05-01", "2025-08-01"),
        ("в 90-х годах", "1990-01-01", "2000-01-01"),
        ("в девяностых", "1990-01-01", "2000-01-01"),
        ("до конца марта", "1970-01-02", "2026-04-01"),
    ],
)  # fmt: skip
def test_a_time_is_read(question: str, since: str, until: str) -> None:
    assert _span(question) == (since, until)
    assert _span(question.upper() if question.isascii() else question.capitalize()) == (since, until)


@pytest.mark.parametrize(
    "question",
    [
        "what may happen", "may I do this", "port 8080", "2025", "error 404", "version 1.2.3", "second try",
        "one day we will see", "march on", "sun shining", "mar", "a week", "day", "the last line", "last man",
        'the song "last week"', "`since Monday`", "в среде разработки", "на днище", "первый", "прошлый опыт",
        "сон", "10 марток", "99999-99-99", "2026-13-45", "31.02.2026", "", "   ", "?", "до", "before",
        "утренний деплой", "тому", "night mode", "a morning person", "weekend",
        "monday.com", "call monday.com api", "src/march/april/index", "last_week", "@april", "#friday",
        "the march through the code", "май в слове маёвка", "the second may fail", "option 3 may fail",
        "may 3 users share a key", "second", "h1 tag", "H2 database", "W12", "timeout in 90s", "in 2048 bits",
        "by sun microsystems", "in Spring Boot", "on the 2nd attempt", "the last day of the sprint",
        "second half of the file", "Марта сказала", "подруга Августа", "1.2.26", "week 99", "since then",
        "after that", "после этого", "последние коммиты", "в середине строки", "за день до релиза и после",
        "no deploys on Mondays", "three Fridays", "0 Mondays ago", "2-го дома", "2-й этаж",
        "\ud800", "\0", "Q5", "H9", "week week week", "с", "in 9999999999",
    ],
)  # fmt: skip
def test_what_is_no_time_is_none(question: str) -> None:
    assert _span(question) is None


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("what did we decide last week about ports", "what did we decide about ports"),
        ("порты на прошлой неделе", "порты"),
        ("yesterday", "yesterday"),
        ("рассылка утром", "рассылка утром"),
        ("ports in March", "ports in March"),
        ("ports 2026-03-03", "ports 2026-03-03"),
        ("Friday deploys", "Friday deploys"),
        ("deploys on Friday", "deploys on Friday"),
        ("деплой в пятницу", "деплой в пятницу"),
        ("deploys last Friday", "deploys"),
        ("деплой в прошлую пятницу", "деплой"),
    ],
)
def test_a_time_counted_from_today_is_no_word_of_the_question(question: str, rest: str) -> None:
    assert without_span(question, find_span(question, NOW.timestamp())) == rest


@pytest.mark.parametrize(
    ("question", "name", "before"),
    [
        ("what was slow before the release", "release", True),
        ("что было до релиза", "релиза", True),
        ("after the migration to postgres", "migration to postgres", False),
        ("после переезда", "переезда", False),
        ("until v1.2", "v1.2", True),
        ("before v2.0.0-rc.1, what broke?", "v2.0.0-rc.1", True),
    ],
)
def test_an_event_is_named(question: str, name: str, before: bool) -> None:
    found = find_span(question, NOW.timestamp())
    assert isinstance(found, EventSpan)
    assert (found.name, found.before) == (name, before)


@pytest.mark.parametrize(
    ("text", "then"),
    [
        ("a fortnight ago", datetime(2026, 5, 7)),
        ("месяц назад", datetime(2026, 4, 21)),
        ("two years ago", datetime(2024, 5, 21)),
        ("10 minutes ago", datetime(2026, 5, 20, 15, 20)),
        ("позавчера", datetime(2026, 5, 19)),
        ("week 12", datetime(2026, 3, 23)),
        ("Monday of last week", datetime(2026, 5, 12)),
        ("today", NOW),
    ],
)
def test_as_of_a_time_is_at_the_end_of_what_was_said(text: str, then: datetime) -> None:
    assert moment(text, NOW.timestamp()) == then.timestamp()


def test_as_of_what_is_no_time_is_none() -> None:
    assert [moment(text, NOW.timestamp()) for text in ("nonsense", "ports last week", "")] == [None] * 3


def test_a_file_is_named_after_a_day() -> None:
    span = named_day("daily/2026-03-03.md")
    assert span is not None
    assert [f"{datetime.fromtimestamp(s):%Y-%m-%d %H:%M}" for s in span] == [
        "2026-03-03 00:00",
        "2026-03-04 00:00",
    ]
    assert named_day("daily/20260303 standup.md") == span
    assert named_day("2026-03-03/readme.md") is None
    assert named_day("v2026-13-45.md") is None


@pytest.fixture
def zone() -> Iterator[None]:
    former = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    yield
    if former is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = former
    time.tzset()


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone of this system is the machine's own")
@pytest.mark.usefixtures("zone")
def test_days_are_those_of_the_zone() -> None:
    def hours(question: str, now: datetime) -> float:
        found = find_span(question, now.timestamp())
        assert isinstance(found, TimeSpan)
        return (found.until - found.since) / 3600

    assert hours("yesterday", datetime(2026, 3, 30, 12)) == 23, "clocks went forward"
    assert hours("yesterday", datetime(2026, 10, 26, 12)) == 25, "clocks went back"
    assert hours("last week", datetime(2026, 4, 1, 12)) == 7 * 24 - 1
    found = find_span("2026-07-01", NOW.timestamp())
    assert isinstance(found, TimeSpan)
    assert datetime.fromtimestamp(found.since).hour == 0
    exact = find_span("2026-03-03T10:00:00+03:00", NOW.timestamp())
    assert isinstance(exact, TimeSpan)
    assert exact.since == datetime.fromisoformat("2026-03-03T10:00:00+03:00").timestamp()
