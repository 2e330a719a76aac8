"""Turns texts into vectors with one open model.

`query` answers in milliseconds; `passages` keeps the processor busy with the model alone: texts are sorted by
length, run in small batches, and tokenized ahead in a thread. A vector is the model's own or an error, never
a substitute.

The int8 model scales its activations by the largest of the whole batch, so a text's vector depends a little
on its company: the cosine between a text embedded alone and in a mixed batch is .996 on average and never
seen below .99, as near as either is to float32. The same texts in the same call always give the same
vectors.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from magray_memory.embedding import recipe, runtime
from magray_memory.errors import EmbeddingUnavailable, ModelError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from magray_memory.embedding.model import Model

Vectors = npt.NDArray[np.float32]

BATCH_TOKENS = 512
"""Tokens of a batch, padding included: 8 texts of 64 tokens, 4 of 128, one of 512.

Texts a second on two cores at 73 tokens each, by this limit: 128: 143, 256: 151, 512: 163, 1024: 163.
"""
SLICE = 64
"""Texts tokenized at a time, while the model runs the slice before: about 6 ms of one core.

With both, `passages` runs at 97 to 100 % of a bare loop of `session.run` over the same batches.
"""


class Embedder:
    """An open model: session and tokenizer. Safe to use from several threads."""

    def __init__(self, model: Model, session: Any, tokenizer: Any) -> None:
        self.model = model
        self.dim = model.dim
        self.key = recipe.embedding_key(model)
        self._session = session
        self._tokenizer = tokenizer

    @classmethod
    def open(cls, model: Model, *, device: str = "auto", threads: int = 0) -> Embedder:
        """Opens the model on the processor; `threads` 0 means the cores this process may use, at most 8.

        Raises EmbeddingUnavailable, or ModelError when the model's folder is at fault. `device` is a wish;
        what came true is `Embedder.device`.
        """
        with ThreadPoolExecutor(1, "tokenizer") as aside:
            tokenizer = aside.submit(runtime.open_tokenizer, model)
            session = runtime.open_session(model, threads)
            return cls(model, session, tokenizer.result())

    @property
    def device(self) -> str:
        """Where the session really runs: `cuda` or `cpu`."""
        return "cuda" if "CUDAExecutionProvider" in self._session.get_providers() else "cpu"

    def covers(self, language: str) -> bool:
        """Whether vectors of this language mean anything (ISO 639-1, or `code`)."""
        return self.model.covers(language)

    def query(self, text: str) -> Vectors:
        """The unit vector of a question: float32 [dim]. Raises EmbeddingUnavailable."""
        return self._run(self._encode([self.model.query_prefix + text]))[0]

    def passages(
        self, texts: Sequence[str], should_stop: Callable[[], bool] | None = None
    ) -> Iterator[tuple[list[int], Vectors]]:
        """Unit vectors as they are made, short texts first: (positions in `texts`, float32 [n, dim]).

        Every position comes once, unless `should_stop` turns true: it is asked before each batch (at most
        50 ms on two cores) and ends the iteration. Raises EmbeddingUnavailable.
        """
        order = sorted(range(len(texts)), key=lambda position: len(texts[position]))
        slices = [order[at : at + SLICE] for at in range(0, len(order), SLICE)]
        if not slices:
            return
        prefix = self.model.passage_prefix

        def encode(positions: list[int]) -> list[list[int]]:
            return self._encode([prefix + texts[position] for position in positions])

        with ThreadPoolExecutor(1, "tokenizer") as aside:
            ahead: Future[list[list[int]]] = aside.submit(encode, slices[0])
            for number, positions in enumerate(slices):
                encoded = ahead.result()
                if number + 1 < len(slices):
                    ahead = aside.submit(encode, slices[number + 1])
                for batch in _batches(encoded):
                    if should_stop is not None and should_stop():
                        return
                    vectors = self._run([encoded[row] for row in batch])
                    yield [positions[row] for row in batch], vectors

    def _encode(self, texts: list[str]) -> list[list[int]]:
        # A lone surrogate (a file name, a broken paste) has no UTF-8 form for the tokenizer.
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        return [self._tokenizer.encode(text).ids for text in clean]

    def _run(self, rows: list[list[int]]) -> Vectors:
        width = max(map(len, rows))
        ids = np.zeros((len(rows), width), np.int32)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(rows):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        try:
            vectors: Vectors = self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        except Exception as error:  # the runtime raises a class of its own for every status code
            raise EmbeddingUnavailable(
                f"model {self.model.id}", f"it failed while running: {error}"
            ) from error
        lengths = np.linalg.norm(vectors, axis=1)
        if not bool(np.all(np.abs(lengths - 1) < 0.01)):  # false for NaN too
            raise ModelError(
                f"model {self.model.id}", "it made a vector that is not of unit length", "magray model verify"
            )
        return vectors


def _batches(encoded: list[list[int]]) -> Iterator[list[int]]:
    """Rows grouped by length, shortest first, each group within BATCH_TOKENS once padded."""
    batch: list[int] = []
    for row in sorted(range(len(encoded)), key=lambda row: len(encoded[row])):
        if batch and (len(batch) + 1) * len(encoded[row]) > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
