"""GPU build: gives a model that runs on the processor its file for a GPU, the same weights in float16."""

from __future__ import annotations

import importlib
import shutil
from typing import TYPE_CHECKING

from magray_memory import atomic_file
from magray_memory.errors import ModelError
from magray_memory.models.model import Model, ModelFile, write_model

if TYPE_CHECKING:
    from pathlib import Path

FILE = "model.fp16.onnx"


def build(model: Model, home_models: Path, source: Path | None = None) -> Model:
    """A copy of a model of the package in the home, with `cuda` beside `cpu`; both are one vector space.

    `source`: the weights, as `scripts/build_model.py` takes them; None fetches them with pip. Raises
    ModelError: this model cannot be built, `onnx` is missing, or the weights are not to be had.
    """
    try:
        importlib.import_module("onnx")
    except ImportError as error:
        raise ModelError(
            f"model {model.id}", "building needs the package onnx", 'pip install "magray[build]"'
        ) from error
    from magray_memory.models.builder import folder, graph, known, sources, vocabulary

    if model.id not in (known.E5_ID, known.MINILM_ID):
        raise ModelError(
            f"model {model.id}",
            f"only {known.E5_ID} can be built",
            f"magray model pull {model.id} --device cuda",
        )
    try:
        atomic_file.make_private(home_models)
        if model.id == known.E5_ID:
            found = known.e5_source(source, home_models / model.id)
            assert found.pieces is not None
            weights = folder.cut_weights(found.weights, vocabulary.cut(found.pieces, vocabulary.read_kept()))
        else:
            weights = known.minilm_source(source, home_models / model.id).weights
    except (sources.SourceError, OSError, KeyError) as error:
        why = (
            f"{error.filename}: {error.strerror}" if isinstance(error, OSError) and error.strerror else error
        )
        raise ModelError(
            f"model {model.id}", f"its weights are not available: {why}", "--source FILE"
        ) from error
    data = graph.encoder(weights, half=True).SerializeToString(deterministic=True)
    place = home_models / model.id
    try:
        atomic_file.make_private(place)
        for file in model.files.values():
            if model.folder != place:
                shutil.copyfile(model.folder / file.name, place / file.name)
                atomic_file.narrow(place / file.name)
        atomic_file.write_bytes(place / FILE, data)
    except OSError as error:
        raise ModelError(
            f"model {model.id}", f"{place} cannot be written: {error.strerror or error}"
        ) from error
    files = {**model.files, "cuda": ModelFile(FILE, sources.sha256(data), len(data))}
    made = model._replace(folder=place, place=place, files=files)
    write_model(made)
    return made
