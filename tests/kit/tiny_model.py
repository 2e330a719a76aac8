"""Models of random weights, small enough to make in a test: as exporters leave them, with what is odd."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

if TYPE_CHECKING:
    from pathlib import Path

PIECES = 4096
OPSET, IR = 17, 8


def make_model(
    folder: Path,
    *,
    dim: int = 32,
    seed: int = 1,
    output: str = "last_hidden_state",
    inputs: tuple[str, ...] = ("input_ids", "attention_mask", "token_type_ids"),
    opset: int = OPSET,
    fixed: bool = True,
) -> Path:
    """A folder with model.onnx and tokenizer.json: a token is a row of a random table, plus its position."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(graph(dim, seed, output, inputs, opset, fixed).SerializeToString())
    tokenizer().save(str(folder / "tokenizer.json"))
    return folder


def graph(
    dim: int, seed: int, output: str, inputs: tuple[str, ...], opset: int, fixed: bool
) -> onnx.ModelProto:
    random = np.random.default_rng(seed)
    table = random.standard_normal((PIECES, dim)).astype(np.float32)
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["words"])]
    last = "words"
    if "position_ids" in inputs:
        nodes += [
            helper.make_node("Gather", ["positions", "position_ids"], ["placed"]),
            helper.make_node("Add", [last, "placed"], ["with_place"]),
        ]
        last = "with_place"
    if "token_type_ids" in inputs:
        nodes += [
            helper.make_node("Gather", ["types", "token_type_ids"], ["typed"]),
            helper.make_node("Add", [last, "typed"], ["with_type"]),
        ]
        last = "with_type"
    nodes.append(helper.make_node("Identity", [last], [output]))
    constants = {
        "table": table,
        "positions": random.standard_normal((600, dim)).astype(np.float32) * 0.01,
        "types": np.zeros((2, dim), np.float32),
    }
    shape: list[Any] = ["batch", "tokens", dim if fixed else "width"]
    drawn = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"]) for name in inputs],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, shape)],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    return helper.make_model(drawn, opset_imports=[helper.make_opsetid("", opset)], ir_version=IR)


def tokenizer() -> Tokenizer:
    """Words of two letters and single characters, in lower case: enough to tell texts apart."""
    letters = "abcdefghijklmnopqrstuvwxyz0123456789_"
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *letters, *(f"##{c}" for c in letters)]
    pieces += [a + b for a in letters for b in letters] + [f"##{a}{b}" for a in letters for b in letters]
    made = Tokenizer(models.WordPiece({piece: at for at, piece in enumerate(pieces)}, unk_token="[UNK]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return made
