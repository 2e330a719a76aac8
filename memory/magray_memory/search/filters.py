"""Filters of a query, applied to a vault: which of its passages may be found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.search.query import path_matcher
from magray_memory.search.vault_view import VaultView, reading
from magray_memory.storage.passage_filters import DocumentFilter, database_state, matching_passages

if TYPE_CHECKING:
    from magray_memory.search.query import SearchQuery


@reading
def apply_filters(view: VaultView, query: SearchQuery) -> None:
    """Finds the passages that the filters leave, when there are filters."""
    if not query.filtered:
        return
    wanted = _document_filter(query)
    asked = (database_state(view.connection), wanted, query.paths)
    known = None if view.source.transient else view.source.filter_cache.get(asked)
    if known is None:
        matches = path_matcher(query.paths) if query.paths else None
        known = matching_passages(view.connection, wanted, matches)
        view.source.filter_cache.put(asked, known)
    view.allowed = known


def _document_filter(query: SearchQuery) -> DocumentFilter:
    since, until = (None if moment is None else moment.timestamp() for moment in (query.since, query.until))
    return DocumentFilter(query.layers, query.kinds, query.languages, query.tags, since, until)
