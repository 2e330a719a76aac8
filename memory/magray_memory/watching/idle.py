"""Idle timeout: the model and a parser stay open for the next change, and are closed when none comes."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from magray_memory.errors import EmbeddingUnavailable
from magray_memory.indexing.parse_pool import ParsePool, WorkersUnavailable
from magray_memory.resources import give_back

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.models.embedder import Embedder

_NO_MODEL_SECONDS = 30.0


class IdleModel:
    """A model that is opened when a text has to be embedded, and closed when it was idle."""

    def __init__(self, open_embedder: Callable[[], Embedder], close: Callable[[], None]) -> None:
        """`close` lets go of what else holds the model, or the memory of a failure."""
        self._open = open_embedder
        self._close = close
        self._embedder: Embedder | None = None
        self._failure: EmbeddingUnavailable | None = None
        self._used = 0.0

    def get(self) -> Embedder:
        """The open model. Raises EmbeddingUnavailable, for a while without another attempt."""
        if self._failure is not None:
            raise self._failure
        self.used()
        try:
            self._embedder = self._open()  # the one that is open, unless another has taken its place
        except EmbeddingUnavailable as error:
            self._failure = error
            raise
        return self._embedder

    def missed(self) -> None:
        """A run went without it, whatever the reason: it is opened again before the next one relies on it."""
        if self._failure is None:
            self._failure = EmbeddingUnavailable("the model could not be used")
            self._embedder = None
            self.used()
            self._close()

    def used(self) -> None:
        """It was at work until now."""
        self._used = time.monotonic()

    def close_if_idle(self, idle: float) -> bool:
        """Let go of the model if it was not used for so many seconds; whether one that could not be had is
        there now.
        """
        since = time.monotonic() - self._used
        if self._embedder is not None and since >= idle:
            self._embedder = None
            self._close()
            give_back()
        if self._failure is None or since <= _NO_MODEL_SECONDS:
            return False
        self._failure = None
        self._close()
        with contextlib.suppress(EmbeddingUnavailable):
            self.get()
        return self._failure is None


class IdleParser:
    """Makes the pools of the runs; after a run one parser stays ready, for the next save is near."""

    def __init__(self) -> None:
        self._spare: ParsePool | None = None
        self._made = 0.0

    def pool(self, size: int) -> ParsePool:
        """A pool for a run, with the spare parser in it if there is one."""
        spare, self._spare = self._spare, None
        return spare or ParsePool(size)

    def prepare(self, size: int) -> None:
        """Start a parser for the next run."""
        self.close_if_idle(0.0)
        self._spare, self._made = ParsePool(size), time.monotonic()
        with contextlib.suppress(WorkersUnavailable):
            self._spare.prepare(1)

    def close_if_idle(self, idle: float) -> None:
        """End the parser if it waited so many seconds in vain."""
        if self._spare is not None and time.monotonic() - self._made >= idle:
            self._spare.close()
            self._spare = None
