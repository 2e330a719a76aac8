"""Secrets that the structure of a document tells: a Kubernetes Secret, a kubeconfig, cookies of a session."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from magray_memory.text.secret_tokens import Span

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

_KIND = re.compile(
    r"""^[ \t]*(?:-[ ])?["']?kind["']?[ \t]*:[ \t]*["']?Secret["']?[ \t]*,?[ \t]*\r?$""", re.MULTILINE
)
_DATA = re.compile(r"""^([ \t]*)["']?(?:data|stringData)["']?[ \t]*:[ \t]*\{?[ \t]*\r?\n""", re.MULTILINE)
_ENTRY = re.compile(
    r"""([ \t]*)["']?[\w.-]+["']?[ \t]*:[ \t]*"""
    r"""(?:"([^"\n]*)"|'([^'\n]*)'|([^\s"'#|>{\[&*!][^\n]*?))[ \t]*,?[ \t]*\r?(?:\n|\Z)"""
)
_TEMPLATE = re.compile(r"\{\{|\$\{|\$\(|<[\w -]+>|‹redacted|\Z")
_CLIENT_KEY = re.compile(r"""client-key-data["']?[ \t]*:[ \t]*["']?(?P<word>[A-Za-z0-9+/=]{40,})""")
_WIREGUARD = re.compile(
    r"""\b(?:Private|Preshared)Key[ \t]*=[ \t]*(?P<word>[A-Za-z0-9+/]{42,43}=)""", re.IGNORECASE
)
_COOKIES = re.compile(
    r"""(?:cookie["']?[ \t]*[:=]|cookie|-b)[ \t]{0,2}["']?(?P<pairs>[^\n"']{8,4000})""", re.IGNORECASE
)
_PAIR = re.compile(r"""([\w.%-]{1,80})=([A-Za-z0-9%+/._~|:-]{12,2000})""")
_SESSION = re.compile(r".*(?:sess|sid\b|auth|token|jwt|login|remember|csrf|xsrf).*|sid", re.IGNORECASE)
_MOST_ENTRIES = 500


_KEYS = (
    (b"key-data", _CLIENT_KEY, "private key"),
    (b"edkey", _WIREGUARD, "wireguard key"),
    (b"tekey", _WIREGUARD, "wireguard key"),
)
SIGNS = (b"secret", b"kind", b"cookie", b"curl ", *(sign for sign, *_ in _KEYS))


def in_documents(text: str, small: bytes, signs: Container[bytes]) -> Iterator[Span]:
    """The secrets; `small`: the text in small letters, one byte a character; `signs` in it."""
    if b"secret" in signs and b"kind" in signs and _KIND.search(text):
        yield from _in_manifest(text)
    for sign, pattern, kind in _KEYS:
        if sign in signs:
            for found in pattern.finditer(text):
                yield Span(*found.span("word"), kind)
    if b"cookie" in signs or b"curl " in signs:
        yield from _in_cookies(text, small)


def _in_manifest(text: str) -> Iterator[Span]:
    """Every value below `data` and `stringData` of the documents that are Secrets."""
    begin = 0
    for part in re.split(r"(?m)(?<=\n)(?=---)", text):
        if _KIND.search(part):
            for data in _DATA.finditer(part):
                yield from _entries(part, data.end(), len(data[1]), begin)
        begin += len(part)


def _entries(part: str, at: int, indent: int, begin: int) -> Iterator[Span]:
    for _ in range(_MOST_ENTRIES):
        entry = _ENTRY.match(part, at)
        if entry is None or len(entry[1]) <= indent:
            return
        group = entry.lastindex or 0
        if entry[group].strip() and not _TEMPLATE.match(entry[group]):
            start, end = entry.span(group)
            yield Span(begin + start, begin + end, "kubernetes secret")
        at = entry.end()


def _in_cookies(text: str, small: bytes) -> Iterator[Span]:
    for sign in (b"cookie", b"-b "):
        at = small.find(sign)
        while at >= 0:
            cookies = _COOKIES.match(text, at)
            for pair in () if cookies is None else _PAIR.finditer(text, *cookies.span("pairs")):
                value = pair[2]
                mixed = any(map(str.isdigit, value)) and any(map(str.isalpha, value))
                if mixed and _SESSION.fullmatch(pair[1]):
                    yield Span(*pair.span(2), "session cookie")
            at = small.find(sign, at + len(sign))
