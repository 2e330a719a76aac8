"""Root file: the workspace's root in a small file beside its vault, so that a damaged or lost vault does not
forget which folder it was made of.

A root file without a vault says that the vault went and nothing has taken its place yet: it was quarantined
by a repair that was killed, or deleted.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory import atomic_file
from magray_memory.storage.home import vault_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.storage.home import Home

_SUFFIX = ".root"
_MOST_BYTES = 65_536


def root_file(vault_path: Path) -> Path:
    """The root file of a vault, which need not be there."""
    return vault_path.with_suffix(_SUFFIX)


def note_root(vault_path: Path, root: Path) -> None:
    """Write the root file of a vault where there is none that says so. Raises OSError."""
    if noted_root(vault_path) != root:
        atomic_file.write_bytes(root_file(vault_path), os.fsencode(root))


def noted_root(vault_path: Path) -> Path | None:
    """The root that stands beside a vault; its name is a hash of the root, so it proves itself."""
    with contextlib.suppress(OSError, ValueError), root_file(vault_path).open("rb") as file:
        root = os.fsdecode(file.read(_MOST_BYTES))
        if vault_id(root) == vault_path.stem:
            return Path(root)
    return None


def without_vault(home: Home) -> Iterator[tuple[Path, Path]]:
    """The vaults that are not there any more although a root file is, each with its root."""
    with contextlib.suppress(OSError):
        names = sorted(entry.name for entry in os.scandir(home.workspaces) if entry.name.endswith(_SUFFIX))
        for name in names:
            vault = (home.workspaces / name).with_suffix(".db")
            root = noted_root(vault)
            if root is not None and not os.path.lexists(vault):
                yield vault, root
