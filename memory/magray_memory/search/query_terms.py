"""Query terms: what is looked for of the words of a query, and what kind of query it is."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.search.weights import STOP_WORDS
from magray_memory.text.analyzer import query_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_EDGES = " \t\r\n\"'`.,;:!?()[]{}<>«»“”‘’…"
_NAME = re.compile(r"[^\W\d]\w*(?:(?:\.|::|->|#|/|-)[^\W\d]\w*)*(?:\(\))?")
# camelCase, PascalCase with two humps, ALLCAPS_WITH, snake_case, dotted, called(): nobody writes prose so.
_CODED = re.compile(r"[a-z\d][A-Z]|[A-Z]{2}[a-z]|\w_\w|^_|\w(?:\.|::|->|#)\w|\(\)$")
_JOINTS = re.compile(r"\.|::|->|#|/|-")


class QueryType(Enum):
    """The kind of query: it decides how far names and words are to be trusted."""

    NAME = "name"
    """One word or one dotted name: someone looks for the thing called so."""
    MIXED = "mixed"
    """Words, and among them what can only be the name of something in code."""
    WORDS = "words"
    """Plain language."""


class QueryName(NamedTuple):
    """A word of the query that may name something. `last` is its last part; `coded`: it cannot be prose."""

    text: str
    last: str
    coded: bool


class QueryTerms(NamedTuple):
    """A query as tokens of the analyzer, without the words that only make it a question."""

    tokens: tuple[str, ...]
    names: tuple[QueryName, ...]
    type: QueryType

    def __bool__(self) -> bool:
        return bool(self.tokens)

    @property
    def coded(self) -> bool:
        """Whether the query is one name, and that is written as only code is."""
        return self.type is QueryType.NAME and all(name.coded for name in self.names)


def query_terms(text: str) -> QueryTerms:
    """The terms of a query. Stop words go, unless nothing else is left of it ("to be or not to be")."""
    words = [word for word in (raw.strip(_EDGES) or raw for raw in text.replace('"', " ").split()) if word]
    content = [word for word in words if word.lower() not in STOP_WORDS] or words
    tokens = tuple(query_tokens(" ".join(content))) or tuple(query_tokens(text))
    names = tuple(_name(word) for word in content if len(word) <= 200 and _NAME.fullmatch(word))
    if len(content) == 1 and len(words) <= 2 and names:
        kind = QueryType.NAME
    else:
        kind = QueryType.MIXED if any(name.coded for name in names) else QueryType.WORDS
    return QueryTerms(tokens, names, kind)


def is_coded(word: str) -> bool:
    """Whether a word cannot be prose: it is written as only names in code are."""
    return _CODED.search(word) is not None


def _name(word: str) -> QueryName:
    bare = word.removesuffix("()")
    return QueryName(bare, _JOINTS.split(bare)[-1], is_coded(word))


def share(weights: Mapping[str, float], found: frozenset[str]) -> float:
    """How much of the query's weight these tokens hold, 0…1."""
    total = sum(weights.values())
    if found.isdisjoint(weights) or total <= 0:
        return 0.0
    return sum(w for term, w in weights.items() if term in found) / total


def term_prefixes(terms: Iterable[str]) -> tuple[str, ...]:
    """What any word with one of these terms begins with, in lower case; a stem may end unlike its word.

    Looking for them in a text is twenty times cheaper than analysing it, and most texts hold none.
    """
    return tuple({term[: max(2, len(term) - 2)] for term in terms})


def may_match(text: str, prefixes: tuple[str, ...]) -> bool:
    """Whether analysing a text could find a term with one of these prefixes."""
    if not text.isascii():
        return True  # accents and compatibility forms are taken off by the analyzer only
    lowered = text.lower()
    return any(prefix in lowered for prefix in prefixes)
