"""Runner: one open session on one device; token rows in, vectors out, or a typed error.

Nothing here chooses or repairs; `fallback` does. A vector that leaves this module was made by the model and
is of unit length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from magray_memory.errors import EmbeddingUnavailable, ModelError
from magray_memory.models.onnx.gpu_errors import is_out_of_memory, library_failure
from magray_memory.models.onnx.graph_io import GraphIO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from magray_memory.models.model import Model

Vectors = npt.NDArray[np.float32]
_Tokens = npt.NDArray[np.int32]

TOLERANCE = 1e-4
"""The most that a batch may change a vector, as 1 - cosine to the text run alone: rounding of float16, whose
last digit is a thousandth, is far below it; dynamic quantization is twenty times above."""
_SHORT_ROW, _LONG_ROW = 8, 64
_WIDTH_STEP = 64
"""Widths of batches on a GPU are multiples of it, and a batch is full or a single row: few shapes.

The GPU's libraries prepare a shape at the first batch of it. cuDNN takes 60 ms for that on an H200, where the
batch itself takes 3: batches of any shape ran at 720 passages a second there the first time, and at 12,500
the second.
"""
_UNIT_TOLERANCE = 0.01
"""A vector of unit length may be so far from it: float16 sums of 384 squares stay within .002."""


class RunFailed(EmbeddingUnavailable):
    """The session gave an error, or something that is no vector, for a batch."""


class OutOfMemory(RunFailed):
    """The device had no room for the batch; a smaller one may fit."""


class Runner:
    """A session on `device` (`cpu` or `cuda`), with the batch that suits it. Safe in several threads.

    `batch_tokens`: tokens of a batch, padding included; None runs each row alone. `binding` hands over inputs
    and outputs by IO binding, which spares a GPU a copy and a wait per tensor.
    """

    def __init__(
        self,
        model: Model,
        session: Any,
        batch_tokens: int | None = None,
        *,
        file: str = "",
        binding: bool = False,
    ) -> None:
        """`file` is the graph's name, for messages. Raises ModelError when the graph cannot be used."""
        self.providers: tuple[str, ...] = tuple(session.get_providers())
        self.device = "cuda" if "CUDAExecutionProvider" in self.providers else "cpu"
        self.batch_tokens = batch_tokens
        self._model = model
        self._session = session
        self._io = GraphIO(model, file or "its graph", session)
        self._binding = binding

    def run(self, rows: Sequence[Sequence[int]]) -> Vectors:
        """Unit vectors of rows of tokens, none of them empty: float32 [n, dim].

        Raises OutOfMemory, RunFailed; ModelError when what the model makes is no vector.
        """
        if self.batch_tokens is None and len(rows) > 1:
            return np.concatenate([self._run([row]) for row in rows])
        return self._run(rows)

    def agrees_in_batches(self) -> bool:
        """Whether a text has the same vector, within TOLERANCE, alone and beside a longer one.

        False for a graph that quantizes its activations by the batch. Raises as `run` does.
        """
        rows = [[3 + number % 29 for number in range(length)] for length in (_SHORT_ROW, _LONG_ROW)]
        alone = np.concatenate([self._run([row]) for row in rows])
        return bool(np.all((alone * self._run(rows)).sum(axis=1) >= 1 - TOLERANCE))

    def padded_width(self, tokens: int) -> int:
        """The width of a batch whose longest row has so many tokens."""
        if self.batch_tokens is None:
            return tokens
        return max(tokens, min(self._model.max_tokens, -(-tokens // _WIDTH_STEP) * _WIDTH_STEP))

    def use_less(self, rows: Sequence[Sequence[int]]) -> None:
        """Halve the batch from now on: there was no room for one of these rows."""
        if self.batch_tokens is not None:
            count, width = self._shape(rows)
            self.batch_tokens = min(self.batch_tokens, count * width // 2)

    def _shape(self, rows: Sequence[Sequence[int]]) -> tuple[int, int]:
        """Rows and width of a batch of these rows with its padding."""
        count, width = len(rows), self.padded_width(max(map(len, rows)))
        if self.batch_tokens is None or count == 1:
            return count, width
        return max(count, self.batch_tokens // width), width

    def _padded(self, rows: Sequence[Sequence[int]]) -> tuple[_Tokens, _Tokens]:
        """Tokens and mask; rows beyond those that were given have one token."""
        ids = np.zeros(self._shape(rows), np.int32)
        mask = np.zeros_like(ids)
        mask[len(rows) :, 0] = 1
        for row, tokens in enumerate(rows):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        return ids, mask

    def _run(self, rows: Sequence[Sequence[int]]) -> Vectors:
        ids, mask = self._padded(rows)
        try:
            vectors = (self._bound(ids, mask) if self._binding else self._plain(ids, mask))[: len(rows)]
        except Exception as error:  # the runtime raises a class of its own for every status code
            kind = OutOfMemory if is_out_of_memory(error) else RunFailed
            raise kind(f"model {self._model.id}", f"it failed while running: {first_line(error)}") from error
        lengths = np.linalg.norm(vectors, axis=1)
        expected = (len(rows), self._model.dim)
        if vectors.shape != expected or not bool(np.all(np.abs(lengths - 1) < _UNIT_TOLERANCE)):  # NaN too
            raise ModelError(
                f"model {self._model.id}",
                "it made a vector that is not of unit length",
                "magray model verify",
            )
        return vectors

    def _plain(self, ids: _Tokens, mask: _Tokens) -> Vectors:
        output = self._session.run([self._io.output], self._io.feeds(ids, mask))[0]
        return self._io.vectors(output, mask)

    def _bound(self, ids: _Tokens, mask: _Tokens) -> Vectors:
        binding = self._session.io_binding()
        for name, value in self._io.feeds(ids, mask).items():
            binding.bind_cpu_input(name, value)
        binding.bind_output(self._io.output)
        self._session.run_with_iobinding(binding)
        return self._io.vectors(binding.copy_outputs_to_cpu()[0], mask)


def first_line(error: BaseException) -> str:
    """The first line of what an error says, short enough for one line of output; of an error of a GPU's
    library, what that library said.
    """
    said = library_failure(str(error))
    if said:
        return said
    lines = str(error).strip().splitlines()
    text = lines[0].strip() if lines else type(error).__name__
    return text if len(text) <= 200 else f"{text[:199]}…"
