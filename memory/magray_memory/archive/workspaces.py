"""Workspaces in a full backup: their vaults, so that another machine need not index them anew.

They are derived. One that cannot be copied is left out and named; a restore puts back only those whose folder
is there and has no vault.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory import atomic_file
from magray_memory.archive.neutral_path import local, neutral
from magray_memory.errors import Interrupted, MagrayError
from magray_memory.storage import notebook_copy
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.root_file import note_root
from magray_memory.storage.space import checkpoint
from magray_memory.storage.vault import Vault
from magray_memory.storage.vault_info import list_vaults

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.archive.unpacked import Unpacked
    from magray_memory.progress import Progress
    from magray_memory.storage.home import Home


def collect(home: Home, scratch: Path, progress: Progress) -> tuple[dict[str, str | None], list[str]]:
    """Copy every vault of a workspace into a folder: the names with the workspaces' folders, and what is left
    out, a sentence each. Raises OSError, Interrupted.
    """
    (scratch / home.workspaces.name).mkdir()
    names: dict[str, str | None] = {}
    left_out: list[str] = []
    for vault in list_vaults(home):
        if not vault.kind.derived or vault.gone:
            continue
        if vault.problem or vault.root is None:
            left_out.append(f"the index {vault.root or vault.path} was left out: {vault.problem}")
            continue
        name = f"{home.workspaces.name}/{vault.path.name}"
        try:
            notebook_copy.copy_pages(vault.path, vault.kind, scratch / name, progress)
            notebook_copy.check_copy(scratch / name)
            names[name] = neutral(vault.root)
        except Interrupted:
            raise
        except MagrayError as error:
            (scratch / name).unlink(missing_ok=True)
            left_out.append(f"the index of {vault.root} was left out: {error.message}")
    return names, left_out


def put_missing(home: Home, found: Unpacked, progress: Progress) -> list[Path]:
    """Put the vaults of an archive in place that are missing here; returns their folders. One that cannot be
    is left to the next index run. Raises Interrupted.
    """
    placed: list[Path] = []
    for member in found.manifest.members:
        root = None if member.root is None else local(member.root)
        if root is None or not root.is_dir() or home.vault_path(root).exists():
            continue
        target, scratch = home.vault_path(root), found.folder / "workspace.db"
        scratch.unlink(missing_ok=True)
        try:
            found.archive.extract(member, scratch, progress)
            notebook_copy.check_copy(scratch)
            with Vault.open(scratch, kind=VaultKind.WORKSPACE, write=True) as vault:
                vault.set_meta("root", str(root))
                checkpoint(vault)
            note_root(target, root)
            with atomic_file.replacing(target, durable=True) as draft:
                scratch.replace(draft)
        except Interrupted:
            raise
        except (MagrayError, OSError):
            continue
        placed.append(root)
    return placed
