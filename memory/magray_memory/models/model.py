"""Model folder: `model.toml`, a tokenizer and an ONNX file per device.

This module reads, checks and writes such folders and finds the one a setting names; it loads nothing native.
Opening is checked cheaply, by size; `Model.verify` reads everything and compares checksums.
"""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from magray_memory import atomic_file
from magray_memory.errors import ModelError
from magray_memory.models.default_model import BUNDLED, DEFAULT_ID
from magray_memory.toml_text import parse_toml
from magray_memory.user_path import expand_user

if TYPE_CHECKING:
    from collections.abc import Callable

TOKENIZER = "tokenizer"
"""The key under `[files]` that every device shares."""

_TEXTS = ("id", "pooling", "query_prefix", "passage_prefix", "licence")
_NUMBERS = ("dim", "max_tokens")
_KEYS = (
    "id",
    "dim",
    "max_tokens",
    "pooling",
    "query_prefix",
    "passage_prefix",
    "languages",
    "licence",
    "exported",
)


class ModelFile(NamedTuple):
    """One file of a model folder: its name there, sha256 in hex and size in bytes."""

    name: str
    sha256: str
    bytes: int


class Model(NamedTuple):
    """What `model.toml` says. The id names the vector space; `files` is keyed by `tokenizer` and by device.

    `languages` are ISO 639-1 codes, and `code` for source code. A text longer than `max_tokens` is embedded
    by its beginning. `pooling` is `mean`, `cls` or `last`; our own graphs do it inside. `exported`: the
    graphs are as somebody else exported them, not fused, and perhaps without pooling and normalisation.
    """

    id: str
    dim: int
    max_tokens: int
    pooling: str
    query_prefix: str
    passage_prefix: str
    languages: tuple[str, ...]
    licence: str
    folder: Path
    files: dict[str, ModelFile]
    reference: str = ""
    """The vector of `reference.TEXT`, encoded; empty where nobody recorded it."""
    exported: bool = False
    origin: str = ""
    """Where the files came from, as `repository@revision` of a hub; empty for any other."""
    place: Path = Path()
    """The folder of model.toml: the files' own, unless they stay in a folder of the person's."""

    def covers(self, language: str) -> bool:
        """Whether the model was trained on this language (ISO 639-1, or `code`)."""
        return language in self.languages

    def path(self, key: str) -> Path:
        """The tokenizer's or a device's file, there and of the right size. Raises ModelError."""
        entry = self.files.get(key)
        if entry is None:
            raise ModelError(f"model {self.id}", f"it has no file for {key}", "magray model list")
        path = self.folder / entry.name
        try:
            size = path.stat().st_size
        except OSError as error:
            raise ModelError(
                f"model {self.id}", f"{path} cannot be read: {error.strerror}", _reinstall(self)
            ) from error
        if size != entry.bytes:
            raise ModelError(
                f"model {self.id}", f"{path} has {size} bytes instead of {entry.bytes}", _reinstall(self)
            )
        return path

    def needed(self, device: str) -> list[str]:
        """Keys of the files that a device needs: its own, those beside them, and the tokenizer."""
        return [key for key in self.files if key == TOKENIZER or key.partition("_")[0] == device]

    def verify(self, device: str | None = None) -> None:
        """Reads every file, or those that a device needs, and compares its sha256. Raises ModelError for the
        first that differs.
        """
        for key in self.files if device is None else self.needed(device):
            entry, path = self.files[key], self.path(key)
            try:
                with path.open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
            except OSError as error:
                raise ModelError(
                    f"model {self.id}", f"{path} cannot be read: {error.strerror}", _reinstall(self)
                ) from error
            if digest != entry.sha256:
                raise ModelError(
                    f"model {self.id}",
                    f"the checksum of {path} is not the one in model.toml",
                    _reinstall(self),
                )


def load_model(folder: Path) -> Model:
    """Reads `model.toml` of a folder. Raises ModelError when it is missing, broken or impossible."""
    path = folder / "model.toml"
    what = f"model folder {folder}"
    try:
        values: dict[str, object] = parse_toml(path.read_text("utf-8"))
    except OSError as error:
        raise ModelError(what, f"model.toml cannot be read: {error.strerror}", "magray model list") from error
    except ValueError as error:
        raise ModelError(what, f"model.toml is not valid TOML: {error}") from error
    for key in _TEXTS:
        if not isinstance(values.get(key), str):
            raise ModelError(what, f"model.toml: {key} is not a text")
    for key in _NUMBERS:
        number = values.get(key)
        if not isinstance(number, int) or isinstance(number, bool) or number <= 0:
            raise ModelError(what, f"model.toml: {key} is not a positive number")
    languages = values.get("languages")
    if not isinstance(languages, list):
        raise ModelError(what, "model.toml: languages is not a list")
    return Model(
        id=cast(str, values["id"]),
        dim=cast(int, values["dim"]),
        max_tokens=cast(int, values["max_tokens"]),
        pooling=cast(str, values["pooling"]),
        query_prefix=cast(str, values["query_prefix"]),
        passage_prefix=cast(str, values["passage_prefix"]),
        languages=tuple(str(language) for language in cast(list[object], languages)),
        licence=cast(str, values["licence"]),
        folder=_folder(what, folder, values.get("folder", "")),
        files=_files(what, values.get("files")),
        reference=_text(what, "reference", values.get("reference", "")),
        exported=values.get("exported") is True,
        origin=_text(what, "origin", values.get("origin", "")),
        place=folder,
    )


def write_model(model: Model) -> None:
    """Writes `model.toml`, whole or not at all. Raises ModelError when the folder cannot be written."""
    try:
        atomic_file.write_text(model.place / "model.toml", _model_toml(model))
    except OSError as error:
        raise ModelError(
            f"model {model.id}", f"{model.place} cannot be written: {error.strerror or error}"
        ) from error


def _model_toml(model: Model) -> str:
    import tomlkit

    document = tomlkit.document()
    document.add(
        tomlkit.comment(
            "Written by `magray model`. The id names the vector space: another id, other vectors."
        )
    )
    for key in _KEYS:
        document.add(key, getattr(model, key))
    for key, value in (("reference", model.reference), ("origin", model.origin)):
        if value:
            document.add(key, tomlkit.string(value))
    if model.folder != model.place:
        document.add("folder", tomlkit.string(str(model.folder)))
    files = tomlkit.table(is_super_table=True)
    for key, file in model.files.items():
        files.add(
            key,
            tomlkit.table().add("name", file.name).add("sha256", file.sha256).add("bytes", file.bytes),
        )
    document.add("files", files)
    return document.as_string()


def resolve_model(name_or_path: str, home_models: Path) -> Model:
    """The model that a setting names: "" is the bundled one, else an id that is installed, else a folder.

    Raises ModelError when there is none; nothing is ever put in its place.
    """
    if name_or_path in ("", DEFAULT_ID):
        return _default(home_models)
    if Path(name_or_path).name == name_or_path:
        for parent in (home_models, BUNDLED):
            if has_model(parent / name_or_path):
                return load_model(parent / name_or_path)
    folder = expand_user(name_or_path)
    if _may_be(folder, stat.S_ISDIR):
        return load_model(folder)
    from magray_memory.models import catalog

    entry = catalog.find(name_or_path)
    if entry is not None:
        raise ModelError(f"model {name_or_path}", "it is not installed", f"magray model pull {entry.id}")
    raise ModelError(
        f"model {name_or_path}", "it is neither a model that is installed nor a folder", "magray model list"
    )


def _default(home_models: Path) -> Model:
    """The model in the package, or the copy in the home that has a file for the GPU as well.

    Both are one vector space, so where the copy cannot be read the package's own is as good.
    """
    copy = _copy(home_models)
    return copy if isinstance(copy, Model) else load_model(BUNDLED / DEFAULT_ID)


def passed_over(home_models: Path) -> ModelError | None:
    """Why the copy of the packaged model in the home is not used; None where it is, or there is none."""
    copy = _copy(home_models)
    return copy if isinstance(copy, ModelError) else None


def _copy(home_models: Path) -> Model | ModelError | None:
    """The copy of the packaged model in the home, without the GPU's file where that is not whole."""
    if not has_model(home_models / DEFAULT_ID):
        return None
    try:
        copy = load_model(home_models / DEFAULT_ID)
        if copy.id != DEFAULT_ID:
            return None
        for key in copy.files:
            copy.path(key)
            with (copy.folder / copy.files[key].name).open("rb"):
                pass
    except ModelError as error:
        return error
    except OSError as error:
        return ModelError(f"model {DEFAULT_ID}", f"{error.filename} cannot be read: {error.strerror}")
    return copy


def has_model(folder: Path) -> bool:
    """Whether a model lies in a folder; one that may not be looked into may have one, and opening it says
    why not.
    """
    return _may_be(folder / "model.toml", stat.S_ISREG)


def _may_be(path: Path, kind: Callable[[int], bool]) -> bool:
    try:
        return kind(path.stat().st_mode)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False


def _files(what: str, value: object) -> dict[str, ModelFile]:
    if not isinstance(value, dict):
        raise ModelError(what, "model.toml: [files] is missing")
    files: dict[str, ModelFile] = {}
    for key, entry in cast(dict[str, object], value).items():
        fields = cast(dict[str, object], entry) if isinstance(entry, dict) else {}
        name, digest, size = fields.get("name"), fields.get("sha256"), fields.get("bytes")
        if not (isinstance(name, str) and isinstance(digest, str) and isinstance(size, int)):
            raise ModelError(what, f"model.toml: [files.{key}] needs name, sha256 and bytes")
        if not _inside(name):
            raise ModelError(what, f"model.toml: [files.{key}] names a file outside the folder")
        files[key] = ModelFile(name, digest, size)
    if TOKENIZER not in files or len(files) < 2:
        raise ModelError(what, "model.toml: [files] names no tokenizer or no ONNX file")
    return files


def _inside(name: str) -> bool:
    """Whether a name, with `/` between folders, stays in the model's folder on every system."""
    parts = name.split("/")
    return not ({"", ".", ".."} & set(parts) or "\\" in name or ":" in name)


def _text(what: str, key: str, value: object) -> str:
    if not isinstance(value, str):
        raise ModelError(what, f"model.toml: {key} is not a text")
    return value


def _folder(what: str, folder: Path, value: object) -> Path:
    """Where the files are: beside model.toml, or in the person's own folder that it names."""
    named = _text(what, "folder", value)
    if named and not Path(named).is_absolute():
        raise ModelError(what, "model.toml: folder is not an absolute path")
    return Path(named) if named else folder


def _reinstall(model: Model) -> str:
    if model.folder.parent == BUNDLED:
        return "pip install --force-reinstall --no-deps magray"
    if model.folder != model.place:
        return f"magray model use {model.folder}"
    if model.origin:
        return f"magray model pull {model.id}"
    return f"put the right file back, or magray model use {DEFAULT_ID}"
