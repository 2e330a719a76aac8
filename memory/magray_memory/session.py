"""A memory for a program that stays: several workspaces at once, open buffers, a model that loads in the
background.

An editor's server opens one session and keeps it. Searches never wait long for the model: until it is there
they answer by words and say so.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from magray_memory.config import Loaded, load_settings
from magray_memory.errors import Interrupted, MagrayError, WorkspaceError
from magray_memory.memory import Memory
from magray_memory.models.background_models import BackgroundModels
from magray_memory.resources import Level, Pressure
from magray_memory.storage.home import Home, canonical_root

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
    from pathlib import Path

    from magray_memory.indexing.overlay import Overlay
    from magray_memory.models.device import Placed
    from magray_memory.models.embedder import Embedder
    from magray_memory.search.answer_cache import AnswerCache
    from magray_memory.search.hits import SearchAnswer
    from magray_memory.search.note_links import Note
    from magray_memory.search.query import SearchQuery
    from magray_memory.search.searcher import Searcher
    from magray_memory.search.symbols import Symbol
    from magray_memory.storage.vault import Vault

_STEPS = 20_000
"""Steps of SQLite's machine between two looks at whether to stop: about a millisecond."""


class Session(Memory):
    """Like `Memory`, with any number of workspace roots, which may change, and an overlay for each."""

    _keeps_indexes = True

    def __init__(self, home: Home, roots: Sequence[Path], loaded: Loaded) -> None:
        nowhere = WorkspaceError("no folder is open", "", "open a folder in the editor")
        super().__init__(home, roots[0] if roots else nowhere, loaded)
        self._roots = tuple(roots)
        self._overlays: dict[Path, Overlay] = {}
        self._answers: AnswerCache | None = None
        self._pressure = Pressure()

    def _make_models(self) -> BackgroundModels:
        self._aside = BackgroundModels(self.home, lambda: self.settings.embedding, lambda: self.profile)
        return self._aside

    @classmethod
    def start(cls, home: Home, roots: Sequence[Path], overrides: Mapping[str, object] | None = None) -> Self:
        """A session over these roots; nothing is opened yet. Never raises for what a root or a setting is."""
        places = tuple(dict.fromkeys(canonical_root(root) for root in roots))
        return cls(home, places, load_settings(home.path, places[0] if places else None, overrides))

    @property
    def roots(self) -> tuple[Path, ...]:
        """The open folders, each in its canonical spelling."""
        return self._roots

    def use(self, roots: Sequence[Path]) -> None:
        """Other folders are open now; vaults of those that are not any more are let go of."""
        with self._guard:
            self._roots = tuple(dict.fromkeys(canonical_root(root) for root in roots))
            self._workspace = self._roots[0] if self._roots else WorkspaceError("no folder is open")
            for root in [root for root in self._overlays if root not in self._roots]:
                self._overlays.pop(root)
            wanted = {path for path, *_ in self._searched()}
            for path in [path for path in self._vaults.open if path not in wanted]:
                del self._vaults.open[path]  # a search may still be reading it: its connections end with it

    def overlay(self, root: Path) -> Overlay:
        """The overlay of a root, made at the first call."""
        with self._guard:
            if root not in self._overlays:
                from magray_memory.indexing.overlay import Overlay

                self._overlays[root] = Overlay(root, self.settings)
            return self._overlays[root]

    def stored(self, root: Path) -> Vault | None:
        """The vault of a root as searches read it; None when there is none to read."""
        with self._guard:
            self._search()
            found = self._vaults.open.get(self.home.vault_path(root))
            return None if found is None else found.vault

    def search(self, query: SearchQuery, should_stop: Callable[[], bool] | None = None) -> SearchAnswer:
        """Like `Memory.search`; once `should_stop` is true, what still runs in a database is broken off.

        Raises Interrupted then. An answer is given again while nothing that it was made of has changed.
        """
        answers, state = self._remembered(), self._state()
        known = None if state is None else answers.get(query, state)
        if known is not None:
            return known
        with self._stoppable(should_stop):
            answer = super().search(query)
        answers.put(query, state, answer)
        return answer

    def caches(self) -> dict[str, Any]:
        """Figures of what is remembered between searches, for health."""
        open_model = self._models.opened
        return {
            "answers": self._remembered().as_json(),
            "questions": None if open_model is None else open_model.known_questions.as_json(),
            "pressure": self._pressure.as_json(),
        }

    def _remembered(self) -> AnswerCache:
        with self._guard:
            if self._answers is None:
                from magray_memory.search.answer_cache import AnswerCache

                self._answers = AnswerCache(self.profile.answers)
        if self._pressure.level >= Level.SMALL_CACHES:
            self._answers.shrink(0.25)
        return self._answers

    def _state(self) -> Hashable | None:
        """Names all that an answer depends on, besides the files it shows; None when that is changing now."""
        from magray_memory.search.answer_cache import vault_state

        vaults = [vault_state(vault.vault.path) for vault in self._search().vaults if not vault.transient]
        if any(vault is None for vault in vaults):
            return None
        overlays = [
            (root, overlay.state()) for root, overlay in list(self._overlays.items()) if overlay.paths
        ]
        return (self._roots, self._models.state, tuple(vaults), tuple(overlays))

    def related(
        self, path: Path, line: int | None = None, k: int = 10, should_stop: Callable[[], bool] | None = None
    ) -> SearchAnswer:
        """Like `Memory.related`, from the text in the editor where it differs from the file."""
        root, relative = self._place(path)
        overlay = self._overlays.get(root)
        with self._stoppable(should_stop):
            if overlay is None or relative not in overlay.paths:
                return super().related(path, line, k)
            from magray_memory.search.searcher import Searcher

            others = [vault for vault in self._search().vaults if vault is not overlay.source]
            with closing(Searcher((overlay.source, *others), self.embedder_of)) as searcher:
                return self._told(searcher.related(root, relative, line, k))

    @contextmanager
    def _stoppable(self, should_stop: Callable[[], bool] | None) -> Generator[None]:
        if should_stop is None:
            yield
            return
        connections = [vault.vault.db.raw() for vault in self._search().vaults if not vault.transient]
        for connection in connections:
            connection.set_progress_handler(lambda: int(should_stop()), _STEPS)
        try:
            yield
        except MagrayError:
            if should_stop():
                raise Interrupted("the search was stopped") from None
            raise
        finally:
            for connection in connections:
                connection.set_progress_handler(None, 0)
        if should_stop():
            raise Interrupted("the search was stopped")

    def symbols(self, text: str, limit: int) -> list[Symbol]:
        """Definitions and headings of the open folders by name, the closest first."""
        from magray_memory.search.symbols import find_symbols

        vaults = [vault for vault in self._search().vaults if vault.name == "workspace"]
        return find_symbols(vaults, text, limit)

    def note(self, name: str) -> Note | None:
        """The note that a link of this name means, in any folder that is searched."""
        from magray_memory.search.note_links import resolve_note_link

        return resolve_note_link(self._search().vaults, name)

    def warm(self) -> None:
        """Load what the first search needs. Raises EmbeddingUnavailable when there will be no meaning."""
        self._search()
        self._aside.wait()

    def placed(self) -> Placed | None:
        """Where the model runs, and why not where it was asked for; None while that is not known."""
        return self._models.placed()

    def embedder(self) -> Embedder:
        """The model, loaded in a thread of its own. Raises EmbeddingUnavailable, also while it is loading
        still.
        """
        return self._models.current()

    def embedder_at(self, root: Path) -> Embedder:
        """The model that answers for the files of a root, loaded like `embedder`. Raises like it."""
        from magray_memory.storage.vector_spaces import serving

        stored = self.stored(root)
        return self.embedder_of(None if stored is None else serving(stored))

    def close(self) -> None:
        """Like `Memory.close`; what the overlays held is gone too."""
        super().close()
        with self._guard:
            for overlay in self._overlays.values():
                overlay.close()
            self._overlays.clear()

    def _search(self) -> Searcher:
        with self._guard:
            self._vaults.unseen = []
            places = self._searched()
            for path, name, root in places:
                found = self._vaults.look(path, name, root)
                if found is not None and root is not None:
                    found.hidden = partial(self._hidden, root)
            if self._searcher is None:
                from magray_memory.search.searcher import Searcher

                self._searcher = Searcher((), self.embedder_of, per_file=self.settings.search.per_file)
            vaults = [self._vaults.open[path] for path, *_ in places if path in self._vaults.open]
            changed = [overlay.source for overlay in self._overlays.values() if overlay.paths]
            # One searcher for good: another search may be in the middle of using it.
            self._searcher.vaults = (*vaults, *changed)
            return self._searcher

    def _hidden(self, root: Path) -> frozenset[str]:
        overlay = self._overlays.get(root)
        return overlay.paths if overlay is not None else frozenset()

    def _searched(self) -> list[tuple[Path, str, Path | None]]:
        places = super()._searched()
        further: list[tuple[Path, str, Path | None]] = [
            (self.home.vault_path(root), "workspace", root) for root in self._roots[1:]
        ]
        known = {path for path, *_ in further}
        first = 1 if self._roots else 0
        return [*places[:first], *further, *(place for place in places[first:] if place[0] not in known)]

    def _place(self, path: Path) -> tuple[Path, str]:
        for root in sorted(self._roots, key=lambda root: -len(root.parts)):
            try:
                return root, self._inside(root, path).relative_to(root).as_posix()
            except WorkspaceError:
                continue
        return super()._place(path)
