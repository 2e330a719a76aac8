"""Skipped files: what was not indexed, by which rule or for what reason, and the stamp it had then.

Every function that writes runs inside `vault.write()`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from magray_memory.storage.row_checksums import checksum
from magray_memory.storage.schema import skip_time, stamp_columns

if TYPE_CHECKING:
    from collections.abc import Iterable

    from magray_memory.regular_file import Stamp
    from magray_memory.storage.vault import Vault


@dataclass(frozen=True, slots=True)
class SkippedFile:
    """A file that is not indexed, with the stamp it had: either `rule` left it out by its content, or
    `reason`, empty then, says with its `detail` what is wrong with it.
    """

    path: str
    rule: str | None
    reason: str
    detail: str
    stamp: Stamp
    at: float | None = field(default=None, compare=False)
    """UTC seconds; None for one of an earlier version."""


def skip(vault: Vault, file: SkippedFile) -> None:
    """Store that a file was not indexed, why, and the state it had."""
    with vault.write() as connection:
        fields = (file.path, file.rule, file.reason, file.detail, *file.stamp[:2])
        connection.execute(
            "INSERT OR REPLACE INTO skipped(path, rule, reason, detail, size, mtime_ns, checksum, ctime_ns,"
            " inode, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*fields, checksum(*fields), *file.stamp[2:], time.time()),
        )


def unskip(vault: Vault, paths: Iterable[str]) -> None:
    """Forget that these files were skipped."""
    with vault.write() as connection:
        connection.executemany("DELETE FROM skipped WHERE path = ?", [(path,) for path in paths])


def skipped(vault: Vault) -> dict[str, SkippedFile]:
    """Every file that was not indexed, by path."""
    with vault.read() as connection:
        rows = connection.execute(
            f"SELECT path, rule, reason, detail, {stamp_columns(connection)}, {skip_time(connection)}"
            " FROM skipped ORDER BY path"
        )
        return {row[0]: SkippedFile(row[0], row[1], row[2], row[3], row[4:8], row[8]) for row in rows}


def skipped_file(vault: Vault, path: str) -> SkippedFile | None:
    """What is known of a file that was not indexed, None when it is none."""
    with vault.read() as connection:
        row = connection.execute(
            f"SELECT path, rule, reason, detail, {stamp_columns(connection)} FROM skipped WHERE path = ?",
            (path,),
        ).fetchone()
    return None if row is None else SkippedFile(row[0], row[1], row[2], row[3], row[4:])


def failed(vault: Vault) -> list[SkippedFile]:
    """The files that should have been indexed and were not, by path.

    Raises StorageError for a vault of the first schema, which has no reasons.
    """
    with vault.read() as connection:
        rows = connection.execute(
            f"SELECT path, rule, reason, detail, {stamp_columns(connection)} FROM skipped"
            " WHERE rule IS NULL ORDER BY path"
        )
        return [SkippedFile(row[0], row[1], row[2], row[3], row[4:]) for row in rows]
