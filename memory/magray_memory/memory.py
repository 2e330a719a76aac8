"""Memory: the one door to the engine. Editors, the shell and programs open it and ask; everything behind it
is lazy.

Opening costs next to nothing: a vault is opened by the first search, the model by the first that needs
meaning. What is damaged or missing costs its own part of an answer, and the answer says so.
"""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from magray_memory.config import Loaded, Settings, config_path, load_settings
from magray_memory.errors import VaultDamaged, WorkspaceError
from magray_memory.ignore.workspace_root import find_root, named_root
from magray_memory.models.provider import ModelProvider
from magray_memory.resources import Profile, choose, fit, machine
from magray_memory.search.open_vaults import OpenVaults
from magray_memory.storage.home import Home, canonical_root

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from magray_memory.health.doctor import Diagnosis, Doctor
    from magray_memory.health.status import Status
    from magray_memory.indexing.event_sender import EventSender
    from magray_memory.indexing.events import Event
    from magray_memory.indexing.indexer import IndexReport
    from magray_memory.maintenance.optimize import Optimized
    from magray_memory.models.embedder import Embedder
    from magray_memory.models.fallback import DeviceChange
    from magray_memory.search.hits import SearchAnswer
    from magray_memory.search.query import SearchQuery
    from magray_memory.search.searcher import Searcher
    from magray_memory.storage.vault import Vault
    from magray_memory.storage.vault_info import VaultInfo
    from magray_memory.watching.watcher import Watcher


class Memory:
    """One person's memory, seen from one workspace. Safe in several threads; `close` it, or use `with`."""

    _keeps_indexes = False
    """Whether many searches follow each other, so that a larger index in memory is worth its loading."""

    def __init__(self, home: Home, workspace: Path | WorkspaceError, loaded: Loaded) -> None:
        self.home = home
        self._workspace = workspace
        self._loaded = loaded
        self._guard = threading.RLock()
        self._models = self._make_models()
        self._vaults = OpenVaults(lambda: self.fitted.vectors, keep_indexes=self._keeps_indexes)
        self._searcher: Searcher | None = None
        self._reload: Callable[[], Loaded] = lambda: loaded
        self._settings_files: tuple[Path, ...] = ()
        self._profile: Profile | None = None
        self._profile_of = ""

    def _make_models(self) -> ModelProvider:
        return ModelProvider(self.home, lambda: self.settings.embedding, lambda: self.profile)

    @classmethod
    def open(
        cls,
        workspace: Path | None = None,
        *,
        home: Path | None = None,
        overrides: Mapping[str, object] | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> Memory:
        """The memory of a person (`home`, else MAGRAY_HOME) at a workspace (else the project around this
        folder).

        Raises WorkspaceError when the workspace that is named is no folder. Without a name and outside a
        project there may be none; then `root` raises, and the rest works.
        """
        environ = os.environ if environ is None else environ
        place = Home.default(environ) if home is None else Home(home.expanduser().absolute())
        found: Path | WorkspaceError
        if workspace is not None:
            found = canonical_root(named_root(workspace))
        else:
            try:
                found = canonical_root(find_root(Path.cwd()))
            except WorkspaceError as error:
                found = error
            except OSError as error:
                found = WorkspaceError("the current folder cannot be used", error.strerror or str(error))
        root = found if isinstance(found, Path) else None

        def load() -> Loaded:
            return load_settings(place.path, root, overrides, environ)

        memory = cls(place, found, load())
        memory._reload = load
        memory._settings_files = (config_path(place.path, environ),)
        return memory

    @property
    def settings(self) -> Settings:
        """The settings as they were read last."""
        return self._loaded.settings

    @property
    def profile(self) -> Profile:
        """What this program takes of the machine, as far as the settings leave it open."""
        wanted = self.settings.resources.profile
        if self._profile is None or self._profile_of != wanted:
            self._profile, self._profile_of = choose(wanted, machine()), wanted
        return self._profile

    @property
    def fitted(self) -> Settings:
        """The settings, with what they leave to the machine filled in."""
        return fit(self.settings, self.profile)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was wrong with the settings, a sentence each."""
        return self._loaded.warnings

    @property
    def sources(self) -> Mapping[str, str]:
        """Where each setting that is not a default comes from."""
        return self._loaded.sources

    @property
    def workspace(self) -> Path | None:
        """The workspace's canonical root, None outside of any."""
        return self._workspace if isinstance(self._workspace, Path) else None

    @property
    def root(self) -> Path:
        """The workspace's canonical root. Raises WorkspaceError outside of any."""
        if isinstance(self._workspace, WorkspaceError):
            raise self._workspace
        return self._workspace

    def search(self, query: SearchQuery) -> SearchAnswer:
        """Ranked hits of workspace, notes and notebook; `degraded` says what could not be used."""
        return self._told(self._search().search(query))

    def related(self, path: Path, line: int | None = None, k: int = 10) -> SearchAnswer:
        """Passages like the one at a line of a file, or like the whole file.

        `path` lies in the workspace or a folder of notes. Raises WorkspaceError when it does not.
        """
        root, relative = self._place(path)
        return self._told(self._search().related(root, relative, line, k))

    def index(
        self,
        paths: Sequence[Path] | None = None,
        *,
        force: bool = False,
        lexical: bool = False,
        on_event: Callable[[Event], None] | None = None,
        on_warning: Callable[[str], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> IndexReport:
        """Bring the workspace's vault up to date, or the part of it under `paths`.

        `on_event` gets every event, `on_warning` the sentences of the warnings alone, in some thread but one
        at a time. A damaged vault is moved aside, with a warning, and made again. Raises VaultLocked while
        another process indexes this workspace, WorkspaceError for a path outside of it, StorageError,
        HomeError.
        """
        from magray_memory.indexing.event_sender import EventSender

        root = self.root
        inside = None if paths is None else [self._inside(root, path) for path in paths]
        events = EventSender(on_event, on_warning)
        self.home.ensure()
        if not lexical:
            self._models.stay(partial(self._send_device, events))

        def run() -> IndexReport:
            from magray_memory.indexing.indexer import Indexer

            factory = None if lexical else self.embedder
            with self._vault_to_write(root) as vault:
                indexer = Indexer(vault, self.home, self._indexed(root), factory, events, should_stop)
                return indexer.run(inside, force=force, lexical=lexical)

        try:
            return run()
        except VaultDamaged as error:
            aside = self._set_aside(root)
            events.warn(f"{error.message}; it is kept as {aside} and made again")
            return run()
        finally:
            self._models.end()  # `done` is the last event

    def watcher(
        self,
        *,
        force: bool = False,
        lexical: bool = False,
        on_event: Callable[[Event], None] | None = None,
    ) -> Watcher:
        """What keeps the workspace's vault up to date while its `run` runs; see `watching/watcher.py`.

        Raises WorkspaceError outside of any workspace, HomeError.
        """
        from magray_memory.indexing.event_sender import EventSender
        from magray_memory.storage.vault_files import set_aside
        from magray_memory.watching.watcher import Watched, Watcher

        root = self.root
        events = EventSender(on_event)
        self.home.ensure()
        if not lexical:
            self._models.stay(partial(self._send_device, events))

        def read_settings() -> Settings:
            self._loaded = self._reload()
            return self._indexed(root)

        watched = Watched(
            root,
            self.home,
            read_settings,
            self._settings_files,
            open_vault=lambda: self._vault_to_write(root),
            set_aside=lambda: set_aside(self.home.vault_path(root)),
            open_embedder=None if lexical else self.embedder,
            close_embedder=self._models.release,
        )
        return Watcher(watched, events.send, force=force)

    def status(self, *, deep: bool = False) -> Status:
        """How everything is. Loads no model and no native library.

        `deep`: with what only an examination shows; the model and each vault are tried in child processes.
        """
        from magray_memory.health.status import read_status

        findings = self._doctor().examine().findings if deep else ()
        return read_status(self.home, self.settings, self.workspace, findings)

    def doctor(self, *, fix: bool = False, on_step: Callable[[str], None] | None = None) -> Diagnosis:
        """What is wrong in the home, and with `fix` what of it was mended; workspaces are indexed for that.

        `on_step` hears what is being done, in a few words. Raises nothing for what it finds.
        """
        doctor = self._doctor()
        if on_step is not None:
            doctor.on_step = on_step
        return doctor.fix() if fix else doctor.examine()

    def optimize(
        self,
        *,
        dry_run: bool = False,
        on_step: Callable[[str], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Optimized:
        """Make the home small and quick, or with `dry_run` say what would be done. Searches never wait."""
        from magray_memory.maintenance.optimize import Optimizer

        optimizer = Optimizer(self.home, self.settings, dry_run)
        optimizer.on_step = on_step or optimizer.on_step
        optimizer.should_stop = should_stop or optimizer.should_stop
        return optimizer.run()

    def _send_device(self, events: EventSender, change: DeviceChange) -> None:
        events.device(change.device, self._models.model_id, change.reason, change.hint)

    def _doctor(self) -> Doctor:
        from magray_memory.health.deep_status import try_model
        from magray_memory.health.doctor import Doctor

        doctor = Doctor(self.home, self.workspace, self._index_other, self.warnings)
        doctor.model = partial(try_model, self.home, self.settings)
        return doctor

    def _index_other(self, root: Path, lexical: bool) -> IndexReport:
        with Memory.open(root, home=self.home.path) as other:
            return other.index(lexical=lexical)

    def vaults(self) -> list[VaultInfo]:
        """Every vault of the home."""
        from magray_memory.storage.vault_info import list_vaults

        return list_vaults(self.home)

    def drop(self, roots: Sequence[Path], *, gone: bool = False, dry_run: bool = False) -> list[VaultInfo]:
        """Delete the vaults of these workspaces, and with `gone` of all whose folder is gone; returns them.

        Raises WorkspaceError before anything is deleted when one of `roots` has no vault, VaultLocked while
        a vault is being indexed.
        """
        from magray_memory.storage.vault_info import drop_vault

        known = [vault for vault in self.vaults() if vault.kind.derived]
        by_path = {vault.path: vault for vault in known}
        wanted: dict[Path, VaultInfo] = {}
        for root in roots:
            vault = by_path.get(self.home.vault_path(root))
            if vault is None:
                raise WorkspaceError(f"{root} is not dropped", "it has no vault", "magray vault list")
            wanted[vault.path] = vault
        if gone:
            wanted.update({vault.path: vault for vault in known if vault.gone})
        for vault in () if dry_run else wanted.values():
            drop_vault(vault)
        return list(wanted.values())

    def hint(self) -> str | None:
        """What a person should do before searching here makes sense, None when all is well."""
        if isinstance(self._workspace, WorkspaceError):
            return None if self._vaults.open else str(self._workspace)
        if _missing(self.home.vault_path(self._workspace)):
            return f"{self._workspace} was never indexed: run `magray index`"
        for folder in self._note_folders():
            if _missing(self.home.vault_path(folder)):
                return f"the notes in {folder} were never indexed: run `magray --workspace {folder} index`"
        return None

    def expect_search(self) -> None:
        """Have the model load in a thread while the question is being prepared; a search waits for it."""
        if not all(_missing(path) for path, *_ in self._searched()):
            self._models.load_ahead()

    def embedder(self) -> Embedder:
        """The model of the settings, opened once. Raises EmbeddingUnavailable, at once if it has before."""
        return self._models.current()

    def embedder_of(self, key: str | None) -> Embedder:
        """The model that made the vectors of a space, which need not be the one of the settings any more or
        yet; for None the one of the settings. Raises EmbeddingUnavailable.
        """
        return self._models.of(key)

    @property
    def on_device(self) -> Callable[[DeviceChange], None] | None:
        """Hears, in some thread, when the model moves to another device, or why it does not."""
        return self._models.on_device

    @on_device.setter
    def on_device(self, hear: Callable[[DeviceChange], None] | None) -> None:
        self._models.on_device = hear

    def close(self) -> None:
        """Let go of every vault and index; the object may be used again and opens them anew."""
        with self._guard:
            if self._searcher is not None:
                self._searcher.close()
                self._searcher = None
            self._vaults.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _search(self) -> Searcher:
        """The searcher over every vault that can be opened now; made anew when others are there."""
        with self._guard:
            before = set(self._vaults.open)
            self._vaults.unseen = []
            for path, name, root in self._searched():
                self._vaults.look(path, name, root)
            if self._searcher is None or before != set(self._vaults.open):
                from magray_memory.search.searcher import Searcher

                if self._searcher is not None:
                    self._searcher.close()
                self._searcher = Searcher(
                    list(self._vaults.open.values()), self.embedder_of, per_file=self.settings.search.per_file
                )
            return self._searcher

    def _searched(self) -> list[tuple[Path, str, Path | None]]:
        """(vault file, name, root) of all that a search looks into, the workspace first."""
        places: list[tuple[Path, str, Path | None]] = []
        if isinstance(self._workspace, Path):
            places.append((self.home.vault_path(self._workspace), "workspace", self._workspace))
        places += [(self.home.vault_path(folder), "notes", folder) for folder in self._note_folders()]
        places.append((self.home.notebook, "notebook", None))
        return places

    def _note_folders(self) -> list[Path]:
        folders = dict.fromkeys(canonical_root(folder) for folder in self.settings.notes.folders)
        return [folder for folder in folders if folder != self._workspace and folder.is_dir()]

    def _told(self, answer: SearchAnswer) -> SearchAnswer:
        """The answer with what could not even be opened added to what it says of itself."""
        if not self._vaults.unseen:
            return answer
        import msgspec

        said = [*self._vaults.unseen, *([answer.degraded] if answer.degraded else [])]
        return msgspec.structs.replace(answer, degraded="; ".join(said))

    def _indexed(self, root: Path) -> Settings:
        """The settings, with the home left out where it lies inside the workspace: it changes meanwhile."""
        home = canonical_root(self.home.path)
        if not home.is_relative_to(root) or home == root:
            return self.fitted
        literal = "".join(f"\\{c}" if c in "\\*?[! #" else c for c in home.relative_to(root).as_posix())
        index = replace(self.settings.index, ignore=(*self.settings.index.ignore, f"/{literal}/"))
        return replace(self.fitted, index=index)

    def _vault_to_write(self, root: Path) -> Vault:
        from magray_memory.storage.durability import Durability, VaultKind
        from magray_memory.storage.vault import Vault

        durability = Durability(self.settings.storage.durability)
        path = self.home.vault_path(root)
        return Vault.open(path, kind=VaultKind.WORKSPACE, root=root, durability=durability, write=True)

    def _set_aside(self, root: Path) -> Path | None:
        from magray_memory.storage.lock import IndexerLock
        from magray_memory.storage.vault_files import set_aside

        path = self.home.vault_path(root)
        with IndexerLock(path).acquire():
            return set_aside(path)

    def _place(self, path: Path) -> tuple[Path, str]:
        """The root of the workspace or notes that a path lies in, and the path below it with `/`."""
        roots = [self._workspace] if isinstance(self._workspace, Path) else []
        for root in [*roots, *self._note_folders()]:
            try:
                return root, self._inside(root, path).relative_to(root).as_posix()
            except WorkspaceError:
                continue
        raise self._outside(path)

    def _inside(self, root: Path, path: Path) -> Path:
        """The path in the canonical spelling of its root. Raises WorkspaceError when it lies elsewhere."""
        absolute = Path(os.path.normpath(path if path.is_absolute() else Path.cwd() / path))
        # The folder's links are resolved, the last part's is not: a link is not what it points at.
        place = canonical_root(absolute) if absolute == absolute.parent else _with_real_folder(absolute)
        if canonical_root(absolute) == root:
            return root
        if not place.is_relative_to(root):
            raise self._outside(path)
        return place

    def _outside(self, path: Path) -> WorkspaceError:
        where = self.workspace or "any workspace"
        return WorkspaceError(f"{path}", f"it lies outside {where}", "magray --workspace FOLDER …")


def _missing(path: Path) -> bool:
    """Whether there is nothing; what cannot be looked at may be there, and is told elsewhere."""
    try:
        return not path.exists()
    except OSError:
        return False


def _with_real_folder(path: Path) -> Path:
    return canonical_root(path.parent) / os.path.normcase(path.name)
