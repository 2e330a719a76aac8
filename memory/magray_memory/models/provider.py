"""Model provider: the one of the settings, or the one that made the vectors of a space before.

Each is opened once, at its first use, by a loader of its own; where it runs is recorded in the home for
`status`. A model that cannot run raises EmbeddingUnavailable, at once for a while: searches go by words.
"""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import TYPE_CHECKING

from magray_memory.errors import EmbeddingUnavailable
from magray_memory.models.loader import ModelLoader
from magray_memory.resources import give_back

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.config import EmbeddingSettings
    from magray_memory.models.device import Placed, Placement
    from magray_memory.models.embedder import Embedder
    from magray_memory.models.fallback import DeviceChange
    from magray_memory.models.static_table import StaticTable
    from magray_memory.resources import Profile
    from magray_memory.storage.home import Home

_log = logging.getLogger(__name__)


class ModelProvider:
    """The models of one program, a loader for each vector space."""

    def __init__(
        self,
        home: Home,
        wanted: Callable[[], EmbeddingSettings],
        profile: Callable[[], Profile],
        *,
        patience: float | None = None,
    ) -> None:
        """`wanted` and `profile` are asked each time: settings may change. `patience`: seconds that a caller
        waits for a model that is loading; None waits as long as it takes, and is for one-shot programs.
        """
        self._home = home
        self._wanted = wanted
        self._profile = profile
        self._patience = patience
        self._guard = threading.RLock()
        self._own = ModelLoader(self._open)
        self._own_name: str | None = None
        self._others: dict[str, ModelLoader] = {}
        self._placement: Placement | None = None
        self._lasting = patience is not None
        """Whether this program runs long enough for a GPU to be worth opening."""
        self._many = False
        """Whether whole workspaces are embedded here, rather than questions."""
        self.revision = 0
        """Another number whenever `current` gives another model, or another reason for none."""
        self.on_device: Callable[[DeviceChange], None] | None = None
        """Called, in some thread, when the model moves to another device, or with why it does not."""

    @property
    def opened(self) -> Embedder | None:
        """The model of the settings where it is open already."""
        return self._own.model

    def load_ahead(self) -> None:
        """Have the model of the settings open in a thread; who asks for it meanwhile waits."""
        self._current_loader().start()

    def current(self) -> Embedder:
        """The model of the settings, opened once. Raises EmbeddingUnavailable, also while it is loading."""
        return self._current_loader().get(self._patience)

    def wait(self) -> Embedder:
        """The model of the settings, however long it loads. Raises EmbeddingUnavailable."""
        return self._current_loader().get()

    def of(self, key: str | None) -> Embedder:
        """The model that made the vectors of a space, which need not be the one of the settings any more or
        yet; for None the one of the settings. Raises EmbeddingUnavailable.
        """
        if key is None:
            return self.current()
        from magray_memory.models.recipe import space_in

        space, opened = space_in(key), self.opened
        if opened is None:
            return self.current() if space == self._own_space() else self._other(space)
        # What is open goes on answering, whatever became of its files.
        return opened if space == space_in(opened.key) else self._other(space)

    def static_table(self) -> StaticTable | None:
        """The table of approximate vectors of the model of the settings, which need not run for it."""
        from magray_memory.models.model import resolve_model
        from magray_memory.models.static_table import table_of

        try:
            return table_of(resolve_model(self._wanted().model, self._home.models))
        except EmbeddingUnavailable:
            return None

    def stay(self, on_change: Callable[[DeviceChange], None] | None = None) -> None:
        """This program goes on for a while and embeds workspaces: a GPU is worth looking for."""
        with self._guard:
            self._lasting = self._many = True
            self.on_device = on_change or self.on_device
            if self._placement is not None:
                self._placement.seek_gpu()

    def end(self) -> None:
        """The work is done: wait for the result of a GPU that was asked for by name, then listen no more."""
        self.on_device = None
        if self._placement is not None:
            self._placement.end()

    def release(self) -> None:
        """Close the model; the next text that needs it opens it again, or fails again."""
        with self._guard:
            self._own, self._placement = ModelLoader(self._open), None
            self.revision += 1

    def release_if_idle(self, seconds: float) -> None:
        """Close the model if nothing was embedded for so many seconds."""
        if self.opened is not None and self._own.idle_seconds >= seconds:
            self.release()
            give_back()

    def note_use(self) -> None:
        """The model of the settings was at work until now; `current` notes only when it was asked for."""
        self._own.note_use()

    def suspend(self) -> None:
        """The model could not be used, whatever the reason: close it, and refuse it until `retry`."""
        if self._current_loader().fail(EmbeddingUnavailable("the model could not be used")):
            with self._guard:
                self._placement = None
                self.revision += 1

    def retry(self) -> bool:
        """Open a model that failed, once it is time to. Returns whether that made it work."""
        return self._own.retry()

    def placed(self) -> Placed | None:
        """Where the model runs, and why not where it was asked for; None while that is not known."""
        placement = self._placement
        return None if placement is None or placement.seeking else placement.placed()

    @property
    def model_id(self) -> str | None:
        """The id of the model of the settings, None until it was opened."""
        return None if self._placement is None else self._placement.model.id

    def _current_loader(self) -> ModelLoader:
        name = self._wanted().model
        with self._guard:
            if name != self._own_name or self._replaced():
                self._own, self._own_name = ModelLoader(self._open), name
            return self._own

    def _open(self) -> Embedder:
        from magray_memory.models.device import Placement
        from magray_memory.models.device_observation import observe
        from magray_memory.models.model import resolve_model

        wanted = self._wanted()
        try:
            model = resolve_model(wanted.model, self._home.models)
            placement = Placement(
                self._home.path, model, wanted, self._changed, self._profile(), many=self._many
            )
            embedder = placement.open()
        except EmbeddingUnavailable as error:
            observe(self._home.path, wanted.device, None, error.why or error.message, None, error.hint)
            raise
        finally:
            self.revision += 1
        with self._guard:
            self._placement = placement
            if self._lasting:
                placement.seek_gpu()
            elif wanted.device == "cuda":
                _warn_of_missing_gpu(placement)
        self._observe()
        return embedder

    def _own_space(self) -> str | None:
        """The vector space of the model of the settings as it lies on disk now, None where there is none."""
        from magray_memory.models.model import resolve_model
        from magray_memory.models.recipe import space_of

        try:
            return space_of(resolve_model(self._wanted().model, self._home.models))
        except EmbeddingUnavailable:
            return None

    def _replaced(self) -> bool:
        """Whether another model lies now where the open one was. Asked before passages are embedded."""
        opened = self.opened
        if not self._many or opened is None:
            return False
        from magray_memory.models.recipe import space_in

        return self._own_space() not in (None, space_in(opened.key))

    def _other(self, space: str) -> Embedder:
        """A model that only answers for vectors that it made."""
        with self._guard:
            loader = self._others.get(space)
            if loader is None:
                loader = self._others[space] = ModelLoader(partial(self._open_other, space))
        return loader.get(self._patience)

    def _open_other(self, space: str) -> Embedder:
        from magray_memory.models.device import Placement
        from magray_memory.models.model import resolve_model
        from magray_memory.models.recipe import model_of, space_of

        wanted = self._wanted()
        name = wanted.model if space == self._own_space() else model_of(space)
        model = resolve_model(name, self._home.models)
        if space_of(model) != space:
            why = "another model has its name now; the vectors are those of the one before"
            raise EmbeddingUnavailable(f"model {model.id}", why, "magray index")
        return Placement(self._home.path, model, wanted, profile=self._profile()).open()

    def _changed(self, change: DeviceChange) -> None:
        self._observe()
        if self.on_device is not None:
            self.on_device(change)

    def _observe(self) -> None:
        """Record in the home where the model runs, for `status`."""
        from magray_memory.models.device_observation import observe

        # A single question runs on the processor though a GPU works: that says nothing of the next long run.
        if self._placement is None or (not self._lasting and self._placement.gpu_works):
            return
        at = self._placement.placed()
        observe(self._home.path, at.requested, at.actual, at.reason, self._placement.model.id, at.hint)


def _warn_of_missing_gpu(placement: Placement) -> None:
    at = placement.placed()
    if at.reason:
        hint = f" (try: {at.hint})" if at.hint else ""
        _log.warning("%s was asked for, the %s is used: %s%s", at.requested, at.actual, at.reason, hint)
