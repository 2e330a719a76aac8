"""Near duplicates: records whose text says nearly what a new one says, by their words alone.

No model is needed, so that remembering never waits for one. The rarest words of the text find the records
that may be alike, and the share of common words decides.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.index.term_statistics import TermStatistics
from magray_memory.search.bm25 import bm25_best
from magray_memory.storage import records
from magray_memory.storage.passages import passage_rows
from magray_memory.text.analyzer import tokens

if TYPE_CHECKING:
    from magray_memory.storage.record_types import StoredRecord
    from magray_memory.storage.vault import Vault

NEAR = 0.7
"""Share of common words from which two records are called near duplicates.

`scripts/eval_duplicates.py` on 2,986 notes of Django, twenty other projects and Debian's packages: an edited
copy is told in 95 % of cases where a word in 10 was changed, 90 % where a sentence was added, 30 % where a
word in 5 was changed; 6 % of the notes are called near another one, and a third of these share nine words in
ten with it. With .65 that is 9 %; with .8 4 %, and of the copies with a word in 10 changed 67 % are told.
"""
_MOST_WORDS = 500
_TERMS = 40
_CANDIDATES = 10
_MOST_TEXT = 20_000
"""Characters of a text that are compared."""


class Near(NamedTuple):
    """A record that is nearly the same. `similarity`: the share of words in common, 0…1."""

    record: StoredRecord
    similarity: float


def near_duplicates(
    vault: Vault, record: StoredRecord, statistics: TermStatistics | None = None, least: float = NEAR
) -> list[Near]:
    """The records that are nearly the same as this one, by `least` at least, the closest first; not itself,
    and none in the trash or superseded. `statistics` of the vault, where many are asked about.
    """
    words = Counter(tokens(record.text[:_MOST_TEXT]))
    if not words:
        return []
    with vault.read() as connection:
        _, passages = vault.counts()
        known = statistics or TermStatistics()
        counted = known.frequencies(connection, passages, list(words)[:_MOST_WORDS])
        frequencies = {term: count for term, count in counted.items() if count}
        rarest = sorted(frequencies, key=lambda term: frequencies[term])[:_TERMS]
        found = bm25_best(connection, {term: frequencies[term] for term in rarest}, passages, _CANDIDATES)
        rows = passage_rows(connection, [passage for passage, _ in found])
        documents = dict.fromkeys(row.document for row in rows)
    near: list[Near] = []
    for other in records.get(vault, documents):
        if other.id == record.id or other.superseded_by is not None or other.project != record.project:
            continue
        share = similarity(words, Counter(tokens(other.text[:_MOST_TEXT])))
        if share >= least:
            near.append(Near(other, round(share, 2)))
    return sorted(near, key=lambda item: -item.similarity)


def similarity(one: Counter[str], other: Counter[str]) -> float:
    """Words in common by all words of both (Jaccard's index of the two multisets)."""
    every = (one | other).total()
    return (one & other).total() / every if every else 0.0
