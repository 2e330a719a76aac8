"""Wanted passages: those that somebody waits for, beside the vault, so that the indexer embeds them first.

Whoever asks a question or opens a file adds the ids of passages without a vector (int64, little-endian); the
indexer takes them. It is an order and nothing else: what is lost of it, or torn, costs no passage its vector,
and an id that is none is ignored.
"""

from __future__ import annotations

import contextlib
import os
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SUFFIX = ".wanted"
_MOST_BYTES = 65_536
"""A longer file was taken by nobody, and begins again."""


def wanted_file(vault_path: Path) -> Path:
    """The file of a vault, which need not be there."""
    return vault_path.with_name(vault_path.name + SUFFIX)


def add(vault_path: Path, ids: Iterable[int]) -> None:
    """Add passages. Takes a tenth of a millisecond, and never fails."""
    data = b"".join(struct.pack("<q", id_) for id_ in ids)
    how = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
    file = wanted_file(vault_path)
    with contextlib.suppress(OSError):
        if file.stat().st_size > _MOST_BYTES:
            how |= os.O_TRUNC
    with contextlib.suppress(OSError):
        descriptor = os.open(file, how, 0o600)
        try:
            os.write(descriptor, data)
        finally:
            os.close(descriptor)


def take(vault_path: Path) -> list[int]:
    """Take the passages that were added since the last call, each once, the last added first."""
    file = wanted_file(vault_path)
    data = b""
    with contextlib.suppress(OSError):
        if file.stat().st_size:
            data = file.read_bytes()[-_MOST_BYTES:]
        file.unlink()
    whole = len(data) - len(data) % 8
    ids = struct.unpack(f"<{whole // 8}q", data[:whole])
    return list(dict.fromkeys(reversed(ids)))
