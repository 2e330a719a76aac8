"""Filters of a query, applied to a vault: which of its passages may be found, and which filters fit none."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from magray_memory.search.path_filter import globs_of, path_matcher
from magray_memory.search.vault_view import VaultView, reading
from magray_memory.storage.passage_filters import (
    DocumentFilter,
    database_state,
    file_paths,
    matching_passages,
    unmatched_values,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from magray_memory.search.query import SearchQuery
    from magray_memory.storage.former_values import FormerValues


class FilterResult(NamedTuple):
    """Ascending ids (n,) of the passages that the filters of a query leave in a vault, and those of the
    filters that fit no document of it, each as (name, value).
    """

    passages: NDArray[np.int64]
    unmatched: frozenset[tuple[str, str]]


@reading
def apply_filters(view: VaultView, query: SearchQuery) -> None:
    """Finds the passages that the filters leave, when there are filters."""
    if not query.filtered:
        return
    wanted = _document_filter(query)
    if view.source.transient:
        view.allowed, view.unmatched = _result(view, wanted, query)
        return
    asked = (database_state(view.connection), wanted, query.paths, query.folder)
    known = view.source.filter_cache.get(asked)
    if known is None:
        known = _result(view, wanted, query)
        view.source.filter_cache.put(asked, known)
    view.allowed, view.unmatched = known


def _result(view: VaultView, wanted: DocumentFilter, query: SearchQuery) -> FilterResult:
    documents, unmatched = (None, []) if not query.paths else _files(view, query)
    unmatched += unmatched_values(view.connection, wanted)
    passages = matching_passages(view.connection, wanted, documents)
    if view.source.then is not None:
        passages = _as_of(view, view.source.then, wanted, passages)
    return FilterResult(passages, frozenset(unmatched))


def _as_of(
    view: VaultView, then: FormerValues, wanted: DocumentFilter, passages: NDArray[np.int64]
) -> NDArray[np.int64]:
    """The passages with the layers of then in the place of those of now, and without what was not there."""
    import numpy as np

    hidden = then.hidden
    moved: Mapping[int, str] = then.layers if wanted.layers else {}
    anywhere = wanted._replace(layers=())
    without = matching_passages(view.connection, DocumentFilter(), [*hidden, *moved])
    back = [
        document for document, layer in moved.items() if layer in wanted.layers and document not in hidden
    ]
    added = matching_passages(view.connection, anywhere, back)
    return np.union1d(np.setdiff1d(passages, without, assume_unique=True), added)


def _files(view: VaultView, query: SearchQuery) -> tuple[list[int], list[tuple[str, str]]]:
    """The documents that the paths of a query mean, and the paths that mean none."""
    root = view.source.root
    files = {} if root is None else file_paths(view.connection)
    globs: list[str] = []
    unmatched: list[tuple[str, str]] = []
    for value in query.paths:
        meant = [] if root is None else globs_of(value, query.folder, root)
        chosen = next((glob for glob in meant if any(map(path_matcher((glob,)), files.values()))), None)
        if chosen is None:
            unmatched.append(("path", value))
        else:
            globs.append(chosen)
    matches = path_matcher(globs)
    return [document for document, path in files.items() if matches(path)], unmatched


def _document_filter(query: SearchQuery) -> DocumentFilter:
    since, until = (None if moment is None else moment.timestamp() for moment in (query.since, query.until))
    return DocumentFilter(query.layers, query.kinds, query.languages, query.tags, since, until)
