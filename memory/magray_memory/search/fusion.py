"""Fusion: convex combination of BM25 and cosine, each scaled to 0…1 first.

Convex fusion keeps how far apart scores are, which ranks throw away: it beat reciprocal rank fusion on every
set that was measured. What it needs is that neither side takes its best for good where it found nothing: see
`lexical_share`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

PassageRef = tuple[int, int]
"""A passage of any vault: the number of the vault view, and the passage's id there."""


class Fused(NamedTuple):
    """What words and vectors add to a passage's score."""

    lexical: float
    semantic: float


def lexical_share(weight: float, coverage: float, enough: float) -> float:
    """The weight of BM25 in the fusion, lowered when it has no evidence.

    `coverage` is the share of the query's information that the best lexical passage holds (0…1). BM25
    divided by its best score always has a 1, even where only a number or a name of a foreign question was
    found; so its weight falls with what it does not cover, and a question in another language than the text
    leans on the vectors.
    """
    return weight * min(1.0, coverage / enough)


def lexical_scores(found: Mapping[int, float], coverage: float, best_coverage: float) -> dict[int, float]:
    """BM25 of one vault as 0…1. Divided by its best, times how its best compares with that of other vaults.

    BM25 scores of two vaults share no scale: the rarity of words is each vault's own. How much of the query a
    vault's best passage holds does compare.
    """
    best = max(found.values(), default=0.0)
    if best <= 0 or best_coverage <= 0:
        return {}
    scale = coverage / best_coverage / best
    return {passage: score * scale for passage, score in found.items()}


def semantic_scores(found: Mapping[PassageRef, float]) -> dict[PassageRef, float]:
    """Cosines as 0…1 between the worst and the best of the candidates.

    Cosines of one model fill a narrow band (.75 to .9 for e5), so only their distance within it says
    anything.
    """
    if not found:
        return {}
    low, high = min(found.values()), max(found.values())
    span = high - low
    return {key: (score - low) / span if span > 1e-6 else 1.0 for key, score in found.items()}


def fuse(
    lexical: Mapping[PassageRef, float], semantic: Mapping[PassageRef, float], share: float
) -> dict[PassageRef, Fused]:
    """The parts of every candidate's score; `share` is the lexical weight, the vectors have the rest."""
    keys = dict.fromkeys([*lexical, *semantic])
    return {key: Fused(share * lexical.get(key, 0.0), (1 - share) * semantic.get(key, 0.0)) for key in keys}
