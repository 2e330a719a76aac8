"""The vaults that searches look into, each opened once, and the vector indexes over them.

What is damaged or cannot be seen is told in a sentence and left out; the rest answers.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from magray_memory.errors import StorageError, VaultDamaged

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from magray_memory.config import VectorSettings
    from magray_memory.index.vector_store import VectorStore
    from magray_memory.search.candidates import OpenVault
    from magray_memory.storage.vault import Vault

_SPACES = 2
"""Vector spaces of a vault whose indexes are kept: the one that serves, and the one before or after it."""


class OpenVaults:
    """Open vaults by file; `unseen` says, a sentence each, what of them could not be read.

    `keep_indexes`: many searches follow each other, so that a larger index in memory is worth its loading.
    """

    def __init__(self, settings: Callable[[], VectorSettings], *, keep_indexes: bool) -> None:
        self.open: dict[Path, OpenVault] = {}
        self.unseen: list[str] = []
        self._settings = settings
        self._keep_indexes = keep_indexes
        self._stores: list[VectorStore] = []

    def close(self) -> None:
        """Let go of every vault and index."""
        for store in self._stores:
            store.close()
        for part in self.open.values():
            part.vault.close()
        self._stores.clear()
        self.open.clear()

    def look(self, path: Path, name: str, root: Path | None) -> OpenVault | None:
        """The vault of this file, opened where it is not; None where there is none to read.

        Name as in `OpenVault`; root None means the notebook.
        """
        if path not in self.open:
            self._try_open(path, name, root)
        return self.open.get(path)

    def _try_open(self, path: Path, name: str, root: Path | None) -> None:
        from magray_memory.search.candidates import OpenVault
        from magray_memory.storage.durability import VaultKind
        from magray_memory.storage.vault import Vault

        kind = VaultKind.NOTEBOOK if root is None else VaultKind.WORKSPACE
        try:
            vault = Vault.find(path, kind=kind, root=root)
        except StorageError as error:
            remedy = " (run `magray index`)" if kind.derived and isinstance(error, VaultDamaged) else ""
            self.unseen.append(f"the {name} was left out: {error.message}{remedy}")
            return
        if vault is None:
            return
        if vault.unseen_changes:
            self.unseen.append(f"the last changes of the {name} cannot be seen in a read-only home")
        self.open[path] = OpenVault(vault, name, root, self._store_once(vault))

    def _store_once(self, vault: Vault) -> Callable[[str], VectorStore]:
        """The index of each vector space of a vault, made at its first use; the last few are kept."""
        made: dict[str, VectorStore] = {}
        guard = threading.Lock()

        def store(key: str) -> VectorStore:
            with guard:
                if key not in made:
                    from magray_memory.index.vector_store import VectorStore

                    for former in list(made)[: 1 - _SPACES]:
                        # A search may still be using it: not closed, let go of.
                        self._stores.remove(made.pop(former))
                    made[key] = VectorStore(vault, key, self._settings(), long_lived=self._keep_indexes)
                    self._stores.append(made[key])
                return made[key]

        return store
