"""One vault's part of a search: which of its passages may answer, and what each side says of them.

Everything here runs inside the vault's read transaction, so that the words, the vectors and the rows that a
hit is made of are of one moment.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import suppress
from dataclasses import dataclass, field
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from magray_memory.errors import MagrayError, StorageError
from magray_memory.search.bm25 import bm25_best
from magray_memory.search.query import SearchQuery, path_matcher
from magray_memory.search.terms import Terms, idf, share
from magray_memory.storage.fts import best_texts, match_expression
from magray_memory.storage.passage_filters import DocumentFilter, database_state, matching_passages
from magray_memory.storage.passages import PassageRow, indexed_texts, passage_rows
from magray_memory.storage.pending import count_pending
from magray_memory.storage.sqlite_errors import explain, is_lexical_damage
from magray_memory.storage.vector_spaces import serving
from magray_memory.text.analyzer import tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from contextlib import ExitStack

    import numpy as np
    from numpy.typing import NDArray

    from magray_memory.index.open_vaults import OpenVault
    from magray_memory.index.protocol import VectorIndex
    from magray_memory.index.vector_store import VectorStore

    Neighbours = tuple[NDArray[np.int64], NDArray[np.float32]]
    VaultIndex = tuple[int, VectorIndex, NDArray[np.int64] | None]

P = ParamSpec("P")
R = TypeVar("R")

_PHRASE_ROWS = 5_000
_EXPLAINED_ROWS = 3


@dataclass(slots=True)
class Side:
    """A vault inside one search. `problem` says, in a sentence, what of it could not be used."""

    number: int
    open: OpenVault
    connection: sqlite3.Connection
    passages: int
    allowed: NDArray[np.int64] | None = None
    lexical: dict[int, float] = field(default_factory=dict[int, float])
    frequencies: dict[str, int] = field(default_factory=dict[str, int])
    explained: float = 0.0
    problem: str | None = None
    key: str | None = None
    """The vector space that answers for this vault now."""
    near: Neighbours | None = None
    """The nearest passages, where they have been looked for already."""

    @property
    def empty(self) -> bool:
        """Whether no passage can answer, for lack of passages or by the filters."""
        return self.passages == 0 or (self.allowed is not None and len(self.allowed) == 0)


class UnreadableError(Exception):
    """A vault cannot be read, found out in the middle of a search; `why` is a sentence for the person."""

    def __init__(self, vault: OpenVault, error: MagrayError) -> None:
        self.vault = vault
        self.why = f"the {vault.name} was left out: {error.message}"
        super().__init__(self.why)


def reading(read: Callable[Concatenate[Side, P], R]) -> Callable[Concatenate[Side, P], R]:
    """Turns what storage and SQLite raise for a vault into UnreadableError: search goes on without it."""

    @wraps(read)
    def guarded(side: Side, /, *args: P.args, **options: P.kwargs) -> R:
        try:
            return read(side, *args, **options)
        except StorageError as error:
            raise UnreadableError(side.open, error) from error
        except sqlite3.DatabaseError as error:
            raise UnreadableError(side.open, explain(error, side.open.vault.path)) from error

    return guarded


def begin(stack: ExitStack, number: int, vault: OpenVault) -> Side:
    """Enters the vault's read transaction, which lasts as long as `stack`. Raises UnreadableError."""
    try:
        connection = stack.enter_context(vault.vault.read())
        passages = vault.vault.counts()[1]
        return Side(number, vault, connection, passages, key=serving(vault.vault))
    except StorageError as error:
        raise UnreadableError(vault, error) from error


@reading
def narrow(side: Side, query: SearchQuery) -> None:
    """Finds the passages that the filters leave, when there are filters."""
    if not query.filtered:
        return
    wanted = _document_filter(query)
    asked = (database_state(side.connection), wanted, query.paths)
    known = None if side.open.transient else side.open.narrowed.get(asked)
    if known is None:
        matches = path_matcher(query.paths) if query.paths else None
        known = matching_passages(side.connection, wanted, matches)
        side.open.narrowed.put(asked, known)
    side.allowed = known


def _document_filter(query: SearchQuery) -> DocumentFilter:
    since, until = (None if moment is None else moment.timestamp() for moment in (query.since, query.until))
    return DocumentFilter(query.layers, query.kinds, query.languages, query.tags, since, until)


@reading
def look_up(side: Side, terms: Iterable[str], limit: int) -> None:
    """Fills the lexical side: BM25 of the `limit` best passages; a broken index is a problem."""
    try:
        side.frequencies = side.open.statistics.frequencies(side.connection, side.passages, terms)
        found = bm25_best(side.connection, side.frequencies, side.passages, limit, side.allowed)
        side.lexical = dict(found)
    except sqlite3.DatabaseError as error:
        if not is_lexical_damage(error):
            raise
        side.open.vault.mark_lexical_damage()
        side.problem = f"the lexical index of the {side.open.name} is damaged: run `magray index`"


@reading
def explain_share(side: Side, weights: Mapping[str, float]) -> None:
    """Finds how much of the query, by weight, the best lexical passages of this vault hold."""
    best = sorted(side.lexical, key=lambda passage: -side.lexical[passage])[:_EXPLAINED_ROWS]
    for text in indexed_texts(side.connection, best):
        side.explained = max(side.explained, share(weights, frozenset(tokens(text))))


@reading
def phrases(side: Side, wanted: tuple[str, ...]) -> dict[int, float]:
    """The share of the quoted phrases that passages hold word for word, case and white space aside."""
    found: dict[int, float] = {}
    allowed = None if side.allowed is None else set(side.allowed.tolist())
    for phrase in wanted:
        terms = list(dict.fromkeys(tokens(phrase)))
        if not terms or side.problem:
            continue
        words = r"\s+".join(re.escape(word) for word in phrase.split())
        pattern = re.compile(words, re.IGNORECASE)
        every = match_expression(terms, " AND ")
        for passage, text in best_texts(side.connection, every, _PHRASE_ROWS):
            if (allowed is None or passage in allowed) and pattern.search(text):
                found[passage] = found.get(passage, 0.0) + 1 / len(wanted)
    return found


def indexes(sides: Iterable[Side], key: str | None) -> list[VaultIndex]:
    """The vector index of each vault as of this moment, to be searched in any thread.

    A vault whose index cannot be had is left out: `nearest` meets the same fault and tells it.
    """
    found: list[VaultIndex] = []
    for side in sides:
        if key is not None and side.key == key:
            with suppress(MagrayError):
                index = side.open.vectors(key).current()
                if index is not None:
                    found.append((side.number, index, side.allowed))
    return found


def nearest(side: Side, store: VectorStore, vector: NDArray[np.float32], limit: int) -> dict[int, float]:
    """Cosines of the `limit` nearest passages, and of every passage that the lexical side found."""
    import numpy as np

    ids, scores = side.near or store.search(vector, limit, side.allowed)
    found = dict(zip(ids.tolist(), scores.tolist(), strict=True))
    rest = np.array(sorted(side.lexical.keys() - found.keys()), np.int64)
    if len(rest):
        ids, scores = store.search(vector, len(rest), rest)
        found.update(zip(ids.tolist(), scores.tolist(), strict=True))
    return found


@reading
def rows(side: Side, passages: Iterable[int]) -> dict[int, PassageRow]:
    """What ranking needs of these passages; those that are gone or in the trash are left out."""
    hidden = side.open.hidden()
    return {row.passage: row for row in passage_rows(side.connection, passages) if row.path not in hidden}


def weigh(sides: Iterable[Side], terms: Terms) -> dict[str, float]:
    """What each term is worth: its idf over all vaults together; a term that nobody holds is the rarest."""
    sides = list(sides)
    passages = sum(side.passages for side in sides)
    return {
        t: idf(min(passages, sum(s.frequencies.get(t, 0) for s in sides)), passages) for t in terms.tokens
    }


def naming(sides: Iterable[Side], weights: Mapping[str, float]) -> dict[str, float]:
    """What each term is worth in a name: all that occur anywhere the same.

    In a project about reducers that word is common, and still it is what `reducers.ts` is named after; so
    rarity says nothing here. A word that nobody holds can name nothing.
    """
    sides = list(sides)
    known = {t: 1.0 for t in weights if any(s.frequencies.get(t) for s in sides)}
    return known or dict(weights)


@reading
def pending(side: Side) -> int:
    """How many passages of this vault have no vector yet; from counters, whatever the size."""
    return count_pending(side.connection, side.key)


def main_key(sides: Iterable[Side]) -> str | None:
    """The vector space that an answer is made in: that of the first vault that has one."""
    keys = [side.key for side in sides if side.key is not None and not side.open.transient]
    return keys[0] if keys else None
