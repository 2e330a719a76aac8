"""Redaction: takes keys, tokens, passwords and private keys out of a text before it is stored or embedded.

What is taken out is replaced in its place by `‹redacted: KIND›`; line breaks stay, so that lines keep their
numbers. Nothing but `re` and searches for plain words is used, each with a bound on what it repeats, so that
the time is proportional to the text whatever the text.

A text without a secret costs a few searches: for long words, in which every token of a known form and every
opaque value shows, and for the few words that passwords are named by.
"""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.config import RedactionSettings
from magray_memory.text.secret_candidates import may_hold_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from magray_memory.text.secret_tokens import Span

REDACTION_RULES_VERSION = 6
"""Stored with a vault: texts that other rules read are read again, where they hold what the new ones find."""

MARK = re.compile(r"‹redacted: ([^‹›\n]{1,60})›")
OWN = "own pattern"
_FINDER = "magray_memory.text.secret_finder"
DEFAULT = RedactionSettings()


class Redaction(NamedTuple):
    """A text without its secrets, and how many were taken out, by kind."""

    text: str
    counts: Mapping[str, int] = MappingProxyType({})


def rules_version(settings: RedactionSettings) -> str:
    """Names all that decides what is taken out."""
    if not settings.enabled:
        return "off"
    if not settings.patterns and not settings.allow:
        return str(REDACTION_RULES_VERSION)
    from hashlib import blake2b

    own = "\0".join((*settings.patterns, "", *settings.allow))
    return f"{REDACTION_RULES_VERSION}/{blake2b(own.encode(), digest_size=6).hexdigest()}"


def made_by_rules_of_now(version: str | None) -> bool:
    """Whether a vault with this version of the rules holds nothing that those of now take out."""
    return version is not None and version.partition("/")[0] in ("off", str(REDACTION_RULES_VERSION))


def redact(text: str, settings: RedactionSettings = DEFAULT, *, language: str = "") -> Redaction:
    """The text without its secrets, the same object where it holds none.

    `language`: what the text is written in; in source code only quoted texts are values.
    """
    if not settings.enabled or not text:
        return Redaction(text)
    if not settings.patterns and _FINDER not in sys.modules and not may_hold_secret(text):
        return Redaction(text)  # what finds a secret takes a while to load
    from magray_memory.text.secret_finder import find_secrets, style_of

    spans = list(find_secrets(text, style_of(language)))
    if settings.patterns or settings.allow:
        spans = _by_person(text, spans, settings)
    if not spans:
        return Redaction(text)
    return _replace(text, spans)


def counts_of(text: str) -> dict[str, int]:
    """How many secrets of each kind were taken out of a text that is redacted."""
    found: dict[str, int] = {}
    for mark in MARK.finditer(text) if "‹redacted: " in text else ():
        found[mark[1]] = found.get(mark[1], 0) + 1
    return found


def added(*counts: Mapping[str, int]) -> dict[str, int]:
    """Several counts in one."""
    found: dict[str, int] = {}
    for kind, count in (item for part in counts for item in part.items()):
        found[kind] = found.get(kind, 0) + count
    return found


def _by_person(text: str, spans: list[Span], settings: RedactionSettings) -> list[Span]:
    """The spans without those that a person allows, and with those that a person looks for."""
    from magray_memory.text.secret_tokens import Span

    patterns, allow = _compiled(settings.patterns), _compiled(settings.allow)
    for pattern in patterns:
        spans += [Span(*found.span(), OWN) for found in pattern.finditer(text) if found[0]]
    return [span for span in spans if not any(known.fullmatch(text, span.start, span.end) for known in allow)]


@lru_cache(maxsize=8)
def _compiled(patterns: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern) for pattern in patterns)


def _replace(text: str, spans: list[Span]) -> Redaction:
    from magray_memory.text.secret_finder import framing

    spans.sort(key=lambda span: (span.start, -span.end))
    parts: list[str] = []
    counts: dict[str, int] = {}
    at = 0
    for span in spans:
        if span.start < at:
            if span.end > at:  # what sticks out of the one before goes with it
                at = span.end
            continue
        parts += (text[at : span.start], f"‹redacted: {span.kind}›", framing(text[span.start : span.end]))
        counts[span.kind] = counts.get(span.kind, 0) + 1
        at = span.end
    parts.append(text[at:])
    return Redaction("".join(parts), counts)
