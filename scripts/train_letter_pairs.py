"""Make `text/letter_pairs.py`: how likely letters follow each other, for guessing older encodings.

    pip download --no-deps --no-binary :all: django && tar xf django-*.tar.gz
    python scripts/train_letter_pairs.py django-*/django [FILE WITH RUSSIAN TEXT]...

The catalogues of Django are read for Russian, Ukrainian, Belarusian, Greek, Hebrew, Arabic, Thai, Chinese,
Japanese and Korean: they are short phrases about programs, as comments are.
"""

from __future__ import annotations

import math
import re
import sys
from collections import Counter
from pathlib import Path

CYRILLIC = "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґў"
GREEK = "αβγδεζηθικλμνξοπρστυφχψωςάέήίόύώϊϋΐΰ"
HEBREW = "אבגדהוזחטיךכלםמןנסעףפץצקרשת"
ARABIC = "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي"
THAI = "".join(map(chr, (*range(0x0E01, 0x0E3B), *range(0x0E40, 0x0E4F))))
YO = """
ещё её моё твоё своё всё чём идёт даёт берёт найдёт вернёт пришёл учёт отчёт расчёт счётчик счёт приём объём
чёрный жёлтый зелёный тёплый лёгкий твёрдый ёлка ёлки ёж ёмкость путём днём ребёнок причём вперёд актёр
"""
"""Words with a letter that printed Russian replaces by another, and so rare in what is read here."""
COMMON = 900
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
TARGET = Path(__file__).parents[1] / "memory/magray_memory/text/letter_pairs.py"


def phrases(folder: Path, language: str) -> str:
    """All translations of a language."""
    found: list[str] = []
    for path in sorted(folder.glob(f"**/locale/{language}/LC_MESSAGES/*.po")):
        wanted = False
        for line in path.read_text("utf-8").splitlines():
            if line.startswith("msg"):
                wanted = line.startswith("msgstr")
            if wanted and '"' in line:
                found.append(line[line.index('"') + 1 : -1].replace("\\n", " "))
            elif not line.startswith('"'):
                found.append("\n")
    return "".join(found)


def pairs(weighed: list[tuple[str, float]], alphabet: str) -> list[str]:
    """For the end of a word and each letter, what comes next costs so much: half nats, a digit of base 36."""
    letters = f" {alphabet}"
    counts = {one: dict.fromkeys(letters, 0.3) for one in letters}
    for text, weight in weighed:
        words = re.findall(rf"[{alphabet}]+", text.lower())
        scale = weight * 1e5 / max(sum(map(len, words)), 1)
        for word in words:
            for one, other in zip(f" {word}", f"{word} ", strict=True):
                counts[one][other] += scale
    rows: list[str] = []
    for one in letters:
        total = sum(counts[one].values())
        costs = [round(-2 * math.log(counts[one][other] / total)) for other in letters]
        rows.append("".join(DIGITS[min(cost, 35)] for cost in costs))
    return rows


def common(text: str, first: str, last: str, many: int) -> str:
    """The most frequent characters of a range, most frequent first."""
    counts = Counter(char for char in text if first <= char <= last)
    return "".join(char for char, _ in sorted(counts.most_common(many), key=lambda item: (-item[1], item[0])))


def main() -> None:
    """Write the module."""
    django = Path(sys.argv[1])
    russian = phrases(django, "ru")
    for file in sys.argv[2:]:
        russian += Path(file).read_text("utf-8")
    cyrillic = [(russian, 0.7), (YO, 0.02), (phrases(django, "uk"), 0.2), (phrases(django, "be"), 0.1)]
    lines = ['"""Letter frequencies of several languages; made by `scripts/train_letter_pairs.py`."""', ""]
    for name, alphabet, weighed in (
        ("CYRILLIC", CYRILLIC, cyrillic),
        ("GREEK", GREEK, [(phrases(django, "el"), 1.0)]),
        ("HEBREW", HEBREW, [(phrases(django, "he"), 1.0)]),
        ("ARABIC", ARABIC, [(phrases(django, "ar"), 1.0)]),
        ("THAI", THAI, [(phrases(django, "th"), 1.0)]),
    ):
        lines += [f'{name} = "{alphabet}"', f"{name}_PAIRS = ("]
        lines += [f'    "{row}",' for row in pairs(weighed, alphabet)] + [")"]
        lines += [
            '"""Rows: the end of a word, each letter; columns: what comes next, half nats in base 36."""',
            "",
        ]
    for name, language, first, last in (
        ("CHINESE", "zh_Hans", "\u4e00", "\u9fff"),
        ("TAIWANESE", "zh_Hant", "\u4e00", "\u9fff"),
        ("JAPANESE", "ja", "\u4e00", "\u9fff"),
        ("KOREAN", "ko", "\uac00", "\ud7a3"),
    ):
        chars = common(phrases(django, language), first, last, COMMON)
        lines += [f"{name} = (", *(f'    "{chars[at : at + 50]}"' for at in range(0, len(chars), 50)), ")"]
        lines += ['"""Common characters, most frequent first."""', ""]
    TARGET.write_text("\n".join(lines).rstrip() + "\n", "utf-8")


if __name__ == "__main__":
    main()
