"""Session: the engine of a long-lived program; several roots, open buffers, background model loading.

An editor's server opens one and keeps it. Searches never wait long for the model: until it is there they
answer by words and say so.
"""

from __future__ import annotations

import time
from functools import cached_property
from typing import TYPE_CHECKING, Self

from magray_memory.config import Loaded, config_path, load_settings
from magray_memory.context import Context, recover_restore
from magray_memory.ignore.paths import canonical_root
from magray_memory.polled_files import PolledFiles

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from magray_memory.config import Settings
    from magray_memory.health.room import Health
    from magray_memory.indexing.overlays import Overlays
    from magray_memory.models.room import Models
    from magray_memory.records.followed_links import LinkChange
    from magray_memory.records.recall import Recall
    from magray_memory.records.room import Records
    from magray_memory.search.heading_rename import RenamedHeading
    from magray_memory.search.live import LiveSearch
    from magray_memory.search.notes import Notes
    from magray_memory.storage.home import Home
    from magray_memory.storage.vault import Vault
    from magray_memory.usage.room import Usage

_SETTINGS_SECONDS = 1.0
"""How often the settings files are polled: the shell or an editor may have changed them."""


class Session:
    """One person's memory, seen from any number of roots, which may change. Safe in several threads."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._polled_at = 0.0
        self._purges = PolledFiles([context.home.purged])

    @classmethod
    def start(cls, home: Home, roots: Sequence[Path], overrides: Mapping[str, object] | None = None) -> Self:
        """A session over these roots; nothing is opened yet. Never raises for what a root or a setting is."""
        recover_restore(home)
        places = _canonical(roots)

        def load(root: Path | None) -> Loaded:
            return load_settings(home.path, root, overrides)

        return cls(Context(home, places, load, config=config_path(home.path), long_lived=True))

    @cached_property
    def search(self) -> LiveSearch:
        """Questions: `query`, `related`, `symbols`, `note`; `warm` loads what the first one needs."""
        from magray_memory.search.live import LiveSearch

        return LiveSearch(
            self._context, self.overlays.open, lambda citation: self.records.sources.check(citation)
        )

    @cached_property
    def notes(self) -> Notes:
        """Links between notes: `target`, `backlinks`, `renamed`; names and tags to complete them."""
        from magray_memory.search.notes import Notes

        return Notes(self._context, self.search)

    @cached_property
    def overlays(self) -> Overlays:
        """Open buffers in place of their files: `put`, `embed`, `drop`."""
        from magray_memory.indexing.overlays import Overlays

        return Overlays(self._context, self._stored)

    @cached_property
    def health(self) -> Health:
        """How everything is: `status`, `doctor`."""
        from magray_memory.health.room import Health

        return Health(self._context)

    @cached_property
    def records(self) -> Records:
        """What a person asks to be kept: `remember`, `show`, `list`, `edit`, `tag`, `pin`, `forget`."""
        from magray_memory.records.room import Records

        return Records(self._context)

    @cached_property
    def recall(self) -> Recall:
        """Questions to records and notes, as of now or of an earlier day: `query`."""
        from magray_memory.records.recall import Recall

        return Recall(self._context, self.search, self.records)

    def follow_moves(self, pairs: Sequence[tuple[Path, Path]]) -> list[str]:
        """Have links in records go on meaning notes that moved, by absolute paths before and after; returns
        the records that were changed. Raises StorageError.
        """
        from magray_memory.records.followed_links import follow_moves

        return follow_moves(self.records, self.search, pairs)

    def heading_change(self, renamed: RenamedHeading) -> LinkChange | None:
        """What has records go on linking to a heading that gets another name; None where none does."""
        from magray_memory.records.followed_links import heading_change

        return heading_change(self.records, self.search, renamed)

    @cached_property
    def usage(self) -> Usage:
        """What is asked: `note`."""
        from magray_memory.usage.room import Usage

        return Usage(self._context, lambda: self.records.notebook(write=False))

    @cached_property
    def models(self) -> Models:
        """The models: `embedder`, `placed`, `on_device`."""
        from magray_memory.models.room import Models

        return Models(self._context.home, lambda: self._context.settings, self._context.models)

    @property
    def home(self) -> Home:
        """Where vaults, models and settings live."""
        return self._context.home

    @property
    def settings(self) -> Settings:
        """The settings as they were read last."""
        return self._context.settings

    def settings_changed(self) -> bool:
        """Whether the settings files say something else than `settings`; looks once a second at most.

        A session keeps its settings: who wants the new ones starts another.
        """
        now = time.monotonic()
        if now - self._polled_at < _SETTINGS_SECONDS:
            return False
        self._polled_at = now
        return self._context.settings_files_changed() and self._context.settings_differ()

    def purged(self) -> bool:
        """Whether records were removed for good since the last call, by any program: who holds a session
        starts another, which remembers nothing of them.
        """
        return self._purges.changed([self._context.home.purged])

    @property
    def roots(self) -> tuple[Path, ...]:
        """The open folders, each in its canonical spelling."""
        return self._context.roots

    @property
    def note_folders(self) -> list[Path]:
        """The folders of notes besides the roots, there or not."""
        return self._context.named_note_folders

    def use(self, roots: Sequence[Path]) -> None:
        """Other folders are open now; vaults and buffers of those that are not any more are forgotten."""
        with self._context.guard:
            self._context.roots = _canonical(roots)
            self.overlays.retain(self.roots)
            self._context.vaults.retain(self._context.vault_files())

    def close(self) -> None:
        """Close every vault and index, and forget the open buffers."""
        if "search" in self.__dict__:
            self.search.close()
        if "records" in self.__dict__:
            self.records.close()
        if "usage" in self.__dict__:
            self.usage.close()
        self._context.vaults.close()
        if "overlays" in self.__dict__:
            self.overlays.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _stored(self, root: Path) -> Vault | None:
        return self.search.vault(root)


def _canonical(roots: Sequence[Path]) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(canonical_root(root) for root in roots))
