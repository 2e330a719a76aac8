"""Lexical candidates: the passages that hold the words of a query, and how much of the query they hold."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING

from magray_memory.search.bm25 import bm25_best
from magray_memory.search.query_terms import share
from magray_memory.search.vault_view import VaultView, reading
from magray_memory.storage.fts import best_texts, match_expression
from magray_memory.storage.passages import indexed_texts
from magray_memory.storage.sqlite_errors import is_lexical_damage
from magray_memory.text.analyzer import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_PHRASE_ROWS = 5_000
_COVERAGE_ROWS = 3


@reading
def find_lexical(view: VaultView, terms: Iterable[str], limit: int) -> None:
    """Fills in BM25 of the `limit` best passages; a damaged lexical index is a problem of the view."""
    try:
        view.frequencies = view.source.statistics.frequencies(view.connection, view.passages, terms)
        found = bm25_best(view.connection, view.frequencies, view.passages, limit, view.allowed)
        view.lexical = dict(found)
    except sqlite3.DatabaseError as error:
        if not is_lexical_damage(error):
            raise
        view.source.vault.mark_lexical_damage()
        view.problem = f"the lexical index of the {view.source.name} is damaged: run `magray index`"


@reading
def measure_coverage(view: VaultView, weights: Mapping[str, float]) -> None:
    """Finds how much of the query, by weight, the best lexical passages of this vault hold."""
    best = sorted(view.lexical, key=lambda passage: -view.lexical[passage])[:_COVERAGE_ROWS]
    for text in indexed_texts(view.connection, best):
        view.coverage = max(view.coverage, share(weights, frozenset(tokens(text))))


@reading
def phrase_matches(view: VaultView, phrases: tuple[str, ...]) -> dict[int, float]:
    """The share of the quoted phrases that passages hold word for word, case and white space aside."""
    found: dict[int, float] = {}
    allowed = None if view.allowed is None else set(view.allowed.tolist())
    for phrase in phrases:
        terms = list(dict.fromkeys(tokens(phrase)))
        if not terms or view.problem:
            continue
        words = r"\s+".join(re.escape(word) for word in phrase.split())
        pattern = re.compile(words, re.IGNORECASE)
        every = match_expression(terms, " AND ")
        for passage, text in best_texts(view.connection, every, _PHRASE_ROWS):
            if (allowed is None or passage in allowed) and pattern.search(text):
                found[passage] = found.get(passage, 0.0) + 1 / len(phrases)
    return found
