"""Device fallback: runs batches on the GPU while it works, and on the processor otherwise.

Out of memory: smaller batches, then the processor. Any other error: once more, then the processor. After
FAILURES errors in a row, or without room for one passage, the GPU is left alone for PAUSE_SECONDS and then
opened and tried again. Both devices
run the same model, so a batch has the same vectors wherever it ends up, and none is lost on the way.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from magray_memory.errors import EmbeddingUnavailable, MagrayError
from magray_memory.models.onnx.runner import OutOfMemory

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from magray_memory.models.onnx.runner import Runner, Vectors

    Rows = Sequence[Sequence[int]]

FAILURES = 3
PAUSE_SECONDS = 300.0
_CPU_ONLY = "magray config set embedding.device cpu"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeviceChange:
    """The model runs on `device` from now on; `reason` is a sentence, `hint` what the person can do."""

    device: str
    was: str
    reason: str
    hint: str = ""


def _in_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="magray-gpu", daemon=True).start()


class Fallback:
    """The devices of one open model. Safe in several threads.

    `on_change` is called at every change of device, in the thread where it happens. `clock` counts seconds,
    `start` runs the reopening of a GPU in the background.
    """

    def __init__(
        self,
        cpu: Runner,
        on_change: Callable[[DeviceChange], None] | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        start: Callable[[Callable[[], None]], None] = _in_thread,
    ) -> None:
        self.on_change = on_change
        self._cpu = cpu
        self._gpu: Runner | None = None
        self._open_gpu: Callable[[], Runner] | None = None
        self._failures = 0
        self._retry_at: float | None = None
        self._clock = clock
        self._start = start
        self._guard = threading.Lock()

    @property
    def device(self) -> str:
        """Where the next batch runs: `cuda` or `cpu`."""
        gpu = self._gpu
        return (self._cpu if gpu is None else gpu).device

    @property
    def batch_tokens(self) -> int | None:
        """The tokens of a batch that suit the device now, padding included; None: one text at a time."""
        return (self._gpu or self._cpu).batch_tokens

    def padded_width(self, tokens: int) -> int:
        """The width that a batch has on the device now, by the tokens of its longest row."""
        return (self._gpu or self._cpu).padded_width(tokens)

    def run(self, rows: Rows) -> Vectors:
        """Vectors of rows of tokens, on whichever device can. Raises EmbeddingUnavailable when none can."""
        self._seek_again()
        gpu = self._gpu
        if gpu is not None:
            vectors = self._try_gpu(gpu, rows)
            if vectors is not None:
                return vectors
        return self._on_cpu(rows)

    def promote(self, open_gpu: Callable[[], Runner]) -> None:
        """Open the GPU and run on it from now on, also after a pause. Raises what `open_gpu` does."""
        runner = open_gpu()
        with self._guard:
            if self._gpu is not None:
                return
            again = self._open_gpu is not None
            self._open_gpu, self._gpu = open_gpu, runner
            self._failures, self._retry_at = 0, None
        why = "the GPU is retried" if again else "the GPU passed its probe"
        self._report(DeviceChange(runner.device, self._cpu.device, why))

    def _try_gpu(self, gpu: Runner, rows: Rows) -> Vectors | None:
        """Vectors from the GPU, None when this batch is the processor's; errors are counted, not raised."""
        for last in (False, True):
            try:
                vectors = self._in_parts(gpu, rows)
            except EmbeddingUnavailable as error:
                if self._failed(gpu, error) or last or isinstance(error, OutOfMemory):
                    return None
            else:
                self._failures = 0
                return vectors
        return None

    def _in_parts(self, runner: Runner, rows: Rows) -> Vectors:
        """Run the rows, by halves where they do not fit. Raises OutOfMemory when one row does not."""
        try:
            return runner.run(rows)
        except OutOfMemory:
            if len(rows) == 1:
                raise
            runner.use_less(rows)
        half = len(rows) // 2
        return np.concatenate([self._in_parts(runner, rows[:half]), self._in_parts(runner, rows[half:])])

    def _on_cpu(self, rows: Rows) -> Vectors:
        try:
            return self._in_parts(self._cpu, rows)
        except OutOfMemory:
            raise
        except EmbeddingUnavailable as error:
            _log.info("a batch is retried: %s", error.message)
            return self._cpu.run(rows)

    def _failed(self, gpu: Runner, error: MagrayError) -> bool:
        """Count an error of the GPU; True when that was one too many and the GPU is left alone."""
        with self._guard:
            if self._gpu is not gpu:
                return True
            self._failures += 1
            _log.info("the GPU failed (%d in a row): %s", self._failures, error.message)
            full = isinstance(error, OutOfMemory)
            if self._failures < FAILURES and not full:
                return False
            self._gpu, self._retry_at = None, self._clock() + PAUSE_SECONDS
        cause = error.why or error.message
        why = f"the GPU failed {FAILURES} times in a row: {cause}"
        hint = f"wait {PAUSE_SECONDS / 60:g} minutes for another try, or {_CPU_ONLY}"
        if full:
            why = "the GPU has not enough memory for a single passage"
            hint = f"close other programs that use the GPU, or {_CPU_ONLY}"
        self._report(DeviceChange(self._cpu.device, gpu.device, why, hint))
        return True

    def _seek_again(self) -> None:
        """Retry of the GPU after the pause, in the background; until it is open the processor goes on."""
        with self._guard:
            at, open_gpu = self._retry_at, self._open_gpu
            if at is None or open_gpu is None or self._clock() < at:
                return
            self._retry_at = None

        def reopen() -> None:
            try:
                self.promote(open_gpu)
            except EmbeddingUnavailable as error:
                _log.info("the GPU cannot be opened again: %s", error.message)
                self._retry_at = self._clock() + PAUSE_SECONDS

        self._start(reopen)

    def _report(self, change: DeviceChange) -> None:
        if change.device == self._cpu.device:
            hint = f" (try: {change.hint})" if change.hint else ""
            _log.warning("the model runs on the %s now: %s%s", change.device, change.reason, hint)
        else:
            _log.info("the model runs on the %s now: %s", change.device, change.reason)
        if self.on_change is not None:
            self.on_change(change)
