"""Facts of a vault that may be damaged, read from whatever is left of its file."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magray_memory.storage import held_files
from magray_memory.storage.home import vault_id
from magray_memory.storage.root_file import noted_root
from magray_memory.storage.vault_files import snapshot_files, uri

if TYPE_CHECKING:
    from collections.abc import Sequence

_HEAD_BYTES = 1 << 20
_ROOT_BYTES = 4096


def stated_root(path: Path) -> Path | None:
    """The workspace root of a vault, as the file beside it, its row or its bytes say; None where none does.

    The name of the file is a hash of the root, so a guess proves itself.
    """
    noted = noted_root(path)
    if noted is not None:
        return noted
    try:
        row = _first_row(path, "SELECT value FROM meta WHERE key = 'root'")
        if row and vault_id(row[0]) == path.stem:
            return Path(row[0])
    except (sqlite3.Error, ValueError):
        pass
    return _root_in_bytes(path)


def had_vectors(path: Path) -> bool:
    """Whether a vault had any vector, as far as it or the snapshots beside it say."""
    if snapshot_files(path):
        return True
    try:
        return _first_row(path, "SELECT 1 FROM embedding_key WHERE vectors > 0") is not None
    except sqlite3.Error:
        return False


def _first_row(path: Path, query: str) -> Sequence[Any] | None:
    with closing(sqlite3.connect(uri(path, "mode=ro&immutable=1"), uri=True)) as connection:
        return connection.execute(query).fetchone()


def _root_in_bytes(path: Path) -> Path | None:
    head = held_files.read(path, _HEAD_BYTES)
    for match in re.finditer(rb"root(?=/|[A-Za-z]:|\\\\)", head):
        candidate = head[match.end() : match.end() + _ROOT_BYTES]
        digest = blake2b(digest_size=8)
        for end in range(len(candidate)):
            digest.update(candidate[end : end + 1])
            if digest.hexdigest() == path.stem:
                return Path(os.fsdecode(candidate[: end + 1]))
    return None
