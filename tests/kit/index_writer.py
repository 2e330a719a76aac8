#!/usr/bin/env python3
"""Indexes a workspace again and again by words, each time with every file at another version.

    index_writer.py HOME WORKSPACE MODE ROUNDS

After each run a note in the trace says which version the index has: what was committed.
"""

from __future__ import annotations

import ctypes
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from magray_memory.config import Settings, StorageSettings
from magray_memory.indexing.indexer import Indexer
from magray_memory.indexing.parse_pool import WorkersUnavailable
from magray_memory.storage.durability import Durability, VaultKind
from magray_memory.storage.home import Home
from magray_memory.storage.vault import Vault

FILES = 12


class Here:
    """Parses in this process."""

    def prepare(self, count: int) -> None:
        raise WorkersUnavailable("not here", "")

    def run(self, *args: object) -> Any:
        raise WorkersUnavailable("not here", "")

    def close(self) -> None:
        pass


def index(home: Home, root: Path, mode: str) -> None:
    """One run, as `magray index --lexical` makes it."""
    settings = replace(Settings(), storage=StorageSettings(durability=mode))
    path = home.ensure().vault_path(root)
    kind = VaultKind.WORKSPACE
    with Vault.open(path, kind=kind, root=root, durability=Durability(mode), write=True) as vault:
        pool: Any = lambda count: Here()  # noqa: E731
        Indexer(vault, home, settings, pool=pool).run(lexical=True)


def write_files(root: Path, version: int) -> None:
    """Every file of the workspace at this version."""
    for number in range(FILES):
        text = f"def f{number}():\n    return 'version {version} ' '{'word ' * (50 * (number % 4))}'\n"
        (root / f"f{number}.py").write_text(text)


def main() -> None:
    home, root, mode, rounds = sys.argv[1:]
    for version in range(int(rounds)):
        write_files(Path(root), version)
        index(Home(Path(home)), Path(root), mode)
        ctypes.CDLL(None).disk_note(str(version).encode())


if __name__ == "__main__":
    main()
