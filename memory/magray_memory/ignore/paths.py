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
