"""Semantic candidates: the vector of a query, and the passages whose vectors are nearest to it."""

from __future__ import annotations

from contextlib import suppress
from heapq import nlargest
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.errors import EmbeddingUnavailable, MagrayError
from magray_memory.search.fresh_vectors import fresh_cosines
from magray_memory.search.language_gate import OPEN, Gate, gate
from magray_memory.storage.pending import count_pending
from magray_memory.storage.static_vectors import may_help

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from concurrent.futures import Future

    import numpy as np
    from numpy.typing import NDArray

    from magray_memory.index.protocol import VectorIndex
    from magray_memory.index.static_index import StaticIndex
    from magray_memory.index.vector_store import VectorStore
    from magray_memory.models.embedder import Embedder
    from magray_memory.models.static_table import StaticTable
    from magray_memory.search.fusion import PassageRef
    from magray_memory.search.vault_view import Neighbours, VaultView

    ViewIndex = tuple[int, VectorIndex, NDArray[np.int64] | None]


class QueryVector(NamedTuple):
    """The vector of a query, or the sentence that says why there is none."""

    vector: NDArray[np.float32] | None
    gate: Gate
    device: str | None
    key: str | None
    missing: str | None
    model: Embedder | None = None


def embed_query(embedder: Callable[[str | None], Embedder], text: str, key: str | None) -> QueryVector:
    """The vector of a text in a vector space, for None in that of the settings."""
    try:
        model = embedder(key)
        opening = gate(text, model.covers)
        vector = model.query(text.replace('"', " ").strip())
        return QueryVector(vector, opening, model.device, key or model.key, None, model)
    except EmbeddingUnavailable as error:
        return QueryVector(None, OPEN, None, None, str(error))


def answering_space(views: Iterable[VaultView]) -> str | None:
    """The vector space that an answer is made in: that of the first vault that has one."""
    keys = [view.key for view in views if view.key is not None and not view.source.transient]
    return keys[0] if keys else None


def view_indexes(views: Iterable[VaultView], key: str | None) -> list[ViewIndex]:
    """The vector index of each view as of this moment, to be searched in any thread.

    A vault whose index cannot be had is left out: `nearest` meets the same fault and reports it.
    """
    found: list[ViewIndex] = []
    for view in views:
        if key is not None and view.key == key:
            with suppress(MagrayError):
                index = view.source.vectors(key).current()
                if index is not None:
                    found.append((view.number, index, view.allowed))
    return found


def search_indexes(
    query: Future[QueryVector], indexes: Sequence[ViewIndex], limit: int
) -> dict[int, Neighbours]:
    """The nearest passages in each index, by the number of its view. For the thread that embeds."""
    vector = query.result().vector
    if vector is None:
        return {}
    return {number: index.search(vector, limit, allowed) for number, index, allowed in indexes}


def nearest(
    view: VaultView,
    store: VectorStore,
    vector: NDArray[np.float32],
    limit: int,
    approximate: StaticIndex | None = None,
    *,
    passage: bool = False,
) -> dict[int, float]:
    """Cosines of the `limit` nearest passages, and of every lexical candidate.

    Passages without a vector of their own take part by the approximate one that `approximate` has, prose that
    is read in part by both;
    `passage`: the vector is that of a text, not of a question.
    """
    import numpy as np

    ids, scores = view.neighbours or store.search(vector, limit, view.allowed)
    found = dict(zip(ids.tolist(), scores.tolist(), strict=True))
    if approximate is not None:
        approximate.blend(vector, found, passage=passage)
        ids, scores = approximate.search(vector, limit, view.allowed, passage=passage)
        found.update(zip(ids.tolist(), scores.tolist(), strict=True))
        found = dict(nlargest(limit, found.items(), key=itemgetter(1)))
    rest = np.array(sorted(view.lexical.keys() - found.keys()), np.int64)
    if len(rest):
        ids, scores = store.search(vector, len(rest), rest)
        others = dict(zip(ids.tolist(), scores.tolist(), strict=True))
        if approximate is not None:
            approximate.blend(vector, others, passage=passage)
            ids, scores = approximate.search(vector, len(rest), rest, passage=passage)
            others.update(zip(ids.tolist(), scores.tolist(), strict=True))
        found.update(others)
    return found


def approximate_index(view: VaultView, table: StaticTable | None, key: str | None) -> StaticIndex | None:
    """The approximate vectors of a vault, where they are of this space and some passages need them."""
    if table is None or view.source.transient or table.embedding_key != key:
        return None
    return view.source.approximate(table) if may_help(view.connection, key) else None


def approximate_share(views: Sequence[VaultView]) -> float:
    """The share of the passages that are found by approximate vectors alone: 0…1."""
    approximate = sum(view.approximate for view in views)
    if not approximate:
        return 0.0
    passages = sum(count_pending(view.connection, None) for view in views if not view.source.transient)
    return min(1.0, approximate / max(1, passages))


def cosines(
    views: Sequence[VaultView], query: QueryVector, limit: int, problems: list[str]
) -> dict[PassageRef, float]:
    """Cosines of the candidates in every view with a vector of the query's space; what cannot be compared is
    added to `problems`.
    """
    found: dict[PassageRef, float] = {}
    vector, key = query.vector, query.key or ""
    if vector is None:
        return found
    table = None if query.model is None else query.model.static_table
    for view in views:
        source = view.source
        if view.key not in (None, key):
            if not source.transient:
                problems.append(_other_space(view, views))
            continue
        try:
            approximate = approximate_index(view, table, query.key)
            view.approximate = 0 if approximate is None else approximate.count()
            near = nearest(view, source.vectors(key), vector, limit, approximate)
        except MagrayError as error:
            problems.append(f"the {source.name} was searched by words only: {error.message}")
            continue
        if source.root is None and not source.transient and query.model is not None:
            near |= fresh_cosines(view, query.model, vector)
        if not near and view.allowed is None and not source.transient:
            problems.append(
                f"the {source.name} was searched by words only: none of it is embedded yet"
                " (run `magray index`)"
            )
        found.update({(view.number, passage): score for passage, score in near.items()})
    return found


def _other_space(view: VaultView, views: Sequence[VaultView]) -> str:
    """Cosines of two models say nothing beside each other, so one of the vaults has to do without.

    Which of the two is behind is not known here, and indexing one that is not costs nothing.
    """
    roots = [other.source.root for other in views if other.key not in (None, view.key)]
    where = [root for root in (view.source.root, *roots) if root is not None]
    hint = " and ".join(f"`magray --workspace {root} index`" for root in dict.fromkeys(where))
    return f"the {view.source.name} was searched by words only: another model embedded it (run {hint})"
