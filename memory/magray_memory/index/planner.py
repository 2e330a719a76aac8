"""Which vector engine serves a vault."""

from __future__ import annotations

EXACT_UP_TO = 50_000
"""Vectors up to which the exact engine is as fast as any: one query is a product of 5 ms there (384 wide, 2
cores).
"""


def choose(count: int, setting: str, *, long_lived: bool) -> str:
    """The engine for so many vectors: `exact`, `hnsw` or `annoy`. `setting`: auto, or the one that the person
    named.

    A process that answers one query maps a sealed forest, where `optimize` has made one: loading a graph
    would cost it more than it saves.
    """
    if setting != "auto":
        return setting
    if count <= EXACT_UP_TO:
        return "exact"
    return "hnsw" if long_lived else "annoy"
