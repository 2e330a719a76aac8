"""Confidence: how likely a hit answers its question, 0…1, by logistic functions that were fitted to questions
with and without an answer.

Unlike a score, which only orders the hits of one question, it compares between questions. It is made of what
ranking knows anyway; what follows from the age, the use or the time of a record says nothing about it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.search.weights import (
    CONFIDENCE,
    CONFIDENCE_BY_VECTORS,
    CONFIDENCE_BY_WORDS,
    CONFIDENCE_OTHER_MODEL,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from magray_memory.search.fusion import PassageRef
    from magray_memory.search.ranking import Ranked
    from magray_memory.search.vault_view import VaultView
    from magray_memory.search.weights import ConfidenceFit

_SATURATION = 2.2
"""What BM25 gives a term at most, times its rarity."""
_FEW = 20
"""Passages of a vault that tell nothing about how rare a word is: BM25 is nothing for one that half of them
hold, and is taken for what it gives a word that stands once in a passage.
"""
_SURE = ("exact name", "name")
"""Steps of ranking for what is called as the whole query."""


class Evidence(NamedTuple):
    """What one search found: cosines of the candidates, what each term is worth, the largest share of these
    that a passage holds, the passages that are named by a word of the question, and whether the cosines are
    of the default model, for whose values the functions were fitted.
    """

    cosines: Mapping[PassageRef, float]
    worth: Mapping[str, float]
    coverage: float
    named: Collection[PassageRef] = ()
    by_default_model: bool = True


class Features(NamedTuple):
    """What tells an answer from other hits.

    `cosine`: of the question and the passage; `above`: how much more that is than of the other candidates;
    `standing`: the same in their standard deviations; `words`: BM25 to the most that the question can have;
    `coverage`: as in `Evidence`, but nothing for a hit without a word of the question; `called`: it has the
    name that is asked for; `relative`: its score to the best one; `lead`: how much less the second of all
    has, for the first; `terms`: the logarithm of their number.
    """

    cosine: float
    above: float
    standing: float
    words: float
    coverage: float
    called: float
    relative: float
    lead: float
    terms: float


def runner_up(ranked: Sequence[Ranked]) -> float:
    """The score of the second of all that were ranked, whether it is shown or not."""
    return max(0.0, ranked[1].score) if len(ranked) > 1 else 0.0


def rate(
    hits: Sequence[Ranked],
    views: Sequence[VaultView],
    evidence: Evidence,
    second: float,
    fit: ConfidenceFit | None = None,
) -> None:
    """Give each hit its confidence, by the fit for what was searched; `second` is the `runner_up`."""
    if not hits:
        return
    by_number = {view.number: view for view in views}
    fit = fit or _fit(views, evidence)
    for hit, features in zip(hits, _features(hits, by_number, evidence, second), strict=True):
        hit.confidence = probability(features, fit)


def _fit(views: Sequence[VaultView], evidence: Evidence) -> ConfidenceFit:
    if not evidence.cosines:
        return CONFIDENCE_BY_WORDS
    if not evidence.by_default_model:
        return CONFIDENCE_OTHER_MODEL
    return CONFIDENCE_BY_VECTORS if all(view.problem for view in views) else CONFIDENCE


def probability(features: Features, fit: ConfidenceFit) -> float:
    """The logistic function of the features."""
    z = fit.intercept + sum(weight * value for weight, value in zip(fit[1:], features, strict=True))
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, z))))


def _features(
    hits: Sequence[Ranked], views: Mapping[int, VaultView], evidence: Evidence, second: float
) -> list[Features]:
    cosines = evidence.cosines
    usual = sum(cosines.values()) / len(cosines) if cosines else 0.0
    spread = math.sqrt(sum((c - usual) ** 2 for c in cosines.values()) / len(cosines)) if cosines else 1.0
    most = _SATURATION * sum(evidence.worth.values()) or 1.0
    best = max(hit.score for hit in hits) or 1.0
    terms = math.log(max(1, len(evidence.worth)))
    found: list[Features] = []
    for hit in hits:
        parts = [hit.id, *(other.id for other in hit.also)]
        cosine = max((cosines[part] for part in parts if part in cosines), default=usual)
        said = max(views[n].lexical.get(passage, 0.0) if n in views else 0.0 for n, passage in parts)
        words = min(1.0, said / most)
        if said and all(number in views and views[number].passages < _FEW for number, _ in parts):
            words = max(words, evidence.coverage / _SATURATION)
        found.append(
            Features(
                cosine,
                cosine - usual,
                (cosine - usual) / max(spread, 0.01),
                words,
                evidence.coverage if said else 0.0,
                float(_is_called(hit, parts, evidence)),
                max(hit.score, 0.0) / best,
                max(0.0, best - second) / best if hit is hits[0] else 0.0,
                terms,
            )
        )
    return found


def _is_called(hit: Ranked, parts: Iterable[PassageRef], evidence: Evidence) -> bool:
    return any(step in _SURE for step, _ in hit.changes) or any(part in evidence.named for part in parts)
