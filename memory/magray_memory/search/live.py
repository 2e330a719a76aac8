"""Live search: for a long-lived program; open buffers in place of their files, and an answer cache."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from magray_memory.resources import Level, Pressure
from magray_memory.search.room import Search, with_problems

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from pathlib import Path

    from magray_memory.context import Context
    from magray_memory.index.open_vaults import OpenVault
    from magray_memory.search.answer_cache import AnswerCache
    from magray_memory.search.hits import SearchAnswer
    from magray_memory.search.presentation import CheckSource
    from magray_memory.search.query import SearchQuery


class Buffers(Protocol):
    """The texts of a root that are searched in place of their files."""

    source: OpenVault

    @property
    def paths(self) -> frozenset[str]:
        """The files that `source` answers for."""
        ...

    def state(self) -> Hashable:
        """Names the texts and vectors that are held now."""
        ...


class LiveSearch(Search):
    """Like `Search`; an answer is given again while nothing that it was made of has changed."""

    def __init__(
        self, context: Context, buffers: Mapping[Path, Buffers], check: CheckSource | None = None
    ) -> None:
        """`buffers` of each root, as they are at the time of a query; `check` as in `Search`."""
        super().__init__(context, check)
        self._buffers = buffers
        self._answers: AnswerCache | None = None
        self._pressure = Pressure()

    def query(self, query: SearchQuery, should_stop: Callable[[], bool] | None = None) -> SearchAnswer:
        """Like `Search.query`."""
        query = self.without_secrets(query)
        answers, state = self._answer_cache(), self._state()
        known = None if state is None else answers.get(query, state)
        if known is not None:
            return known
        answer = super().query(query, should_stop)
        answers.put(query, state, answer)
        return answer

    def related(
        self, path: Path, line: int | None = None, k: int = 10, should_stop: Callable[[], bool] | None = None
    ) -> SearchAnswer:
        """Like `Search.related`, from the text in the buffer where it differs from the file."""
        root, relative = self._context.locate(path)
        buffers = self._buffers.get(root)
        if buffers is None or relative not in buffers.paths:
            return super().related(path, line, k, should_stop)
        others = [vault for vault in self.open().vaults if vault is not buffers.source]
        vaults, problems = (buffers.source, *others), self._context.vaults.problems
        with self._interruptible(vaults, should_stop), closing(self._searcher_over(vaults)) as searcher:
            return with_problems(searcher.related(root, relative, line, k), problems)

    def warm(self) -> None:
        """Load what the first query needs. Raises EmbeddingUnavailable when there will be no vectors."""
        self.open()
        self._context.models.wait()

    def figures(self) -> dict[str, Any]:
        """Hits and misses of the caches, and how short memory is, for health."""
        model = self._context.models.opened
        return {
            "answers": self._answer_cache().as_json(),
            "questions": None if model is None else model.known_questions.as_json(),
            "pressure": self._pressure.as_json(),
        }

    def _answer_cache(self) -> AnswerCache:
        with self._context.guard:
            if self._answers is None:
                from magray_memory.search.answer_cache import AnswerCache

                self._answers = AnswerCache(self._context.profile.answers)
        if self._pressure.level >= Level.SMALL_CACHES:
            self._answers.shrink(0.25)
        return self._answers

    def _state(self) -> Hashable | None:
        """Names all that an answer depends on, besides the files it shows; None when that is changing now."""
        from magray_memory.search.answer_cache import vault_state

        vaults = [vault_state(vault.vault.path) for vault in self.open().vaults if not vault.transient]
        if any(vault is None for vault in vaults):
            return None
        buffers = [(root, part.state()) for root, part in list(self._buffers.items()) if part.paths]
        return (self._context.roots, self._context.models.revision, tuple(vaults), tuple(buffers))

    def _vaults(self) -> list[OpenVault]:
        vaults = super()._vaults()
        for vault in vaults:
            if vault.root is not None:
                vault.hidden = partial(self._hidden, vault.root)
        return [*vaults, *(part.source for part in list(self._buffers.values()) if part.paths)]

    def _hidden(self, root: Path) -> frozenset[str]:
        """The paths of a root that open buffers answer for, those of the folders inside it too."""
        hidden: frozenset[str] = frozenset()
        for other, buffers in list(self._buffers.items()):
            if other == root:
                hidden |= buffers.paths
            elif buffers.paths and other.is_relative_to(root):
                prefix = other.relative_to(root).as_posix()
                hidden |= {f"{prefix}/{path}" for path in buffers.paths}
        return hidden
