"""Time words: the English and Russian words that a time is said with.

Russian words are known by their beginnings, since each has a dozen endings.
"""

from __future__ import annotations

import re

MONTHS = (
    r"january|jan|январ\w{1,2}|янв",
    r"february|feb|феврал\w{1,2}|фев",
    r"march|mar|март(?:а|е|у|ом)?|мар",
    r"april|apr|апрел\w{1,2}|апр",
    r"may|ма(?:й|я|е|ю|ем)",
    r"june|jun|июн\w{1,2}",
    r"july|jul|июл\w{1,2}",
    r"august|aug|август(?:а|е|у|ом)?|авг",
    r"september|sept|sep|сентябр\w{1,2}|сент?",
    r"october|oct|октябр\w{1,2}|окт",
    r"november|nov|ноябр\w{1,2}|нояб?",
    r"december|dec|декабр\w{1,2}|дек",
)
SURE_MONTHS = re.compile(
    r"(?:январ|феврал|март|апрел|мае|мая|июн|июл|август|сентябр|октябр|ноябр|декабр"
    r"|january|february|april|june|july|september|october|november|december)"
)
"""Forms that are nothing but a month; `may`, `mar` and the like need a date or a preposition beside them."""
ALSO_NAMES = r"марта|августа|мая"
"""Months that are names of people where they have a capital letter."""
WEEKDAYS = (
    r"monday|mon|понедельник\w{0,2}",
    r"tuesday|tues|tue|вторник\w{0,2}",
    r"wednesday|wed|сред(?:у|ы|ой)",
    r"thursday|thurs|thu|четверг\w{0,2}",
    r"friday|fri|пятниц(?:а|у|ы|е|ей)",
    r"saturday|sat|суббот(?:а|у|ы|е|ой)",
    r"sunday|sun|воскресень(?:е|я|ю|ем)",
)
UNITS = {
    "minute": r"minutes?|mins?|минут[аыу]?|мин",
    "half hour": r"полчаса",
    "hour": r"hours?|hrs?|час(?:а|ов|у)?",
    "day": r"days?|день|дн(?:я|ей|ю|и|ях|ями)|сут(?:ки|ок)",
    "week": r"weeks?|wks?|недел(?:я|и|ю|е|ь|ей)|нед",
    "fortnight": r"fortnights?",
    "half month": r"полмесяца",
    "month": r"months?|mos?|месяц(?:а|е|ев|ы|у|ем)?|мес",
    "quarter": r"quarters?|квартал(?:а|е|у|ов|ы|ом)?|кв",
    "half": r"полгода|полугоди(?:е|я|и|ем)",
    "year": r"years?|yrs?|год(?:а|у|ы|ом)?|лет",
    "decade": r"decades?|десятилети(?:е|я|и|й|ем)",
    "weekend": r"weekends?|выходн(?:ые|ых)",
}
LETTERS = {
    "m": "minute", "h": "hour", "d": "day", "w": "week", "y": "year", "ч": "hour", "д": "day", "г": "year",
}  # fmt: skip
"""Units after a number: "3d ago"."""
DECADES = {
    1970: r"seventies|семидесят(?:ые|ых)",
    1980: r"eighties|восьмидесят(?:ые|ых)",
    1990: r"nineties|девяност(?:ые|ых)",
    2000: r"noughties|нулев(?:ые|ых)",
}
SEASONS = {
    "spring": r"spring|весн(?:а|у|ы|е|ой)",
    "summer": r"summer|лет(?:о|ом)",
    "autumn": r"autumn|fall|осен(?:ь|и|ью)",
    "winter": r"winter|зим(?:а|у|ы|е|ой)",
}
FIRST_MONTH = {"winter": 12, "spring": 3, "summer": 6, "autumn": 9}
BY_SEASON = r"весной|летом|осенью|зимой"

LAST = r"last|previous|прошл\w{2,3}|предыдущ\w{2,3}|минувш\w{2,3}"
BEFORE_LAST = r"позапрошл\w{2,3}"
PAST = r"past|последн\w{2,3}|прошедш\w{2,3}|истекш\w{2,3}"
"""Counted back from now, not by the calendar."""
THIS = r"this|current|эт(?:от|ой|ом|у|ого|и|их|им)|текущ\w{2,3}|нынешн\w{2,3}"
THAT = r"той|ту"
""" "На той неделе" is the last one."""
AGO = r"ago|назад"
AGO_OF_COUNTED = r"back|earlier"
BEFORE_AGO = r"тому"
ONWARDS = r"on|onwards?|forward"

NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "couple": 2,
    "few": 3, "several": 4, "some": 3,
    "один": 1, "одну": 1, "одна": 1, "два": 2, "две": 2, "двух": 2, "три": 3, "трёх": 3, "трех": 3,
    "четыре": 4, "четырёх": 4, "четырех": 4, "пять": 5, "пяти": 5, "шесть": 6, "шести": 6, "семь": 7,
    "семи": 7, "восемь": 8, "восьми": 8, "девять": 9, "девяти": 9, "десять": 10, "десяти": 10,
    "одиннадцать": 11, "двенадцать": 12, "пятнадцать": 15, "двадцать": 20, "тридцать": 30,
    "пару": 2, "пара": 2, "пары": 2, "несколько": 3, "нескольких": 3, "полтора": 1.5, "полторы": 1.5,
    "half": 0.5,
}  # fmt: skip
ORDINALS = (
    "first|перв\\w{2,3}", "second|втор\\w{2,3}", "third|трет\\w{2,4}", "fourth|четв[её]рт\\w{2,3}",
    "fifth|пят(?:ый|ая|ое|ого|ом|ой|ую)", "sixth|шест(?:ой|ая|ое|ого|ом|ую)", "seventh|седьм\\w{2,3}",
    "eighth|восьм\\w{2,3}", "ninth|девят(?:ый|ая|ое|ого|ом|ой|ую)",
    "tenth|десят(?:ый|ая|ое|ого|ом|ой|ую)", "eleventh|одиннадцат\\w{2,3}", "twelfth|двенадцат\\w{2,3}",
    "thirteenth|тринадцат\\w{2,3}", "fourteenth|четырнадцат\\w{2,3}", "fifteenth|пятнадцат\\w{2,3}",
    "sixteenth|шестнадцат\\w{2,3}", "seventeenth|семнадцат\\w{2,3}", "eighteenth|восемнадцат\\w{2,3}",
    "nineteenth|девятнадцат\\w{2,3}", "twentieth|двадцат(?:ый|ая|ое|ого|ом|ой|ую)",
    *["-"] * 9, "thirtieth|тридцат(?:ый|ая|ое|ого|ом|ой|ую)",
)  # fmt: skip
"""From the first to the thirtieth; those between the tens are said with two words."""
ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
HALF = r"half|половин[аеуы]|полугоди[еияю]"
NEAR_DAYS = {
    r"today|сегодня|сегодняшн\w{2,3}": 0,
    r"yesterday|вчера|вчерашн\w{2,3}": 1,
    r"позавчера|позавчерашн\w{2,3}": 2,
    r"позапозавчера": 3,
}
OF_LAST_YEAR = r"прошлогодн\w{2,3}"
PARTS_OF_DAY = {
    r"morning|утром|утра": (4, 12),
    r"afternoon|дн[её]м": (12, 18),
    r"evening|tonight|вечером|вечера": (17, 24),
    r"night|ночью|ночи": (0, 24),
}
"""The hours of each; a night is of the day before it, or of the one after it."""
PART_ALONE = r"утром|вечером|tonight"
LATELY = r"recently|lately|недавно|намедни"
PARTS = {
    "start": r"early|start|beginning|начал[аоеу]",
    "middle": r"mid|middle|середин[аыеу]",
    "end": r"late|end|кон(?:ец|ца|це|цу)",
}
DATES_OF_MONTH = r"числа|числах|чисел"
SINCE = r"since|с|со|начиная"
BEFORE = r"before|until|till|до|перед"
AFTER = r"after|после"
IN = r"in|on|at|during|over|within|for|from|of|by|the|в|во|на|за|из|от|около|к"
AND = r"and|to|till|until|through|по|до|и|-|–|—|\.\."
JOINED = r"\.\.|-|–|—|/|to|through|thru|по"
BETWEEN_PHRASES = (
    r"and|or|about|with|without|in|on|at|for|from|of|by|to|until|till|through|before|after|since|when|what"
    r"|who|where|why|how|и|или|о|об|про|с|со|без|в|во|на|за|из|от|до|по|к|для|после|перед|когда|что|кто"
    r"|где|почему|как|we|i|they|мы|я|они"
)
"""Words that go on with something else, so that what stands before them is not the beginning of a name."""
