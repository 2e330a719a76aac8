"""Time words: the English and Russian words that a time is said with.

Russian words are known by their beginnings, since each has a dozen endings.
"""

from __future__ import annotations

import re

MONTHS = (
    r"january|jan|январ\w{1,2}",
    r"february|feb|феврал\w{1,2}",
    r"march|mar|март(?:а|е|у|ом)?",
    r"april|apr|апрел\w{1,2}",
    r"may|ма(?:й|я|е|ю|ем)",
    r"june|jun|июн\w{1,2}",
    r"july|jul|июл\w{1,2}",
    r"august|aug|август(?:а|е|у|ом)?",
    r"september|sept|sep|сентябр\w{1,2}",
    r"october|oct|октябр\w{1,2}",
    r"november|nov|ноябр\w{1,2}",
    r"december|dec|декабр\w{1,2}",
)
SURE_MONTHS = re.compile(
    r"январ|феврал|март|апрел|мае|мая|июн|июл|август|сентябр|октябр|ноябр|декабр"
    r"|january|february|april|june|july|september|october|november|december"
)
"""Forms that are nothing but a month; `may`, `mar` and the like need a date or a preposition beside them."""
WEEKDAYS = (
    r"monday|mon|понедельник\w{0,2}",
    r"tuesday|tues|tue|вторник\w{0,2}",
    r"wednesday|wed|сред(?:у|ы)",
    r"thursday|thurs|thu|четверг\w{0,2}",
    r"friday|fri|пятниц(?:а|у|ы|е)",
    r"saturday|sat|суббот(?:а|у|ы|е)",
    r"sunday|sun|воскресень(?:е|я|ю)",
)
UNITS = {
    "minute": r"minutes?|mins?|минут[аыу]?",
    "hour": r"hours?|hrs?|час(?:а|ов|у)?",
    "day": r"days?|день|дн(?:я|ей|ю|и)|сут(?:ки|ок)",
    "week": r"weeks?|недел(?:я|и|ю|е|ь)",
    "month": r"months?|месяц(?:а|е|ев|ы|у)?",
    "quarter": r"quarters?|квартал(?:а|е|у|ов|ы)?",
    "half": r"полгода|полугоди(?:е|я|и)",
    "year": r"years?|год(?:а|у|ы)?|лет",
    "weekend": r"weekends?|выходн(?:ые|ых)",
}
SEASONS = {
    "spring": r"spring|весн(?:а|у|ы|е|ой)",
    "summer": r"summer|лет(?:о|ом)",
    "autumn": r"autumn|осен(?:ь|и|ью)",
    "winter": r"winter|зим(?:а|у|ы|е|ой)",
}
FIRST_MONTH = {"winter": 12, "spring": 3, "summer": 6, "autumn": 9}

LAST = r"last|previous|прошл\w{2,3}|предыдущ\w{2,3}"
BEFORE_LAST = r"позапрошл\w{2,3}"
PAST = r"past|последн\w{2,3}"
"""Counted back from now, not by the calendar."""
THIS = r"this|current|эт(?:от|ой|ом|у|ого|и|их|им)|текущ\w{2,3}|нынешн\w{2,3}"
AGO = r"ago|назад|earlier"
BEFORE_AGO = r"тому"

NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "twelve": 12, "couple": 2, "few": 3, "several": 4,
    "один": 1, "одну": 1, "одна": 1, "два": 2, "две": 2, "двух": 2, "три": 3, "трёх": 3, "трех": 3,
    "четыре": 4, "четырёх": 4, "четырех": 4, "пять": 5, "пяти": 5, "шесть": 6, "семь": 7, "восемь": 8,
    "девять": 9, "десять": 10, "двенадцать": 12, "пару": 2, "пара": 2, "пары": 2, "несколько": 3,
    "нескольких": 3, "полтора": 1.5, "полторы": 1.5, "half": 0.5,
}  # fmt: skip
ORDINALS = (
    r"first|1st|перв\w{2,3}|1-?[йяем]\w?",
    r"second|2nd|втор\w{2,3}|2-?[йяем]\w?",
    r"third|3rd|трет\w{2,3}|3-?[йяем]\w?",
    r"fourth|4th|четв[её]рт\w{2,3}|4-?[йяем]\w?",
)
NEAR_DAYS = {
    r"today|сегодня": 0,
    r"yesterday|вчера": 1,
    r"позавчера": 2,
}
PARTS_OF_DAY = {
    r"morning|утром|утра": (4, 12),
    r"afternoon|дн[её]м": (12, 18),
    r"evening|tonight|вечером|вечера": (17, 24),
    r"night|ночью|ночи": (0, 24),
}
"""The hours of each; a night is of the day before it, or of the one after it."""
PART_ALONE = r"утром|вечером|tonight"
LATELY = r"recently|lately|недавно"
PARTS = {
    "start": r"early|start|beginning|начал[аоеу]",
    "middle": r"mid|middle|середин[аыеу]",
    "end": r"late|end|кон(?:ец|ца|це|цу)",
}
SINCE = r"since|с|со|начиная"
BEFORE = r"before|until|till|до|перед"
AFTER = r"after|после"
IN = r"in|on|at|during|over|within|for|from|of|by|the|в|во|на|за|из|от|около|к"
AND = r"and|to|till|until|through|по|до|и|-|–|—|\.\."
