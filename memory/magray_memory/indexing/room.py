"""Indexing room: bring a workspace's vault up to date, once; what it covers, and why a path is not in it."""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from magray_memory.errors import Interrupted, StorageError, UsageError, VaultDamaged, WorkspaceError
from magray_memory.ignore.paths import alike_on_disk, canonical_root, relative_path, spelled_on_disk

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from magray_memory.config import Settings
    from magray_memory.context import Context
    from magray_memory.indexing.coverage import Coverage, PathStanding
    from magray_memory.indexing.event_sender import EventSender
    from magray_memory.indexing.events import Event
    from magray_memory.indexing.lexical_phase import Moved
    from magray_memory.indexing.report import IndexReport
    from magray_memory.models.fallback import DeviceChange
    from magray_memory.storage.vault import Vault


class Indexing:
    """Indexes the workspace. One process at a time, by the vault's indexer lock."""

    def __init__(self, context: Context, on_moved: Moved | None = None) -> None:
        """`on_moved` gets the files that a run finds elsewhere, by absolute paths before and after."""
        self._context = context
        self._on_moved = on_moved

    def run(
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
        at a time; a path that a rule leaves out is one. A damaged vault is renamed, with a warning, and made
        again. Raises VaultLocked while another process indexes this workspace, WorkspaceError for a path that
        lies outside of it or is neither there nor indexed, StorageError, HomeError.
        """
        from magray_memory.indexing.event_sender import EventSender

        context, root = self._context, self._context.root
        inside = None if paths is None else [root / self._inside(root, path) for path in paths]
        self._check_there(root, inside or ())
        events = EventSender(on_event, on_warning)
        context.home.ensure()
        if not lexical:
            self.follow_device(events)

        def run() -> IndexReport:
            from magray_memory.indexing.indexer import Indexer

            factory = None if lexical else context.models.current
            with self.open_vault() as vault:
                indexer = Indexer(
                    vault,
                    context.home,
                    self.settings(),
                    factory,
                    events,
                    should_stop,
                    on_moved=self._on_moved,
                )
                return indexer.run(inside, force=force, lexical=lexical, named=inside is not None)

        try:
            try:
                report = run()
            except VaultDamaged as error:
                renamed = self._quarantine(root)
                events.warn(f"{error.message}; it was renamed to {renamed} and is rebuilt")
                report = run()
            if not lexical:
                self._embed_notebook(should_stop)
            return report
        finally:
            context.models.end()  # `done` is the last event

    def _embed_notebook(self, should_stop: Callable[[], bool] | None) -> None:
        """Records that have no vector get one; what is wrong with the notebook is for `status` to say."""
        from magray_memory.indexing.notebook import embed_notebook

        with suppress(StorageError):
            embed_notebook(self._context, should_stop=should_stop)

    def why(self, paths: Sequence[Path]) -> list[PathStanding]:
        """Whether and how each path is indexed, or by which rule it is left out; one that lies outside of the
        workspace, or is neither there nor indexed, is stated as that.
        """
        from magray_memory.indexing.coverage import PathStanding, Standing, why

        root, settings = self._context.root, self.settings().index
        found: list[PathStanding] = []
        with self._vault_to_read() as vault:
            for path in paths:
                inside = relative_path(root, path)
                standing = None
                if inside is not None:
                    inside = spelled_on_disk(root, inside)
                    standing = why(root, inside, settings, vault)
                if standing is None:
                    state = Standing.OUTSIDE if inside is None else Standing.MISSING
                    error = self._context.outside(path) if inside is None else _missing(root, inside)
                    place = str(path) if inside is None else inside
                    standing = PathStanding(place, state, error.why, hint=error.hint)
                found.append(standing)
        return found

    def coverage(self, rules: Sequence[str] = (), should_stop: Callable[[], bool] | None = None) -> Coverage:
        """What of the workspace is indexed and what is left out, with the entries of some rules, by name.

        Raises UsageError for a rule that there is not, Interrupted.
        """
        from magray_memory.ignore.ignore_rule import IgnoreRule
        from magray_memory.indexing.coverage import coverage

        names = [rule.value for rule in IgnoreRule]
        for rule in rules:
            if rule not in names:
                raise UsageError(f"rule {rule!r}", "there is no such rule", ", ".join(names))

        def check() -> None:
            if should_stop is not None and should_stop():
                raise Interrupted("the walk was stopped")

        with self._vault_to_read() as vault:
            return coverage(self._context.root, self.settings().index, vault, rules, check)

    @contextmanager
    def _vault_to_read(self) -> Generator[Vault | None]:
        """The workspace's vault as it is, None where there is none."""
        from magray_memory.storage.durability import VaultKind
        from magray_memory.storage.vault import Vault

        root = self._context.root
        vault = Vault.find(self._context.home.vault_path(root), kind=VaultKind.WORKSPACE, root=root)
        if vault is None:
            yield None
            return
        with vault:
            yield vault

    def _check_there(self, root: Path, paths: Sequence[Path]) -> None:
        """Raise WorkspaceError for a path that is neither there nor indexed: it was misspelt."""
        gone = [path for path in paths if not os.path.lexists(path)]
        if not gone:
            return
        from magray_memory.storage.documents import knows

        with self._vault_to_read() as vault:
            for path in gone:
                inside = path.relative_to(root).as_posix()
                if vault is None or not knows(vault, inside):
                    raise _missing(root, inside)

    def open_vault(self) -> Vault:
        """The workspace's vault for writing; made where there is none."""
        from magray_memory.storage.durability import Durability, VaultKind
        from magray_memory.storage.root_file import note_root
        from magray_memory.storage.vault import Vault

        root = self._context.root
        durability = Durability(self._context.settings.storage.durability)
        path = self._context.home.vault_path(root)
        vault = Vault.open(path, kind=VaultKind.WORKSPACE, root=root, durability=durability, write=True)
        with suppress(OSError):  # vaults of earlier versions have none
            note_root(path, root)
        return vault

    def settings(self) -> Settings:
        """The effective settings, and the home ignored where it lies inside the workspace: it changes."""
        settings = self._context.effective
        home = relative_path(self._context.root, canonical_root(self._context.home.path))
        if not home:
            return settings
        literal = "".join(f"\\{c}" if c in "\\*?[! #" else c for c in home)
        ignored = (*settings.index.ignore, f"/{literal}/")
        return replace(settings, index=replace(settings.index, ignore=ignored))

    def follow_device(self, events: EventSender) -> None:
        """Look for a GPU, and send an event whenever the model moves to another device."""
        models = self._context.models

        def send(change: DeviceChange) -> None:
            events.device(change.device, models.model_id, change.reason, change.hint)

        models.stay(send)

    def _inside(self, root: Path, path: Path) -> str:
        inside = relative_path(root, path)
        if inside is None:
            raise self._context.outside(path)
        return spelled_on_disk(root, inside)

    def _quarantine(self, root: Path) -> Path | None:
        from magray_memory.storage.lock import IndexerLock
        from magray_memory.storage.vault_files import quarantine

        path = self._context.home.vault_path(root)
        with IndexerLock(path).acquire():
            return quarantine(path)


def _missing(root: Path, path: str) -> WorkspaceError:
    why = "there is no such file or folder, and none was indexed"
    return WorkspaceError(path, why, alike_on_disk(root, path) or "")
