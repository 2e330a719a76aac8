"""ONNX graph of the encoder, fused: ids and mask in, unit vectors out.

ONNX Runtime's own fused operators (`com.microsoft`) are written down directly, so no session has to search
for patterns to fuse: that is most of the time to open a model, and it is what makes int8 quick.
"""

from __future__ import annotations

import importlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from magray_memory.models.builder.sources import Weights

MICROSOFT = "com.microsoft"
OPSET, IR = 17, 8
"""Old enough for every ONNX Runtime that magray accepts."""


class _Graph:
    """Nodes and constants in the making."""

    def __init__(self, weights: Weights, half: bool) -> None:
        self.weights = weights
        self.float = np.float16 if half else np.float32
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, value: np.ndarray, *, exact: bool = False) -> str:
        """Adds an initializer; `exact` keeps its type, everything else takes the graph's float type."""
        array = value if exact else value.astype(self.float)
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def weight(self, name: str) -> str:
        """Adds a vector of the model under its own name."""
        return self.constant(name, self.weights.tensors[name])

    def matrix(self, name: str) -> str:
        """Adds a matrix of the model, turned to [in, out]."""
        return self.constant(name, self.weights.tensors[name].T)

    def node(self, kind: str, inputs: list[str], output: str, domain: str = "", **attributes: Any) -> str:
        """Adds a node with one output that is used."""
        outputs = [output, f"{output}.mask"] if kind == "EmbedLayerNormalization" else [output]
        self.nodes.append(
            helper.make_node(kind, inputs, outputs, name=f"{output}.{kind}", domain=domain, **attributes)
        )
        return output


def encoder(weights: Weights, *, half: bool = False) -> onnx.ModelProto:
    """The whole encoder with mean pooling and L2 normalisation inside.

    Inputs `input_ids` and `attention_mask`: int32 [batch, tokens], padded on the right. Output `embedding`:
    float32 [batch, width], unit length. `half` keeps weights and activations in float16 for a GPU; pooling
    stays float32.
    """
    graph = _Graph(weights, half)
    tensors = weights.tensors
    tokens = graph.node(
        "EmbedLayerNormalization",
        [
            "input_ids",
            "",
            graph.weight("emb.word"),
            graph.constant("emb.pos", tensors["emb.pos"] + tensors["emb.type"][0]),
            "",
            graph.weight("emb.ln.w"),
            graph.weight("emb.ln.b"),
            "attention_mask",
        ],
        "embedded",
        MICROSOFT,
        epsilon=weights.epsilon,
    )
    for layer in range(weights.layers):
        tokens = _layer(graph, f"l{layer}", tokens)
    _pool(graph, tokens)
    drawn = helper.make_graph(
        graph.nodes,
        "encoder",
        [helper.make_tensor_value_info(name, TensorProto.INT32, ["batch", "tokens"]) for name in INPUTS],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", weights.width])],
        graph.constants,
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)]
    return helper.make_model(drawn, opset_imports=opsets, ir_version=IR, producer_name="magray build_model")


INPUTS = ("input_ids", "attention_mask")


def _layer(graph: _Graph, name: str, tokens: str) -> str:
    tensors, epsilon = graph.weights.tensors, graph.weights.epsilon
    packed = graph.constant(
        f"{name}.qkv.w", np.concatenate([tensors[f"{name}.{part}.w"].T for part in "qkv"], axis=1)
    )
    bias = graph.constant(f"{name}.qkv.b", np.concatenate([tensors[f"{name}.{part}.b"] for part in "qkv"]))
    seen = graph.node(
        "Attention",
        [tokens, packed, bias, "embedded.mask"],
        f"{name}.attention",
        MICROSOFT,
        num_heads=graph.weights.heads,
    )
    projected = graph.node("MatMul", [seen, graph.matrix(f"{name}.ao.w")], f"{name}.ao")
    attended = graph.node(
        "SkipLayerNormalization",
        [projected, tokens, *(graph.weight(f"{name}.{part}") for part in ("aln.w", "aln.b", "ao.b"))],
        f"{name}.attended",
        MICROSOFT,
        epsilon=epsilon,
    )
    wide = graph.node("MatMul", [attended, graph.matrix(f"{name}.fi.w")], f"{name}.fi")
    active = graph.node("BiasGelu", [wide, graph.weight(f"{name}.fi.b")], f"{name}.gelu", MICROSOFT)
    narrow = graph.node("MatMul", [active, graph.matrix(f"{name}.fo.w")], f"{name}.fo")
    return graph.node(
        "SkipLayerNormalization",
        [narrow, attended, *(graph.weight(f"{name}.{part}") for part in ("oln.w", "oln.b", "fo.b"))],
        f"{name}.out",
        MICROSOFT,
        epsilon=epsilon,
    )


def _pool(graph: _Graph, tokens: str) -> None:
    """Mean over the tokens that the mask keeps, then unit length."""
    last = graph.constant("axis.last", np.array([2], np.int64), exact=True)
    middle = graph.constant("axis.tokens", np.array([1], np.int64), exact=True)
    states = graph.node("Cast", [tokens], "states", to=TensorProto.FLOAT)
    mask = graph.node("Cast", ["attention_mask"], "mask.float", to=TensorProto.FLOAT)
    mask = graph.node("Unsqueeze", [mask, last], "mask")
    kept = graph.node("Mul", [states, mask], "states.kept")
    total = graph.node("ReduceSum", [kept, middle], "states.sum", keepdims=0)
    count = graph.node("ReduceSum", [mask, middle], "mask.sum", keepdims=0)
    mean = graph.node("Div", [total, count], "mean")
    graph.node("LpNormalization", [mean], "embedding", axis=-1, p=2)


def quantized(model: onnx.ModelProto) -> bytes:
    """The same graph with int8 weights, activations quantized as they come.

    Seven bits of the range are used (`reduce_range`), because processors with AVX2 and without VNNI add
    products in 16 bits and would overflow; mean cosine to float32 is .9958 with it and .9962 without.
    """
    onnxruntime: Any = importlib.import_module("onnxruntime")
    quantization: Any = importlib.import_module("onnxruntime.quantization")

    with tempfile.TemporaryDirectory() as folder:
        before, after, fused = (Path(folder, name) for name in ("float.onnx", "int8.onnx", "fused.onnx"))
        before.write_bytes(model.SerializeToString(deterministic=True))
        quantization.quantize_dynamic(
            before,
            after,
            weight_type=quantization.QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            extra_options={"MatMulConstBOnly": True, "DefaultTensorType": TensorProto.FLOAT},
        )
        # Joins each quantized MatMul with the scaling around it, once here instead of at every start.
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        options.optimized_model_filepath = str(fused)
        options.log_severity_level = 3
        onnxruntime.InferenceSession(after, options, providers=["CPUExecutionProvider"])
        done = cast(onnx.ModelProto, cast(Any, onnx).load(fused))
    del done.opset_import[:]
    done.opset_import.extend(model.opset_import)
    done.producer_name, done.producer_version = model.producer_name, ""
    _quicken(done.graph)
    return done.SerializeToString(deterministic=True)


def _quicken(graph: onnx.GraphProto) -> None:
    """Take two fused operators apart that ONNX Runtime computes number by number on a processor.

    Of 12.3 ms for 64 tokens on one core 3.3 are SkipLayerNormalization, of which Add and LayerNormalization
    take .8, and 1.3 BiasGelu, of which Gelu takes .8; the biases cost nothing where the product before adds
    them. In all 9.1 ms.
    """
    products = {node.output[0]: node for node in graph.node if node.op_type == "DynamicQuantizeMatMul"}
    nodes: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type == "SkipLayerNormalization":
            product, skipped, weight, offset, bias = node.input
            _add_bias(products[product], bias)
            output, total = node.output[0], f"{node.output[0]}.sum"
            nodes.append(helper.make_node("Add", [product, skipped], [total], name=f"{output}.Add"))
            nodes.append(
                helper.make_node(
                    "LayerNormalization",
                    [total, weight, offset],
                    [output],
                    name=f"{output}.LayerNormalization",
                    axis=-1,
                    epsilon=next(given.f for given in node.attribute if given.name == "epsilon"),
                )
            )
        elif node.op_type == "BiasGelu":
            product, bias = node.input
            _add_bias(products[product], bias)
            name = f"{node.output[0]}.Gelu"
            nodes.append(helper.make_node("Gelu", [product], node.output, name=name, domain=MICROSOFT))
        else:
            nodes.append(node)
    kept = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del graph.node[:]
    graph.node.extend(kept)


def _add_bias(product: onnx.NodeProto, bias: str) -> None:
    """Have a quantized product add this vector to its rows: its fifth input."""
    product.input.extend([""] * (4 - len(product.input)))
    del product.input[4:]
    product.input.append(bias)
