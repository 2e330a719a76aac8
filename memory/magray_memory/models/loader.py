"""Model loader: one model that is absent, loading, open, or failed until it is tried again.

Whoever asks says how long it waits: a command as long as it takes, a server for half a second.
"""

from __future__ import annotations

import threading
import time
from enum import Enum
from typing import TYPE_CHECKING

from magray_memory.errors import EmbeddingUnavailable, MagrayError
from magray_memory.models.onnx.shortage import HINT, shortage

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.models.embedder import Embedder

RETRY_SECONDS = 30.0
"""A model that could not be opened is tried again after so long: it may have been fetched meanwhile."""


class State(Enum):
    """How a model stands: not asked for yet, being opened, open, or failed for now."""

    ABSENT = "absent"
    LOADING = "loading"
    OPEN = "open"
    FAILED = "failed"


class ModelLoader:
    """Opens a model once, and again after it failed. Safe in several threads."""

    def __init__(
        self, open_model: Callable[[], Embedder], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.state = State.ABSENT
        self.model: Embedder | None = None
        self._open = open_model
        self._clock = clock
        self._failure: MagrayError | None = None
        self._retry_at = 0.0
        self._used_at = clock()
        self._guard = threading.Lock()
        self._ended = threading.Event()

    def start(self) -> None:
        """Load in a thread, unless it is open, loading or has just failed."""
        if self._begin():
            try:
                threading.Thread(target=self._load, name="magray-model", daemon=True).start()
            except BaseException:
                self.state = State.ABSENT
                self._ended.set()
                raise

    def get(self, patience: float | None = None) -> Embedder:
        """The open model, after at most `patience` seconds; None waits as long as it takes.

        Raises EmbeddingUnavailable: it failed, at once for RETRY_SECONDS, or is still loading.
        """
        self.note_use()
        if patience is not None:
            self.start()
            if self._failure is not None:
                raise self._failure  # also while it is tried again
        elif self._begin():
            self._load()
        if not self._ended.wait(patience):
            raise EmbeddingUnavailable("the model is still loading", "", "search again in a moment")
        if self.model is not None:
            return self.model
        if self._failure is not None:
            raise self._failure
        return self.get(patience)  # the thread that was loading it was interrupted

    @property
    def idle_seconds(self) -> float:
        """Seconds since the open model was used last; 0 while none is open."""
        return self._clock() - self._used_at if self.state is State.OPEN else 0.0

    def note_use(self) -> None:
        """The model was at work until now."""
        self._used_at = self._clock()

    def fail(self, error: EmbeddingUnavailable) -> bool:
        """The model cannot be used although it could be opened: closed for RETRY_SECONDS.

        Returns whether that is news; one that is loading or has failed is left as it is.
        """
        with self._guard:
            if self.state not in (State.ABSENT, State.OPEN):
                return False
            self.model, self._failure = None, error
            self._retry_at = self._clock() + RETRY_SECONDS
            self.state = State.FAILED
            self._ended.set()
            return True

    def retry(self) -> bool:
        """Open a model that failed, once RETRY_SECONDS are over. Returns whether that made it work."""
        if self.state is not State.FAILED or not self._begin():
            return False
        self._load()
        return self.model is not None

    def _begin(self) -> bool:
        with self._guard:
            due = self.state is State.FAILED and self._clock() >= self._retry_at
            if self.state is not State.ABSENT and not due:
                return False
            self.state = State.LOADING
            self._ended.clear()
            return True

    def _load(self) -> None:
        state = State.ABSENT  # of a load that is interrupted
        try:
            self.model = self._open()
            self._failure, state = None, State.OPEN
        except MagrayError as error:
            self._failure, state = error, State.FAILED
        except Exception as error:  # a native library may raise anything, and every search would wait for it
            short = shortage(error)
            why, hint = (short, HINT) if short else (f"{type(error).__name__}: {error}", "magray doctor")
            self._failure = EmbeddingUnavailable("the model could not be opened", why, hint)
            state = State.FAILED
        finally:
            self._used_at = self._clock()
            self._retry_at = self._used_at + RETRY_SECONDS
            self.state = state
            self._ended.set()
