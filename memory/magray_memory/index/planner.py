"""Planner: which vector engine serves a vault."""

from __future__ import annotations

from magray_memory.config_rule import installed

EXACT_UP_TO = 50_000
"""Vectors up to which the exact engine is as fast as any: one query is a product of 5 ms there (384 wide, 2
cores).
"""

_LINKS_BYTES = 250
"""Of hnsw for each vector, beside the vector itself: 2 × 16 neighbours, label, locks and the upper levels."""


def choose(count: int, setting: str, *, long_lived: bool, graph_mb: int = 0, dim: int = 384) -> str:
    """The engine for so many vectors: `exact`, `hnsw`, `sketch` or `annoy`. `setting`: auto, or the one that
    the person named; `graph_mb`: memory that a graph may take, 0 for any.

    A process that answers one query maps sketches: loading a graph would cost it more than it saves. So does
    any process whose graph would take too much of its memory, or that has no hnswlib (the extra `native`).
    """
    if setting != "auto":
        return setting
    if count <= EXACT_UP_TO:
        return "exact"
    fits = graph_mb == 0 or graph_bytes(count, dim) <= graph_mb * 1_000_000
    return "hnsw" if long_lived and fits and installed("hnswlib") else "sketch"


def graph_bytes(count: int, dim: int) -> int:
    """Memory that the graph of hnsw takes, about."""
    return count * (4 * dim + _LINKS_BYTES)
