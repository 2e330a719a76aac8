"""Writes `tokenizer.json`: a Unigram tokenizer of given pieces, or an existing one without padding."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from magray_memory.models.builder.sources import Piece

BEGIN, PAD, END, UNKNOWN, MASK = "<s>", "<pad>", "</s>", "<unk>", "<mask>"
SPECIALS = (BEGIN, PAD, END, UNKNOWN)
"""The first four pieces of XLM-R, in order of their ids."""

NEVER_IN_TEXT = frozenset((*SPECIALS, MASK))
NEVER = -100.0
"""Score of a special piece: a text that spells "</s>" is a text, not the end of it."""

INVISIBLE = "[\\x00-\\x08\\x0B\\x0E-\\x1F\\x7F\\u200B-\\u200F\\u2060\\uFEFF]"
"""Control and zero-width characters: SentencePiece's nmt_nfkc drops them, plain NFKC does not."""


def unigram(pieces: Sequence[Piece]) -> str:
    """A `tokenizer.json` for these pieces, ids in their order.

    Normalisation stands in for SentencePiece's nmt_nfkc: invisible characters go, NFKC, runs of white space
    become one space. No piece is an "added token", so nothing that stands in a text acts as one. Scores keep
    the shortest digits that name the same float32.
    """
    vocabulary = [
        [piece.text, NEVER if piece.text in NEVER_IN_TEXT else float(str(np.float32(piece.score)))]
        for piece in pieces
    ]
    return compact(
        {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [],
            "normalizer": {
                "type": "Sequence",
                "normalizers": [
                    {"type": "Replace", "pattern": {"Regex": INVISIBLE}, "content": ""},
                    {"type": "NFKC"},
                    {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "},
                    {"type": "Strip", "strip_left": True, "strip_right": True},
                ],
            },
            "pre_tokenizer": {
                "type": "Metaspace",
                "replacement": "▁",
                "prepend_scheme": "always",
                "split": True,
            },
            "post_processor": _framed(),
            "decoder": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
            "model": {
                "type": "Unigram",
                "unk_id": SPECIALS.index(UNKNOWN),
                "vocab": vocabulary,
                "byte_fallback": False,
            },
        }
    )


def plain(tokenizer_json: str) -> str:
    """An existing tokenizer without the padding and truncation that its publisher chose."""
    return compact({**json.loads(tokenizer_json), "truncation": None, "padding": None})


def compact(value: object) -> str:
    """JSON without needless spaces: this file is most of what a cold start parses."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _framed() -> dict[str, object]:
    """`<s> text </s>`."""
    begin, end = ({"SpecialToken": {"id": name, "type_id": 0}} for name in (BEGIN, END))
    return {
        "type": "TemplateProcessing",
        "single": [begin, {"Sequence": {"id": "A", "type_id": 0}}, end],
        "pair": [
            begin,
            {"Sequence": {"id": "A", "type_id": 0}},
            end,
            {"Sequence": {"id": "B", "type_id": 0}},
            end,
        ],
        "special_tokens": {
            name: {"id": name, "ids": [SPECIALS.index(name)], "tokens": [name]} for name in (BEGIN, END)
        },
    }
