"""Secret finder: where keys, tokens, passwords and private keys stand in a text."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from magray_memory.text import secret_arguments, secret_documents, secret_notes
from magray_memory.text.languages import kind_of
from magray_memory.text.secret_candidates import (
    FOREIGN_WORDS,
    LONG,
    MASK,
    MASKED_WORDS,
    MORE_NAMES,
    NAMES,
    OPTIONS,
    RUN,
)
from magray_memory.text.secret_commands import in_commands
from magray_memory.text.secret_judgement import can_be_given, is_passphrase, is_secret_said, is_user_info
from magray_memory.text.secret_signs import sign_finder
from magray_memory.text.secret_tokens import START, Span, beginnings, tokens_at
from magray_memory.text.secret_values import Style, value_before, value_of_name

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator

_MIXED = re.compile("[0-9](?:(?=[A-Za-z])|(?<=[A-Za-z][0-9]))")
"""A digit beside a letter, as in every random word of letters and digits."""
_OTHER_WORDS = frozenset(b"eias.t")
_OTHER_WORDS_OF_CODE = _OTHER_WORDS | {ord("\n")}
"""What follows `pass` where it names no password."""
_SAID = re.compile(
    r"""(?P<password>парол[ьяюейи]\w{0,3} | (?:кодов|парольн)\w{1,3}\ фраз\w{1,2} | пин-?\ ?код\w{0,2}
          | contrase[nñ]as? | hasł[oa] | 密码 | 密碼 | 口令 | パスワード
          | 비밀번호)
      | (?:токен|секрет|ключ)\w{0,4}(?![\w])""",
    re.VERBOSE | re.IGNORECASE,
)
_FOREIGN = tuple(word.encode() for word in FOREIGN_WORDS)
_SAID_VALUE = re.compile(
    r"""["'»]?(?:[ \t]+[^\W\d_]{1,20}(?:[ \t]*\([^()\n]{1,40}\))?){0,4}?
       [ \t]{0,4}(?:[:=：＝—–]|-(?=[ \t])|это\b|は|是)[ \t]{0,4}
       (?:["'`«](?P<phrase>[^"'`«»<>‹\n]{4,200})["'`»]
       | ["'`«]?(?P<value>[^\s"'`«»<>‹]{4,200})(?P<rest>[ \t]*[^\s]?))""",
    re.VERBOSE | re.IGNORECASE,
)
_SAID_BESIDE = re.compile(r"(?:[ \t]+[^\W\d_]{1,20}){0,4}?[ \t]+(?P<value>[!-~]{6,80}?)(?=[,.;)]?(?:\s|\Z))")
_METHOD = re.compile(
    r"(?:sha|md|base|utf|aes|rsa|bcrypt|argon|pbkdf|scrypt|hmac|oauth|ipv|http|python|win|v)[-_]?\d[\w.-]*|[\w-]+\.\w{1,4}",
    re.IGNORECASE,
)
"""Names of algorithms, versions and files, which have digits among their letters too."""
_REST = re.compile(r"[^\n\"'`«»<>‹]{8,200}(?=\n|\Z)")
_KEY_BEGIN = re.compile(r"-{4,5} ?BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}")
_KEY_END = re.compile(r"-{4,5} ?END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)? ?-{4,5}")
_MOST_KEY = 40_000
_KEY_BODY = re.compile(r"[A-Za-z0-9+/=]{20}")
_KEY_LINE = re.compile(
    r"""[\s"'+,>#*|]*(?:\\[nr])*(?:[A-Za-z0-9+/=]{16,100}|[A-Z][\w-]{2,20}: [^\n]{1,80})"""
)
_PUTTY = re.compile(r"Private-Lines: (\d{1,4})\r?\n")
_FRAME = re.compile(
    r"""([ \t]*(?:["'`]|[#>|*][ \t]|//[ \t])?)(?:.*?)((?:\\[nr])*["'`]?[ \t]*[+,;)\\]{0,3}\r?)\Z"""
)
_USER_INFO = re.compile(
    r"""[^\s/:@"'<>`\\,()\[\]{}|]{0,100}:(?P<word>[^\s/"'<>`\\]{1,200})@(?=[\w\[{$%.-])"""
)
_USER_WORDS = re.compile(
    r"""(?:pass(?:word|wd)?|pwd|pw|secret|token|x+|\*+|\.+|foo|bar|baz|test|user(?:name)?|example|changeme
      |(?:my|your|the)[-_]?\w*|[A-Z_]{3,}|\d{1,5}|p|b|u|key|api[-_]?key)""",
    re.VERBOSE,
)
_EXAMPLE_HOST = re.compile(r"(?:[\w-]{1,60}\.){0,4}(?:example(?:\.\w{2,6})?|test|invalid)\b")
_CURL = re.compile(
    r"""(?i:curl)\b[^\n]{0,400}?(?:\s-u|--user)[ =]{0,3}["']?[^\s:"']{1,100}:(?P<word>[^\s"']{3,200})"""
)
_BASIC = re.compile(r"\bbasic (?P<word>[A-Za-z0-9+/]{6,400}={0,2})", re.IGNORECASE)
_PGPASS = re.compile(
    r"^[^\s:#]{1,200}:(?:\d{2,5}|\*):[^\s:]{1,200}:[^\s:]{1,200}:(?P<word>\S{3,200})[ \t]*\r?$", re.MULTILINE
)
_IDENTIFIED = re.compile(
    r"""identified\s{1,4}by\s{1,4}(?:password\s{1,4})?["'](?P<word>[^"'\n]{4,200})["']""", re.IGNORECASE
)

_DATA_LANGUAGES = frozenset(
    (
        *("bash", "fish", "nushell", "powershell", "batch", "json", "yaml", "toml", "ini", "xml", "makefile"),
        *("dockerfile", "hcl", "nginx", "apache", "caddy", "http", "requirements", "ignore", "csv", "diff"),
        *("sql", "just", "puppet", "vim", "kconfig", "bitbake"),
    )
)
"""Languages, besides those of documents, in which values stand without quotes."""


def style_of(language: str) -> Style:
    """How values are written in a language; of no language is what a person says."""
    if not language or language in _DATA_LANGUAGES:
        return Style.DATA
    return Style.CODE if kind_of(language) == "code" else Style.PROSE


def find_secrets(text: str, style: Style) -> Iterator[Span]:
    """The secrets of a text, in no order; some may overlap."""
    plain = text.encode("ascii", "replace")  # one byte a character: places are the same
    small = plain.lower()
    opaque = False
    begun: set[int] = set()
    for span in _in_long_words(text, plain, style):
        opaque = True
        if span is not None:
            begun.add(span.start)
            yield span
    signs = signs_in()(small)
    if opaque and b"private" in signs:
        yield from _private_keys(text, small)
    others = _OTHER_WORDS_OF_CODE if style is Style.CODE else _OTHER_WORDS
    for word in NAMES if style is Style.CODE else NAMES + MORE_NAMES:
        at = small.find(word) if word in signs else -1
        while at >= 0:
            other = word == b"pass" and _is_other_word(small, at + 4, others)
            span = None if other else value_of_name(text, at, style)
            if span is not None and span.start not in begun:  # a token knows better where it ends
                yield span
            at = small.find(word, at + len(word) if span is None else max(span.end, at + len(word)))
    yield from _in_places(text, plain, small, signs, style)


@cache
def signs_in() -> Callable[[bytes], Container[bytes]]:
    """What finds the signs of every kind of secret in a text of small letters."""
    own = (
        b"private",
        b"basic ",
        b"identified",
        *NAMES,
        *MORE_NAMES,
        *MASKED_WORDS,
        *map(bytes.lower, OPTIONS),
    )
    return sign_finder((*own, *secret_arguments.SIGNS, *secret_documents.SIGNS, *secret_notes.SIGNS))


@cache
def foreign_signs_in() -> Callable[[bytes], Container[bytes]]:
    """What finds words for secrets in other languages in a text in UTF-8."""
    return sign_finder(_FOREIGN)


def _in_places(
    text: str, plain: bytes, small: bytes, signs: Container[bytes], style: Style
) -> Iterator[Span]:
    """Secrets that their place tells, and those that other languages name."""
    if "@" in text:
        yield from _in_urls(text)
    if b"basic " in signs:
        yield from _in_headers(text)
    code = style is Style.CODE
    if not code:
        yield from _in_settings(text, plain, small, signs)
        yield from secret_documents.in_documents(text, small, signs)
    for start, end in secret_arguments.in_arguments(text, small, signs, code=code):
        if can_be_given(text[start:end]):
            yield Span(start, end, "password")
    yield from secret_notes.in_notes(text, small, signs, code=code)
    if b"?" in plain and not text.isascii():
        yield from _in_other_languages(text, plain, signs)


def _is_other_word(small: bytes, at: int, others: frozenset[int]) -> bool:
    """Whether what stands behind `pass` makes it another word; not so `mot de passe :`."""
    if at >= len(small) or small[at] not in others:
        return False
    return not (small[at : at + 1] == b"e" and small[at + 1 : at + 2] in (b":", b" ", b"?", b"="))


def _in_long_words(text: str, plain: bytes, style: Style) -> Iterator[Span | None]:
    """Tokens and opaque values; None for a long word that is neither."""
    mask = plain.translate(MASK)
    at, floor, starts, mixed = mask.find(RUN), 0, beginnings(), _MIXED.search
    while at >= 0:
        end = mask.find(b" ", at + LONG)
        if end < 0:
            end = len(mask)
        if mixed(text, at, end) or text[at : at + START] in starts or text[at - 1 : at] == "\\":
            found = None
            for found in tokens_at(text, at, end, floor):
                yield found
                floor = max(floor, found.end)
            if found is None:
                found = value_before(text, at, style)
                yield found
                floor = floor if found is None else max(floor, found.end)
            end = max(end, floor)
        at = mask.find(RUN, end)


def _private_keys(text: str, small: bytes) -> Iterator[Span]:
    at = small.find(b"private")
    done = 0
    while at >= 0:
        if at >= done:
            span = _private_key(text, at)
            if span is not None:
                yield span
                done = span.end
        at = small.find(b"private", max(at + 7, done))


def _private_key(text: str, at: int) -> Span | None:
    """The block whose first line, or last, holds the word at `at`."""
    lines = _PUTTY.match(text, at)
    if lines is not None:
        end = lines.end()
        for _ in range(int(lines[1])):
            end = text.find("\n", end) + 1 or len(text)
        end -= text[end - 1 : end] == "\n"
        held = _KEY_BODY.search(text, lines.end(), end) is not None
        return Span(lines.end(), end, "private key") if held else None
    dashes = text.rfind("----", max(0, at - 56), at)
    if dashes < 0:
        return None
    while dashes and text[dashes - 1] == "-":
        dashes -= 1
    begin = _KEY_BEGIN.match(text, dashes)
    if begin is not None:
        dashes_after = text.find("----", begin.end(), begin.end() + _MOST_KEY)
        last = None if dashes_after < 0 else _KEY_END.match(text, dashes_after)
        end = last.end() if last is not None else _body_end(text, begin.end())
        held = _KEY_BODY.search(text, begin.end(), end) is not None
        return Span(dashes, end, "private key") if held else None
    last = _KEY_END.match(text, dashes)
    if last is None:
        return None
    start = dashes
    while True:  # the head of the block stands in another text
        above = text.rfind("\n", max(0, start - 200), max(0, start - 1)) + 1
        line = text[above:start]
        if above >= start or not _KEY_LINE.match(line):
            break
        start = above
        if not above:
            break
    return Span(start, last.end(), "private key") if start < dashes else None


def _body_end(text: str, at: int) -> int:
    limit = at + _MOST_KEY
    while at < limit:
        line = _KEY_LINE.match(text, at)
        if line is None:
            return at
        at = line.end()
    return at


def _in_urls(text: str) -> Iterator[Span]:
    """Passwords before the sign that ends them, so that a text is not searched for addresses without one."""
    at, done = text.find("@"), 0
    while at >= 0:
        if text[at - 1 : at].strip():
            begin = max(
                text.rfind("//", max(done, at - 320), at), text.rfind("\\/\\/", max(done, at - 320), at)
            )
            found = _USER_INFO.match(text, begin + (2 if text[begin] == "/" else 4)) if begin > 0 else None
            if found is not None and text[begin - 1] == ":" and _is_url_password(text, found):
                yield Span(*found.span("word"), "password")
                done = at = found.end("word")
        at = text.find("@", at + 1)


def _in_headers(text: str) -> Iterator[Span]:
    """What `Authorization: Basic` says in base 64."""
    for found in _BASIC.finditer(text):
        if is_user_info(found["word"]):
            yield Span(*found.span("word"), "token")


def _is_url_password(text: str, found: re.Match[str]) -> bool:
    word = found["word"]
    user = text[found.start() : found.start("word") - 1]
    if user == word or _USER_WORDS.fullmatch(word) or word[0] in "$%{<:" or "{" in word or "$" in word[:2]:
        return False
    example = word.isalpha() and (len(word) < 4 or _EXAMPLE_HOST.match(text, found.end()) is not None)
    return not example and not word.startswith("‹redacted")


def _in_settings(text: str, plain: bytes, small: bytes, signs: Container[bytes]) -> Iterator[Span]:
    """Passwords that have a place and no name: in commands, statements and files of passwords."""
    for word, pattern in ((b"curl ", _CURL), (b"identified", _IDENTIFIED)):
        at = small.find(word) if word in signs else -1
        while at >= 0:
            found = pattern.match(text, at)
            if (
                found is not None
                and not _USER_WORDS.fullmatch(found["word"])
                and found["word"][0] not in "$%{<"
            ):
                yield Span(*found.span("word"), "password")
            at = small.find(word, at + len(word))
    if any(option.lower() in signs and option in plain for option in OPTIONS):
        for start, end in in_commands(text):
            if can_be_given(text[start:end]):
                yield Span(start, end, "password")
    if ":*:" in text or ":5432:" in text:
        for found in _PGPASS.finditer(text):
            yield Span(*found.span("word"), "password")


def _in_other_languages(text: str, plain: bytes, signs: Container[bytes]) -> Iterator[Span]:
    if not any(word in signs for word in MASKED_WORDS):
        foreign = foreign_signs_in()(text.encode("utf-8", "surrogatepass")) if b"???" in plain else b""
        if not any(word in foreign for word in _FOREIGN):
            return
    for said in _SAID.finditer(text):
        span = _said_secret(text, said)
        if span is not None:
            yield span


def _said_secret(text: str, said: re.Match[str]) -> Span | None:
    """The secret that a sentence gives to its word for one."""
    password = said["password"] is not None
    kind = "password" if password else "secret"
    found = _SAID_VALUE.match(text, said.end())
    if found is None:
        beside = _SAID_BESIDE.match(text, said.end()) if password else None
        if beside is None or _METHOD.fullmatch(beside["value"]):
            return None
        secret = is_secret_said(beside["value"], password=True, ends=False)
        return Span(*beside.span("value"), kind) if secret else None
    phrase = found["phrase"]
    if phrase is not None and " " in phrase.strip():
        held = password and is_passphrase(phrase, quoted=True)
        return Span(*found.span("phrase"), kind) if held else None
    line = _REST.match(text, found.start("value"))
    known = line is not None and password and phrase is None
    if line is not None and known and is_passphrase(line[0], quoted=False):
        return Span(*line.span(), kind)
    value = (phrase or found["value"]).rstrip(",.;)")
    rest = (found["rest"] or "").strip()
    if not is_secret_said(value, password=password, ends=not rest or rest in ",.;)"):
        return None
    start = found.start("value" if phrase is None else "phrase")
    return Span(start, start + len(value), kind)


def framing(secret: str) -> str:
    """What stays of a secret: line breaks, and the quotes or signs that frame its lines."""
    if "\n" not in secret:
        return ""
    first, *others = secret.split("\n")
    frames = [_FRAME.match(line) for line in (*others[:-1],)]
    ending = _FRAME.match(first)
    tail = ending[2] if ending else ""
    last = _FRAME.match(others[-1])
    kept = [frame[1] + frame[2] if frame else "" for frame in frames]
    return "\n".join((tail, *kept, last[1] if last else ""))
