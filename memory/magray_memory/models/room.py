"""Models room: the model that is open, and the model store: list, fetch, use, build, verify."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from magray_memory import config_file
from magray_memory.config import config_path
from magray_memory.errors import ModelError, UsageError
from magray_memory.models.default_model import DEFAULT_ID
from magray_memory.models.model import Model, has_model, resolve_model
from magray_memory.progress import SILENT, Progress
from magray_memory.user_path import absolute_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.config import Settings
    from magray_memory.models.catalog import Entry
    from magray_memory.models.device import Placed
    from magray_memory.models.embedder import Embedder
    from magray_memory.models.fallback import DeviceChange
    from magray_memory.models.provider import ModelProvider
    from magray_memory.models.store import ModelOverrides
    from magray_memory.storage.home import Home


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model that can be used or fetched: what the catalog says of it and what is installed.

    `problem`: why what is installed cannot be used.
    """

    id: str
    active: bool
    entry: Entry | None = None
    model: Model | None = None
    problem: str | None = None

    @property
    def installed(self) -> bool:
        """Whether its files are here."""
        return self.model is not None or self.problem is not None

    def as_json(self) -> dict[str, Any]:
        """The model as `model list --json` shows it."""
        facts: dict[str, Any] = {"id": self.id} if self.entry is None else self.entry.as_json()
        facts |= {"installed": self.installed, "active": self.active, "devices": [], "problem": self.problem}
        model = self.model
        if model is not None:
            facts |= {"dim": model.dim, "pooling": model.pooling, "languages": list(model.languages)}
            facts |= {"licence": model.licence, "folder": str(model.folder)}
            facts |= {"devices": [key for key in ("cpu", "cuda") if key in model.files]}
            facts |= {"bytes": sum({file.name: file.bytes for file in model.files.values()}.values())}
            facts.setdefault("window", model.max_tokens)
        return facts

    def details(self) -> dict[str, Any]:
        """The model as `model show --json` shows it."""
        facts, model = self.as_json(), self.model
        if model is not None:
            files = {key: [file.name, file.bytes, file.sha256] for key, file in model.files.items()}
            facts |= {"origin": model.origin or None, "max_tokens": model.max_tokens}
            facts |= {"query_prefix": model.query_prefix, "passage_prefix": model.passage_prefix}
            facts |= {"files": files}
        return facts


@dataclass(frozen=True, slots=True)
class UsedModel:
    """The model of the settings from now on, and the settings file that says so."""

    model: Model
    settings_file: Path


@dataclass(frozen=True, slots=True)
class Verified:
    """A model whose files are as recorded. `cosine` of the reference text to its record, None without one."""

    model: Model
    cosine: float | None


class Models:
    """The models of a home."""

    def __init__(self, home: Home, settings: Callable[[], Settings], provider: ModelProvider) -> None:
        self._home = home
        self._settings = settings
        self._provider = provider

    def embedder(self, key: str | None = None) -> Embedder:
        """The open model of the settings, or the one that made the vectors of an embedding key.

        Raises EmbeddingUnavailable: where none can run, or does not in the time that this program waits.
        """
        return self._provider.of(key)

    def placed(self) -> Placed | None:
        """Where the model runs, and why not where it was asked for; None while that is not known."""
        return self._provider.placed()

    @property
    def on_device(self) -> Callable[[DeviceChange], None] | None:
        """Called, in some thread, when the model moves to another device, or with why it does not."""
        return self._provider.on_device

    @on_device.setter
    def on_device(self, listen: Callable[[DeviceChange], None] | None) -> None:
        self._provider.on_device = listen

    def list(self) -> tuple[ModelInfo, ...]:
        """The models of the catalog, then the others that are installed."""
        from magray_memory.models import catalog, store

        active = self._active()
        entries = {entry.id: entry for entry in catalog.CATALOG}
        found = dict(store.installed(self._home.models))
        return tuple(_info(name, entries.get(name), found.get(name), active) for name in {**entries, **found})

    def show(self, name: str | None = None) -> ModelInfo:
        """One model, without a name the one of the settings. Raises ModelError for one that nobody knows."""
        from magray_memory.models import catalog

        wanted = self._settings().embedding.model if name is None else name
        entry = catalog.find(wanted)
        try:
            found = self.resolve(wanted)
        except ModelError:
            if entry is None:
                raise
            return _info(entry.id, entry, None, self._active())
        return _info(found.id, catalog.find(found.id), found, self._active())

    def resolve(self, name: str | None = None) -> Model:
        """The installed model of a name or folder, without a name of the settings. Raises ModelError."""
        from magray_memory.models import catalog

        wanted = self._settings().embedding.model if name is None else name
        entry = None if _is_path(wanted) else catalog.find(wanted)
        return resolve_model(entry.id if entry else wanted, self._home.models)

    def use(self, name: str, overrides: ModelOverrides | None = None) -> UsedModel:
        """Embed with another model from now on: one that is installed, or any folder with an ONNX file.

        It is tried first. Raises ModelError, EmbeddingUnavailable and UsageError before anything changes.
        """
        from magray_memory.models import store

        self._home.ensure()
        folder = absolute_path(name)
        is_path = _is_path(name) or (os.path.isdir(folder) and not self._known(name))  # noqa: PTH112
        if is_path and not has_model(folder):
            if not os.path.isdir(folder):  # noqa: PTH112
                raise ModelError(f"model {name}", "there is no such folder", "magray model list")
            model = store.install_from_folder(folder, self._home.path, overrides or store.ModelOverrides())
        else:
            if overrides not in (None, store.ModelOverrides()):
                raise UsageError(
                    "model use", f"{name} says itself how it is used", f"magray model use {name}"
                )
            model = self.resolve(str(folder) if is_path else name)
            store.smoke_test_and_record(model, self._home.models)
        return UsedModel(model, self._choose(model))

    def pull(
        self,
        name: str,
        *,
        device: str = "cpu",
        progress: Progress = SILENT,
    ) -> Model:
        """Fetch a model of the catalog from its hub; what was fetched by half is gone on with.

        Raises UsageError for a name that is not in the catalog, ModelError, Interrupted.
        """
        from magray_memory.models import catalog, store
        from magray_memory.models.hub import Access

        entry = catalog.find(name)
        if entry is None:
            known = ", ".join(each.id for each in catalog.CATALOG if not each.bundled)
            raise UsageError(f"model {name}", f"it is not in the list ({known})", "magray model use FOLDER")
        self._home.ensure()
        hub = self._settings().hub
        return store.pull(
            entry,
            self._home.models,
            Access.of(hub.endpoint, hub.proxy, os.environ),
            devices=(device,),
            progress=progress,
        )

    def build(self, name: str | None = None, *, source: Path | None = None) -> Model:
        """Make the file for a GPU of the model in the package, from its weights. Raises ModelError."""
        from magray_memory.models.builder.gpu import build

        self._home.ensure()
        return build(self.resolve(name or ""), self._home.models, source)

    def verify(self, name: str | None = None) -> Verified:
        """Read a model's files against their checksums and embed a known text. Raises ModelError."""
        from magray_memory.models import store

        model = self.resolve(name)
        return Verified(model, store.verify(model))

    def _active(self) -> str | None:
        """The id of the model of the settings, None when it cannot be found."""
        try:
            return self.resolve().id
        except ModelError:
            return None

    def _known(self, name: str) -> bool:
        """Whether it is the name of a model, whatever folders there are."""
        from magray_memory.models import catalog

        return catalog.find(name) is not None or has_model(self._home.models / name)

    def _choose(self, model: Model) -> Path:
        """Write the choice into the person's settings; the file it stands in."""
        path = config_path(self._home.path)
        if model.id == DEFAULT_ID:
            config_file.unset_value(path, "embedding", "model", follow_links=True)
        else:
            installed = model.place.parent == self._home.models
            value = model.id if installed else str(model.place)
            config_file.set_value(path, "embedding", "model", value, follow_links=True)
        return path


def _info(name: str, entry: Entry | None, found: Model | ModelError | None, active: str | None) -> ModelInfo:
    if isinstance(found, ModelError):
        return ModelInfo(name, name == active, entry, None, found.message)
    return ModelInfo(name, name == active, entry, found)


def _is_path(name: str) -> bool:
    return name.startswith((".", "~")) or Path(name).is_absolute() or (os.sep in name and os.path.isdir(name))  # noqa: PTH112
