"""Path filters: the files that a glob means, seen from the current folder as well as from the root.

A glob is one of `.gitignore`. Paths that are printed are relative to the current folder, those in JSON to the
root, those of an editor absolute or URIs: each may be given back. So a path is a few globs from the root, and
the first of them that any file fits is meant.
"""

from __future__ import annotations

import os
import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory.errors import QueryError
from magray_memory.user_path import expand_user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_EVERYTHING = "/**"
_MAGIC = r"[*?\[\\]"
_BRACKET = r"(?<!\\)[\[\]]"
_DRIVE = r"/[A-Za-z]:"
_LINE = r"(?:(?<=.):\d+){1,2}$"
_FOLD = os.path.normcase("A") == "a"


def read_path(value: str, folder: str | None) -> str:
    """A path filter as it is kept: in NFC with `/`, of a URI its path. `folder`: what it is relative to, None
    for the root. Raises QueryError for one that leads out of everything.
    """
    if value[:5].lower() == "file:":
        from urllib.parse import unquote, urlsplit

        value = unquote(urlsplit(value).path)
        value = value[1:] if os.name == "nt" and re.match(_DRIVE, value) else value
    elif value.startswith("~/"):
        value = os.fspath(expand_user(value))
    if os.sep == "\\":
        value = value.replace("\\", "/")
    value = composed(value)
    if folder is None:
        value = _EVERYTHING if value in (".", "./") else value.removeprefix("./")
    head, tail = _head_and_tail(value)
    if ".." in tail or (".." in head and folder is None and not _is_absolute(value)):
        raise outside(value)
    if value.startswith(("!", "#")):
        value = "\\" + value
    return value


def outside(value: str, root: Path | None = None) -> QueryError:
    """What is wrong with a path filter that leads out of the workspace."""
    where = "the workspace" if root is None else str(root)
    return QueryError(f"path {value[:60]}", f"it leads outside {where}", "a path or a glob in it: src/, *.md")


def composed(text: str) -> str:
    """The text in NFC, which keyboards type; file names of old Mac disks and archives are decomposed."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def leads_outside(value: str, folder: str | None, roots: Iterable[Path]) -> bool:
    """Whether a path filter climbs out of every root, or names a place outside of them that is there."""
    climbs = ".." in value.split("/")
    if not climbs and not (_is_absolute(value) and os.path.lexists(_join(value, folder)[0])):
        return False
    return all(_inside(root, value, folder) is None for root in roots)


def globs_of(value: str, folder: str | None, root: Path) -> list[str]:
    """The globs from the root that a path filter can mean, the likeliest first. `PATH:LINE` is a path too."""
    found = _globs(value, folder, root)
    line = re.search(_LINE, value)
    return found if line is None else [*found, *_globs(value[: line.start()], folder, root)]


def _globs(value: str, folder: str | None, root: Path) -> list[str]:
    here = _inside(root, value, folder)
    if not _is_absolute(value) and value.split("/")[0] in (".", ".."):
        if here is None and value[:2] != "..":  # the current folder is elsewhere
            here = value[2:] or _EVERYTHING
        return [here] if here is not None else []
    bare = not _is_absolute(value) and "/" not in value.rstrip("/")
    # A bare name is one at any depth, as in `.gitignore`.
    likeliest = (value, here) if bare else (here, value)
    return [glob for glob in dict.fromkeys(likeliest) if glob is not None]


def path_matcher(globs: Sequence[str]) -> Callable[[str], bool]:
    """A test for paths relative to the root: true where a gitignore glob holds for the path or its parent.

    Globs are in NFC; paths may be in any Unicode form. Brackets also mean themselves: `app/[id]/`.
    """
    from magray_memory.ignore.patterns import RuleSet, encoded, parse_rule

    spelled = [spelling for glob in globs for spelling in dict.fromkeys((glob, _literal_brackets(glob)))]
    rules = (parse_rule(encoded(glob), fold=_FOLD) for glob in spelled)
    match = RuleSet(filter(None, rules), fold=_FOLD).match

    @cache
    def folder_matches(folder: str) -> bool:
        """Of a folder, with its final slash."""
        parent, _, name = folder[:-1].rpartition("/")
        prefix = f"{parent}/" if parent else ""
        return bool(prefix and folder_matches(prefix)) or match(name, prefix, True) is True

    def matches(path: str) -> bool:
        path = composed(path)
        name = path.rpartition("/")[2]
        prefix = path[: len(path) - len(name)]
        return bool(prefix and folder_matches(prefix)) or match(name, prefix, False) is True

    return matches


def _is_absolute(value: str) -> bool:
    return Path(value).is_absolute()


def _literal_brackets(glob: str) -> str:
    return re.sub(_BRACKET, lambda match: "\\" + match[0], glob)


def _head_and_tail(value: str) -> tuple[list[str], list[str]]:
    """The folders of a path up to the first part that is a glob, and the parts from there."""
    parts = value.split("/")
    magic = next((at for at, part in enumerate(parts) if re.search(_MAGIC, part)), len(parts))
    return parts[:magic], parts[magic:]


def _join(value: str, folder: str | None) -> tuple[str, str]:
    """The absolute place where a path filter begins, its links as they are, and the glob below it."""
    head, tail = _head_and_tail(value)
    return os.path.normpath(Path(folder or "") / ("/".join(head) or ("/" if head else ""))), "/".join(tail)


def _inside(root: Path, value: str, folder: str | None) -> str | None:
    """The glob from the root for a path seen from a folder; None where that lies elsewhere."""
    from magray_memory.ignore.paths import relative_path

    if folder is None and not _is_absolute(value):
        return None
    head, tail = _join(value, folder)
    place = relative_path(root, Path(head))
    if place is None:
        above = not tail and root.is_relative_to(os.path.realpath(head))
        return _EVERYTHING if above else None
    escaped = re.sub(_MAGIC, lambda match: "\\" + match[0], composed(place))
    below = "/".join(filter(None, (escaped, tail)))
    final = "/" if below and not tail and value.endswith("/") else ""
    return f"/{below}{final}" if below else _EVERYTHING
