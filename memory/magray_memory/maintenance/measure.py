"""Measures of a vault before and after a step of `optimize`: the time of a lexical and of a vector search."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from magray_memory.storage import fts, fts_maintenance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from magray_memory.index.vector_store import VectorStore
    from magray_memory.storage.vault import Vault

_QUERIES = 10
_QUERY_CHARACTERS = 400
_QUERY_TERMS = 5
_LEXICAL_ROUNDS = 5
_VECTOR_ROUNDS = 3
_HITS = 100


def typical_queries(vault: Vault) -> list[str]:
    """FTS5 queries of the terms of a few passages, as people would ask for them."""
    from magray_memory.text.analyzer import query_tokens

    with vault.read() as connection:
        rows = fts.sample_rows(connection, _QUERIES)
    terms = (query_tokens(row.text[:_QUERY_CHARACTERS])[:_QUERY_TERMS] for row in rows)
    return [fts.match_expression(some, " OR ") for some in terms if some]


def lexical_ms(vault: Vault, queries: Sequence[str]) -> float:
    """Milliseconds of one query, the best of five rounds; of this thread's own work."""
    best = float("inf")
    with vault.read():
        for _ in range(_LEXICAL_ROUNDS):
            began = time.thread_time()
            fts_maintenance.run_queries(vault, queries, _HITS)
            best = min(best, time.thread_time() - began)
    return 1000 * best / max(1, len(queries))


def vector_ms(store: VectorStore) -> float:
    """Milliseconds of work that a command spends on opening the vector index and searching it once."""
    from magray_memory.index.vector_store import VectorStore
    from magray_memory.storage.vectors import iter_vectors

    with store.vault.read():
        _, rows = next(iter_vectors(store.vault, store.key, 1))
    best = float("inf")
    for _ in range(_VECTOR_ROUNDS):
        fresh = VectorStore(store.vault, store.key, store.settings)
        began = time.process_time()
        fresh.search(rows[0], _HITS)
        best = min(best, 1000 * (time.process_time() - began))
        fresh.close()
    return best
