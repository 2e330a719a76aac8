"""Model folder writer: ONNX files, tokenizer, `model.toml` and NOTICE."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from magray_memory.models.builder import graph, notices, tokenizers_json, vocabulary
from magray_memory.models.builder.sources import Source, SourceError, Weights, sha256

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MAX_TOKENS = 512


@dataclass(frozen=True, slots=True)
class Kind:
    """What is particular to a family of models."""

    query_prefix: str
    passage_prefix: str
    languages: tuple[str, ...]
    licence: str
    max_tokens: int


E5 = Kind("query: ", "passage: ", ("en", "ru", "code"), "MIT", MAX_TOKENS)
MINILM = Kind("", "", ("en", "code"), "Apache-2.0", 256)


def cut_weights(weights: Weights, rows: Sequence[int]) -> Weights:
    """The same encoder with only these rows of the word table."""
    tensors = {**weights.tensors, "emb.word": weights.tensors["emb.word"][np.asarray(rows)]}
    return Weights(weights.width, weights.layers, weights.heads, weights.positions, weights.epsilon, tensors)


def build(
    source: Source, kind: Kind, name: str, out: Path, *, half: bool = False, kept: Sequence[str] = ()
) -> None:
    """Writes the model folder `out`. The same source and options give the same bytes. Raises SourceError."""
    weights = source.weights
    if source.pieces is None:
        assert source.tokenizer_json is not None
        tokenizer, notice = tokenizers_json.plain(source.tokenizer_json), notices.MINILM
        notice = notice.format(id=name, width=weights.width, origin=source.origin)
    else:
        try:
            rows = vocabulary.cut(source.pieces, kept)
        except KeyError as missing:
            raise SourceError(f"the vocabulary of {source.origin} has no piece {missing}") from missing
        weights = cut_weights(weights, rows)
        tokenizer = tokenizers_json.unigram([source.pieces[row] for row in rows])
        notice = notices.E5.format(
            id=name, width=weights.width, origin=source.origin, before=len(source.pieces), after=len(rows)
        )
        notice += notices.MIT
    files = {"tokenizer": ("tokenizer.json", tokenizer.encode())}
    files["cpu"] = ("model.int8.onnx", graph.quantized(graph.encoder(weights)))
    if half:
        files["cuda"] = (
            "model.fp16.onnx",
            graph.encoder(weights, half=True).SerializeToString(deterministic=True),
        )
    out.mkdir(parents=True, exist_ok=True)
    for file_name, data in files.values():
        (out / file_name).write_bytes(data)
    _write(out / "NOTICE", notice)
    _write(out / "model.toml", _toml(name, weights.width, kind, files))


def record_reference(folder: Path) -> None:
    """Add the vector of the reference text to `model.toml`, to check devices against."""
    from magray_memory.models import reference
    from magray_memory.models.model import load_model
    from magray_memory.models.onnx import runtime

    model = load_model(folder)
    vector = reference.embed(model, runtime.open_runner(model), runtime.open_tokenizer(model))
    text = (folder / "model.toml").read_text("utf-8")
    licence = f"licence = {json.dumps(model.licence)}\n"
    _write(
        folder / "model.toml",
        text.replace(licence, f"{licence}reference = {json.dumps(reference.encode(vector))}\n"),
    )


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8", newline="\n")


def _toml(name: str, width: int, kind: Kind, files: dict[str, tuple[str, bytes]]) -> str:
    """`model.toml`. A JSON string of plain text is a TOML string too."""
    lines = [
        "# Made by scripts/build_model.py. The id names the vector space: another id, other vectors.",
        f"id = {json.dumps(name)}",
        f"dim = {width}",
        f"max_tokens = {kind.max_tokens}",
        'pooling = "mean"',
        f"query_prefix = {json.dumps(kind.query_prefix)}",
        f"passage_prefix = {json.dumps(kind.passage_prefix)}",
        f"languages = {json.dumps(list(kind.languages))}",
        f"licence = {json.dumps(kind.licence)}",
    ]
    for device, (file_name, data) in files.items():
        lines += ["", f"[files.{device}]", f"name = {json.dumps(file_name)}"]
        lines += [f"sha256 = {json.dumps(sha256(data))}", f"bytes = {len(data)}"]
    return "\n".join(lines) + "\n"
