"""Reference text and its expected vector, to check that a device really runs the model."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

from magray_memory.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from magray_memory.models.model import Model
    from magray_memory.models.onnx.runner import Runner

TEXT = "Where is the access token refreshed? Токен доступа обновляется в refresh_access_token(session)."
CLOSE = 0.97
"""The least cosine to the expected vector. int8 and fp16 files of one model differ by .004 on
average and never more than .008; another model or a broken kernel is far below."""


def embed(model: Model, runner: Runner, tokenizer: Any) -> NDArray[np.float32]:
    """The reference text by this session: float32 [dim]. Raises EmbeddingUnavailable."""
    return runner.run([tokenizer.encode(model.passage_prefix + TEXT).ids])[0]


def encode(vector: NDArray[np.float32]) -> str:
    """A vector for `model.toml`: base64 of little-endian float16."""
    return base64.b64encode(vector.astype("<f2").tobytes()).decode("ascii")


def expected(model: Model) -> NDArray[np.float32] | None:
    """The vector in `model.toml`, of unit length; None where there is none. Raises ModelError."""
    if not model.reference:
        return None
    try:
        vector = np.frombuffer(base64.b64decode(model.reference, validate=True), "<f2").astype(np.float32)
    except ValueError as error:
        raise ModelError(f"model {model.id}", f"model.toml: reference is no vector ({error})") from error
    length = float(np.linalg.norm(vector))
    if vector.shape != (model.dim,) or not length > 0:
        raise ModelError(f"model {model.id}", f"model.toml: reference is no vector of {model.dim} numbers")
    return vector / length
