"""Analyzer: from text to search tokens, the same for what is stored and for what is asked.

A word gives its stem; an identifier gives itself whole and the stems of its parts, so that `getUserByID`
is found by "get user", by "users" and by `getuserbyid`. The lexical index stores only these tokens, and
removes a passage by analysing its text again: any change of what this module returns for any text is a
new `ANALYZER_VERSION`, which makes every vault build its lexical index again.

Every token is made only of characters that SQLite's `unicode61 remove_diacritics 0 tokenchars '_'` keeps
as they are, so that one token here is one term there.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

ANALYZER_VERSION = 3

_MAX_TOKEN = 64
_MAX_WORD = 256
_MAX_CACHED_WORDS = 150_000
_MAX_CACHED_LENGTH = 96

# ASCII text, nearly all source code, is cut as bytes by one translate and one split: three times as fast as a
# regex.
_ASCII_SEPARATORS = bytes(i if i < 128 and (chr(i).isalnum() or chr(i) == "_") else 32 for i in range(256))
# Elsewhere a word is letters, digits, and the marks that may stand on them: the soft hyphen, joiners,
# combining accents, and the blocks of the Indic and South-East Asian scripts whose vowels are marks.
_WORD = re.compile(
    r"[\w\u00ad\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u06d6-\u06ed\u0711-\u074a"
    r"\u0900-\u0963\u0966-\u109f\u1ab0-\u1aff\u1dc0-\u1dff\u200c\u200d\u20d0-\u20ff\u3099\u309a\ufe00-\ufe2f]+"
)
# Letters to Python that SQLite takes for separators: vowel and tone signs of New Tai Lue, two Vedic signs.
_KEPT_BY_SQLITE = re.compile(r"[^\W\u19b0-\u19c0\u19c8\u19c9\u1cf2\u1cf3]+")

_LOWER = r"a-z\u00aa-\u00b5\u00ba-\u02af\u1e00-\u1eff"
_CYRILLIC_UPPER = r"\u0400-\u042f"
_CYRILLIC_LOWER = r"\u0430-\u052f"
# Written without spaces: Thai, Lao, Myanmar, Khmer, kana, bopomofo, Han, Hangul (spaced, but glued).
_UNSPACED = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u318f\u31a0-\u31ff\u3400-\u4dbf"
    r"\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U0001b000-\U0001b2ff\U00020000-\U0003ffff"
)
_FIRST_CJK = "\u3005"
# Parts of words of ASCII alone, which nearly all are: twice as fast as the pattern for any word.
_ASCII_PARTS = re.compile(r"[A-Z]{2,}s(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_HEX = re.compile(r"(?:0[xX])?[0-9a-fA-F]+")
# Latin letters that Unicode does not take apart, as people type them on a plain keyboard.
_PLAIN_LATIN = str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ı": "i", "æ": "ae",
     "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th", "ß": "ss", "ẞ": "SS"}
)  # fmt: skip
_CONTRACTION = re.compile(r"(?<=[^\W\d_])['’ʼ](?:s|t|d|m|re|ve|ll)(?![^\W_])", re.IGNORECASE)


_SIGNS = {"++": "pp", "#": "sharp"}
_ASCII_WORD = frozenset(char for char in map(chr, range(128)) if char.isalnum() or char == "_")
_AFTER_NAME = _ASCII_WORD | {"+", "#"}
_LAST_NAME = re.compile(r"(?<![A-Za-z0-9_])[A-Za-z]\w*\Z", re.ASCII)
_MAX_SIGNED = 24


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802 - the name PyStemmer gives it


@cache
def _parts() -> re.Pattern[str]:
    """Parts of any word. Made when one is met that is not of ASCII: the ranges take 3 ms to compile."""
    return re.compile(
        # "URLs" is one part, "HTTPServer" two, "sha256" two.
        rf"(?P<latin>[A-Z]{{2,}}s(?![{_LOWER}])|[A-Z]+(?![{_LOWER}])|[A-Z]?[{_LOWER}]+)"
        rf"|(?P<digits>[0-9]+)"
        rf"|(?P<cyrillic>[{_CYRILLIC_UPPER}]+(?![{_CYRILLIC_LOWER}])|[{_CYRILLIC_UPPER}]?[{_CYRILLIC_LOWER}]+)"
        rf"|(?P<unspaced>[{_UNSPACED}]+)"
        rf"|(?P<other>[^\W_0-9A-Z{_LOWER}{_CYRILLIC_UPPER}{_CYRILLIC_LOWER}{_UNSPACED}]+)"
    )


@cache
def _stemmer(language: str) -> _Stemmer:
    import Stemmer  # native: only when text is analysed

    return cast(_Stemmer, Stemmer.Stemmer(language, 0))  # pyright: ignore[reportUnknownMemberType]


class _Words(dict[str, str]):
    """Word → its tokens, each with a space before it; a bounded cache, since code repeats its words."""

    def __missing__(self, word: str) -> str:
        return _cached(self, word, word, _word_tokens(word))


class _AsciiWords(dict[bytes, str]):
    """The same for words of ASCII, as bytes."""

    def __missing__(self, word: bytes) -> str:
        text = word.decode("ascii")
        return _cached(self, word, text, _word_tokens(text))


class _Compounds(dict[bytes, str]):
    """Word → the compounds of its neighbouring parts, each with a space before it; bounded like `_Words`."""

    def __missing__(self, word: bytes) -> str:
        text = word.decode("ascii")
        return _cached(self, word, text, _compounds(text))


class _Stems(dict[str, str]):
    """Part of an ASCII word → its token: names are made of few parts."""

    def __missing__(self, part: str) -> str:
        folded = part.lower()[:_MAX_TOKEN]
        stem = _stemmer("english").stemWord(folded) if len(folded) > 2 and not folded.isdigit() else folded
        if len(self) >= _MAX_CACHED_WORDS:
            self.clear()
        self[part] = stem
        return stem


_Word = TypeVar("_Word", str, bytes)


def _cached(cache: dict[_Word, str], key: _Word, word: str, tokens: list[str]) -> str:
    found = " " + " ".join(tokens) if tokens else ""
    if len(word) <= _MAX_CACHED_LENGTH:
        if len(cache) >= _MAX_CACHED_WORDS:
            cache.clear()
        cache[key] = found
    return found


_words = _Words()
_ascii_words = _AsciiWords()
_compound_words = _Compounds()
_stems = _Stems()


def analyze(text: str) -> str:
    """The tokens of a text, in order, joined by single spaces."""
    if _may_have_signs(text):
        text = _with_spoken(text)
    if text.isascii():
        return "".join(map(_ascii_words.__getitem__, _ascii_cut(text)))[1:]
    return "".join(map(_words.__getitem__, _WORD.findall(text)))[1:]


def analyze_names(text: str) -> str:
    """The tokens of names and paths: those of `analyze`, and what neighbouring parts of a name make together.

    People write "websocket" for what code calls `WebSocketServer`, "filename" for `file_name`. For names
    alone: in the text of a passage it would add noise.
    """
    if not text.isascii():
        return analyze(text)
    words = _ascii_cut(text)
    plain = _ascii_cut(_with_spoken(text)) if _may_have_signs(text) else words
    found = "".join(map(_ascii_words.__getitem__, plain))[1:]
    return found + "".join(map(_compound_words.__getitem__, words))


def _ascii_cut(text: str) -> list[bytes]:
    """The words of a text of ASCII."""
    return text.encode("ascii").translate(_ASCII_SEPARATORS).split()


def tokens(text: str) -> list[str]:
    """The tokens of a text, in order, with repeats."""
    return analyze(text).split()


def name_tokens(text: str) -> list[str]:
    """The tokens of names and paths, in order, with repeats."""
    return analyze_names(text).split()


def query_tokens(text: str) -> list[str]:
    """The distinct tokens of a query, in order; what `'s`, `n't` and the like leave behind is dropped.

    Of a word in a script without spaces the pairs alone: its single characters are in every other text.
    """
    text = _CONTRACTION.sub(" ", text)
    if "++" in text or "#" in text:
        text = _with_spoken(text, instead=True)
    if text.isascii():
        return list(dict.fromkeys(tokens(text)))
    words = [plain for word in _WORD.findall(text) for plain in _kept(word)]
    return list(dict.fromkeys(token for word in words for token in _identifier_tokens(word, singles=False)))


def _may_have_signs(text: str) -> bool:
    """Whether a name may end in a sign. Searches for single characters cost next to nothing."""
    if "+" in text and "++" in text:
        return True
    at = text.find("#", 1)
    while at > 0:
        if text[at - 1] in _ASCII_WORD:
            return True
        at = text.find("#", at + 1)
    return False


def _with_spoken(text: str, *, instead: bool = False) -> str:
    """The text with each name that ends in a sign once more as it is spoken, since C++ without it is C; with
    `instead`, only so.
    """
    found = sorted((end, name, sign) for name, sign, end in _signed_names(text))
    parts: list[str] = []
    at = 0
    for end, name, sign in found:
        start = end - len(name) - len(sign)
        # Never inside a word: of "éA#" what is left would be another word than the one that is stored.
        until = start if instead and not _WORD.match(text, max(0, start - 1), start) else end
        parts += text[at:until], f" {_spoken(name, sign)} "
        at = end
    return "".join((*parts, text[at:])) if found else text


def _spoken(name: str, sign: str) -> str:
    return name.lower() + _SIGNS[sign]


def _signed_names(text: str) -> Iterator[tuple[str, str, int]]:
    """Each name that `++` or `#` ends, with its sign and where that ends.

    Looking for the sign costs less than a regex.
    """
    for sign in _SIGNS:
        at = text.find(sign, 1)
        while at > 0:
            end = at + len(sign)
            if text[at - 1] in _ASCII_WORD and text[end : end + 1] not in _AFTER_NAME:
                name = _LAST_NAME.search(text, max(0, at - _MAX_SIGNED), at)
                if name is not None:
                    yield name[0], sign, end
            at = text.find(sign, end)


def _word_tokens(word: str) -> list[str]:
    if word.isascii():
        if 2 < len(word) <= _MAX_TOKEN and word.isalpha() and word.islower():
            return [_stemmer("english").stemWord(word)]  # most words, without the regex
        return _ascii_tokens(word)
    return [token for plain in _kept(word) for token in _identifier_tokens(plain)]


def _kept(word: str) -> list[str]:
    """The parts of a word that SQLite keeps whole."""
    return [word] if word.isascii() else _KEPT_BY_SQLITE.findall(_plain(word))


def _plain(word: str) -> str:
    """Compatibility forms made plain, accents and other marks off: café = cafe, ё = е, ﬁ = fi, ² = 2."""
    taken_apart = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", word))
    kept: list[str] = []
    for char in taken_apart:
        if unicodedata.category(char) not in ("Mn", "Mc", "Me", "Cf"):
            kept.append(char)
        elif char in "\u3099\u309a" or (char == "\u0306" and kept and kept[-1] in "иИ"):
            kept.append(char)  # these make another letter, not the same one with an accent: が, й
    return unicodedata.normalize("NFC", "".join(kept)).translate(_PLAIN_LATIN)


def _ascii_tokens(word: str) -> list[str]:
    """The tokens of a word of ASCII letters, digits and `_`, by the same rules as those of any other."""
    if len(word) > _MAX_WORD:
        return [word[:_MAX_TOKEN].lower()]  # encoded data, not a name
    parts = _ASCII_PARTS.findall(word)
    if len(parts) > 1:
        whole = _whole(word)
        return [whole] if _is_encoded(word, len(parts)) else [whole, *map(_stems.__getitem__, parts)]
    if parts and word.startswith("__") and word.endswith("__"):
        return [_whole(word), _stems[parts[0]]]
    return [_stems[part] for part in parts]


def _identifier_tokens(word: str, *, singles: bool = True) -> list[str]:
    if word.isascii():
        return _ascii_tokens(word)
    parts = [(match.lastgroup or "", match[0]) for match in _parts().finditer(word)]
    found: list[str] = []
    if len(parts) > 1 and not any(kind == "unspaced" for kind, _ in parts):
        found.append(_whole(word))
        if _is_encoded(word, len(parts)):
            return found
    elif word.startswith("__") and word.endswith("__") and parts:
        found.append(_whole(word))
    for kind, part in parts:
        found.extend(_part_tokens(kind, part, singles=singles))
    return [token for token in found if token]


def _compounds(word: str) -> list[str]:
    """What each two neighbouring parts of an identifier make, where it is not the whole identifier."""
    if len(word) > _MAX_CACHED_LENGTH:
        return []
    parts = _ASCII_PARTS.findall(word)
    if len(parts) < 2 or (len(parts) == 2 and "_" not in word.strip("_")) or _is_encoded(word, len(parts)):
        return []
    stem = _stemmer("english").stemWord
    return [
        stem((one + two).lower()[:_MAX_TOKEN])
        for one, two in pairwise(parts)
        if one.isalpha() and two.isalpha()
    ]


def _whole(word: str) -> str:
    """The identifier itself, folded; `_name` is `name`, but `__name__` stays what it is."""
    dunder = word.startswith("__") and word.endswith("__")
    folded = _fold(word if dunder else word.strip("_"))[:_MAX_TOKEN]
    # Stemmed when it is letters alone, so that "webhooks" and `WebHook` meet.
    return _stemmer("english").stemWord(folded) if folded.isascii() and folded.isalpha() else folded


def _is_encoded(word: str, parts: int) -> bool:
    """Whether the parts of a word are noise: a digest, a key, base64."""
    return parts > 3 and (_HEX.fullmatch(word) is not None or 20 <= len(word) < 2.5 * parts)


def _part_tokens(kind: str, part: str, *, singles: bool) -> list[str]:
    if kind == "digits":
        return [part[:_MAX_TOKEN]]
    folded = _fold(part)
    if kind == "unspaced" and len(folded) > 1:
        pairs = [folded[i : i + 2] for i in range(len(folded) - 1)]
        # A character of Han, kana or Hangul is a word by itself, one of Thai or Khmer is not.
        return [*pairs, *(char for char in folded if char >= _FIRST_CJK)] if singles else pairs
    folded = folded[:_MAX_TOKEN]
    if kind == "latin" and len(folded) > 2:
        return [_stemmer("english").stemWord(folded)]
    if kind == "cyrillic" and len(folded) > 2:
        return [_stemmer("russian").stemWord(folded)]
    return [folded]


def _fold(text: str) -> str:
    """Lower case, of characters that SQLite keeps."""
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFKC", text.casefold())
    return "".join(_KEPT_BY_SQLITE.findall(folded.lower()))
