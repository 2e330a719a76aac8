"""Model store of a home: models fetched from a hub or installed from a folder, tested before use.

A model is installed once its `model.toml` lies in `models/<id>/`; it is written last. Everything that can be
wrong with a model is found by `smoke_test`, before a setting or a vector changes.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from magray_memory import atomic_file
from magray_memory.errors import ModelError
from magray_memory.models.default_model import DEFAULT_ID
from magray_memory.models.model import (
    TOKENIZER,
    Model,
    ModelFile,
    has_model,
    load_model,
    resolve_model,
    write_model,
)
from magray_memory.progress import SILENT, Progress
from magray_memory.storage.lock import FileLock
from magray_memory.storage.scratch import scratch_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from magray_memory.models.catalog import Entry
    from magray_memory.models.hub import Access, Fetched, Repository


DEVICES = ("cpu", "cuda")
_LOCK_SECONDS = 0.2
_SPARE_BYTES = 50_000_000
_READ = 1 << 20
_ORDINARY_WINDOW = 512
_MOST_TOKENS = 1024


@dataclass(frozen=True, slots=True)
class ModelOverrides:
    """What a person says of a folder's model; None: as its own files say, or the usual."""

    file: str | None = None
    pooling: str | None = None
    query_prefix: str | None = None
    passage_prefix: str | None = None
    max_tokens: int | None = None
    languages: tuple[str, ...] | None = None


def installed(home_models: Path) -> Iterator[tuple[str, Model | ModelError]]:
    """Every model that could be used, by its folder's name, the one in the package first."""
    yield DEFAULT_ID, resolve_model("", home_models)
    try:
        names = sorted(entry.name for entry in os.scandir(home_models) if not entry.name.startswith("."))
    except OSError:
        return
    for name in names:
        if name != DEFAULT_ID and has_model(home_models / name):
            try:
                yield name, load_model(home_models / name)
            except ModelError as error:
                yield name, error


def pull(
    entry: Entry,
    home_models: Path,
    access: Access,
    *,
    devices: tuple[str, ...] = ("cpu",),
    progress: Progress = SILENT,
) -> Model:
    """Fetch a model of the catalog, or what is missing of it; the processor's file always comes along.

    Raises ModelError, and Interrupted when asked to stop: what was fetched stays, and the next pull goes on
    from there.
    """
    from magray_memory.models.hub import Repository

    if entry.bundled:
        raise ModelError(f"model {entry.id}", "it is in the package", f"magray model use {entry.id}")
    folder = home_models / entry.id
    _make_folder(folder)
    lock = FileLock(home_models / f".{entry.id}.lock")
    if not lock.try_acquire(_LOCK_SECONDS):
        raise ModelError(f"model {entry.id}", "another process is pulling it")
    try:
        repository = Repository(access, entry.repository, entry.revision, folder)
        wanted = _wanted(entry, devices)
        fetched = _fetch(entry, repository, folder, wanted, progress)
        files = {
            key: ModelFile(fetched[path].path.name, fetched[path].sha256, fetched[path].bytes)
            for key, path in wanted.items()
        }
        model = _pulled(entry, folder, _with_those_before(folder, files, entry))
        write_model(model)
        return model
    finally:
        lock.release()
        with contextlib.suppress(OSError):  # nothing came of it: no empty folder stays
            folder.rmdir()


def _fetch(
    entry: Entry,
    repository: Repository,
    folder: Path,
    wanted: dict[str, str],
    progress: Progress,
) -> dict[str, Fetched]:
    """The files that `wanted` names, by their path in the repository; each is fetched once."""
    stated = {path: repository.state(path) for path in dict.fromkeys(wanted.values())}
    total = sum(file.bytes for file in stated.values())
    _check_room(entry.id, folder, total)
    fetched: dict[str, Fetched] = {}
    done = 0
    for path, file in stated.items():

        def report(here: int, path: str = path, before: int = done) -> None:
            progress.report(path, before + here, total, "bytes")

        fetched[path] = repository.fetch(path, file, report, progress.should_stop)
        done += file.bytes
    return fetched


def _pulled(entry: Entry, folder: Path, files: dict[str, ModelFile]) -> Model:
    """The model of a catalog entry whose files lie in a folder."""
    return Model(
        id=entry.id,
        dim=entry.dim,
        max_tokens=entry.max_tokens,
        pooling=entry.pooling,
        query_prefix=entry.query_prefix,
        passage_prefix=entry.passage_prefix,
        languages=entry.languages,
        licence=entry.licence,
        folder=folder,
        files=files,
        exported=True,
        origin=f"{entry.repository}@{entry.revision}",
        place=folder,
    )


def install_from_folder(folder: Path, home: Path, overrides: ModelOverrides) -> Model:
    """Make a model of any folder with an ONNX file and tokenizer.json; the folder stays as it is.

    The id ends in a digest of all that makes its vectors, so another file is another vector space. Raises
    ModelError and EmbeddingUnavailable, before anything is installed.
    """
    folder = folder.resolve()
    if not (folder / "tokenizer.json").is_file():
        raise ModelError(f"folder {folder}", "it has no tokenizer.json")
    graph = _graph_of(folder, overrides.file)
    hints = _hints(folder)
    files = {TOKENIZER: _measured(folder, "tokenizer.json"), "cpu": _measured(folder, graph)}
    for number, name in enumerate(_beside(folder, graph), 1):
        files[f"cpu_{number}"] = _measured(folder, name)
    model = Model(
        id="",
        dim=0,
        max_tokens=overrides.max_tokens or hints.max_tokens or _ORDINARY_WINDOW,
        pooling=overrides.pooling or hints.pooling or "mean",
        query_prefix=_first(overrides.query_prefix, hints.query_prefix),
        passage_prefix=_first(overrides.passage_prefix, hints.passage_prefix),
        languages=overrides.languages or ("en", "code"),
        licence="as its folder says",
        folder=folder,
        files=files,
        exported=True,
        place=folder,
    )
    model = model._replace(id=f"{_slug(folder.name)}-{_digest(model)}")
    model = model._replace(dim=_dimension(model))
    place = home / "models" / model.id
    _make_folder(place.parent)
    with scratch_folder(place) as draft:
        tried = model._replace(place=draft)
        write_model(tried)
        model = model._replace(place=place, reference=smoke_test(tried))
    _make_folder(place)
    write_model(model)
    return model


def smoke_test(model: Model, seconds: float = 60.0) -> str:
    """Embed the reference text, first in a child process; returns the vector as `model.toml` keeps it.

    Raises ModelError or EmbeddingUnavailable: the graph is damaged, does not fit the runtime, does not fit
    model.toml, or makes other vectors than it did.
    """
    from magray_memory.models import reference
    from magray_memory.models.onnx import runtime
    from magray_memory.models.onnx.installed import installed_runtime
    from magray_memory.models.onnx.smoke_test import probe

    found = installed_runtime()
    if found.problem:
        raise ModelError(f"model {model.id}", f"it cannot be tested: {found.problem}", found.hint)
    for key in model.files:
        model.path(key)
    verdict = probe(model, "cpu", seconds, model.place)
    if not verdict.ok:
        raise ModelError(f"model {model.id}", verdict.reason, verdict.hint)
    runner, tokenizer = runtime.open_runner(model), runtime.open_tokenizer(model)
    return reference.encode(reference.embed(model, runner, tokenizer))


def smoke_test_and_record(model: Model, home_models: Path) -> None:
    """Like `smoke_test`; the vector goes into `model.toml` in the home where there is none yet."""
    vector = smoke_test(model)
    if not model.reference and model.place.parent == home_models:
        write_model(model._replace(reference=vector))


def verify(model: Model) -> float | None:
    """Read every file against its checksum, embed the reference text; returns its cosine to the one recorded.

    None where none is on record. Raises ModelError for the first thing that is wrong, a cosine below
    `reference.CLOSE` included.
    """
    from magray_memory.models import reference

    model.verify()
    vector = reference.expected(model._replace(reference=smoke_test(model)))
    expected = reference.expected(model)
    if expected is None or vector is None:
        return None
    cosine = float(vector @ expected)
    if not cosine >= reference.CLOSE:  # false for NaN too
        raise ModelError(
            f"model {model.id}", f"it makes other vectors than the model's (cosine {cosine:.3f})"
        )
    return round(cosine, 4)


def _wanted(entry: Entry, devices: tuple[str, ...]) -> dict[str, str]:
    """Key of the file in model.toml → path in the repository."""
    wanted = {TOKENIZER: entry.tokenizer}
    for device in DEVICES:
        artifact = entry.artifact(device)
        shared = device != "cpu" and artifact == entry.artifact("cpu")
        if artifact is None or (device not in ("cpu", *devices) and not shared):
            continue
        for number, path in enumerate(artifact.paths):
            wanted[f"{device}_{number}" if number else device] = path
    return wanted


def _with_those_before(folder: Path, files: dict[str, ModelFile], entry: Entry) -> dict[str, ModelFile]:
    """The files with those for other devices that an earlier pull of the same revision left here."""
    try:
        before = load_model(folder)
        same = before.origin == f"{entry.repository}@{entry.revision}"
        earlier = {key: file for key, file in before.files.items() if same and key not in files}
        for key in earlier:
            before.path(key)
    except ModelError:
        return files
    return {**files, **earlier}


def _check_room(name: str, folder: Path, total: int) -> None:
    here = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    free = shutil.disk_usage(folder).free
    if total - here + _SPARE_BYTES > free:
        raise ModelError(
            f"model {name}",
            f"it takes {total / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free",
            "free some space",
        )


def _make_folder(folder: Path) -> None:
    try:
        atomic_file.make_private(folder)
    except OSError as error:
        raise ModelError(f"{folder}", f"it cannot be created: {error.strerror or error}") from error


def _graph_of(folder: Path, file: str | None) -> str:
    """The ONNX file's name below the folder: the one that is named, `model.onnx`, or the only one."""
    if file is not None:
        if not (folder / file).is_file():
            raise ModelError(f"folder {folder}", f"it has no {file}")
        return Path(file).as_posix()
    for usual in ("model.onnx", "onnx/model.onnx"):
        if (folder / usual).is_file():
            return usual
    found = sorted(
        path.relative_to(folder).as_posix() for path in (*folder.glob("*.onnx"), *folder.glob("onnx/*.onnx"))
    )
    if not found:
        raise ModelError(f"folder {folder}", "it has no ONNX file")
    if len(found) > 1:
        raise ModelError(
            f"folder {folder}", f"it has several ONNX files: {', '.join(found[:6])}", f"--file {found[0]}"
        )
    return found[0]


def _beside(folder: Path, graph: str) -> list[str]:
    """Weights that lie beside a large graph, under the names that exporters give them."""
    return [name for name in (f"{graph}_data", f"{graph}.data") if (folder / name).is_file()]


def _hints(folder: Path) -> ModelOverrides:
    """What the files that come with sentence-transformers models say of pooling, prompts and window."""
    pooling = _read_json(folder / "1_Pooling" / "config.json")
    modes = {
        "pooling_mode_cls_token": "cls",
        "pooling_mode_lasttoken": "last",
        "pooling_mode_mean_tokens": "mean",
    }
    prompts: Any = _read_json(folder / "config_sentence_transformers.json").get("prompts")
    texts: dict[str, Any] = cast(dict[str, Any], prompts) if isinstance(prompts, dict) else {}
    window = _read_json(folder / "sentence_bert_config.json").get("max_seq_length")
    if not isinstance(window, int):
        window = _read_json(folder / "tokenizer_config.json").get("model_max_length")
    return ModelOverrides(
        pooling=next((name for mode, name in modes.items() if pooling.get(mode) is True), None),
        query_prefix=_prompt(texts, "query"),
        passage_prefix=_prompt(texts, "document", "passage"),
        max_tokens=min(window, _MOST_TOKENS) if isinstance(window, int) and window > 0 else None,
    )


def _prompt(prompts: dict[str, Any], *names: str) -> str | None:
    return next((prompts[name] for name in names if isinstance(prompts.get(name), str)), None)


def _first(*texts: str | None) -> str:
    return next((text for text in texts if text is not None), "")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            value: Any = json.loads(file.read(_READ))
    except (OSError, ValueError, RecursionError):
        return {}
    return cast(dict[str, Any], value) if isinstance(value, dict) else {}


def _measured(folder: Path, name: str) -> ModelFile:
    path = folder / name
    try:
        with path.open("rb") as file:
            return ModelFile(name, hashlib.file_digest(file, "sha256").hexdigest(), path.stat().st_size)
    except OSError as error:
        raise ModelError(f"folder {folder}", f"{name} cannot be read: {error.strerror or error}") from error


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:60] or "model"


def _digest(model: Model) -> str:
    """Eight hex digits of everything that a vector depends on."""
    parts = [file.sha256 for file in model.files.values()]
    parts += [model.pooling, model.query_prefix, model.passage_prefix, str(model.max_tokens)]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]


def _dimension(model: Model) -> int:
    """The numbers in a vector: what the graph says, or does where it says nothing."""
    import numpy as np

    from magray_memory.models.onnx import runtime
    from magray_memory.models.onnx.graph_io import GraphIO

    path = model.path("cpu")
    session = runtime.open_session(model, path)
    graph = GraphIO(model, path.name, session)
    if graph.dim is not None:
        return graph.dim
    one = np.ones((1, 2), np.int32)
    try:
        output = session.run([graph.output], graph.feeds(one, one))[0]
    except Exception as error:  # the runtime raises a class of its own for every status code
        raise ModelError(f"model {model.id}", f"{path.name} does not run: {error}") from error
    return int(output.shape[-1])
