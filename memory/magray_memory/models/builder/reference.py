"""Reference vectors for the parity test: the uncut vocabulary in float32, nothing quantized."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from magray_memory.models.builder import graph
from magray_memory.models.builder.folder import E5, MAX_TOKENS
from magray_memory.models.builder.tokenizers_json import unigram

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.models.builder.sources import Source


def write(source: Source, texts_file: Path, out: Path) -> None:
    """Writes `vectors` [n, width] float16 and, per text, the uncut tokenizer's tokens as JSON."""
    assert source.pieces is not None
    texts: list[str] = json.loads(texts_file.read_text("utf-8"))
    tokenizer: Any = Tokenizer.from_str(unigram(source.pieces))
    tokenizer.enable_truncation(MAX_TOKENS)
    session: Any = onnxruntime.InferenceSession(
        graph.encoder(source.weights).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    vectors: list[Any] = []
    tokens: list[list[str]] = []
    for text in texts:
        encoding = tokenizer.encode(E5.passage_prefix + text)
        ids = np.array([encoding.ids], np.int32)
        vectors.append(session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids)})[0][0])
        tokens.append(encoding.tokens)
    packed = np.frombuffer(json.dumps(tokens, ensure_ascii=False).encode(), np.uint8)
    np.savez_compressed(out, vectors=np.array(vectors, np.float16), tokens=packed)
