"""The shipped model against the uncut one in float32 (made by `scripts/build_model.py reference`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from tokenizers import Tokenizer

if TYPE_CHECKING:
    from magray_memory.models.embedder import Embedder
    from magray_memory.models.model import Model

HERE = Path(__file__).parent
TEXTS: list[str] = json.loads((HERE / "parity_texts.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def reference() -> tuple[np.ndarray, list[list[str]]]:
    """Unit vectors float32 [n, dim] and the uncut tokenizer's tokens of each text."""
    with np.load(HERE / "parity_reference.npz") as stored:
        vectors = stored["vectors"].astype(np.float32)
        tokens = json.loads(stored["tokens"].tobytes().decode("utf-8"))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), tokens


def test_vectors_are_those_of_the_float32_model(
    embedder: Embedder, reference: tuple[np.ndarray, list[list[str]]]
) -> None:
    cosines = np.zeros(len(TEXTS))
    for positions, vectors in embedder.passages(TEXTS):
        cosines[positions] = (vectors * reference[0][positions]).sum(axis=1)
    assert len(TEXTS) == 50
    assert cosines.mean() >= 0.99
    # The worst is a shouted Russian sentence, two of whose pieces were cut.
    assert cosines.min() >= 0.96


def test_tokens_are_the_uncut_ones_wherever_no_piece_was_cut(
    bundled: Model, reference: tuple[np.ndarray, list[list[str]]]
) -> None:
    tokenizer = Tokenizer.from_file(str(bundled.path("tokenizer")))
    tokenizer.enable_truncation(bundled.max_tokens)
    kept = tokenizer.get_vocab()
    untouched = 0
    for text, expected in zip(TEXTS, reference[1], strict=True):
        if all(token in kept for token in expected):
            untouched += 1
            assert tokenizer.encode(bundled.passage_prefix + text).tokens == expected
    assert untouched >= 48


def test_the_tokenizer_loses_no_character_that_people_type(bundled: Model) -> None:
    tokenizer = Tokenizer.from_file(str(bundled.path("tokenizer")))
    text = "".join(map(chr, (*range(33, 127), *range(0x410, 0x450), 0x401, 0x451))) + "«»—–…№│─┌"
    assert "<unk>" not in tokenizer.encode(text).tokens


def test_what_is_near_in_meaning_is_near_across_languages(embedder: Embedder) -> None:
    texts = [
        "settings are stored in the home folder",
        "рецепт бананового хлеба",
        "a match of two chess players",
    ]
    question = embedder.query("где хранятся настройки?")
    scores = {}
    for positions, vectors in embedder.passages(texts):
        scores.update(zip(positions, vectors @ question, strict=True))
    assert max(scores, key=lambda position: scores[position]) == 0
