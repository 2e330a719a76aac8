"""Event time: when something was that a question names, as in "before the release".

A record that is called so, a note, or a tag of git tells. Where none does, the question asks for no time.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from magray_memory.search.query import SearchQuery
from magray_memory.search.time_span import named_day
from magray_memory.text.analyzer import query_tokens, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from magray_memory.search.hits import Hit
    from magray_memory.search.room import Search

_LOOKED_AT = 30
_RELEASE = frozenset(query_tokens("release version tag релиз релизом версия версией выпуск тег"))
"""What a tag of git is called when it is not called by its name."""
_A_RELEASE = "release релиз выпуск"
_NAMES_OF_RELEASE = frozenset(query_tokens("release релиз релиза релизом выпуск"))
"""One word in titles: what is asked for in one language was noted in the other."""


def event_time(name: str, search: Search, roots: Iterable[Path], now: float) -> float | None:
    """The moment of an event, in UTC seconds; of several the last one before now."""
    # What follows the event in the question is cut off word by word: "the release of the parser we wrote".
    words = name.split()
    for count in range(len(words), 0, -1):
        text = " ".join(words[:count])
        terms = frozenset(query_tokens(text))
        if not terms:
            continue
        past = [at for at in (*_told(text, terms, search), *_tagged(terms, roots)) if at <= now]
        if past:
            return max(past)
    return None


def _told(text: str, terms: frozenset[str], search: Search) -> Iterable[float]:
    """When the records and notes are of whose title or first line says all of the terms."""
    release = terms & _NAMES_OF_RELEASE
    asked = f"{text} {_A_RELEASE}" if release else text
    for hit in search.query(SearchQuery(asked, k=_LOOKED_AT, mode="lexical", recall=True)).hits:
        said = frozenset(tokens(_headline(hit))) if hit.kind != "code" else frozenset[str]()
        if terms <= (said | release if said & _NAMES_OF_RELEASE else said):
            at = _date(hit)
            if at is not None:
                yield at


def _headline(hit: Hit) -> str:
    first = hit.snippet.partition("\n")[0] if hit.snippet_line == 1 else ""
    return f"{hit.title or ''} {hit.key or ''} {first}"


def _date(hit: Hit) -> float | None:
    if hit.path is not None:
        day = named_day(hit.path)
        return None if day is None else day[0]
    return datetime.fromisoformat(hit.created).timestamp() if isinstance(hit.created, str) else None


def _tagged(terms: frozenset[str], roots: Iterable[Path]) -> Iterable[float]:
    from magray_memory.records.git_tags import tag_times

    for root in roots:
        for tag, at in tag_times(root).items():
            if terms <= _RELEASE | frozenset(tokens(tag)):
                yield at
