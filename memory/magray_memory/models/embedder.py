"""Embedder: turns texts into vectors with one open model.

`query` answers in milliseconds; `passages` keeps the processor busy with the model alone: texts are sorted by
length and tokenized ahead in a thread. For a whole workspace several texts run side by side, a thread each,
so that no thread waits for another in the middle of one. A vector is the model's own or an error, never a
substitute.

A text has one vector. On a processor each text is run alone: dynamic quantization scales activations by the
largest of the whole batch, and a text in a mixed batch would have a cosine of .998 to itself alone, .991 at
worst. On a GPU texts share a batch where that changes no vector by more than `runner.TOLERANCE`.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any

from magray_memory.lru_cache import LruCache
from magray_memory.models import recipe
from magray_memory.models.fallback import Fallback
from magray_memory.models.onnx import runtime
from magray_memory.resources import Level, Pressure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from magray_memory.models.model import Model
    from magray_memory.models.onnx.runner import Vectors
    from magray_memory.models.static_table import StaticTable

    Encoded = tuple[list[int], list[list[int]]]
    """Positions of texts, and their tokens."""
    Made = tuple[list[int], Vectors, list[bool]]
    """Positions of texts, their vectors, and whether each is that of the whole text."""

SLICE = 64
"""Texts tokenized at a time on a processor, while the model runs the slice before: about 6 ms of one core."""
HEAD_TOKENS = 64
"""Tokens of a head: .852 instead of .870 NDCG@10 by vectors alone where the text is code (`code`), .868
instead of .966 where it is prose (`xquad-en`), in little more than half and a third of the time.
"""
_SLICE_BATCHES = 8
"""A device with batches gets slices of so many of them: texts of 64 tokens fill 1,024 per 8,192."""
QUESTIONS, QUESTION_SECONDS = 512, 3600.0
"""Vectors of questions that are remembered: 0.8 MB, and two milliseconds each."""
_PAUSE_SECONDS = 0.5
_YIELD_SECONDS = 0.2
"""The longest that a batch of passages waits for a question to be embedded first."""


class Embedder:
    """An open model: session and tokenizer. Safe to use from several threads."""

    def __init__(self, model: Model, devices: Fallback, tokenizer: Any, lanes: int = 1) -> None:
        """`lanes`: passages that run side by side on the processor."""
        self.model = model
        self.dim = model.dim
        self.key = recipe.embedding_key(model)
        self.devices = devices
        self._tokenizer = tokenizer
        self._lanes = lanes
        self.known_questions: LruCache[str, Vectors] = LruCache(QUESTIONS, QUESTION_SECONDS)
        self.pressure = Pressure()
        self._turn = threading.Condition()
        self._questions = 0

    @classmethod
    def open(
        cls,
        model: Model,
        *,
        threads: int = 0,
        many: bool = False,
    ) -> Embedder:
        """Opens the model on the processor; `threads` 0 means the cores this process may use, at most 8.

        `many`: for a workspace of passages, each thread with a text of its own; else the threads share
        every text, which is the quicker way to a single vector. Raises EmbeddingUnavailable, or ModelError
        when the model's folder is at fault. `device` finds out whether the library can be trusted first, and
        adds a GPU.
        """
        lanes = (threads or runtime.usual_threads()) if many else 1
        with ThreadPoolExecutor(1, "tokenizer") as pool:
            session_begins = threading.Event()
            try:
                tokenizer = pool.submit(runtime.open_tokenizer, model, session_begins)
                runtime.onnxruntime()
                session_begins.set()
                each = 1 if many else threads
                runner = runtime.open_runner(model, threads=each)
            finally:
                session_begins.set()
            return cls(model, Fallback(runner), tokenizer.result(), lanes)

    @property
    def device(self) -> str:
        """Where the model runs now, by what its session says: `cuda` or `cpu`."""
        return self.devices.device

    @cached_property
    def static_table(self) -> StaticTable | None:
        """The table of approximate vectors in this model's space; None where there is none."""
        from magray_memory.models.static_table import table_of

        return table_of(self.model)

    def covers(self, language: str) -> bool:
        """Whether vectors of this language mean anything (ISO 639-1, or `code`)."""
        return self.model.covers(language)

    def query(self, text: str) -> Vectors:
        """The unit vector of a question: float32 [dim]; passages wait for it. Raises EmbeddingUnavailable."""
        known = self.known_questions.get(text)
        if known is not None:
            return known
        with self._turn:
            self._questions += 1
        try:
            vector = self.devices.run(self._encode([self.model.query_prefix + text]))[0]
        finally:
            with self._turn:
                self._questions -= 1
                self._turn.notify_all()
        vector.flags.writeable = False
        self.known_questions.put(text, vector)
        return vector

    def passages(
        self, texts: Sequence[str], should_stop: Callable[[], bool] | None = None
    ) -> Iterator[tuple[list[int], Vectors]]:
        """Unit vectors as they are made, short texts first: (positions in `texts`, float32 [n, dim]).

        Every position comes once, unless `should_stop` turns true: it is asked before each batch (at most
        80 ms on two cores) and ends the iteration. Raises EmbeddingUnavailable.
        """
        for positions, vectors, _ in self._made(texts, should_stop, self.model.max_tokens):
            yield positions, vectors

    def heads(self, texts: Sequence[str], should_stop: Callable[[], bool] | None = None) -> Iterator[Made]:
        """Unit vectors of the first HEAD_TOKENS tokens of each text, as `passages` gives those of all of it;
        with them, whether a text has no more tokens, so that the vector is its own.
        """
        return self._made(texts, should_stop, HEAD_TOKENS)

    def _made(
        self, texts: Sequence[str], should_stop: Callable[[], bool] | None, most: int
    ) -> Iterator[Made]:
        flying: deque[Future[Made]] = deque()
        with ThreadPoolExecutor(self._lanes, "model") as lanes:
            try:
                for positions, rows in self._batches(texts, most):
                    self._let_questions_pass()
                    if not self._has_memory(should_stop):
                        return
                    flying.append(lanes.submit(self._run, positions, rows, most))
                    while len(flying) >= self._at_once():
                        yield flying.popleft().result()
                while flying:
                    yield flying.popleft().result()
            finally:
                for waiting in flying:
                    waiting.cancel()

    def _run(self, positions: list[int], rows: list[list[int]], most: int) -> Made:
        # The last token is the one that ends every text.
        cut = [row if len(row) <= most else [*row[: most - 1], row[-1]] for row in rows]
        return positions, self.devices.run(cut), [len(row) <= most for row in rows]

    def _at_once(self) -> int:
        """Batches under way: one that waits for each that runs. A GPU takes one large one after the other."""
        alone = self._lanes == 1 or self.device != "cpu" or self.pressure.level >= Level.SMALL_BATCHES
        return 1 if alone else 2 * self._lanes

    def _batches(self, texts: Sequence[str], most: int) -> Iterator[Encoded]:
        """Texts as batches of tokens, tokenized ahead of whoever takes them."""
        order = sorted(range(len(texts)), key=lambda position: len(texts[position]))
        prefix = self.model.passage_prefix

        def encode(positions: list[int]) -> Encoded:
            return positions, self._encode([prefix + texts[position] for position in positions])

        with ThreadPoolExecutor(1, "tokenizer") as pool:
            ahead: Future[Encoded] | None = None
            while order or ahead is not None:
                current, size = ahead, self._slice()
                ahead = pool.submit(encode, order[:size]) if order else None
                order = order[size:]
                positions, encoded = current.result() if current is not None else ([], [])
                lengths = [min(len(row), most) for row in encoded]
                for batch in _batches(lengths, self._budget, self.devices.padded_width):
                    yield [positions[row] for row in batch], [encoded[row] for row in batch]

    def _budget(self) -> int | None:
        tokens = self.devices.batch_tokens
        if tokens is None or self.pressure.level < Level.SMALL_BATCHES:
            return tokens
        return tokens // 4

    def _has_memory(self, should_stop: Callable[[], bool] | None) -> bool:
        """Gives way while memory is short; False once there is a reason to stop."""
        if self.pressure.level >= Level.SMALL_CACHES:
            self.known_questions.shrink(0.25)
        while not (should_stop is not None and should_stop()):
            if self.pressure.level < Level.PAUSE:
                return True
            time.sleep(_PAUSE_SECONDS)
        return False

    def _slice(self) -> int:
        return max(SLICE, _SLICE_BATCHES * (self.devices.batch_tokens or 0) // SLICE)

    def _let_questions_pass(self) -> None:
        with self._turn:
            self._turn.wait_for(lambda: self._questions == 0, _YIELD_SECONDS)

    def _encode(self, texts: list[str]) -> list[list[int]]:
        # A lone surrogate (a file name, a broken paste) has no UTF-8 form for the tokenizer.
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        if len(clean) > 1 and self.devices.batch_tokens is not None:
            # On every core, 16,000 texts a second of 16 of them; the processor has nothing else to do.
            return [encoding.ids for encoding in self._tokenizer.encode_batch_fast(clean)]
        return [self._tokenizer.encode(text).ids for text in clean]


def _batches(
    lengths: Sequence[int], budget: Callable[[], int | None], padded_width: Callable[[int], int]
) -> Iterator[list[int]]:
    """Rows grouped by length, shortest first, each group within the budget of its moment once padded; where
    that is None, each row alone.
    """
    batch: list[int] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        tokens = budget()
        if batch and (tokens is None or (len(batch) + 1) * padded_width(lengths[row]) > tokens):
            yield batch
            batch = []
        batch.append(row)
    if batch:
        yield batch
