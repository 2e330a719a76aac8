"""Git tags: what a repository has tagged, and when, read from its files; git itself need not be installed."""

from __future__ import annotations

import re
import zlib
from typing import TYPE_CHECKING

from magray_memory.records.git_commit import common_folder, read_text

if TYPE_CHECKING:
    from pathlib import Path

MOST = 500
"""Tags that are looked at."""
_LARGEST = 100_000
_REFERENCE = re.compile(r"([0-9a-f]{40}(?:[0-9a-f]{24})?) refs/tags/(\S+)")
_WRITTEN = re.compile(rb"^(?:tagger|committer) .*> (\d{1,12}) [+-]\d{4}$", re.MULTILINE)
_OBJECT = re.compile(rb"^object ([0-9a-f]{40,64})$", re.MULTILINE)


def tag_times(root: Path) -> dict[str, float]:
    """When each tag of the repository around a folder was made, in UTC seconds: by the tag itself or by its
    commit; where those are packed, by the time of the tag's file. A tag without either is left out.
    """
    git = common_folder(root)
    if git is None:
        return {}
    found: dict[str, float] = {}
    for name, digest, written in _tags(git):
        at = _time_of(git, digest) or written
        if at is not None:
            found[name] = at
        if len(found) == MOST:
            break
    return found


def _tags(git: Path) -> list[tuple[str, str, float | None]]:
    """Name, object and time of the file of each tag, the packed ones first."""
    found: dict[str, tuple[str, str, float | None]] = {}
    for match in map(_REFERENCE.fullmatch, read_text(git / "packed-refs").splitlines()):
        if match is not None:
            found[match[2]] = (match[2], match[1], None)
    folder = git / "refs" / "tags"
    try:
        files = sorted(path for path in folder.rglob("*") if path.is_file())[:MOST]
        for path in files:
            name = path.relative_to(folder).as_posix()
            found[name] = (name, read_text(path).strip(), path.stat().st_mtime)
    except OSError:
        pass
    return list(found.values())


def _time_of(git: Path, digest: str) -> float | None:
    data = _loose(git, digest)
    written = _WRITTEN.search(data)
    if written is not None:
        return float(written[1])
    tagged = _OBJECT.search(data)  # a tag without a tagger: the commit tells
    commit = _WRITTEN.search(_loose(git, tagged[1].decode())) if tagged else None
    return float(commit[1]) if commit else None


def _loose(git: Path, digest: str) -> bytes:
    """An object that has a file of its own; empty for one that is packed."""
    if not re.fullmatch(r"[0-9a-f]{40,64}", digest):
        return b""
    try:
        with (git / "objects" / digest[:2] / digest[2:]).open("rb") as file:
            return zlib.decompressobj().decompress(file.read(_LARGEST), _LARGEST)
    except (OSError, zlib.error):
        return b""
