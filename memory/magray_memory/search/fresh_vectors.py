"""Fresh vectors: those of records that were written a moment ago, made for the question that is asked now.

A record is durable and found by words before its vector is made, in another process. Whoever asks meanwhile
gets the vectors of the newest ones made here; a reader writes none of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.errors import EmbeddingUnavailable
from magray_memory.search.vault_view import VaultView, among, reading
from magray_memory.storage.pending import count_pending, newest_pending

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from magray_memory.models.embedder import Embedder

MOST_PENDING = 64
"""With more passages without a vector than these, it is no moment ago: then they wait for the indexer."""
MOST_EMBEDDED = 16
"""Passages that one question waits for: some 5 ms each."""


@reading
def fresh_cosines(view: VaultView, model: Embedder, vector: NDArray[np.float32]) -> dict[int, float]:
    """Cosines of the newest passages of the notebook that have no vector yet; they count as embedded."""
    connection = view.connection
    pending = count_pending(connection, model.key)
    if not 0 < pending <= MOST_PENDING:
        return {}
    wanted = newest_pending(connection, model.key, min(pending, MOST_EMBEDDED))
    made = _vectors(view, model, among(view, wanted))
    view.fresh = frozenset(made)
    return {passage: float(other @ vector) for passage, other in made.items()}


def _vectors(view: VaultView, model: Embedder, passages: list[int]) -> dict[int, NDArray[np.float32]]:
    from magray_memory.models.recipe import passage_text
    from magray_memory.storage.passages import embedded_parts

    cache = view.source.fresh_vectors
    found: dict[int, NDArray[np.float32]] = {}
    missing: list[tuple[int, bytes, str]] = []
    for part in embedded_parts(view.connection, passages):
        known = cache.get((model.key, part.text_hash))
        if known is not None:
            found[part.passage] = known
        else:
            text = passage_text(part.symbol, part.title, part.text, part.kind)
            missing.append((part.passage, part.text_hash, text))
    try:
        for positions, vectors in model.passages([text for _, _, text in missing]):
            for position, vector in zip(positions, vectors, strict=True):
                passage, text_hash, _ = missing[position]
                found[passage] = vector
                cache.put((model.key, text_hash), vector)
    except EmbeddingUnavailable:
        pass  # what is found by words stays found
    return found
