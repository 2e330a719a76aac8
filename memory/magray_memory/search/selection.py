"""Selection: which of the ranked passages are shown. One answer for each real file and for each text.

A file that is gone is not shown. A file of a folder inside another that is open too belongs to the inner one.
Hard links are one file. Passages with the same text are one hit that counts its copies.
"""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path
from stat import S_ISDIR
from typing import TYPE_CHECKING

import msgspec
from msgspec import field

from magray_memory.errors import MagrayError
from magray_memory.search.vault_view import reading, sizes_of, texts_of
from magray_memory.storage.passages import has_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from magray_memory.index.open_vaults import OpenVault
    from magray_memory.search.fusion import PassageRef
    from magray_memory.search.ranking import Ranked
    from magray_memory.search.symbols import Symbol
    from magray_memory.search.vault_view import VaultView

COPY_CHARACTERS = 60
"""A text of fewer characters is the same elsewhere by chance, and no copy."""

_File = tuple[int, int]
_Likeness = tuple[str, str, int]


def select(ranked: Sequence[Ranked], views: Sequence[VaultView], k: int) -> list[Ranked]:
    """The first `k` of the ranked passages, each with its copies, in their order."""
    selection = _Selection({view.number: view for view in views}, ranked)
    shown: list[Ranked] = []
    for found in ranked:
        original = selection.original(found)
        if original is None and len(shown) == k:
            continue
        if not selection.is_there(found):
            continue
        if original is not None:
            original.copies.append(found)
        else:
            selection.add(found)
            shown.append(found)
    return shown


def select_symbols(found: Iterable[Symbol], vaults: Sequence[OpenVault]) -> list[Symbol]:
    """The symbols of files that are there, each file from the innermost folder that holds it."""
    stored = {vault.root: vault for vault in vaults if not vault.transient}
    inner = {root: inner_vaults(vault, stored.values()) for root, vault in stored.items()}
    known: dict[tuple[Path, str], bool] = {}

    def is_there(root: Path, path: str) -> bool:
        vault = stored.get(root)
        if vault is None or path in vault.hidden():
            return True
        for prefix, other in inner[root]:
            inside = path.removeprefix(prefix)
            if path.startswith(prefix) and (inside in other.hidden() or _holds(other, inside)):
                return False
        return (root / path).is_file() or not root.is_dir()

    shown: list[Symbol] = []
    for symbol in found:
        place = (symbol.root, symbol.path)
        if place not in known:
            known[place] = is_there(*place)
        if known[place]:
            shown.append(symbol)
    return shown


def _holds(vault: OpenVault, path: str) -> bool:
    try:
        return vault.vault.query(lambda connection: has_file(connection, path))
    except MagrayError:
        return False


def inner_vaults(vault: OpenVault, vaults: Iterable[OpenVault]) -> list[tuple[str, OpenVault]]:
    """The vaults of folders inside this one's, the innermost first, each with the path from here to there."""
    if vault.root is None:
        return []
    inner = [
        (f"{other.root.relative_to(vault.root).as_posix()}/", other)
        for other in vaults
        if other.root is not None and other.root != vault.root and other.root.is_relative_to(vault.root)
    ]
    return sorted(inner, key=lambda part: -len(part[0]))


class _Selection(msgspec.Struct, eq=False):
    views: dict[int, VaultView]
    ranked: Sequence[Ranked]
    _sizes: dict[PassageRef, int] = field(default_factory=dict["PassageRef", int])
    _texts: dict[PassageRef, str] = field(default_factory=dict["PassageRef", str])
    _files: dict[_File, tuple[int, str | None]] = field(default_factory=dict[_File, "tuple[int, str | None]"])
    _alike: defaultdict[_Likeness, list[Ranked]] = field(
        default_factory=lambda: defaultdict[_Likeness, "list[Ranked]"](list)
    )
    _inner: dict[int, list[tuple[str, OpenVault]]] = field(
        default_factory=dict[int, "list[tuple[str, OpenVault]]"]
    )
    _rooted: dict[int, bool] = field(default_factory=dict[int, bool])

    def add(self, found: Ranked) -> None:
        self._alike[_likeness(found)].append(found)

    def original(self, found: Ranked) -> Ranked | None:
        """What is shown already and has the same text."""
        alike = self._alike.get(_likeness(found)) if self._alike else None
        if not alike:
            return None
        size = self._size(found)
        same = [other for other in alike if self._size(other) == size] if size >= COPY_CHARACTERS else []
        text = self._text(found) if same else ""
        if len(text.strip()) < COPY_CHARACTERS:
            return None
        return next((other for other in same if self._text(other) == text), None)

    def is_there(self, found: Ranked) -> bool:
        """Whether the passage is of a file that is there, and that no other hit or vault answers for."""
        view = self.views[found.id[0]]
        root, path = view.source.root, found.row.path
        if root is None or path is None or view.source.transient:
            return True
        if self._is_inner(view, path):
            return False
        try:
            status = os.stat(os.path.join(root, path))  # noqa: PTH116, PTH118 - thrice as quick
        except (FileNotFoundError, NotADirectoryError):
            return not self._has_root(view)
        except (OSError, ValueError):  # ValueError: the locale has no such letters
            return True
        if S_ISDIR(status.st_mode):
            return False
        if status.st_nlink < 2:
            return True
        place = (found.id[0], path)
        return self._files.setdefault((status.st_dev, status.st_ino), place) == place

    def _is_inner(self, view: VaultView, path: str) -> bool:
        if view.number not in self._inner:
            sources = [other.source for other in self.views.values() if not other.source.transient]
            self._inner[view.number] = inner_vaults(view.source, sources) if len(self.views) > 1 else []
        return any(
            path.startswith(prefix) and self._answers(vault, path.removeprefix(prefix))
            for prefix, vault in self._inner[view.number]
        )

    def _answers(self, vault: OpenVault, path: str) -> bool:
        if path in vault.hidden():
            return True
        view = next(view for view in self.views.values() if view.source is vault)
        return _has_file(view, path)

    def _has_root(self, view: VaultView) -> bool:
        """Whether the root itself is there: a disk that is away takes no file with it."""
        known = self._rooted.get(view.number)
        if known is None:
            known = self._rooted[view.number] = Path(view.source.root or ".").is_dir()
        return known

    def _size(self, found: Ranked) -> int:
        """The bytes of the text of a passage, read together with those of all that were ranked."""
        if not self._sizes:
            for number, view in self.views.items():
                passages = [other.id[1] for other in self.ranked if other.id[0] == number]
                self._sizes |= {(number, id_): size for id_, size in sizes_of(view, passages).items()}
        return self._sizes.get(found.id, 0)

    def _text(self, found: Ranked) -> str:
        if found.id not in self._texts:
            texts = texts_of(self.views[found.id[0]], [found.id[1]])
            self._texts[found.id] = next((text for _, text in texts), "")
        return self._texts[found.id]


def _likeness(found: Ranked) -> _Likeness:
    """What passages with the same text have in common, known without reading it."""
    row = found.row
    return row.symbol, row.kind, row.end_line - row.start_line


@reading
def _has_file(view: VaultView, path: str) -> bool:
    return has_file(view.connection, path)
