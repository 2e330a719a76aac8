"""Vaults room: every vault of a home, and dropping those that are not wanted any more."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from magray_memory.errors import MagrayError, StorageError, WorkspaceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from magray_memory.context import Context
    from magray_memory.models.model import Model
    from magray_memory.storage.home import Home
    from magray_memory.storage.vault_info import VaultInfo


@dataclass(frozen=True, slots=True)
class DroppedVaults:
    """The vaults that were deleted, or with `dry_run` would be; `problems`: what of them is left, and why."""

    vaults: Sequence[VaultInfo]
    problems: Sequence[str] = ()


class Vaults:
    """The vaults of the home."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def list(self) -> Sequence[VaultInfo]:
        """Every vault of the home."""
        from magray_memory.storage.vault_info import list_vaults

        return list_vaults(self._context.home)

    def behind(self, model: Model) -> Sequence[VaultInfo]:
        """The vaults that another model than this embedded; they change to it when they are indexed."""
        from magray_memory.health.model_change import change_of
        from magray_memory.models.recipe import embedding_key

        key = embedding_key(model)
        return [vault for vault in self.list() if change_of(vault, key, self._context.home)]

    def drop(self, roots: Sequence[Path], *, gone: bool = False, dry_run: bool = False) -> DroppedVaults:
        """Delete the vaults of these workspaces, and with `gone` of all whose folder is gone, with all in the
        vector cache that no other vault has.

        Raises WorkspaceError before anything is deleted when one of `roots` has no vault, VaultLocked while
        a vault is being indexed.
        """
        known = [vault for vault in self.list() if vault.kind.derived]
        by_path = {vault.path: vault for vault in known}
        wanted: dict[Path, VaultInfo] = {}
        for root in roots:
            vault = by_path.get(self._context.home.vault_path(root))
            if vault is None:
                raise WorkspaceError(f"{root} is not dropped", "it has no vault", "magray vault list")
            wanted[vault.path] = vault
        if gone:
            wanted.update({vault.path: vault for vault in known if vault.gone})
        problems = [] if dry_run else drop_vaults(self._context.home, list(wanted.values()))
        return DroppedVaults(tuple(wanted.values()), tuple(problems))


def drop_vaults(home: Home, vaults: Sequence[VaultInfo]) -> list[str]:
    """Delete workspace vaults, and what the vector cache has for no other; returns why some of that could
    not be removed. Raises VaultLocked, StorageError: what was deleted before is deleted whole.
    """
    from magray_memory.storage import purge
    from magray_memory.storage.vault_info import drop_vault

    made = purge.Made()
    try:
        for vault in vaults:
            with suppress(StorageError):  # of a damaged one nobody knows
                made.add(vault.path)
            drop_vault(vault)
    except MagrayError:
        purge.forget_vectors(home, made.keys, made.hashes)
        raise
    return purge.forget_dropped(home, made)
