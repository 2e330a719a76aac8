"""Verification of backups: each is read from the first byte to the last row."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magray_memory import atomic_file
from magray_memory.archive import backup_folder
from magray_memory.archive.backup import explained
from magray_memory.archive.unpacked import unpacked
from magray_memory.errors import Interrupted, MagrayError, PassphraseError
from magray_memory.storage.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from magray_memory.archive.backup_folder import Backup
    from magray_memory.archive.passphrase import Passphrases
    from magray_memory.progress import Progress


@dataclass(frozen=True, slots=True)
class VerifiedBackup:
    """A backup and what is wrong with it, empty for nothing; `unread`: it could not be looked into, since
    there is no passphrase that opens it.
    """

    backup: Backup
    problem: str = ""
    unread: bool = False

    def as_json(self) -> dict[str, Any]:
        """The backup as in a list, with what was found as its `problem`."""
        return {**self.backup.as_json(), "problem": self.problem or None, "unread": self.unread}


@dataclass(frozen=True, slots=True)
class VerifiedBackups:
    """What was verified."""

    backups: Sequence[VerifiedBackup]

    @property
    def damaged(self) -> bool:
        """Whether one of them cannot be used."""
        return any(one.problem and not one.unread for one in self.backups)

    @property
    def unread(self) -> bool:
        """Whether one of them could not be looked into."""
        return any(one.unread for one in self.backups)

    def as_json(self) -> dict[str, Any]:
        """`backups`."""
        return {"backups": [one.as_json() for one in self.backups]}


def verify(
    paths: Iterable[Path], home: Path, passphrases: Passphrases, progress: Progress
) -> Iterator[VerifiedBackup]:
    """Verify backups, in a scratch folder of the home, or of the system where nothing can be written in that.
    Raises Interrupted.
    """
    atomic_file.make_private(home)
    place = (home if os.access(home, os.W_OK) else Path(tempfile.gettempdir())) / "verify"
    for path in paths:
        found = backup_folder.look(path)
        problem, unread = "", False
        try:
            with (
                explained("it cannot be read"),
                scratch_folder(place) as scratch,
                unpacked(path, scratch, passphrases, progress),
            ):
                pass
        except Interrupted:
            raise
        except MagrayError as error:
            problem, unread = error.message, isinstance(error, PassphraseError)
        yield VerifiedBackup(found, problem, unread)
