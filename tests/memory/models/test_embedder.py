"""The embedder: a text has one unit vector, whatever is embedded with it and on however many threads."""

from __future__ import annotations

import subprocess
import sys
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_model import make_model

from magray_memory.errors import EmbeddingUnavailable, ModelError
from magray_memory.models.embedder import Embedder, _batches
from magray_memory.models.fallback import Fallback
from magray_memory.models.onnx import runtime
from magray_memory.models.onnx.runner import Runner
from magray_memory.models.store import ModelOverrides, install_from_folder
from magray_memory.storage.home import Home

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.models.model import Model

WORDS = ["vault", "passage", "поиск", "def load(path):", "index", "снимок", "x = 1", "layer"]
TEXTS = [" ".join(WORDS[(i + j) % len(WORDS)] for j in range(1 + i % 16)) for i in range(70)]


def collect(embedder: Embedder, texts: list[str]) -> np.ndarray:
    out = np.full((len(texts), embedder.dim), np.nan, np.float32)
    for positions, vectors in embedder.passages(texts):
        assert np.isnan(out[positions]).all(), "a text was embedded twice"
        out[positions] = vectors
    return out


def test_every_text_gets_a_unit_vector_at_its_own_position(embedder: Embedder) -> None:
    vectors = collect(embedder, TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), embedder.model.dim)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)
    different = [" ".join([word] * (len(WORDS) - number)) for number, word in enumerate(WORDS)]
    alone = np.stack([collect(embedder, [text])[0] for text in different])
    assert (alone @ collect(embedder, different).T).argmax(axis=1).tolist() == list(range(len(WORDS)))


def test_a_text_has_one_vector_whatever_is_embedded_with_it(embedder: Embedder) -> None:
    together, backwards = collect(embedder, TEXTS), collect(embedder, TEXTS[::-1])
    assert np.array_equal(together, backwards[::-1])
    for at in range(0, len(TEXTS), 5):
        assert np.array_equal(collect(embedder, [TEXTS[at]])[0], together[at])


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_a_question_has_one_vector_on_any_number_of_threads(bundled: Model, threads: int) -> None:
    questions = ["где индекс", "x", "How does the server notice that an editor has gone? " * 20]
    first, other = Embedder.open(bundled, threads=1, many=True), Embedder.open(bundled, threads=threads)
    for question in questions:
        assert np.array_equal(first.query(question), other.query(question))


def test_only_a_graph_whose_vectors_stay_gets_batches(bundled: Model, tmp_path: Path) -> None:
    """The packaged graph quantizes by the batch; one in float32 does not."""
    home = Home(tmp_path / "home").ensure()
    plain = install_from_folder(make_model(tmp_path / "plain"), home.path, ModelOverrides())
    assert runtime.open_runner(plain, threads=1).agrees_in_batches()
    runner = runtime.open_runner(bundled, threads=1)
    assert runner.batch_tokens is None
    assert not runner.agrees_in_batches()


def test_a_question_and_a_passage_have_prefixes_of_their_own(embedder: Embedder) -> None:
    text = "reads the settings"
    assert not np.array_equal(embedder.query(text), collect(embedder, [text])[0])


def test_nothing_to_embed_gives_nothing(embedder: Embedder) -> None:
    assert list(embedder.passages([])) == []


def test_stop_is_heeded_between_batches(embedder: Embedder) -> None:
    done: list[int] = []
    stop = threading.Event()
    for positions, _ in embedder.passages(TEXTS, should_stop=stop.is_set):
        done += positions
        stop.set()
    assert 0 < len(done) < len(TEXTS)


def test_an_abandoned_iteration_leaves_no_thread(embedder: Embedder) -> None:
    iterator = embedder.passages(TEXTS)
    next(iterator)
    del iterator
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("tokenizer")]


@pytest.fixture(scope="module")
def many(bundled: Model) -> Embedder:
    """As whole workspaces are embedded, several batches side by side."""
    return Embedder.open(bundled, threads=3, many=True)


def test_batches_side_by_side_give_the_same_vectors(embedder: Embedder, many: Embedder) -> None:
    assert np.array_equal(collect(many, TEXTS), collect(embedder, TEXTS))


def test_batches_side_by_side_stop_with_what_is_done(many: Embedder) -> None:
    done: list[int] = []
    stop = threading.Event()
    for positions, _ in many.passages(TEXTS, should_stop=stop.is_set):
        done += positions
        stop.set()
    assert 0 < len(done) == len(set(done)) < len(TEXTS)
    names = [thread.name for thread in threading.enumerate()]
    assert not [name for name in names if name.startswith(("tokenizer", "model"))]


def test_one_batch_that_fails_ends_all(many: Embedder, monkeypatch: pytest.MonkeyPatch) -> None:
    run, runs = many.devices.run, iter(range(1000))

    def failing(rows: list[list[int]]) -> np.ndarray:
        if next(runs) == 4:
            raise EmbeddingUnavailable("model x", "it broke")
        return run(rows)

    monkeypatch.setattr(many.devices, "run", failing)
    with pytest.raises(EmbeddingUnavailable, match="it broke"):
        collect(many, TEXTS)
    assert next(runs) < len(TEXTS)


def test_threads_share_one_embedder(embedder: Embedder) -> None:
    expected = [embedder.query(text) for text in WORDS]
    got: dict[int, np.ndarray] = {}

    def ask(number: int) -> None:
        got[number] = embedder.query(WORDS[number])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(WORDS))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(got[number], vector) for number, vector in enumerate(expected))


@given(st.text(alphabet=st.characters(codec=None), max_size=60))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_has_a_vector(embedder: Embedder, text: str) -> None:
    assert np.linalg.norm(embedder.query(text)) == pytest.approx(1, abs=1e-3)


def test_a_lone_surrogate_and_a_very_long_text_have_vectors(embedder: Embedder) -> None:
    vectors = collect(embedder, ["name \udcff.py", "слово " * 20_000, "x" * 50_000])
    assert np.isfinite(vectors).all()


@given(st.lists(st.integers(1, 512), max_size=200))
def test_batches_hold_every_row_once_within_the_budget(lengths: list[int]) -> None:
    batches = list(_batches(lengths, lambda: 256, lambda tokens: tokens))
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    sizes = [(len(batch), len(batch) * max(lengths[row] for row in batch)) for batch in batches]
    assert all(tokens <= 256 or rows == 1 for rows, tokens in sizes)
    wide = list(_batches(lengths, lambda: 256, lambda tokens: tokens + 31))
    assert all(len(batch) * (lengths[batch[-1]] + 31) <= 256 or len(batch) == 1 for batch in wide)
    alone = list(_batches(lengths, lambda: None, lambda tokens: tokens))
    assert sorted(alone) == [[row] for row in range(len(lengths))]


def test_device_and_key_say_what_is_used(embedder: Embedder) -> None:
    assert embedder.device == "cpu"
    assert embedder.key.startswith(embedder.model.id)
    assert embedder.covers("ru")
    assert not embedder.covers("zh")


class BrokenSession:
    """Answers like a processor that went wrong: hardware that is not here."""

    def __init__(self, value: float) -> None:
        self.value = value

    def get_providers(self) -> list[str]:
        return ["CPUExecutionProvider"]

    def get_inputs(self) -> list[SimpleNamespace]:
        return [
            SimpleNamespace(name=name, type="tensor(int32)", shape=["batch", "tokens"])
            for name in ("input_ids", "attention_mask")
        ]

    def get_outputs(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(name="embedding", type="tensor(float)", shape=["batch", 384])]

    def run(self, _outputs: list[str], inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
        return [np.full((len(inputs["input_ids"]), 384), self.value, np.float32)]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0])
def test_a_vector_that_is_none_is_an_error(embedder: Embedder, value: float) -> None:
    runner = Runner(embedder.model, BrokenSession(value))
    broken = Embedder(embedder.model, Fallback(runner), embedder._tokenizer)
    with pytest.raises(ModelError, match="unit length"):
        broken.query("anything")


def test_cores_are_at_least_one_and_at_most_what_the_process_may_use() -> None:
    assert 1 <= runtime.cores() <= 4096


IMPORT_FAILURES = {
    "not installed": "raise ModuleNotFoundError(\"No module named 'onnxruntime'\", name='onnxruntime')",
    "is empty": "return importlib.machinery.ModuleSpec('onnxruntime', None, is_package=True)",
    "libfoo.so: cannot open": "raise ImportError('libfoo.so: cannot open shared object file')",
}


@pytest.mark.parametrize(("told", "happens"), IMPORT_FAILURES.items())
def test_a_runtime_that_cannot_be_imported_is_said_in_one_sentence(told: str, happens: str) -> None:
    program = f"""
import importlib.machinery, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "onnxruntime":
            {happens}
sys.meta_path.insert(0, Finder())
from pathlib import Path
from magray_memory.models.embedder import Embedder
from magray_memory.models.model import resolve_model
from magray_memory.errors import EmbeddingUnavailable
try:
    Embedder.open(resolve_model("", Path("none")))
except EmbeddingUnavailable as error:
    sys.exit(f"{{type(error).__name__}}|{{error.why}}|{{error.hint}}")
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    kind, why, hint = ran.stderr.strip().split("|")
    assert ran.stdout == ""
    assert kind == EmbeddingUnavailable.__name__
    assert told in why
    assert hint.startswith("pip install")


def test_importing_the_catalogue_and_the_recipe_loads_nothing_native() -> None:
    program = (
        "import sys\n"
        "from magray_memory.models import model, recipe\n"
        "from magray_memory.models.onnx import runtime\n"
        "sys.exit(' '.join({'numpy', 'onnxruntime', 'tokenizers'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert ran.stderr.strip() == ""
