"""Static table: a vector for each piece of a model's tokenizer, which give a text an approximate vector
without running the model.

An approximate vector lies in the model's own space: mean + Σ wᵢ·vᵢ / Σ wᵢ over the pieces of the text's
distinct words, of unit length. `scripts/build_static.py` fits the table to the model's vectors, so it belongs
to one vector space, whose embedding key it names. Vectors of pieces stand in a basis of fewer dimensions, as
int8; so do those of texts, and a question is taken into the basis instead of every text out of it
(`static_scores`).

The file is mapped, nothing of it is read before it is used:

    MAGIC, the length of the header (8 bytes, little-endian), the header (JSON), zeros up to a multiple of 64
    basis float32 [rank, dim], orthonormal rows · mean float32 [dim]
    scales float16 [pieces] · weights float16 [pieces] · vectors int8 [pieces, rank]
"""

from __future__ import annotations

import base64
import hashlib
import json
import mmap
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from magray_memory.errors import ModelError
from magray_memory.models.default_model import BUNDLED, DEFAULT_ID
from magray_memory.models.model import TOKENIZER, load_model

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from magray_memory.models.model import Model

MAGIC = b"magray static table 1\n"
FILE = "static"
"""The key of the table in `[files]` of model.toml."""
TAIL_BYTES = 4
"""A row of a text ends with two float16: the scale of its coordinates, and 1 / length of the vector."""
_ALIGNMENT = 64
_LONGEST_HEADER = 1 << 20


class StaticTable:
    """A mapped table. `key` names it among others, `embedding_key` the vectors that it stands in for."""

    def __init__(self, path: Path) -> None:
        """Raises ModelError for a file that is no such table, OSError where it cannot be read."""
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        header, start = _header(path, mapped)
        self.header = header
        self.embedding_key = str(header["embedding_key"])
        self.tokenizer = str(header["tokenizer"])
        self.key = f"{self.embedding_key}/{header['digest']}"
        self.pieces, self.rank, self.dim = (int(header[name]) for name in ("pieces", "rank", "dim"))
        self.row_bytes = self.rank + TAIL_BYTES
        self.slope = float(header["slope"])
        means = np.array([[_vector(text) for text in both] for both in header["means"].values()], np.float32)
        self.questions: NDArray[np.float32] = means[:, 0]
        self.texts: NDArray[np.float32] = means[:, 1]
        expected = start + 4 * self.dim * (self.rank + 1) + self.pieces * (4 + self.rank)
        if len(mapped) != expected:
            raise ModelError(f"static table {path}", f"it has {len(mapped):,} bytes instead of {expected:,}")

        def array(kind: str, *shape: int) -> NDArray[Any]:
            nonlocal start
            found = np.frombuffer(mapped, kind, int(np.prod(shape)), start).reshape(shape)
            start += found.nbytes
            return found

        self.basis: NDArray[np.float32] = array("<f4", self.rank, self.dim)
        self.mean: NDArray[np.float32] = array("<f4", self.dim)
        self.scales: NDArray[np.float16] = array("<f2", self.pieces)
        self.weights: NDArray[np.float16] = array("<f2", self.pieces)
        self.vectors: NDArray[np.int8] = array("i1", self.pieces, self.rank)

    def decode(self, rows: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Rows of texts as unit vectors of the model's space: uint8 [n, row_bytes] to float32 [n, dim]."""
        coordinates = rows[:, : self.rank].view(np.int8).astype(np.float32)
        tails = np.ascontiguousarray(rows[:, self.rank :]).view("<f2").astype(np.float32)
        np.nan_to_num(tails, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
        vectors = coordinates * tails[:, :1] @ self.basis + self.mean * tails[:, 1:]
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-6)

    def encode(self, coordinates: NDArray[np.float32]) -> NDArray[np.uint8]:
        """Texts by their coordinates, float32 [n, rank], as rows that are stored: uint8 [n, row_bytes]."""
        along = self.basis @ self.mean
        lengths = np.einsum("ij,ij->i", coordinates, coordinates)
        squares = self.mean @ self.mean + 2 * (coordinates @ along) + lengths
        inverse = 1 / np.sqrt(np.maximum(squares, 1e-6))
        steps = np.maximum(np.abs(coordinates).max(axis=1), 1e-6) / 127
        rows = np.empty((len(coordinates), self.row_bytes), np.uint8)
        rows[:, : self.rank] = np.rint(coordinates / steps[:, None]).astype(np.int8).view(np.uint8)
        tails = np.stack([steps * inverse, inverse], axis=1).astype("<f2")
        rows[:, self.rank :] = tails.view(np.uint8)
        return rows


def _header(path: Path, mapped: mmap.mmap | bytes) -> tuple[dict[str, Any], int]:
    what = f"static table {path}"
    at = len(MAGIC) + 8
    if mapped[: len(MAGIC)] != MAGIC:
        raise ModelError(what, "it is no static table")
    length = int.from_bytes(mapped[len(MAGIC) : at], "little")
    if length > _LONGEST_HEADER:
        raise ModelError(what, "its header is damaged")
    try:
        header = json.loads(mapped[at : at + length])
    except ValueError as error:
        raise ModelError(what, "its header is damaged") from error
    return cast(dict[str, Any], header), _aligned(at + length)


def _vector(text: str) -> NDArray[np.float16]:
    return np.frombuffer(base64.b64decode(text), "<f2")


def _aligned(position: int) -> int:
    return -(-position // _ALIGNMENT) * _ALIGNMENT


def write_table(
    path: Path,
    header: dict[str, Any],
    basis: NDArray[np.float32],
    mean: NDArray[np.float32],
    weights: NDArray[np.float32],
    vectors: NDArray[np.float32],
) -> None:
    """Write a table: `vectors` of the pieces float32 [pieces, rank] in the basis. For scripts that fit one.

    `header` has `embedding_key`, `tokenizer` (the sha256 of its file), `slope` (from differences of unit
    deviations to those of the model's cosines), `means` (of questions and of texts, the model's own vectors,
    by language: float16 in base64) and whatever else is of use.
    """
    steps = (np.maximum(np.abs(vectors).max(axis=1), 1e-6) / 127).astype("<f2")
    quantized = np.clip(np.rint(vectors / steps.astype(np.float32)[:, None]), -127, 127).astype("i1")
    parts = [basis.astype("<f4"), mean.astype("<f4"), steps, weights.astype("<f2"), quantized]
    body = b"".join(np.ascontiguousarray(part).tobytes() for part in parts)
    pieces, rank = vectors.shape
    facts = {**header, "pieces": pieces, "rank": rank, "dim": len(mean)}
    facts["digest"] = hashlib.blake2b(body, digest_size=4).hexdigest()
    write_header(path, facts, body)


def write_header(path: Path, header: dict[str, Any], body: bytes) -> None:
    """Write a table of a header and all that follows it. For scripts."""
    text = json.dumps(header, ensure_ascii=False, sort_keys=True).encode()
    head = MAGIC + len(text).to_bytes(8, "little") + text
    path.write_bytes(head.ljust(_aligned(len(head)), b"\0") + body)


def read_table(path: Path) -> tuple[dict[str, Any], bytes]:
    """The header of a table, and all that follows it. For scripts."""
    data = path.read_bytes()
    header, start = _header(path, data)
    return header, data[start:]


def table_of(model: Model) -> StaticTable | None:
    """The table that stands in for a model's vectors; None where there is none, or it is of another model."""
    from magray_memory.models.recipe import embedding_key

    owner = model
    if FILE not in model.files and model.id == DEFAULT_ID:
        owner = load_model(BUNDLED / DEFAULT_ID)  # a copy with a file for the GPU: the same space
    if FILE not in owner.files:
        return None
    try:
        table = StaticTable(owner.path(FILE))
    except (ModelError, OSError, KeyError, ValueError):
        return None
    same = table.embedding_key == embedding_key(model) and table.tokenizer == model.files[TOKENIZER].sha256
    return table if same else None
