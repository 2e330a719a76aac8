"""Home: MAGRAY_HOME and the paths inside it.

A workspace is found again by its canonical root, see `ignore/paths.py`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from magray_memory import atomic_file
from magray_memory.errors import HomeError
from magray_memory.ignore.paths import canonical_root
from magray_memory.user_path import home_path

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTEBOOK_FILE = "notebook.db"


def vault_id(root: Path | str) -> str:
    """16 hexadecimal digits that name the vault of a workspace root, the same from every process."""
    return blake2b(os.fsencode(canonical_root(root)), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Home:
    """The folder of all vaults, snapshots, models and settings. Nothing is created until `ensure`."""

    path: Path

    @classmethod
    def default(cls, environ: Mapping[str, str] | None = None) -> Home:
        """The home that MAGRAY_HOME names, or the system's usual place for a program's data.

        Raises HomeError, WorkspaceError.
        """
        named = (os.environ if environ is None else environ).get("MAGRAY_HOME", "")
        if named:
            return cls(home_path(named, "MAGRAY_HOME"))
        from platformdirs import user_data_dir

        return cls(Path(user_data_dir("magray", appauthor=False)))

    @property
    def notebook(self) -> Path:
        """The person's records: truth, never rebuilt from anything."""
        return self.path / NOTEBOOK_FILE

    @property
    def vectors(self) -> Path:
        """The bounded cache of vectors; losing it costs time only."""
        return self.path / "vectors.db"

    @property
    def usage(self) -> Path:
        """The log of what was asked; losing it costs figures only."""
        return self.path / "usage.db"

    @property
    def purged(self) -> Path:
        """A file whose time is when records were last removed for good."""
        return self.path / "purged"

    @property
    def workspaces(self) -> Path:
        """The folder of workspace vaults: derived, every one of them."""
        return self.path / "workspaces"

    @property
    def backups(self) -> Path:
        """The folder of backups, unless the settings name another."""
        return self.path / "backups"

    @property
    def pending_restore(self) -> Path:
        """A file that is there while a restore is put in place, see `storage/restore_journal.py`."""
        return self.path / "restore.pending"

    @property
    def logs(self) -> Path:
        """The folder that programs in the background log into."""
        return self.path / "logs"

    @property
    def models(self) -> Path:
        """The folder of fetched models, a folder each."""
        return self.path / "models"

    @property
    def config(self) -> Path:
        """The person's settings, unless MAGRAY_CONFIG names another file."""
        return self.path / "config.toml"

    def vault_path(self, root: Path | str) -> Path:
        """The vault file of a workspace root. The root need not exist."""
        return self.workspaces / f"{vault_id(root)}.db"

    def make_logs(self) -> None:
        """Create the folder of logs, open to the person alone. Raises OSError."""
        atomic_file.make_private(self.logs)

    def ensure(self) -> Home:
        """Create the home and its folder of workspaces, open to the person alone. HomeError when
        impossible.
        """
        for folder in (self.path, self.workspaces):
            try:
                atomic_file.make_private(folder)
            except OSError as error:
                raise HomeError(
                    f"the home folder {folder} cannot be created",
                    error.strerror or str(error),
                    "set MAGRAY_HOME or --home to a folder that you can write to",
                ) from error
        return self
