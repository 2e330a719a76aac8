"""Graph inputs and outputs: fills what an ONNX graph takes, pools its output to one vector per text.

Our own graphs pool inside; models as others export them give the state of each token and differ in their
inputs. All of that is read from the session, so a graph that cannot be used says so before it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from magray_memory.errors import ModelError

if TYPE_CHECKING:
    from magray_memory.models.model import Model

Array = npt.NDArray[Any]
Vectors = npt.NDArray[np.float32]

POOLINGS = ("mean", "cls", "last")
_POOLED = ("embedding", "sentence_embedding")
_STATES = ("last_hidden_state", "token_embeddings", "hidden_states")
_TYPES = {
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(bool)": np.bool_,
}
_PAST = "past_key_values"


@dataclass(frozen=True, slots=True)
class _Input:
    name: str
    type: Any
    shape: tuple[int | str | None, ...]


class GraphIO:
    """The inputs and the output of one session of a model. Raises ModelError when they are not to be used."""

    def __init__(self, model: Model, name: str, session: Any) -> None:
        self._what = f"model {model.id}"
        self._file = name
        self._pooling = model.pooling
        self._exported = model.exported
        self.inputs = [self._known(entry) for entry in session.get_inputs()]
        if not {"input_ids", "attention_mask"} <= {entry.name for entry in self.inputs}:
            names = ", ".join(sorted(entry.name for entry in self.inputs))
            raise ModelError(self._what, f"{name} does not take input_ids and attention_mask but {names}")
        self.output, shape = self._output(session)
        self.pooled = len(shape) == 2
        if not self.pooled and self._pooling not in POOLINGS:
            raise ModelError(self._what, f"pooling is {', '.join(POOLINGS)}, not {self._pooling}")
        self.dim = shape[-1] if isinstance(shape[-1], int) else None
        """Numbers of a vector, None where only running tells."""
        if self.dim is not None and model.dim and self.dim != model.dim:
            raise ModelError(
                self._what, f"{name} makes vectors of {self.dim} numbers, model.toml says {model.dim}"
            )

    def feeds(self, ids: npt.NDArray[np.int32], mask: npt.NDArray[np.int32]) -> dict[str, Array]:
        """Every input for rows of tokens padded on the right: int32 [n, width] each."""
        rows, width = ids.shape
        made: dict[str, Array] = {"input_ids": ids, "attention_mask": mask}
        for entry in self.inputs:
            if entry.name == "token_type_ids":
                value: Array = np.zeros_like(ids)
            elif entry.name == "position_ids":
                value = np.broadcast_to(np.arange(width, dtype=np.int32), ids.shape)
            elif entry.name.startswith(_PAST):
                # A decoder that was exported for writing remembers what came before: nothing did.
                value = np.zeros([rows, *(size if isinstance(size, int) else 0 for size in entry.shape[1:])])
            elif entry.name == "use_cache_branch":
                value = np.zeros(1)
            else:
                value = made[entry.name]
            made[entry.name] = np.ascontiguousarray(value, dtype=entry.type)
        return made

    def vectors(self, output: Array, mask: npt.NDArray[np.int32]) -> Vectors:
        """The output as unit vectors: float32 [n, dim]."""
        states = output.astype(np.float32, copy=False)
        if self.pooled:
            return _unit(states) if self._exported else states
        if self._pooling == "cls":
            return _unit(states[:, 0])
        if self._pooling == "last":
            return _unit(states[np.arange(len(states)), mask.sum(axis=1) - 1])
        weights = mask[:, :, None].astype(np.float32)
        return _unit((states * weights).sum(axis=1) / weights.sum(axis=1))

    def _known(self, entry: Any) -> _Input:
        name, kind = str(entry.name), _TYPES.get(str(entry.type))
        expected = name in (
            "input_ids",
            "attention_mask",
            "token_type_ids",
            "position_ids",
            "use_cache_branch",
        )
        if kind is None or not (expected or name.startswith(_PAST)):
            raise ModelError(self._what, f"{self._file} takes {name} ({entry.type}), which is not known")
        return _Input(name, kind, tuple(entry.shape))

    def _output(self, session: Any) -> tuple[str, tuple[int | str | None, ...]]:
        """The output to use and its shape: a pooled one before the state of each token."""
        shapes = {str(entry.name): tuple(entry.shape) for entry in session.get_outputs()}
        for names, rank in ((_POOLED, 2), (_STATES, 3)):
            for name in names:
                if name in shapes and len(shapes[name]) == rank:
                    return name, shapes[name]
        # An only output may have any name, but scores of words or classes are no embedding.
        alone = [(name, shape) for name, shape in shapes.items() if len(shape) in (2, 3)]
        if len(shapes) == 1 and alone and "logits" not in alone[0][0]:
            return alone[0]
        raise ModelError(
            self._what,
            f"{self._file} has none of the outputs {', '.join((*_POOLED, *_STATES))} but {', '.join(shapes)}",
        )


def _unit(vectors: Vectors) -> Vectors:
    # A vector of zeros or of nothing stays what it is: whoever checks lengths will refuse it.
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=vectors.copy(), where=lengths > 0)
