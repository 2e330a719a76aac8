r"""Paths and roots: the canonical spelling of a folder, and the one answer to whether a path lies in a root.

- A root is canonical: absolute, `..` and links resolved, case folded where `os.path.normcase` folds it.
- `..` in a path is resolved by its text, as a shell's `cd` does, before any link is.
- The links of a path's folders are resolved; that of its last part is not: a link is an entry of its own.
  Only a path that is another name of the root itself means the root.
- Parts of a path are compared as the system compares names (Windows: without case, `\\?\` and `\\?\UNC\` left
  out), and returned as the disk or the caller spells them.
- Where the spelling alone says "outside", a folder above that is the same folder on disk as the root decides:
  a volume that ignores case, a mapped drive, a junction.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from contextlib import suppress
from pathlib import Path, PurePath
from typing import TypeVar

from magray_memory.user_path import require_current_folder

P = TypeVar("P", bound=PurePath)


def canonical_root(path: Path | str) -> Path:
    """The one spelling of a folder: absolute, links resolved, case folded where the system ignores case."""
    return Path(os.path.normcase(os.path.realpath(path)))


def relative_path(root: Path, path: Path) -> str | None:
    """The path from a canonical root, `/` on every system; "" for the root, None for what lies elsewhere.

    A relative `path` begins at the current folder. It need not exist.
    """
    absolute = Path(os.path.normpath(path if path.is_absolute() else require_current_folder() / path))
    real = _with_real_folder(absolute)
    inside = tail(root, real)
    if inside is None and canonical_root(absolute) == root:
        return ""
    return _tail_on_disk(root, real) if inside is None else inside


def spelled_on_disk(root: Path, path: str) -> str:
    """A path below a root as the disk spells it, where that is the same to the system or another Unicode form
    of it; else as it is.
    """
    if sys.platform not in ("darwin", "win32") and (path.isascii() or os.path.lexists(root / path)):
        return path
    return _spelled(root, path, fold=False) or path


def alike_on_disk(root: Path, path: str) -> str | None:
    """What is there below a root under a path that differs in case; None where nothing is."""
    return _spelled(root, path, fold=True)


def _spelled(root: Path, path: str, *, fold: bool) -> str | None:
    folder = root
    for name in filter(None, path.split("/")):
        try:
            names = sorted(entry.name for entry in folder.iterdir())
        except OSError:
            return None
        found = [name] if name in names else [one for one in names if _composed(one) == _composed(name)]
        if not found and (fold or os.path.lexists(folder / name)):
            wanted = _composed(name).casefold()
            found = [one for one in names if _composed(one).casefold() == wanted]
        if not found:
            return None
        folder /= found[0]
    return folder.relative_to(root).as_posix() if folder != root else ""


def _composed(name: str) -> str:
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def tail(root: PurePath, path: PurePath) -> str | None:
    """What the text alone says: the rest of `path` below `root`, None where it does not begin with it."""
    root, path = _without_prefix(root), _without_prefix(path)
    if not path.is_relative_to(root):
        return None
    return "/".join(path.parts[len(root.parts) :])


def _with_real_folder(path: Path) -> Path:
    if path == path.parent:
        return Path(os.path.realpath(path))
    folder = Path(os.path.realpath(path.parent))
    if os.name == "nt":
        spelled = Path(os.path.realpath(path))
        if spelled.parent == folder and os.path.normcase(spelled.name) == os.path.normcase(path.name):
            return spelled
    return folder / path.name


def _tail_on_disk(root: Path, path: Path) -> str | None:
    wanted = root.name.casefold()
    for folder in (path, *path.parents):
        if folder.name.casefold() == wanted:
            with suppress(OSError):
                if folder.samefile(root):
                    return tail(folder, path)
    return None


def _without_prefix(path: P) -> P:
    r"""Windows: `\\?\C:\x` is `C:\x`, and `\\?\UNC\server\share` is `\\server\share`."""
    text = str(path)
    if not text.startswith("\\\\?\\"):
        return path
    rest = text[4:]
    return type(path)(f"\\\\{rest[4:]}" if rest[:4].upper() == "UNC\\" else rest)
