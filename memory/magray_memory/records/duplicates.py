"""Near duplicates: records whose text says nearly what a new one says, by their words alone.

No model is needed, so that remembering never waits for one. The rarest words of the text find the records
that may be alike, and the share of common words decides.
"""

from __future__ import annotations

from collections import Counter
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.index.term_statistics import TermStatistics
from magray_memory.search.bm25 import bm25_best
from magray_memory.storage import records
from magray_memory.storage.record_facts import texts_of_project
from magray_memory.text.analyzer import tokens

if TYPE_CHECKING:
    from collections.abc import Mapping

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
_LEAST_TERMS = 5
_POSTINGS = 12_000
"""Entries of the lexical index that are read for the rarest words, whatever the size of the notebook: with
30,000, twice the time, 137 of 139 copies of one text among its fifty variants are found, with this 136.
"""
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
        frequencies = _rarest(counted)
        found = bm25_best(connection, frequencies, passages, _CANDIDATES)
        texts = texts_of_project(connection, [passage for passage, _ in found], record.project)
    shares = {
        document: similarity(words, Counter(tokens(text[:_MOST_TEXT])))
        for document, text in texts
        if document != record.id
    }
    alike = [document for document, share in shares.items() if share >= least]
    near = [Near(other, round(shares[other.id], 2)) for other in records.get(vault, alike)]
    return sorted(near, key=lambda item: -item.similarity)


def _rarest(counted: Mapping[str, int]) -> dict[str, int]:
    """The words that are looked for, with how many passages hold them.

    What one passage alone holds is in most cases of the record itself, and costs nothing.
    """
    held = sorted((count, term) for term, count in counted.items() if count)[:_TERMS]
    alone = sum(count == 1 for count, _ in held)
    spent = accumulate(count for count, _ in held)
    return {
        term: count
        for number, ((count, term), until) in enumerate(zip(held, spent, strict=True))
        if number < alone + _LEAST_TERMS or until <= _POSTINGS
    }


def similarity(one: Counter[str], other: Counter[str]) -> float:
    """Words in common by all words of both (Jaccard's index of the two multisets)."""
    every = (one | other).total()
    return (one & other).total() / every if every else 0.0
