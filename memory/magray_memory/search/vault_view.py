"""Vault view: one vault inside one search, and what turns a vault that cannot be read into a part left out.

Everything that reads a view runs inside the vault's read transaction, so that words, vectors and the rows
that a hit is made of are of one moment.
"""

from __future__ import annotations

import sqlite3
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

import msgspec
from msgspec import field

from magray_memory.errors import MagrayError, RowsDamaged, StorageError, VaultDamaged
from magray_memory.storage import unfinished
from magray_memory.storage.lock import IndexerLock
from magray_memory.storage.passages import PassageRow, passage_rows, passage_texts, text_sizes
from magray_memory.storage.pending import count_pending
from magray_memory.storage.sqlite_errors import explain
from magray_memory.storage.vector_spaces import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import ExitStack

    import numpy as np
    from numpy.typing import NDArray

    from magray_memory.index.open_vaults import OpenVault

    Neighbours = tuple[NDArray[np.int64], NDArray[np.float32]]

P = ParamSpec("P")
R = TypeVar("R")


class VaultView(msgspec.Struct, eq=False):
    """A vault inside one search. `problem` says, in a sentence, what of it could not be used."""

    number: int
    source: OpenVault
    connection: sqlite3.Connection
    passages: int
    allowed: NDArray[np.int64] | None = None
    """Ascending ids of the passages that the filters leave; None without filters."""
    unmatched: frozenset[tuple[str, str]] = frozenset()
    """The filters, as (name, value), that no document of this vault fits."""
    lexical: dict[int, float] = field(default_factory=dict[int, float])
    """BM25 of the best passages."""
    frequencies: dict[str, int] = field(default_factory=dict[str, int])
    coverage: float = 0.0
    """The share of the query, by weight, that the best lexical passage holds."""
    problem: str | None = None
    unfinished: str | None = None
    """That files are missing from it, and how far it is, in a sentence."""
    key: str | None = None
    """The vector space that answers for this vault now."""
    neighbours: Neighbours | None = None
    """The nearest passages, where they have been searched already."""
    tagged: bool = False
    """Whether a tag of it holds a word of the query."""
    fresh: frozenset[int] = frozenset()
    """Passages whose vector was made for this search alone."""
    approximate: int = 0
    """Passages that took part by an approximate vector."""

    @property
    def empty(self) -> bool:
        """Whether no passage can answer, for lack of passages or by the filters."""
        return self.passages == 0 or (self.allowed is not None and len(self.allowed) == 0)


class UnreadableError(Exception):
    """A vault cannot be read, found out in the middle of a search; `why` is a sentence for the person."""

    def __init__(self, vault: OpenVault, error: MagrayError) -> None:
        self.vault = vault
        self.rows = isinstance(error, RowsDamaged)
        """Whether only a text is damaged, so that the rest can be read."""
        self.damaged = isinstance(error, VaultDamaged)
        """Whether SQLite cannot trust the file."""
        remedy = f" ({error.hint})" if self.damaged and error.hint else ""
        self.why = f"the {vault.name} was left out: {error.message}{remedy}"
        super().__init__(self.why)


def reading(read: Callable[Concatenate[VaultView, P], R]) -> Callable[Concatenate[VaultView, P], R]:
    """Turns what storage and SQLite raise for a vault into UnreadableError: search goes on without it."""

    @wraps(read)
    def guarded(view: VaultView, /, *args: P.args, **options: P.kwargs) -> R:
        try:
            return read(view, *args, **options)
        except StorageError as error:
            raise UnreadableError(view.source, error) from error
        except sqlite3.DatabaseError as error:
            raise UnreadableError(view.source, explain(error, view.source.vault.path)) from error

    return guarded


def open_view(stack: ExitStack, number: int, vault: OpenVault) -> VaultView:
    """Enters the vault's read transaction, which lasts as long as `stack`. Raises UnreadableError."""
    try:
        connection = stack.enter_context(vault.vault.read())
        files, passages = vault.vault.counts()
        view = VaultView(number, vault, connection, passages, key=serving(vault.vault))
        expected = unfinished.expected_files(vault.vault)
        if expected is not None and not vault.transient:
            view.unfinished = _unfinished(vault, unfinished.how_far(files, expected))
        return view
    except StorageError as error:
        raise UnreadableError(vault, error) from error


def _unfinished(vault: OpenVault, far: str) -> str:
    if IndexerLock(vault.vault.path).holder() is not None:
        return f"the {vault.name} is being indexed: {far}"
    return f"indexing the {vault.name} was not finished: {far} (run `magray index`)"


def among(view: VaultView, passages: Iterable[int]) -> list[int]:
    """Those of the passages that the filters leave."""
    if view.allowed is None:
        return list(passages)
    import numpy as np

    ids = np.fromiter(passages, np.int64)
    return ids[np.isin(ids, view.allowed, assume_unique=True)].tolist()


@reading
def candidate_rows(view: VaultView, passages: Iterable[int]) -> dict[int, PassageRow]:
    """What ranking needs of these passages; those that are gone, in the trash or hidden are left out."""
    hidden = view.source.hidden()
    rows = {row.passage: row for row in passage_rows(view.connection, passages) if row.path not in hidden}
    if view.source.then is None:
        return rows
    layers = view.source.then.layers
    return {id_: row._replace(layer=layers.get(row.document, row.layer)) for id_, row in rows.items()}


@reading
def texts_of(view: VaultView, passages: Sequence[int]) -> list[tuple[int, str]]:
    """Id and text of these passages."""
    return list(passage_texts(view.connection, passages)) if passages else []


@reading
def sizes_of(view: VaultView, passages: Sequence[int]) -> dict[int, int]:
    """The bytes of the texts of these passages, by id."""
    return text_sizes(view.connection, passages) if passages else {}


@reading
def pending(view: VaultView) -> int:
    """How many passages of this vault have no vector of the space that answers."""
    return max(0, count_pending(view.connection, view.key) - len(view.fresh))
