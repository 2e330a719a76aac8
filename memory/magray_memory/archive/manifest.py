"""Manifest: what an archive says of itself, as its first member `manifest.json`.

Paths in it are neutral of the machine: they begin with `~` where they lie in the person's folder, and have
`/` on every system.
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from magray_memory.errors import ArchiveDamaged, ArchiveError

FORMAT = "magray-backup"
VERSION = 1
NAME = "manifest.json"
MAX_BYTES = 4 << 20
NOTEBOOK = "notebook.db"
SETTINGS = "config.toml"
_MEMBER = re.compile(r"notebook\.db|config\.toml|workspaces/[0-9a-f]{16}\.db")

Reason = Literal["manual", "daily", "safety"]


class Member(msgspec.Struct, frozen=True):
    """A file in the archive. `root`: the folder of a workspace, neutral of the machine."""

    name: str
    bytes: int
    sha256: str
    root: str | None = None


class Manifest(msgspec.Struct, frozen=True):
    """`created_at`: ISO 8601, UTC; `notebook` and `revision`: which notebook, after which change of it;
    `counts`: records, trashed, revisions, tags, links, sources, uses.
    """

    format: str
    version: int
    created_at: str
    magray: str
    schema: int
    reason: Reason
    full: bool
    notebook: str
    revision: int
    counts: dict[str, int]
    members: list[Member]

    def member(self, name: str) -> Member | None:
        """The member of this name."""
        return next((member for member in self.members if member.name == name), None)


class _Head(msgspec.Struct):
    format: str
    version: int


def encode(manifest: Manifest) -> bytes:
    """The manifest as it stands in the archive."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1)


def decode(data: bytes, archive: str) -> Manifest:
    """The manifest of an archive. Raises ArchiveDamaged, ArchiveError for one of a later version."""
    try:
        head = msgspec.json.decode(data, type=_Head)
        if head.format != FORMAT:
            raise not_ours(archive)
        if head.version > VERSION:
            raise too_new(archive)
        manifest = msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
        raise ArchiveDamaged(
            f"{archive} is no backup of magray", "its list of contents makes no sense"
        ) from error
    names = [member.name for member in manifest.members]
    if len(set(names)) < len(names) or not all(map(_MEMBER.fullmatch, names)) or NOTEBOOK not in names:
        raise ArchiveDamaged(f"{archive} is refused", "its list of contents names files that no backup has")
    if any(member.bytes < 0 for member in manifest.members):
        raise ArchiveDamaged(f"{archive} is refused", "its list of contents makes no sense")
    return manifest


def not_ours(archive: str) -> ArchiveDamaged:
    """The error for a file that something else made."""
    return ArchiveDamaged(
        f"{archive} is no backup of magray", "", "magray backup list; `magray import` reads other formats"
    )


def too_new(archive: str) -> ArchiveError:
    """The error for a backup of a later version."""
    return ArchiveError(f"{archive} was made by a later version of magray", "", "upgrade magray")
