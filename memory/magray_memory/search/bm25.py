"""BM25: which terms of a query are worth looking up in a vault, and the scores of the best passages.

BM25 costs FTS5 half a microsecond a passage, and finding the passages of a term a tenth of that. So the
rarest terms say which passages are scored, and common ones only add to their scores: a passage that holds
nothing but common words is not among the best. Whatever the size of a vault, a query reads about `POSTINGS`
entries of the index and scores about `SCORED` passages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.search.weights import COLUMN_WEIGHTS, MAX_TERMS, POSTINGS, SCORED, SCORED_MOST
from magray_memory.storage.fts import bm25_scores, match_expression

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    Ids = NDArray[np.int64]


def affordable_terms(frequencies: Mapping[str, int]) -> list[str]:
    """The terms to look up, rarest first, until the postings they cost are spent; at least the rarest one."""
    chosen: list[str] = []
    spent = 0
    held = sorted((count, term) for term, count in frequencies.items() if count)
    for count, term in held[:MAX_TERMS]:
        spent += count
        if chosen and spent > POSTINGS:
            break
        chosen.append(term)
    return chosen


def leading_terms(frequencies: Mapping[str, int], terms: list[str], enough: int, most: int) -> int:
    """How many of the terms, rarest first, say which passages are scored: as many as `most` passages hold,
    and in any case so many that `enough` do.
    """
    held = 0
    for number, term in enumerate(terms):
        if held >= enough and held + frequencies[term] > most:
            return number
        held += frequencies[term]
    return len(terms)


def bm25_best(
    connection: sqlite3.Connection,
    frequencies: Mapping[str, int],
    passages: int,
    limit: int,
    allowed: Ids | None = None,
) -> list[tuple[int, float]]:
    """BM25 of the `limit` best passages for the affordable terms, best first.

    `passages`: how many there are; `allowed`: ascending ids of those that may be found.
    """
    terms = affordable_terms(frequencies)
    if not terms:
        return []
    every = match_expression(terms, " OR ")
    if allowed is not None and len(allowed) <= SCORED:
        return bm25_scores(connection, every, COLUMN_WEIGHTS, limit, ids=allowed.tolist())
    # A filter leaves a share of what is scored, so that more is to be scored.
    wanted, most = limit, SCORED
    if allowed is not None:
        wanted, most = SCORED_MOST, min(SCORED_MOST, SCORED * passages // len(allowed))
    lead = terms[: leading_terms(frequencies, terms, 5 * limit, most)]
    rest = terms[len(lead) :]
    if sum(frequencies[term] for term in lead) > SCORED_MOST:
        found = _of_common(connection, lead, rest, most, wanted)
    elif rest:
        # A term counts as often as it stands in the expression: here each of them twice.
        either = match_expression([*lead, *rest, *rest], " OR ")
        both = f"({match_expression(lead, ' OR ')}) AND ({either})"
        scored = bm25_scores(connection, both, COLUMN_WEIGHTS, wanted)
        found = [(passage, score / 2) for passage, score in scored]
    else:
        found = bm25_scores(connection, every, COLUMN_WEIGHTS, wanted)
    return found if allowed is None else _among(found, allowed)[:limit]


def _of_common(
    connection: sqlite3.Connection, lead: list[str], rest: list[str], most: int, limit: int
) -> list[tuple[int, float]]:
    """The same where even the leading term is common: of the passages with it, those that hold another
    term, those with it in a name or a path, and some; each at most `most`.
    """
    *rare, common = lead
    held = match_expression([common], "")
    expressions = [held, f"{{symbol path}}: {held}"]
    if rare:
        expressions.append(match_expression(rare, " OR "))
    if rest:
        expressions.append(f"{held} AND ({match_expression(rest, ' OR ')})")
    samples = [(expression, most) for expression in expressions]
    every = match_expression([*lead, *rest], " OR ")
    return bm25_scores(connection, every, COLUMN_WEIGHTS, limit, samples=samples)


def _among(found: list[tuple[int, float]], allowed: Ids) -> list[tuple[int, float]]:
    import numpy as np

    ids = np.fromiter((row[0] for row in found), np.int64, len(found))
    rows = np.searchsorted(allowed, ids)
    rows[rows == len(allowed)] = 0
    return [found[row] for row in np.flatnonzero(allowed[rows] == ids).tolist()]
