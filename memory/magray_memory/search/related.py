"""Related passages: those like a location in a file, by the vectors stored for it, so without a model; by its
rarest words where it has none.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from magray_memory.errors import MagrayError, NotIndexed, QueryError
from magray_memory.index.term_statistics import idf
from magray_memory.search.fusion import Fused, PassageRef
from magray_memory.search.lexical_candidates import find_lexical
from magray_memory.search.query_terms import QueryTerms, QueryType
from magray_memory.search.ranking import Ranked, RankingQuery, Signals, rank
from magray_memory.search.semantic_candidates import approximate_index, nearest
from magray_memory.search.vault_view import candidate_rows, reading
from magray_memory.storage.passages import FilePassage, file_passages
from magray_memory.storage.static_vectors import may_help
from magray_memory.text.analyzer import tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from magray_memory.index.static_index import StaticIndex
    from magray_memory.models.static_table import StaticTable
    from magray_memory.search.vault_view import VaultView
    from magray_memory.search.weights import Weights

LIKE_TERMS = 24
"""Terms that stand for a location in a search by words: the rarest ones say what it is about."""
_MAX_PASSAGES = 200


@dataclass(slots=True)
class Location:
    """A part of an indexed file: the passages that stand there and where they come from."""

    view: VaultView
    parts: list[FilePassage]
    whole: bool

    def holds(self, view: VaultView, passage: int, document: int) -> bool:
        """Whether a passage is this location itself; of a whole file every passage is."""
        if view is not self.view:
            return False
        return (
            document == self.parts[0].document if self.whole else passage in {p.passage for p in self.parts}
        )


def find_location(views: Iterable[VaultView], path: str, line: int | None) -> Location:
    """The passages at a line of a file, the nearest ones where none covers it, or all without a line.

    `path` is relative to the root of `views`, vaults of one folder. Raises WorkspaceError when none of them
    has the file, QueryError for a line below 1.
    """
    if line is not None and line < 1:
        raise QueryError(f"line {line}", "lines are counted from 1", f"{path}:1")
    for view in views:
        parts = _parts(view, path)
        if parts and line is None:
            return Location(view, parts, whole=True)
        if parts and line is not None:
            away = [max(part.start_line - line, line - part.end_line, 0) for part in parts]
            near = [part for part, d in zip(parts, away, strict=True) if d == min(away)]
            return Location(view, near, whole=False)
    raise NotIndexed(path, "it is not in the index", "magray index")


@reading
def _parts(view: VaultView, path: str) -> list[FilePassage]:
    return file_passages(view.connection, path)


def similar_by_vectors(
    location: Location,
    views: Iterable[VaultView],
    limit: int,
    static_table: Callable[[], StaticTable | None],
) -> tuple[dict[PassageRef, float], list[str]]:
    """Cosines of the passages nearest to a location, and what could not be searched.

    Approximate vectors stand in for those that are still to come. Nothing when the location has neither yet,
    or no vector index can be opened.
    """
    views = list(views)
    problems: list[str] = []
    table = static_table() if any(_lacks_vectors(view) for view in views) else None
    key = location.view.key or (table.embedding_key if table is not None else "")
    try:
        vector = _mean(location, key, approximate_index(location.view, table, key))
    except MagrayError as error:
        return {}, [error.message]
    if vector is None:
        return {}, ["this location has no vector yet"]
    found: dict[PassageRef, float] = {}
    for view in views:
        if view.key not in (None, key):
            if not view.source.transient:
                problems.append(f"the {view.source.name} was left out: another model embedded it")
            continue
        try:
            approximate = approximate_index(view, table, key)
            view.approximate = 0 if approximate is None else approximate.count()
            near = nearest(view, view.source.vectors(key), vector, limit, approximate, passage=True)
        except MagrayError as error:
            problems.append(f"the {view.source.name} was left out: {error.message}")
            continue
        found.update({(view.number, passage): score for passage, score in near.items()})
    return found, problems


def _lacks_vectors(view: VaultView) -> bool:
    return not view.source.transient and may_help(view.connection, view.key)


def _mean(location: Location, key: str, approximate: StaticIndex | None) -> NDArray[np.float32] | None:
    import numpy as np

    from magray_memory.storage.vectors import get_vectors

    ids = [part.passage for part in location.parts[:_MAX_PASSAGES]]
    _, vectors = get_vectors(location.view.source.vault, key, ids)
    if not len(vectors) and approximate is not None:
        vectors = approximate.vectors(np.array(ids, np.int64))
    if not len(vectors):
        return None
    mean = vectors.mean(axis=0)
    length = float(np.linalg.norm(mean))
    return (mean / length).astype(np.float32) if length > 0 else None


def typical_terms(location: Location) -> dict[str, float]:
    """The terms that tell a location from the rest of its vault, with tf·idf; a word that stands only here
    finds nothing.
    """
    counts = Counter(token for part in location.parts[:_MAX_PASSAGES] for token in tokens(part.text))
    view = location.view
    common = dict(counts.most_common(500))
    known = view.source.statistics.frequencies(view.connection, view.passages, common)
    worth = {t: n * idf(known[t], view.passages) for t, n in common.items() if known[t] > 1 and len(t) > 1}
    return {t: worth[t] for t in sorted(worth, key=lambda t: -worth[t])[:LIKE_TERMS]}


def similar_by_terms(
    views: Iterable[VaultView], terms: Mapping[str, float], limit: int
) -> dict[PassageRef, float]:
    """BM25 of the passages that share the typical terms, as 0…1."""
    found: dict[PassageRef, float] = {}
    for view in views:
        find_lexical(view, terms, limit)
        found.update({(view.number, passage): score for passage, score in view.lexical.items()})
    best = max(found.values(), default=0.0)
    return {key: score / best for key, score in found.items()} if best > 0 else {}


def rank_related(
    location: Location,
    views: Sequence[VaultView],
    scores: Mapping[PassageRef, float],
    weights: Weights,
    *,
    semantic: bool,
    per_file: int,
) -> list[Ranked]:
    """The best passages by likeness alone: no signal of a query applies."""
    rows = {
        (view.number, passage): row
        for view in views
        for passage, row in candidate_rows(view, [p for number, p in scores if number == view.number]).items()
        if not location.holds(view, passage, row.document)
    }
    fused = {key: Fused(0.0, s) if semantic else Fused(s, 0.0) for key, s in scores.items() if key in rows}
    nothing = RankingQuery(
        QueryTerms((), (), QueryType.WORDS), {}, {}, (), {}, {}, {}, path_filtered=True, now=time.time()
    )
    plain = weights._replace(same_file=0.0, recent=0.0, layer_interact=0.0, layer_insights=0.0)
    return rank(fused, rows, Signals(nothing, plain), per_file=per_file)
