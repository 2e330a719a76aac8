"""Open vaults: each vault that searches read, opened once, with the indexes over it.

What is damaged or cannot be read is named in a sentence and left out; the rest answers.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from magray_memory.errors import StorageError, VaultDamaged
from magray_memory.index.tag_words import TagWords
from magray_memory.index.term_statistics import TermStatistics
from magray_memory.lru_cache import LruCache
from magray_memory.storage.home import vault_id

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from magray_memory.config import VectorSettings
    from magray_memory.index.static_index import StaticIndex
    from magray_memory.index.vector_store import VectorStore
    from magray_memory.models.static_table import StaticTable
    from magray_memory.storage.former_values import FormerValues
    from magray_memory.storage.vault import Vault

_SPACES = 2
"""Vector spaces of a vault whose indexes stay open: the one that serves, and the one before or after it."""
_FILTERS = 8
_FRESH = 256


class VaultFile(NamedTuple):
    """A vault's file; `name` is what a hit calls it, `root` its folder, None for the notebook."""

    path: Path
    name: str
    root: Path | None


@dataclass(slots=True, eq=False, repr=False)
class OpenVault:
    """A vault to search; `name` and `root` as in `VaultFile`.

    `vectors` gives the index of a vector space, by its embedding key: the same one each time.
    `hidden` gives the paths that another vault answers for; `transient`: it holds what is being edited now,
    so that a vector or two that is missing is not reported. `then`: records count with the values that they
    had at a moment.
    """

    vault: Vault
    name: str
    root: Path | None
    vectors: Callable[[str], VectorStore]
    statistics: TermStatistics = field(default_factory=TermStatistics)
    tag_words: TagWords = field(default_factory=TagWords)
    hidden: Callable[[], frozenset[str]] = frozenset
    transient: bool = False
    then: FormerValues | None = None
    id: str | None = field(init=False)
    """The vault in the ids of its documents: of its root alone, None for the notebook."""
    filter_cache: LruCache[Hashable, tuple[NDArray[np.int64], frozenset[tuple[str, str]]]] = field(
        default_factory=lambda: LruCache(_FILTERS, 3600.0)
    )
    """Passages that the last filters left, and those of the filters that fit nothing: a program asks many
    questions with the same one.
    """
    fresh_vectors: LruCache[Hashable, NDArray[np.float32]] = field(
        default_factory=lambda: LruCache(_FRESH, 600.0)
    )
    """Vectors that were made for a question, before the indexer stored them; by embedding key and text."""

    static_index: StaticIndex | None = None

    def approximate(self, table: StaticTable) -> StaticIndex:
        """The index of the passages that have only an approximate vector, by this table."""
        if self.static_index is None or self.static_index.table.key != table.key:
            from magray_memory.index.static_index import StaticIndex

            self.static_index = StaticIndex(self.vault, table)
        return self.static_index

    def __post_init__(self) -> None:
        self.id = None if self.root is None else vault_id(self.root)

    def as_of(self, then: FormerValues) -> OpenVault:
        """The same vault with the values of a moment; what it holds in memory is shared, filters apart."""
        return OpenVault(
            self.vault,
            self.name,
            self.root,
            self.vectors,
            self.statistics,
            self.tag_words,
            self.hidden,
            then=then,
        )


class Problem(NamedTuple):
    """What was wrong with a vault that was asked for, in a sentence; `whole`: nothing of it can be read."""

    vault: str
    why: str
    whole: bool


class OpenVaults:
    """Open vaults by file; `problems`: what was wrong with those last asked for."""

    def __init__(self, settings: Callable[[], VectorSettings], *, long_lived: bool) -> None:
        """`settings`: the effective ones. `long_lived`: many searches follow each other, so that a larger
        index in memory is worth its loading.
        """
        self.open: dict[Path, OpenVault] = {}
        self.problems: list[Problem] = []
        self._settings = settings
        self._long_lived = long_lived
        self._stores: list[VectorStore] = []

    def close(self) -> None:
        """Close every vault and index."""
        for store in self._stores:
            store.close()
        for part in self.open.values():
            part.vault.close()
        self._stores.clear()
        self.open.clear()

    def get(self, files: Sequence[VaultFile]) -> list[OpenVault]:
        """The vaults of these files, each opened where it is not; a file that is not there has none."""
        problems: list[Problem] = []
        for file in files:
            if file.path not in self.open:
                self._try_open(file, problems)
        self.problems = problems
        return [self.open[file.path] for file in files if file.path in self.open]

    def retain(self, files: Sequence[VaultFile]) -> None:
        """Forget the vaults of all other files; a search that still reads one ends its connections."""
        wanted = {file.path for file in files}
        for path in [path for path in self.open if path not in wanted]:
            del self.open[path]

    def _try_open(self, file: VaultFile, problems: list[Problem]) -> None:
        from magray_memory.storage.durability import VaultKind
        from magray_memory.storage.vault import Vault

        kind = VaultKind.NOTEBOOK if file.root is None else VaultKind.WORKSPACE
        try:
            vault = Vault.find(file.path, kind=kind, root=file.root)
        except StorageError as error:
            run = "magray index" if kind.derived else "magray doctor --fix"
            remedy = f" (run `{run}`)" if isinstance(error, VaultDamaged) else ""
            why = f"the {file.name} was left out: {error.message}{remedy}"
            problems.append(Problem(file.name, why, whole=True))
            return
        if vault is None:
            return
        if vault.unseen_changes:
            why = f"the last changes of the {file.name} cannot be seen in a read-only home"
            problems.append(Problem(file.name, why, whole=False))
        self.open[file.path] = OpenVault(vault, file.name, file.root, self._store_once(vault))

    def _store_once(self, vault: Vault) -> Callable[[str], VectorStore]:
        """The index of each vector space of a vault, made at its first use; the last few stay open."""
        made: dict[str, VectorStore] = {}
        guard = threading.Lock()

        def store(key: str) -> VectorStore:
            with guard:
                if key not in made:
                    from magray_memory.index.vector_store import VectorStore

                    for former in list(made)[: 1 - _SPACES]:
                        # A search may still be using it: not closed, only forgotten.
                        self._stores.remove(made.pop(former))
                    made[key] = VectorStore(vault, key, self._settings(), long_lived=self._long_lived)
                    self._stores.append(made[key])
                return made[key]

        return store
