"""Secret judgement: whether a value can be a password, a key or a token, or stands for something else."""

from __future__ import annotations

import re

from magray_memory.ignore.placeholder import PLACEHOLDER

_TEMPLATE = re.compile(
    r"\{[\w.]*\}|\$\{|\{\{|<[\w $%-]+>|%\(?\w*\)?[sdrv]\b|\$\(|\$\w+\$?\Z|#\{|\{%|__\w+__|‹redacted"
)
_CODE_LIKE = re.compile(
    r"[\w.]+(?:\(|\[[\"'\w])|[A-Z]+(?:_[A-Z]+)+\d?\Z|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\Z|.*(?:=>|\|\||&&|::|\(\?[=!:<])",
    re.DOTALL,
)
_PATH = re.compile(
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|(?:https?|file|ftp)://[^\s@]*|\.{0,2}/[\w./-]*|~/.*|[A-Za-z_.-]+(?:/[A-Za-z_.-]+)+",
    re.DOTALL,
)
_TYPE = re.compile(
    r"""(?:str(?:ing)?|text|varchar|char|bytes?|bool(?:ean)?|int(?:eger)?|any|object|optional|option|required
      |hash|list|array|dict|map|null(?:able)?|void|self|this|params?|props|args?|input|field|email|login|name
      |number|float|date|uuid|url|path|file|secure\w*|sensitive|masked|hidden|plain(?:text)?|auto|default|prompt
      |ask|random|generated?|empty|missing|invalid|incorrect|wrong|unknown|unset|none|n/a)[!?;,]?""",
    re.VERBOSE | re.IGNORECASE,
)
_WEAK = re.compile(
    r"""(?:my|your|the|some|a|new|old|bad|wrong|super|very|top|not|so|this|is|insecure|unsafe|invalid|incorrect
      |test\w{0,4}|foo|bar|baz|qux|spam|eggs|dummy|fake|mock|example|sample|demo|default|placeholder|change|me
      |pass|passw(?:or[dt]|d)?|passphrase|pwd|pw|secret|sekrit|s3cr3t|user|username|admin|root|guest|token|api|key|value
      |string|abc(?:d(?:e(?:f(?:g)?)?)?)?|xyz|qwerty|letmein|hello|world|data|client|server|here|goes|for|and|or
      |django|insecure|auth|access|random|x{2,}|[-_. !?/:@\d])+""",
    re.VERBOSE | re.IGNORECASE,
)
_OF_SENTENCES = """
a an and any are as at be been before by can cannot case character characters check confirm contain
contains correctly create current default do does doesn don else email empty enter example expired
field for forgot from generate given has have here hide i if in incorrect input invalid is it its
key least length login long match matches minimum missing must my new no not of old on only or our
password passwords passphrase please prompt protected repeat required requires reset same secret see
set should show sign some strength strong submit that the their them this to token too type update
use used user username using valid value was weak were what when where which will with without wrong
you your без был быть в ваш введите ведь для его если есть забыли и из или как на не неверный новый
об от по повторите пароль с слишком старый только укажите что это
"""
_SENTENCE = frozenset(_OF_SENTENCES.split())
"""Words of labels, messages and sentences about passwords, not of passwords of several words."""
_SYMBOLS = frozenset("!@#$%^&*?~+=")
_OPAQUE = re.compile(r"[A-Za-z0-9+/=_.~%:$!@#^&*?-]{8,}")
_LEAST_OPAQUE = 16
_MOST_PASSWORD = 256
_LEAST_NUMBER = 6
"""Digits of a password of digits alone."""
_CHANGE = re.compile(r"(?<=[a-z])[A-Z]|(?<=[A-Za-z])\d|(?<=\d)[A-Za-z]")
_CHANGES = 0.2
"""Share of characters that differ in class from the one before from which on nobody chose them for a meaning:
.45 in random letters and digits, .15 in names such as `userAccessToken2`.
"""


def is_opaque(value: str) -> bool:
    """Whether no person chose this text for its meaning: letters and digits in no order."""
    if len(value) < _LEAST_OPAQUE or not _OPAQUE.fullmatch(value):
        return False
    head = value[:_MOST_PASSWORD]
    return _changes(head) >= _CHANGES * len(head) and any(map(str.isdigit, head))


def _changes(value: str) -> int:
    """How often a digit stands beside a letter, or a capital after a small one."""
    return len(_CHANGE.findall(value))


def is_harmless(value: str, name: str) -> bool:
    """Whether a value stands for another one, or is known to be none."""
    if len(value) > _MOST_PASSWORD:
        return " " in value or _TEMPLATE.search(value) is not None
    if PLACEHOLDER.fullmatch(value) or _TEMPLATE.search(value) or _CODE_LIKE.match(value):
        return True
    return _letters(value) == _letters(name) or (_PATH.fullmatch(value) is not None)


def is_passphrase(value: str, *, quoted: bool) -> bool:
    """Whether a value of several words is one that words were chosen for, not a sentence or a label."""
    words = value.strip().split()
    if not (3 if quoted else 4) <= len(words) <= 12 or len(value) > _MOST_PASSWORD:
        return False
    plain = all(word.isalnum() and (word.islower() or word.isdigit()) for word in words)
    return plain and _SENTENCE.isdisjoint(words) and len(set(words)) == len(words)


def has_several_words(value: str, name: str, quoted: bool) -> bool:
    """Whether it is a passphrase; of a variable, also another text of few words with a digit in it."""
    if is_passphrase(value, quoted=quoted):
        return True
    words = value.split()
    variable = quoted and name.isupper() and len(words) <= 6
    return variable and any(map(str.isdigit, value)) and _SENTENCE.isdisjoint(value.lower().split()[2:])


def can_be_given(value: str) -> bool:
    """Whether what a command is given as its password is one, and no name of a place for it."""
    return (
        not is_harmless(value, "")
        and not _WEAK.fullmatch(value)
        and not value.startswith(("$", "%", "<", "{", "["))
    )


def is_password(value: str, strict: bool, *, phrase: bool, several: bool = False) -> bool:
    """Whether a value can be a password; if `strict`, only what mixes letters with digits or signs.

    `phrase`: its name says that it has words, `several`: they look like those of a passphrase.
    """
    if not (6 if strict else 4) <= len(value) <= _MOST_PASSWORD:
        return False
    if any(map(str.isspace, value)):
        return (phrase and not strict) or several
    digits, letters = any(map(str.isdigit, value)), any(map(str.isalpha, value))
    if not strict and len(value) >= _LEAST_NUMBER and value.isdigit():
        return True
    mixed = letters and (digits or not _SYMBOLS.isdisjoint(value[:-1]))
    if strict or not letters:
        return mixed and not _WEAK.fullmatch(value)
    return mixed or not (
        _TYPE.fullmatch(value) or _WEAK.fullmatch(value) or value.endswith((":", "…", "..."))
    )


def is_short_secret(value: str, strict: bool) -> bool:
    """Of a `secret`, a value that is too short to be opaque, or has signs in it."""
    if not 8 <= len(value) <= _MOST_PASSWORD or any(map(str.isspace, value)) or _WEAK.fullmatch(value):
        return False
    if not any(map(str.isdigit, value)) or not any(map(str.isalpha, value)):
        return False
    return not _SYMBOLS.isdisjoint(value[:-1]) or _changes(value) >= (3 if strict else 2)


def is_user_info(value: str) -> bool:
    """Whether it is `user:password` in base 64, as Docker and HTTP have it."""
    import base64
    import binascii

    try:
        plain = base64.b64decode(value, validate=True).decode("ascii")
    except (ValueError, binascii.Error):
        return False
    user, colon, password = plain.partition(":")
    return plain.isprintable() and bool(user and colon and password)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


def is_secret_said(value: str, *, password: bool, ends: bool) -> bool:
    """Whether a value that a sentence in another language gives to its word for a password, key or token is
    one; `ends`: nothing comes after it in its line.
    """
    if is_harmless(value, ""):
        return False
    return is_password(value, not ends, phrase=False) if password else is_opaque(value)
