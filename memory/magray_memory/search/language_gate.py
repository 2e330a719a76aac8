"""Language gate: how far a query is written in languages that the model was trained on.

A model gives some vector for any text. For a language outside its training that vector is noise, and noise
that is normalised looks exactly like evidence. So the weight of vectors falls with the part of the query that
the model covers.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

_BLOCKS: tuple[tuple[int, int, str], ...] = (
    (0x0041, 0x024F, "latin"),
    (0x0370, 0x03FF, "greek"),
    (0x0400, 0x052F, "cyrillic"),
    (0x0530, 0x058F, "armenian"),
    (0x0590, 0x05FF, "hebrew"),
    (0x0600, 0x077F, "arabic"),
    (0x0900, 0x097F, "devanagari"),
    (0x0980, 0x09FF, "bengali"),
    (0x0B80, 0x0BFF, "tamil"),
    (0x0E00, 0x0E7F, "thai"),
    (0x10A0, 0x10FF, "georgian"),
    (0x1100, 0x11FF, "hangul"),
    (0x1E00, 0x1EFF, "latin"),
    (0x1F00, 0x1FFF, "greek"),
    (0x3040, 0x30FF, "kana"),
    (0x3100, 0x312F, "han"),
    (0x3400, 0x9FFF, "han"),
    (0xAC00, 0xD7AF, "hangul"),
    (0xF900, 0xFAFF, "han"),
    (0x20000, 0x3FFFF, "han"),
)
_STARTS = [block[0] for block in _BLOCKS]
_BY_SCRIPT = {
    "greek": "el",
    "armenian": "hy",
    "hebrew": "he",
    "arabic": "ar",
    "devanagari": "hi",
    "bengali": "bn",
    "tamil": "ta",
    "thai": "th",
    "georgian": "ka",
    "hangul": "ko",
    "kana": "ja",
    "han": "zh",
}
NAMES = {
    "ar": "Arabic",
    "be": "Belarusian",
    "bn": "Bengali",
    "de": "German",
    "el": "Greek",
    "en": "English",
    "es": "Spanish",
    "fr": "French",
    "he": "Hebrew",
    "hi": "Hindi",
    "hy": "Armenian",
    "it": "Italian",
    "ja": "Japanese",
    "ka": "Georgian",
    "ko": "Korean",
    "nl": "Dutch",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "ta": "Tamil",
    "th": "Thai",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "zh": "Chinese",
    "other": "this script",
}
# Function words that English does not have: two of them in a query are no accident.
_FUNCTION_WORDS = {
    "de": "der das und ist nicht wie wird werden ein eine einen einem mit für auf den dem des im zum zur von "
    "wo wer wann warum welche welcher sind oder bei nach über",
    "fr": "le la les des du est et une un dans que qui quoi où comment pour pas avec sur sont quel quelle au "
    "aux ce cette par quand pourquoi",
    "es": "el la los las un una es y que qué de del en como cómo dónde para por con cuál cuándo se son al su",
    "it": "il lo la gli le un una è e di che come dove per con non quale quando sono della del nel si",
    "pt": "o os as um uma é e de do da em que como onde para por com não qual quando são no na se",
    "nl": "de het een en van is hoe waar wat wordt worden met voor niet zijn op te dat wie",
    "pl": "jak jest w na i nie się do z gdzie co dla czy kiedy który która są przez",
    "tr": "bir ve nasıl nerede ne için bu ile mi mı kim hangi olarak değil",
}
_FUNCTION_SETS = {code: frozenset(words.split()) for code, words in _FUNCTION_WORDS.items()}
_WORD = re.compile(r"[^\W\d_]+")


class Gate(NamedTuple):
    """`weight` (0…1) multiplies the vectors' share of a score; `language` is what was not covered."""

    weight: float
    language: str | None = None


OPEN = Gate(1.0)


def gate(text: str, covers: Callable[[str], bool]) -> Gate:
    """How far the model covers the query: the covered share of its letters, none when under a half.

    A text without letters passes: numbers and signs are read alike in every language.
    """
    letters = languages(text)
    total = sum(letters.values())
    if total == 0:
        return OPEN
    unknown = {code: count for code, count in letters.items() if not covers(code)}
    share = 1 - sum(unknown.values()) / total
    if share == 1:
        return OPEN
    worst = max(unknown, key=lambda code: unknown[code])
    return Gate(share if share >= 0.5 else 0.0, NAMES.get(worst, worst))


def languages(text: str) -> Counter[str]:
    """The letters of a text, counted by language as far as script and function words tell.

    Latin letters without two function words of another language count as English, which is right for
    identifiers too; Cyrillic ones as Russian, unless letters of Ukrainian or Belarusian are among them.
    """
    scripts: Counter[str] = Counter()
    for ch in text:
        if ch.isalpha():
            scripts[_script(ord(ch))] += 1
    if scripts["kana"]:
        scripts["kana"] += scripts.pop("han", 0)
    found: Counter[str] = Counter()
    for script, count in scripts.items():
        if not count:
            continue
        if script == "latin":
            found[_latin(text)] += count
        elif script == "cyrillic":
            found[_cyrillic(text)] += count
        else:
            found[_BY_SCRIPT.get(script, script)] += count
    return found


def _script(code: int) -> str:
    at = bisect_right(_STARTS, code) - 1
    return _BLOCKS[at][2] if at >= 0 and code <= _BLOCKS[at][1] else "other"


def _latin(text: str) -> str:
    words = Counter(_WORD.findall(text.lower()))
    votes = {code: sum(words[w] for w in known if w in words) for code, known in _FUNCTION_SETS.items()}
    best = max(votes, key=lambda code: votes[code])
    return best if votes[best] >= 2 and votes[best] > _english(words) else "en"


def _english(words: Counter[str]) -> int:
    from magray_memory.search.weights import STOP_WORDS

    return sum(count for word, count in words.items() if word in STOP_WORDS)


def _cyrillic(text: str) -> str:
    lowered = text.lower()
    if any(ch in lowered for ch in "іїєґ"):
        return "be" if "ў" in lowered else "uk"
    return "ru"
