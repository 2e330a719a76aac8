"""What is like a place: by the vectors stored for it, so without a model; by its rarest words where it has
none.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from magray_memory.errors import MagrayError, QueryError, WorkspaceError
from magray_memory.search import candidates
from magray_memory.search.fusion import Fused, Id
from magray_memory.search.ranking import Question, Ranked, Signals, rank
from magray_memory.search.terms import Shape, Terms, idf
from magray_memory.storage.passages import FilePassage, file_passages
from magray_memory.text.analyzer import tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from magray_memory.search.candidates import Side
    from magray_memory.search.weights import Weights

LIKE_TERMS = 24
"""Terms that stand for a place in a search by words: the rarest ones say what it is about."""
_MAX_PASSAGES = 200


@dataclass(slots=True)
class Place:
    """A part of an indexed file: the passages that stand there and where they come from."""

    side: Side
    parts: list[FilePassage]
    whole: bool

    def holds(self, side: Side, passage: int, document: int) -> bool:
        """Whether a passage is this place itself; of a whole file every passage is."""
        if side is not self.side:
            return False
        return (
            document == self.parts[0].document if self.whole else passage in {p.passage for p in self.parts}
        )


def find(homes: Iterable[Side], path: str, line: int | None) -> Place:
    """The passages at a line of a file, the nearest ones where none covers it, or all without a line.

    `path` is relative to the root of `homes`, vaults of one folder. Raises WorkspaceError when none of them
    has the file, QueryError for a line below 1.
    """
    if line is not None and line < 1:
        raise QueryError(f"line {line}", "lines are counted from 1", f"{path}:1")
    for side in homes:
        parts = _parts(side, path)
        if parts and line is None:
            return Place(side, parts, whole=True)
        if parts and line is not None:
            away = [max(part.start_line - line, line - part.end_line, 0) for part in parts]
            near = [part for part, d in zip(parts, away, strict=True) if d == min(away)]
            return Place(side, near, whole=False)
    raise WorkspaceError(path, "it is not in the index", "magray index")


@candidates.reading
def _parts(side: Side, path: str) -> list[FilePassage]:
    return file_passages(side.connection, path)


def by_vectors(place: Place, sides: Iterable[Side], limit: int) -> tuple[dict[Id, float], list[str]]:
    """Cosines of the passages nearest to a place, and what could not be searched.

    Nothing when the place has no vector yet, or no vector index can be opened.
    """
    problems: list[str] = []
    key = place.side.key or ""
    try:
        vector = _mean(place, key)
    except MagrayError as error:
        return {}, [error.message]
    if vector is None:
        return {}, ["this place has no vector yet"]
    found: dict[Id, float] = {}
    for side in sides:
        if side.key not in (None, key):
            if not side.open.transient:
                problems.append(f"the {side.open.name} was left out: another model embedded it")
            continue
        try:
            near = candidates.nearest(side, side.open.vectors(key), vector, limit)
        except MagrayError as error:
            problems.append(f"the {side.open.name} was left out: {error.message}")
            continue
        found.update({(side.number, passage): score for passage, score in near.items()})
    return found, problems


def _mean(place: Place, key: str) -> NDArray[np.float32] | None:
    import numpy as np

    from magray_memory.storage.vectors import get_vectors

    ids = [part.passage for part in place.parts[:_MAX_PASSAGES]]
    _, vectors = get_vectors(place.side.open.vault, key, ids)
    if not len(vectors):
        return None
    mean = vectors.mean(axis=0)
    length = float(np.linalg.norm(mean))
    return (mean / length).astype(np.float32) if length > 0 else None


def typical_terms(place: Place) -> dict[str, float]:
    """The terms that tell a place from the rest of its vault, with tf·idf; a word that stands only here finds
    nothing.
    """
    counts = Counter(token for part in place.parts[:_MAX_PASSAGES] for token in tokens(part.text))
    side = place.side
    common = dict(counts.most_common(500))
    known = side.open.statistics.frequencies(side.connection, side.passages, common)
    worth = {t: n * idf(known[t], side.passages) for t, n in common.items() if known[t] > 1 and len(t) > 1}
    return {t: worth[t] for t in sorted(worth, key=lambda t: -worth[t])[:LIKE_TERMS]}


def by_words(sides: Iterable[Side], terms: Mapping[str, float], limit: int) -> dict[Id, float]:
    """BM25 of the passages that share the typical terms, as 0…1."""
    found: dict[Id, float] = {}
    for side in sides:
        candidates.look_up(side, terms, limit)
        found.update({(side.number, passage): score for passage, score in side.lexical.items()})
    best = max(found.values(), default=0.0)
    return {key: score / best for key, score in found.items()} if best > 0 else {}


def rank_related(
    place: Place,
    sides: Sequence[Side],
    scores: Mapping[Id, float],
    weights: Weights,
    *,
    semantic: bool,
    per_file: int,
) -> list[Ranked]:
    """The best places by likeness alone: no signal of a query applies."""
    rows = {
        (side.number, passage): row
        for side in sides
        for passage, row in candidates.rows(
            side, [p for number, p in scores if number == side.number]
        ).items()
        if not place.holds(side, passage, row.document)
    }
    fused = {key: Fused(0.0, s) if semantic else Fused(s, 0.0) for key, s in scores.items() if key in rows}
    nothing = Question(Terms((), (), Shape.WORDS), {}, {}, (), {}, {}, place_given=True, now=time.time())
    plain = replace(weights, same_file=0.0, recent=0.0, layer_interact=0.0, layer_insights=0.0)
    return rank(fused, rows, Signals(nothing, plain), per_file=per_file)
