"""Wanted passages of a search: its best candidates that the model has not read, or not to their end."""

from __future__ import annotations

from heapq import nlargest
from typing import TYPE_CHECKING

from magray_memory.search.vault_view import reading
from magray_memory.storage import embedding_depth
from magray_memory.storage.pending import count_pending, has_heads, read_among

if TYPE_CHECKING:
    from collections.abc import Mapping

    from magray_memory.search.fusion import Fused, PassageRef
    from magray_memory.search.vault_view import VaultView

MOST = 64
"""Candidates of a question that are embedded first: two or three seconds of the model."""


@reading
def wanted_passages(view: VaultView, candidates: Mapping[PassageRef, Fused]) -> list[int]:
    """Ids of these passages of a workspace, the best last; none where it is all read as far as it will be."""
    source = view.source
    if source.root is None or source.transient:
        return []
    connection, key = view.connection, view.key
    if count_pending(connection, key) == 0 and not has_heads(connection, key):
        return []
    depth = embedding_depth.noted(source.vault).name
    if depth == "static":
        return []
    best = nlargest(
        MOST, (ref for ref in candidates if ref[0] == view.number), key=lambda ref: sum(candidates[ref])
    )
    ids = [passage for _, passage in reversed(best)]
    read = read_among(connection, key, ids, whole=depth != "heads")
    return [passage for passage in ids if passage not in read]
