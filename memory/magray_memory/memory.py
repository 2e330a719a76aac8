"""Memory: the engine's facade. Opens and closes; what it can do is in its rooms, each made at its first use.

    with Memory.open(Path("~/project")) as memory:
        memory.index.run()
        answer = memory.search.query(SearchQuery("where is a failed payment tried again"))

Opening costs next to nothing: a vault is opened by the first search, the model by the first that needs a
vector. What is damaged or missing costs its own part of an answer, and the answer says so.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Self

from magray_memory.context import Context

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from magray_memory.archive.exchange import Exchange
    from magray_memory.archive.room import Archive
    from magray_memory.config import Loaded, Settings
    from magray_memory.health.room import Health
    from magray_memory.indexing.room import Indexing
    from magray_memory.maintenance.room import Maintenance
    from magray_memory.maintenance.vaults import Vaults
    from magray_memory.models.room import Models
    from magray_memory.records.layers import Layers
    from magray_memory.records.recall import Recall
    from magray_memory.records.room import Records
    from magray_memory.search.room import Search
    from magray_memory.storage.home import Home
    from magray_memory.usage.room import Usage
    from magray_memory.watching.room import Watching


class Memory:
    """One person's memory, seen from one workspace. Safe in several threads; `close` it, or use `with`."""

    def __init__(self, context: Context) -> None:
        self._context = context

    @classmethod
    def open(
        cls,
        workspace: Path | None = None,
        *,
        home: Path | None = None,
        overrides: Mapping[str, object] | None = None,
        environ: Mapping[str, str] | None = None,
        outside: bool = False,
    ) -> Memory:
        """The memory of a person (`home`, else MAGRAY_HOME) at a workspace, else the project around here.

        `overrides`: settings by `section.key`; `outside`: no workspace, whatever the current folder, as also
        without a name and outside a project. Raises WorkspaceError when what is named is no folder.
        """
        return cls(Context.open(workspace, home=home, overrides=overrides, environ=environ, outside=outside))

    @cached_property
    def search(self) -> Search:
        """Questions: `query`, `related`, `symbols`, `note`."""
        from magray_memory.search.room import Search

        return Search(self._context, lambda citation: self.records.sources.check(citation))

    @cached_property
    def index(self) -> Indexing:
        """Bringing the workspace's vault up to date: `run`."""
        from magray_memory.indexing.room import Indexing

        return Indexing(self._context, self._follow_moves)

    @cached_property
    def watching(self) -> Watching:
        """Keeping the workspace's vault up to date: `watcher`."""
        from magray_memory.watching.room import Watching

        return Watching(self._context, self._follow_moves)

    @cached_property
    def health(self) -> Health:
        """How everything is: `status`, `doctor`."""
        from magray_memory.health.room import Health

        return Health(self._context)

    @cached_property
    def maintenance(self) -> Maintenance:
        """What keeps the home small and quick: `clean`, `optimize`."""
        from magray_memory.maintenance.room import Maintenance

        return Maintenance(self._context, lambda: self.layers)

    @cached_property
    def models(self) -> Models:
        """The models: `list`, `show`, `use`, `pull`, `build`, `verify`, `embedder`."""
        from magray_memory.models.room import Models

        return Models(self._context.home, lambda: self._context.settings, self._context.models)

    @cached_property
    def records(self) -> Records:
        """What a person asks to be kept: `remember`, `show`, `list`, `edit`, `tag`, `pin`, `forget`."""
        from magray_memory.records.room import Records

        return Records(self._context, in_backups=lambda uids: self.archive.purge(uids))

    @cached_property
    def layers(self) -> Layers:
        """Records that rise, fade and leave: `promote`, `clean`."""
        from magray_memory.records.layers import Layers

        return Layers(self._context, self.records)

    @cached_property
    def recall(self) -> Recall:
        """Questions to records and notes, as of now or of an earlier day: `query`."""
        from magray_memory.records.recall import Recall

        return Recall(self._context, self.search, self.records)

    @cached_property
    def archive(self) -> Archive:
        """What outlives the home: `backup`, `restore`, `list`, `verify`, `prune`, `drill`."""
        from magray_memory.archive.room import Archive

        return Archive(self._context)

    @cached_property
    def exchange(self) -> Exchange:
        """Records that leave for files, and come in from those of other tools: `export`, `import_`."""
        from magray_memory.archive.exchange import Exchange

        return Exchange(self._context, self.records)

    @cached_property
    def usage(self) -> Usage:
        """What is asked and used: `note`, `stats`."""
        from magray_memory.usage.room import Usage

        return Usage(self._context, lambda: self.records.notebook(write=False))

    @cached_property
    def vaults(self) -> Vaults:
        """The vaults of the home: `list`, `drop`."""
        from magray_memory.maintenance.vaults import Vaults

        return Vaults(self._context)

    @property
    def home(self) -> Home:
        """Where vaults, models and settings live."""
        return self._context.home

    @property
    def settings(self) -> Settings:
        """The settings as they were read last."""
        return self._context.settings

    @property
    def effective_settings(self) -> Settings:
        """The settings with what they leave open filled in by the resource profile."""
        return self._context.effective

    @property
    def loaded_settings(self) -> Loaded:
        """The same, with what was wrong with them and where each comes from."""
        return self._context.loaded_settings

    @property
    def workspace(self) -> Path | None:
        """The workspace's canonical root, None outside of any."""
        return self._context.workspace

    @property
    def root(self) -> Path:
        """The workspace's canonical root. Raises WorkspaceError outside of any."""
        return self._context.root

    def _follow_moves(self, pairs: Sequence[tuple[Path, Path]]) -> None:
        from magray_memory.records.followed_links import follow_moves

        follow_moves(self.records, self.search, pairs)

    def close(self) -> None:
        """Close every vault and index; what is asked afterwards opens them again."""
        for room in ("search", "records", "usage"):
            if room in self.__dict__:
                self.__dict__[room].close()
        self._context.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
