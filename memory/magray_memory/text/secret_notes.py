"""Secrets in notes: PINs, codes of a second factor and phrases that restore a wallet, as people write them
down.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from magray_memory.text.secret_tokens import Span

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

_GAP = (
    r"""["'`*_»]{0,3}(?:[ \t]+(?!\d)[^\W\d_]{1,20}){0,4}?[ \t]{0,4}"""
    r"""(?:[:=—–]|-(?=[ \t])|\bis\b|\bэто\b)?[ \t]{0,4}["'`«*]{0,3}"""
)
_PIN = re.compile(
    r"(?<![\w.$/-])(?:PIN|PUK|(?:PIN|pin|Pin)[ -]?(?:code|Code|CODE)|pin(?=[\"']?[ ]?[:=])"
    r"|(?:[Пп]ин|ПИН|[Пп]ук|ПУК)(?:[ -]?(?:[Кк]од|КОД)\w{0,2})?)(?![\w(])"
    + _GAP
    + r"(?P<word>\d{4,8})(?![\w%]|[.,:/-]\d)"
)
_CARD = re.compile(r"\b(?:CVV2?|CVC2?)\b" + _GAP + r"(?P<word>\d{3,4})(?![\w%]|[.,:/-]\d)")
_SEED = re.compile(
    r"(?<![A-Za-z0-9])(?:TOTP|OTP|[2M]FA|authenticator|одноразов\w{2,3}[ ]код\w{0,2})(?![A-Za-z0-9])"
    r"[^\n=:A-Z2-7]{0,40}[:=]?[ \t]{0,4}[\"'`]?(?P<word>[A-Z2-7]{16,64}|[A-Z2-7]{4}(?:[ -][A-Z2-7]{4}){3,15}"
    r"|(?=[a-z ]{0,60}[2-7])[a-z2-7]{4}(?:[ ][a-z2-7]{4}){3,15})(?=[\s\"'`.,;)]|\Z)"
)
_PHRASE = re.compile(
    r"(?:mnemonic|(?:seed|recovery|secret|backup)[ _-]?(?:recovery[ _-]?)?(?:phrase|words|seed)"
    r"|(?:сид|seed|секретн\w{2}|мнемонич\w{4,6})[ -]?фраз\w{1,2})\w{0,10}[^\na-z]{0,3}"
    r"(?:[ \t]+\(?[^\W\d_]{1,12}\)?){0,3}?[\s:=—–\"'`>*]{1,8}"
    r"(?P<word>[a-z]{3,8}(?:[ ,]{1,2}[a-z]{3,8}){11,23})(?![\w ,]{0,2}[a-z])",
    re.IGNORECASE,
)
_CODES = re.compile(
    r"(?:(?:recovery|backup|scratch)[ ]codes?|резервн\w{2}[ ]код\w{0,2})[^\n\d]{0,30}?[:=\n—–-][ \t\n*-]{0,6}"
    r"(?P<word>(?:[a-z0-9]{4,6}(?:-[a-z0-9]{4,6}){1,3}|\d{6,10})"
    r"(?:[ ,;\t\n*-]{1,6}(?:[a-z0-9]{4,6}(?:-[a-z0-9]{4,6}){1,3}|\d{6,10})){0,15})(?!\w)",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(
    r"(?:\b(?:creds?|credentials)[ \t]{0,3}[:=]?"
    r"|\b(?:login|wi-?fi|логин|уч[её]тка|вай-?фай)[ \t]{0,3}[:=])[ \t]{1,3}"
    r"(?P<user>[^\W\d][\w.@+-]{1,60})[ \t]{0,2}[/:|][ \t]{0,2}(?P<word>[^\s\"'`<>|]{6,80})(?=[\s,.;)]|\Z)",
    re.IGNORECASE,
)
_NOTES: tuple[tuple[tuple[bytes, ...], tuple[str, ...], re.Pattern[str], str], ...] = (
    ((b"pin", b"puk"), ("ин-код", "ин-Код", "инкод", "ин код", "пин ", "ПИН", "ПУК"), _PIN, "pin"),
    ((b"cvv", b"cvc"), (), _CARD, "card code"),
    ((b"totp", b"otp", b"2fa", b"mfa", b"authenticator"), ("дноразов",), _SEED, "totp secret"),
    ((b"recovery code", b"backup code", b"scratch code"), ("езервн",), _CODES, "recovery code"),
    (
        (b"cred", b"login", b"wifi", b"wi-fi"),
        ("огин", "чётка", "четка", "ай-фай", "айфай"),
        _ACCOUNT,
        "password",
    ),
)
_PHRASES = (
    (b"mnemonic", b"seed", b"recovery", b"secret", b"backup"),
    ("ид-фраз", "ид фраз", "екретн", "немонич"),
)
"""Per kind: what its pattern begins with, or its second letter where the first may be a capital."""


SIGNS = (b"phrase", *_PHRASES[0], *(sign for signs, *_ in _NOTES for sign in signs))


def in_notes(text: str, small: bytes, held: Container[bytes], *, code: bool) -> Iterator[Span]:
    """The secrets, in source code only phrases; `small`: the text in small letters, one byte a character;
    `held`: the signs in it.
    """
    foreign = not code and b"???" in small
    if b"mnemonic" in held or b"phrase" in held or (foreign and "фраз" in text):
        for found in _places(text, small, held, *_PHRASES, _PHRASE, foreign=foreign):
            if len({*found["word"].lower().replace(",", " ").split()}) > 6:
                yield Span(*found.span("word"), "seed phrase")
    if code:
        return
    for signs, words, pattern, kind in _NOTES:
        for found in _places(text, small, held, signs, words, pattern, foreign=foreign):
            word = found["word"].rstrip(",.;)")
            if _is_secret(word, kind) and word != found.groupdict().get("user"):
                start = found.start("word")
                yield Span(start, start + len(word), kind)


def _places(
    text: str,
    small: bytes,
    held: Container[bytes],
    signs: tuple[bytes, ...],
    words: tuple[str, ...],
    pattern: re.Pattern[str],
    *,
    foreign: bool,
) -> Iterator[re.Match[str]]:
    """Where a pattern matches at one of its signs, or at the letter before one of its words."""
    for sign in signs:
        at = small.find(sign) if sign in held else -1
        while at >= 0:
            found = pattern.match(text, at)
            if found is not None:
                yield found
            at = small.find(sign, at + len(sign))
    for word in words if foreign else ():
        at = text.find(word)
        while at >= 0:
            found = pattern.match(text, at) or pattern.match(text, max(0, at - 1))
            if found is not None:
                yield found
            at = text.find(word, at + len(word))


def _is_secret(word: str, kind: str) -> bool:
    if kind == "password":
        return _is_mixed(word)
    return kind != "recovery code" or any(map(str.isdigit, word))


def _is_mixed(word: str) -> bool:
    """Whether it has letters and digits or signs as a password has, and is no address, path or version."""
    plain = any(map(str.isdigit, word)) and any(map(str.isalpha, word))
    return len(word) >= 6 and plain and not any(sign in word for sign in ("://", "/", "..", "=", "("))
