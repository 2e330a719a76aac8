"""Context: what the rooms of one memory share: home, roots, effective settings, models, open vaults.

Making one opens nothing: no vault, no model, no native library.
"""

from __future__ import annotations

import os
import threading
from functools import cached_property
from typing import TYPE_CHECKING

from magray_memory.config import WORKSPACE_FILE, Loaded, Settings, config_path, load_settings
from magray_memory.errors import WorkspaceError
from magray_memory.ignore.paths import canonical_root, relative_path
from magray_memory.ignore.workspace_root import find_root, named_root
from magray_memory.polled_files import PolledFiles
from magray_memory.resources import Profile, choose_profile, effective_settings, machine
from magray_memory.storage.home import Home
from magray_memory.user_path import home_path, require_current_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from magray_memory.index.open_vaults import OpenVaults, VaultFile
    from magray_memory.models.provider import ModelProvider

_PATIENCE_SECONDS = 0.5
"""How long a search of a long-lived program waits for a model that is still loading."""


class Context:
    """One person's home, seen from any number of workspace roots. Safe in several threads."""

    def __init__(
        self,
        home: Home,
        roots: Sequence[Path],
        load: Callable[[Path | None], Loaded],
        *,
        config: Path,
        rootless: WorkspaceError | None = None,
        long_lived: bool = False,
    ) -> None:
        """`load` reads the settings for a root, `config` is the person's settings file. `rootless`: why there
        is no root. `long_lived`: many searches follow each other, so that a larger index in memory is worth
        its loading, and none of them waits long for the model.
        """
        self.home = home
        self.roots = tuple(roots)
        self.guard = threading.RLock()
        self.config = config
        """The person's settings file."""
        self._load = load
        # Noted before they are read: a change in between counts as one.
        self._settings_files = PolledFiles(self._places_of_settings())
        self.loaded_settings = load(self.workspace)
        self._rootless = rootless or WorkspaceError("no folder is open", "", "open a folder in the editor")
        self._profile: Profile | None = None
        self._profile_name = ""
        self.long_lived = long_lived
        if long_lived:  # before its threads could make two
            _ = self.models, self.vaults

    @classmethod
    def open(
        cls,
        workspace: Path | None = None,
        *,
        home: Path | None = None,
        overrides: Mapping[str, object] | None = None,
        environ: Mapping[str, str] | None = None,
        outside: bool = False,
    ) -> Context:
        """The context of a workspace, see `Memory.open`. Raises WorkspaceError."""
        environ = os.environ if environ is None else environ
        place = Home.default(environ) if home is None else Home(home_path(home, "--home"))
        recover_restore(place, environ)
        roots: tuple[Path, ...] = ()
        rootless = None
        if workspace is not None:
            roots = (canonical_root(named_root(workspace)),)
        elif not outside:
            try:
                roots = (canonical_root(find_root(require_current_folder())),)
            except WorkspaceError as error:
                rootless = error

        def load(root: Path | None) -> Loaded:
            return load_settings(place.path, root, overrides, environ)

        return cls(place, roots, load, config=config_path(place.path, environ), rootless=rootless)

    @cached_property
    def models(self) -> ModelProvider:
        """The models; none is loaded before it is asked for."""
        from magray_memory.models.provider import ModelProvider

        patience = _PATIENCE_SECONDS if self.long_lived else None
        return ModelProvider(
            self.home, lambda: self.settings.embedding, lambda: self.profile, patience=patience
        )

    @cached_property
    def vaults(self) -> OpenVaults:
        """The vaults that searches read."""
        from magray_memory.index.open_vaults import OpenVaults

        return OpenVaults(lambda: self.effective.vectors, long_lived=self.long_lived)

    def close(self) -> None:
        """Close the vaults and indexes that are open; what is asked afterwards opens them again."""
        if "vaults" in self.__dict__:
            self.vaults.close()

    @property
    def settings(self) -> Settings:
        """The settings as they were read last."""
        return self.loaded_settings.settings

    def settings_files_changed(self) -> bool:
        """Whether a file that the settings stand in changed since the last call; `reload` reads them."""
        return self._settings_files.changed(self._places_of_settings())

    def reload(self) -> None:
        """Read the settings again."""
        self.loaded_settings = self._load(self.workspace)

    def settings_differ(self) -> bool:
        """Whether the settings files say something else now than they did."""
        return self._load(self.workspace).settings != self.settings

    def at(self, root: Path) -> Context:
        """The same home and arguments, seen from another workspace. Raises WorkspaceError."""
        roots = (canonical_root(named_root(root)),)
        return Context(self.home, roots, self._load, config=self.config)

    @property
    def profile(self) -> Profile:
        """What this program takes of the machine, as far as the settings leave it open."""
        wanted = self.settings.resources.profile
        if self._profile is None or self._profile_name != wanted:
            self._profile, self._profile_name = choose_profile(wanted, machine()), wanted
        return self._profile

    @property
    def effective(self) -> Settings:
        """The settings, with what they leave to the machine filled in by the profile.

        Whatever plans an index, sizes a cache or starts a model goes by these.
        """
        return effective_settings(self.settings, self.profile)

    @property
    def workspace(self) -> Path | None:
        """The canonical root of the workspace, the first of the roots; None outside of any."""
        return self.roots[0] if self.roots else None

    @property
    def root(self) -> Path:
        """The canonical root of the workspace. Raises WorkspaceError outside of any."""
        if not self.roots:
            raise self._rootless
        return self.roots[0]

    @property
    def note_folders(self) -> list[Path]:
        """The folders of notes that are there, besides the roots."""
        return [folder for folder in self.named_note_folders if os.path.isdir(folder)]  # noqa: PTH112 - one that may not be looked at is none

    @property
    def named_note_folders(self) -> list[Path]:
        """The folders of notes besides the roots and what is indexed with one of them, there or not."""
        folders = dict.fromkeys(canonical_root(folder) for folder in self.settings.notes.folders)
        return [folder for folder in folders if not any(self._covers(root, folder) for root in self.roots)]

    def _covers(self, root: Path, folder: Path) -> bool:
        """Whether a folder is a root, or lies in one that is indexed and whose rules keep it."""
        if not folder.is_relative_to(root) or folder == root:
            return folder == root
        if not os.path.lexists(self.home.vault_path(root)):
            return False
        from magray_memory.ignore.lookup import find_left_out

        index, inside = self.settings.index, folder.relative_to(root).as_posix()
        found = find_left_out(root, inside, ignore=index.ignore, include=index.include, hidden=index.hidden)
        return found is None

    def vault_files(self) -> list[VaultFile]:
        """The vaults that a search looks into, the workspace's first, the notebook last."""
        from magray_memory.index.open_vaults import VaultFile

        return [
            *(VaultFile(self.home.vault_path(root), "workspace", root) for root in self.roots),
            *(VaultFile(self.home.vault_path(folder), "notes", folder) for folder in self.note_folders),
            self.notebook_file(),
        ]

    def notebook_file(self) -> VaultFile:
        """The vault of the person's records."""
        from magray_memory.index.open_vaults import VaultFile

        return VaultFile(self.home.notebook, "notebook", None)

    def locate(self, path: Path) -> tuple[Path, str]:
        """The root or folder of notes that a path lies in, the innermost root first, and the path below it.

        Raises WorkspaceError.
        """
        for root in [*sorted(self.roots, key=lambda root: -len(root.parts)), *self.note_folders]:
            inside = relative_path(root, path)
            if inside is not None:
                return root, inside
        raise self.outside(path)

    def _places_of_settings(self) -> list[Path]:
        return [self.config, *(root / WORKSPACE_FILE for root in self.roots[:1])]

    def outside(self, path: Path) -> WorkspaceError:
        """What is wrong with a path that lies in no workspace."""
        where = self.workspace or "any workspace"
        return WorkspaceError(f"{path}", f"it lies outside {where}", "magray --workspace FOLDER …")


def recover_restore(home: Home, environ: Mapping[str, str] | None = None) -> None:
    """Finish a restore that was killed, before the settings are read; never fails."""
    if os.path.lexists(home.pending_restore):
        from magray_memory.storage.restore_journal import recover

        recover(home, config_path(home.path, environ))
