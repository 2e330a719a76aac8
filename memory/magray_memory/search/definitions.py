"""Definitions: how sure it is that a passage, by its symbol, defines what a query names."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.search.query_terms import QueryName, QueryTerms, QueryType, may_match, share
from magray_memory.text.analyzer import tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

_SYMBOL_JOINTS = re.compile(r"\s*(?:>|::|[.#:/])\s*")
_JOINED = re.compile(r"\s*[,;|]\s+|\s+[·…+&]\s+")


def defines(symbol: str, terms: QueryTerms, weights: Mapping[str, float], prefixes: tuple[str, ...]) -> float:
    """How sure it is that a passage defines what the query names, 0…1.

    `weights` is what each term is worth in a name, `prefixes` their prefixes. The same name in the same case
    is certain when the name is the query; a name inside a query is what it is about or only mentions, so it
    counts with its share of the query. Plain words count when they are most of a name.
    """
    if not symbol or not may_match(symbol, prefixes):
        return 0.0
    parsed = _parse_symbol(symbol)
    if parsed.tokens.isdisjoint(weights):
        return 0.0
    best = 0.0
    alone = terms.type is QueryType.NAME
    for part in parsed.symbols:
        for name in terms.names:
            same = _same(name, part)
            if same and not alone:
                same *= share(weights, frozenset(tokens(name.text))) if name.coded else 0.0
            best = max(best, same)
        if not alone:
            best = max(best, 0.5 * names_alike(part[-1], weights))
    return best


def coded_names(terms: QueryTerms, weights: Mapping[str, float]) -> dict[str, float]:
    """The names of a query that can only be code, and what declaring each is worth, as in `defines`."""
    alone = terms.type is QueryType.NAME
    coded = {name.last: name for name in terms.names if name.coded}
    return {last: 1.0 if alone else share(weights, frozenset(tokens(n.text))) for last, n in coded.items()}


def _same(name: QueryName, symbol: tuple[str, ...]) -> float:
    last = symbol[-1]
    if last == name.last:
        same = 1.0
    elif last.lower() == name.last.lower():
        same = 0.8
    else:
        return 0.0
    if name.text != name.last and len(symbol) > 1:
        parent = _SYMBOL_JOINTS.split(name.text)[-2:-1]
        return same if parent and parent[0].lower() == symbol[-2].lower() else same * 0.6
    return same


def names_alike(name: str, weights: Mapping[str, float]) -> float:
    """How far a symbol's name and the query say the same: the shares each has of the other, multiplied."""
    parts = symbol_tokens(name)
    known = sum(1 for token in parts if token in weights)
    return known / len(parts) * share(weights, parts) if known else 0.0


class _ParsedSymbol(NamedTuple):
    """The names of a passage, each as its parts, and the tokens of their last parts."""

    symbols: tuple[tuple[str, ...], ...]
    tokens: frozenset[str]


@lru_cache(maxsize=50_000)
def _parse_symbol(symbol: str) -> _ParsedSymbol:
    split = (tuple(p for p in _SYMBOL_JOINTS.split(one) if p) for one in _JOINED.split(symbol))
    symbols = tuple(part for part in split if part)
    return _ParsedSymbol(symbols, frozenset(token for part in symbols for token in tokens(part[-1])))


@lru_cache(maxsize=50_000)
def symbol_tokens(name: str) -> frozenset[str]:
    """The parts of a name. The whole identifier, which the analyzer gives first, is no further part of it."""
    found = tokens(name)
    return frozenset(found[1:] if len(found) > 2 else found)
