"""Which model answers: the one of the settings, or the one that made the vectors of a space before.

Each is opened once, at its first use; where it runs is left in the home for `status` to tell. A model that
cannot run raises EmbeddingUnavailable, at once if it has before: searches then go by words.
"""

from __future__ import annotations

import contextlib
import logging
import threading
from typing import TYPE_CHECKING

from magray_memory.errors import EmbeddingUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.config import EmbeddingSettings
    from magray_memory.models.device import Placed, Placement
    from magray_memory.models.embedder import Embedder
    from magray_memory.models.fallback import DeviceChange
    from magray_memory.resources import Profile
    from magray_memory.storage.home import Home

_log = logging.getLogger(__name__)


class ModelProvider:
    """The models of one program. `wanted` and `profile` are asked anew each time: settings may change."""

    def __init__(
        self, home: Home, wanted: Callable[[], EmbeddingSettings], profile: Callable[[], Profile]
    ) -> None:
        self._home = home
        self._wanted = wanted
        self._profile = profile
        self._guard = threading.RLock()
        self._embedder: Embedder | EmbeddingUnavailable | None = None
        self._opened_as = ""
        self._formers: dict[str, Embedder | EmbeddingUnavailable] = {}
        self._placement: Placement | None = None
        self._lasting = False
        """Whether this program runs long enough for a GPU to be worth opening."""
        self._many = False
        """Whether whole workspaces are embedded here, rather than questions."""
        self.on_device: Callable[[DeviceChange], None] | None = None
        """Hears, in some thread, when the model moves to another device, or why it does not."""

    @property
    def opened(self) -> Embedder | None:
        """The model of the settings where it is open already."""
        found = self._embedder
        return None if isinstance(found, EmbeddingUnavailable) else found

    @property
    def state(self) -> int:
        """Another number whenever `current` gives another model, or another reason for none."""
        return id(self._embedder)

    def wait(self) -> Embedder:
        """The model of the settings, however long it loads. Raises EmbeddingUnavailable."""
        return self.current()

    def load_ahead(self) -> None:
        """Have the model of the settings open in a thread; who asks for it meanwhile waits."""
        threading.Thread(target=self._load_ahead, name="magray-model", daemon=True).start()

    def _load_ahead(self) -> None:
        with contextlib.suppress(Exception):  # whoever asks meets it again, and tells
            self.current()

    def current(self) -> Embedder:
        """The model of the settings, opened once. Raises EmbeddingUnavailable, at once if it has before."""
        with self._guard:
            if self._embedder is None or self._opened_as != self._wanted().model or self._replaced():
                self._opened_as = self._wanted().model
                self._embedder = self._open()
            if isinstance(self._embedder, EmbeddingUnavailable):
                raise self._embedder
            return self._embedder

    def of(self, key: str | None) -> Embedder:
        """The model that made the vectors of a space, which need not be the one of the settings any more or
        yet; for None the one of the settings. Raises EmbeddingUnavailable.
        """
        if key is None:
            return self.current()
        from magray_memory.models.recipe import space_in

        space, opened = space_in(key), self._embedder
        if opened is None or isinstance(opened, EmbeddingUnavailable):
            return self.current() if space == self._own_space() else self._former(space)
        # What is open goes on answering, whatever became of its files.
        return opened if space == space_in(opened.key) else self._former(space)

    def stay(self, hear: Callable[[DeviceChange], None] | None = None) -> None:
        """This program goes on for a while and embeds workspaces: a GPU is worth looking for."""
        with self._guard:
            self._lasting = self._many = True
            self.on_device = hear or self.on_device
            if self._placement is not None:
                self._placement.seek_gpu()

    def end(self) -> None:
        """The work is done: wait for what a GPU that was asked for by name has to say, then hear nothing."""
        self.on_device = None
        if self._placement is not None:
            self._placement.end()

    def release(self) -> None:
        """Let the model go; the next text that needs it opens it again, or fails again."""
        with self._guard:
            self._embedder = self._placement = None

    def placed(self) -> Placed | None:
        """Where the model runs, and why not where it was asked for; None while that is not known."""
        placement = self._placement
        return None if placement is None or placement.seeking else placement.placed()

    @property
    def model_id(self) -> str | None:
        """The id of the model of the settings, None until it was opened."""
        return None if self._placement is None else self._placement.model.id

    def _open(self) -> Embedder | EmbeddingUnavailable:
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
            return error
        self._placement = placement
        if self._lasting:
            placement.seek_gpu()
        elif wanted.device == "cuda":
            _tell_missed(placement)
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
        opened = self._embedder
        if not self._many or opened is None or isinstance(opened, EmbeddingUnavailable):
            return False
        from magray_memory.models.recipe import space_in

        return self._own_space() not in (None, space_in(opened.key))

    def _former(self, name: str) -> Embedder:
        """A model that only answers for vectors that it made, opened once."""
        with self._guard:
            if name not in self._formers:
                self._formers[name] = self._open_former(name)
            found = self._formers[name]
            if isinstance(found, EmbeddingUnavailable):
                raise found
            return found

    def _open_former(self, space: str) -> Embedder | EmbeddingUnavailable:
        from magray_memory.models.device import Placement
        from magray_memory.models.model import resolve_model
        from magray_memory.models.recipe import model_of, space_of

        wanted = self._wanted()
        try:
            name = wanted.model if space == self._own_space() else model_of(space)
            model = resolve_model(name, self._home.models)
            if space_of(model) != space:
                why = "another model has its name now; the vectors are those of the one before"
                raise EmbeddingUnavailable(f"model {model.id}", why, "magray index")
            return Placement(self._home.path, model, wanted, profile=self._profile()).open()
        except EmbeddingUnavailable as error:
            return error

    def _changed(self, change: DeviceChange) -> None:
        self._observe()
        if self.on_device is not None:
            self.on_device(change)

    def _observe(self) -> None:
        """Leave word in the home of where the model runs, for `status`."""
        from magray_memory.models.device_observation import observe

        # A single question runs on the processor though a GPU works: that says nothing of the next long run.
        if self._placement is None or (not self._lasting and self._placement.gpu_works):
            return
        at = self._placement.placed()
        observe(self._home.path, at.requested, at.actual, at.reason, self._placement.model.id, at.hint)


def _tell_missed(placement: Placement) -> None:
    at = placement.placed()
    if at.reason:
        hint = f" (try: {at.hint})" if at.hint else ""
        _log.warning("%s was asked for, the %s is used: %s%s", at.requested, at.actual, at.reason, hint)
