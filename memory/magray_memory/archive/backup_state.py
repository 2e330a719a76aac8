"""Backup state: how the last backup and the last drill of a home went, for health and the schedule."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import msgspec

from magray_memory import atomic_file

if TYPE_CHECKING:
    from pathlib import Path

_FILE = "backup.json"


class LastBackup(msgspec.Struct, frozen=True):
    """The last backup into the backup folder; `notebook` and `revision`: which state of the records it has,
    `settings`: the checksum of the settings file.
    """

    at: float
    path: str
    notebook: str
    revision: int
    settings: str


class Failure(msgspec.Struct, frozen=True):
    """Why the last try made no backup; `damaged`: something was found that is not as it was stored."""

    at: float
    why: str
    hint: str = ""
    damaged: bool = False


class Drill(msgspec.Struct, frozen=True):
    """The last drill; `problem` is empty when it passed."""

    at: float
    path: str
    problem: str = ""


class BackupState(msgspec.Struct, frozen=True):
    """What is known; nothing of it is needed to restore."""

    last: LastBackup | None = None
    failure: Failure | None = None
    drill: Drill | None = None


def load(home: Path) -> BackupState:
    """The state of a home; an empty one where there is none that can be read."""
    with contextlib.suppress(OSError, msgspec.DecodeError, UnicodeDecodeError):
        return msgspec.json.decode((home / _FILE).read_bytes(), type=BackupState)
    return BackupState()


def save(home: Path, **changes: LastBackup | Failure | Drill | None) -> None:
    """Note changes of the state. Never fails: a home that cannot be written has other problems."""
    with contextlib.suppress(OSError), atomic_file.one_editor(home):
        state = msgspec.structs.replace(load(home), **changes)
        atomic_file.write_bytes(home / _FILE, msgspec.json.encode(state))
