"""Models for a program that never waits long for one: each loads in a thread, and again after it failed.

Whoever asks while a model is loading gets EmbeddingUnavailable after half a second, and searches by words.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from magray_memory.errors import EmbeddingUnavailable
from magray_memory.models.provider import ModelProvider

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.config import EmbeddingSettings
    from magray_memory.models.embedder import Embedder
    from magray_memory.resources import Profile
    from magray_memory.storage.home import Home

RETRY_SECONDS = 30.0
"""A model that could not be opened is tried again after so long: it may have been pulled meanwhile."""
PATIENCE_SECONDS = 0.5
"""How long a search waits for a model that is still loading."""


class _Loading:
    """A model that is being opened in a thread of its own."""

    def __init__(self, open_model: Callable[[], Embedder | EmbeddingUnavailable]) -> None:
        self.ready = threading.Event()
        self.found: Embedder | EmbeddingUnavailable | None = None
        self._open = open_model
        self._failed_at: float | None = None
        threading.Thread(target=self._load, name="magray-model", daemon=True).start()

    @property
    def stale(self) -> bool:
        """Whether it failed, and so long ago that it may be there by now."""
        return self._failed_at is not None and time.monotonic() - self._failed_at > RETRY_SECONDS

    def _load(self) -> None:
        try:
            self.found = self._open()
        finally:
            if not self.found or isinstance(self.found, EmbeddingUnavailable):
                self._failed_at = time.monotonic()
                self.found = self.found or EmbeddingUnavailable("the model could not be opened")
            self.ready.set()


class BackgroundModels(ModelProvider):
    """Like `ModelProvider`, each opened in a thread of its own."""

    def __init__(
        self, home: Home, wanted: Callable[[], EmbeddingSettings], profile: Callable[[], Profile]
    ) -> None:
        super().__init__(home, wanted, profile)
        self._loading: dict[str, _Loading] = {}
        self._ready = threading.Event()
        self._wanted_once = threading.Lock()
        self._failed_at: float | None = None
        self._lasting = True

    def wait(self) -> Embedder:
        """The model of the settings, however long it loads. Raises EmbeddingUnavailable."""
        self._want()
        self._ready.wait()
        return self.current()

    def current(self) -> Embedder:
        """The model, loaded in a thread of its own. Raises EmbeddingUnavailable, also while it is loading
        still.
        """
        self._want()
        if not self._ready.wait(PATIENCE_SECONDS):
            raise EmbeddingUnavailable("the model is still loading", "", "the same search in a moment")
        if not isinstance(self._embedder, EmbeddingUnavailable):
            assert self._embedder is not None
            return self._embedder
        raise self._embedder

    def _former(self, name: str) -> Embedder:
        with self._guard:
            loading = self._loading.get(name)
            if loading is None or loading.stale:
                loading = self._loading[name] = _Loading(lambda: self._open_former(name))
        if not loading.ready.wait(PATIENCE_SECONDS):
            raise EmbeddingUnavailable("the model is still loading", "", "the same search in a moment")
        if isinstance(loading.found, EmbeddingUnavailable):
            raise loading.found
        assert loading.found is not None
        return loading.found

    def _want(self) -> None:
        """Have the model loaded, and tried again a while after it failed; searches go on meanwhile."""
        with self._guard:
            failed_at = self._failed_at
            if failed_at is not None and time.monotonic() - failed_at > RETRY_SECONDS:
                self._failed_at = None
                self._wanted_once.release()
        if self._wanted_once.acquire(blocking=False):
            threading.Thread(target=self._load, name="magray-model", daemon=True).start()

    def _load(self) -> None:
        try:
            self._embedder = self._open()
        except EmbeddingUnavailable as error:
            self._embedder = error
        except Exception as error:  # a native library may raise anything, and every search would wait for it
            why = f"{type(error).__name__}: {error}"
            self._embedder = EmbeddingUnavailable("the model could not be opened", why, "magray doctor")
        finally:
            if isinstance(self._embedder, EmbeddingUnavailable):
                self._failed_at = time.monotonic()
            self._ready.set()
