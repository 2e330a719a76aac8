"""A GPU that fails in every way: no passage is lost, none is of another model, and every change is told.

There is no GPU here, so a session of the real model plays one: it says that it runs on CUDA, and fails when
it is told to. Its vectors are the model's own.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from magray_memory.errors import EmbeddingUnavailable, ModelError
from magray_memory.models import reference
from magray_memory.models.embedder import Embedder
from magray_memory.models.fallback import FAILURES, PAUSE_SECONDS, DeviceChange, Fallback
from magray_memory.models.onnx import runtime
from magray_memory.models.onnx.runner import OutOfMemory, RunFailed, Runner
from magray_memory.resources import Pressure

if TYPE_CHECKING:
    from magray_memory.models.model import Model

TEXTS = [
    f"Passage number {number} about retrying a failed payment. {'word ' * number}" for number in range(40)
]


class Gpu:
    """The real session, as a card that has room for so many tokens and fails while it has errors left."""

    def __init__(self, session: Any, room: int = 1 << 30) -> None:
        self._session = session
        self.room = room
        self.errors: list[str] = []
        self.broken = ""
        self.runs = 0
        self.shapes: set[tuple[int, ...]] = set()
        self.nonsense = False

    def get_providers(self) -> list[str]:
        return ["CUDAExecutionProvider", "CPUExecutionProvider"]

    def get_inputs(self) -> Any:
        return self._session.get_inputs()

    def get_outputs(self) -> Any:
        return self._session.get_outputs()

    def run(self, outputs: Any, feeds: dict[str, np.ndarray]) -> Any:
        self.runs += 1
        self.shapes.add(feeds["input_ids"].shape)
        if feeds["input_ids"].size > self.room:
            raise RuntimeError("CUDA error: out of memory (BFCArena, requested 1073741824 bytes)")
        if self.errors:
            raise RuntimeError(self.errors.pop(0))
        if self.broken:
            raise RuntimeError(self.broken)
        made = self._session.run(outputs, feeds)
        return [np.full_like(made[0], np.nan)] if self.nonsense else made


class Machine:
    """An embedder on the processor with a GPU beside it, and a clock that the test turns."""

    def __init__(self, model: Model) -> None:
        self.now = 0.0
        self.gpu = Gpu(runtime.open_session(model, model.path("cpu"), threads=1))
        self.opened = 0
        self.cannot_open = False
        self.changes: list[DeviceChange] = []
        self.model = model
        self.cpu = runtime.open_runner(model, threads=1)
        self.devices = Fallback(
            self.cpu, self.changes.append, clock=lambda: self.now, start=lambda work: work()
        )
        self.embedder = Embedder(model, self.devices, runtime.open_tokenizer(model))

    def open_gpu(self) -> Runner:
        if self.cannot_open:
            raise EmbeddingUnavailable("no GPU", "it fell off the bus")
        self.opened += 1
        return Runner(self.model, self.gpu, 2048)

    def embed(self) -> np.ndarray:
        made: dict[int, np.ndarray] = {}
        for positions, vectors in self.embedder.passages(TEXTS):
            made.update(zip(positions, vectors, strict=True))
        assert sorted(made) == list(range(len(TEXTS)))
        return np.stack([made[position] for position in range(len(TEXTS))])


@pytest.fixture
def machine(bundled: Model) -> Machine:
    machine = Machine(bundled)
    machine.devices.promote(machine.open_gpu)
    return machine


@pytest.fixture(scope="module")
def expected(bundled: Model) -> np.ndarray:
    return Machine(bundled).embed()


def same_space(made: np.ndarray, expected: np.ndarray) -> bool:
    return bool(((made * expected).sum(axis=1) > 0.98).all())


def test_a_gpu_that_passed_is_used_and_told(machine: Machine, expected: np.ndarray) -> None:
    assert machine.embedder.device == "cuda"
    assert [(change.was, change.device) for change in machine.changes] == [("cpu", "cuda")]
    assert same_space(machine.embed(), expected)
    assert machine.gpu.runs > 0


def test_batches_suit_the_device(machine: Machine, bundled: Model) -> None:
    machine.embed()
    on_gpu = machine.gpu.runs
    sizes: list[int] = []
    alone = Machine(bundled)
    for positions, _ in alone.embedder.passages(TEXTS):
        sizes.append(len(positions))
    assert on_gpu < len(sizes)


def test_a_gpu_sees_few_shapes_whatever_the_texts_are(machine: Machine, expected: np.ndarray) -> None:
    for count in range(1, len(TEXTS), 3):
        for positions, vectors in machine.embedder.passages(TEXTS[:count]):
            assert same_space(vectors, expected[positions])
    machine.embed()
    for number in range(1, 40):
        machine.embedder.query("word " * number)
    assert {width % 64 for _, width in machine.gpu.shapes} == {0}
    assert all(rows in (1, 2048 // width) for rows, width in machine.gpu.shapes)
    assert len(machine.gpu.shapes) < machine.gpu.runs / 3


def test_batches_shrink_while_memory_is_short(machine: Machine) -> None:
    machine.embed()
    normal, machine.gpu.runs = machine.gpu.runs, 0
    machine.embedder.pressure = Pressure(lambda: 200_000_000, 16_000_000_000)
    machine.embed()
    assert machine.gpu.runs > normal


def test_without_room_batches_shrink_and_nothing_is_lost(machine: Machine, expected: np.ndarray) -> None:
    machine.gpu.room = 700
    assert same_space(machine.embed(), expected)
    assert machine.embedder.device == "cuda"
    assert machine.devices.batch_tokens is not None
    assert machine.devices.batch_tokens <= 700
    machine.gpu.runs = 0
    machine.embed()
    assert machine.gpu.runs <= len(TEXTS)  # it learned: no batch is tried that cannot fit


def test_without_room_for_one_text_the_processor_takes_over(
    machine: Machine, expected: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    machine.gpu.room = 4
    with caplog.at_level(logging.WARNING):
        assert same_space(machine.embed(), expected)
    assert machine.embedder.device == "cpu"
    change = machine.changes[-1]
    assert (change.device, change.was) == ("cpu", "cuda")
    assert "not enough memory" in change.reason
    assert "close other programs" in change.hint
    assert len(caplog.records) == 1


def test_an_error_is_tried_again_once(machine: Machine, expected: np.ndarray) -> None:
    machine.gpu.errors = ["CUDA failure 719: unspecified launch failure"]
    assert same_space(machine.embed(), expected)
    assert machine.embedder.device == "cuda"
    assert len(machine.changes) == 1


def test_errors_that_come_and_go_do_not_open_the_circuit(machine: Machine, expected: np.ndarray) -> None:
    for _ in range(FAILURES * 2):
        machine.gpu.errors = ["CUDA failure 719"]
        machine.embedder.query("one of many questions")
    assert machine.embedder.device == "cuda"


def test_the_circuit_opens_after_three_errors_and_is_closed_after_the_pause(
    machine: Machine, expected: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    machine.gpu.broken = "CUDA failure 719: unspecified launch failure"
    with caplog.at_level(logging.WARNING):
        assert same_space(machine.embed(), expected)
    assert machine.gpu.runs == FAILURES
    assert machine.embedder.device == "cpu"
    assert "CUDA failure 719" in machine.changes[-1].reason
    assert len(caplog.records) == 1
    machine.gpu.broken = ""
    machine.now = PAUSE_SECONDS - 1
    machine.embed()
    assert machine.gpu.runs == FAILURES
    machine.now = PAUSE_SECONDS
    assert same_space(machine.embed(), expected)
    assert (machine.embedder.device, machine.opened) == ("cuda", 2)
    assert [change.device for change in machine.changes] == ["cuda", "cpu", "cuda"]


def test_a_gpu_that_cannot_be_opened_again_is_left_for_another_pause(machine: Machine) -> None:
    machine.gpu.broken = "CUDA failure 719"
    machine.embed()
    machine.cannot_open = True
    machine.now = PAUSE_SECONDS
    machine.embed()
    assert machine.embedder.device == "cpu"
    machine.cannot_open = False
    machine.gpu.broken = ""
    machine.now = 2 * PAUSE_SECONDS
    machine.embed()
    assert machine.embedder.device == "cuda"


def test_vectors_that_are_none_never_leave(machine: Machine, expected: np.ndarray) -> None:
    machine.gpu.nonsense = True
    made = machine.embed()
    assert np.isfinite(made).all()
    assert same_space(made, expected)
    assert machine.embedder.device == "cpu"


def test_a_processor_that_fails_is_an_error(bundled: Model) -> None:
    machine = Machine(bundled)
    machine.gpu.broken = "no more"
    broken = Fallback(Runner(bundled, machine.gpu, 512))
    with pytest.raises(RunFailed, match="no more"):
        broken.run([[0, 5, 2]])
    machine.gpu.broken, machine.gpu.room = "", 1
    with pytest.raises(OutOfMemory):
        broken.run([[0, 5, 2]])


def test_a_batch_that_fails_once_on_the_processor_is_not_lost(bundled: Model) -> None:
    machine = Machine(bundled)
    machine.gpu.errors = ["a bad moment"]
    assert len(Fallback(Runner(bundled, machine.gpu, 512)).run([[0, 5, 2]])) == 1


@pytest.mark.parametrize("texts", [["one"], TEXTS])
def test_io_binding_gives_the_same_vectors(bundled: Model, texts: list[str]) -> None:
    session = runtime.open_session(bundled, bundled.path("cpu"), threads=1)
    tokenizer = runtime.open_tokenizer(bundled)
    rows = [tokenizer.encode(text).ids for text in texts]
    plain = Runner(bundled, session, 512).run(rows)
    bound = Runner(bundled, session, 512, binding=True).run(rows)
    assert np.array_equal(plain, bound)


def test_a_question_goes_before_the_next_batch(bundled: Model) -> None:
    """One batch at most stands between a question and its vector."""
    machine = Machine(bundled)
    order: list[str] = []
    run = machine.devices.run

    def noting(rows: Any) -> Any:
        order.append("question" if len(rows) == 1 and len(rows[0]) < 12 else "batch")
        return run(rows)

    machine.devices.run = noting
    asked: list[threading.Thread] = []

    def ask() -> None:
        machine.embedder.query("which one")

    for _ in machine.embedder.passages([f"{text} {'more ' * 60}" for text in TEXTS]):
        if not asked:
            asked.append(threading.Thread(target=ask))
            asked[0].start()
    asked[0].join()
    assert "question" in order[:4]


def test_a_reference_that_is_no_vector_is_told(bundled: Model) -> None:
    assert reference.expected(bundled._replace(reference="")) is None
    for bad in (
        "no base64!",
        reference.encode(np.zeros(384, np.float32)),
        reference.encode(np.ones(3, np.float32)),
    ):
        with pytest.raises(ModelError, match="reference is no vector"):
            reference.expected(bundled._replace(reference=bad))
