"""Notes by the name in a `[[link]]`: file name, title or path, whatever the case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from magray_memory.errors import MagrayError
from magray_memory.storage.links import link_targets

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from magray_memory.index.open_vaults import OpenVault

_SUFFIXES = (".md", ".markdown", ".mdx", ".rst", ".txt", ".org", ".adoc")


@dataclass(frozen=True, slots=True)
class Note:
    """A document that a link can mean."""

    root: Path
    path: str
    title: str | None


def resolve_note_link(vaults: Iterable[OpenVault], name: str) -> Note | None:
    """The note that `[[name]]`, `[[folder/name]]`, `[[name#part]]` or `[[name|shown]]` means; None when
    there is none.

    A path wins over a file name, that over a title; among equals the shortest path does. Unreadable vaults
    are left out.
    """
    wanted = name.partition("|")[0].partition("#")[0].strip().strip("/").casefold()
    if not wanted:
        return None
    best: tuple[int, int, str] | None = None
    found: Note | None = None
    for vault in vaults:
        if vault.root is None:
            continue
        try:
            with vault.vault.read() as connection:
                for path, title in link_targets(connection):
                    rank = _rank(path.casefold(), (title or "").casefold(), wanted)
                    key = None if rank is None else (rank, len(path), path)
                    if key is not None and (best is None or key < best):
                        best, found = key, Note(vault.root, path, title)
        except MagrayError:
            continue
    return found


def _rank(path: str, title: str, wanted: str) -> int | None:
    stem = next((path.removesuffix(suffix) for suffix in _SUFFIXES if path.endswith(suffix)), path)
    if wanted in (path, stem):
        return 0
    if path.endswith(f"/{wanted}") or stem.endswith(f"/{wanted}"):
        return 1
    return 2 if title == wanted else None
