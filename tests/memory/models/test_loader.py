"""A model is absent, loading, open, or failed for a while; who asks says how long it waits."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

import pytest

from magray_memory.errors import EmbeddingUnavailable, ModelError
from magray_memory.models.loader import RETRY_SECONDS, ModelLoader, State

if TYPE_CHECKING:
    from magray_memory.models.embedder import Embedder

MODEL = cast("Embedder", object())


class Source:
    """Opens a model when the test lets it; `now` is the clock."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.opened = 0
        self.error: BaseException | None = None
        self.now = 0.0
        self.loader = ModelLoader(self.open, lambda: self.now)

    def open(self) -> Embedder:
        self.go_on.wait()
        self.opened += 1
        if self.error is not None:
            raise self.error
        return MODEL


@pytest.fixture
def source() -> Source:
    return Source()


def test_a_patient_caller_gets_the_model_and_opens_it_once(source: Source) -> None:
    assert source.loader.state is State.ABSENT
    source.go_on.set()
    assert source.loader.get() is MODEL
    assert source.loader.get() is source.loader.get(0.0) is MODEL
    assert (source.loader.state, source.opened) == (State.OPEN, 1)


def test_an_impatient_caller_is_told_that_it_is_loading(source: Source) -> None:
    with pytest.raises(EmbeddingUnavailable, match="still loading"):
        source.loader.get(0.0)
    assert source.loader.state is State.LOADING
    source.go_on.set()
    assert source.loader.get() is MODEL, "who waits gets what the thread opens"
    assert source.opened == 1


def test_a_failure_is_raised_at_once_until_it_is_tried_again(source: Source) -> None:
    source.go_on.set()
    source.error = ModelError("model x", "it is damaged")
    for patience in (None, 10.0, None):
        with pytest.raises(ModelError, match="damaged"):
            source.loader.get(patience)
    assert (source.loader.state, source.opened) == (State.FAILED, 1)
    source.now += RETRY_SECONDS
    source.error = None
    assert source.loader.get() is MODEL
    assert source.opened == 2


def test_searches_do_not_wait_while_it_is_tried_again(source: Source) -> None:
    source.go_on.set()
    source.error = EmbeddingUnavailable("no embedding runtime")
    with pytest.raises(EmbeddingUnavailable, match="runtime"):
        source.loader.get()
    source.go_on.clear()
    source.now += RETRY_SECONDS
    with pytest.raises(EmbeddingUnavailable, match="runtime"):
        source.loader.get(60.0)
    assert source.loader.state is State.LOADING
    source.error = None
    source.go_on.set()
    assert source.loader.get() is MODEL


def test_whatever_a_native_library_raises_is_a_sentence(source: Source) -> None:
    source.go_on.set()
    source.error = ValueError("bad graph")
    with pytest.raises(EmbeddingUnavailable, match="could not be opened: ValueError: bad graph"):
        source.loader.get(60.0)


def test_a_load_that_is_interrupted_is_begun_again_by_the_next(source: Source) -> None:
    source.go_on.set()
    source.error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        source.loader.get()
    assert source.loader.state is State.ABSENT
    source.error = None
    assert source.loader.get() is MODEL


def test_a_model_is_idle_from_its_last_use(source: Source) -> None:
    source.go_on.set()
    source.now = 5.0
    assert source.loader.idle_seconds == 0.0, "what is not open is not idle"
    source.loader.get()
    source.now += 3.0
    assert source.loader.idle_seconds == 3.0
    source.loader.note_use()
    source.now += 2.0
    assert source.loader.idle_seconds == 2.0
    source.loader.get()
    assert source.loader.idle_seconds == 0.0


def test_a_model_that_cannot_be_used_is_refused_until_it_is_tried_again(source: Source) -> None:
    source.go_on.set()
    source.loader.get()
    unusable = EmbeddingUnavailable("no memory left")
    assert source.loader.fail(unusable)
    assert (source.loader.state, source.loader.model) == (State.FAILED, None)
    assert not source.loader.fail(EmbeddingUnavailable("again")), "it had failed before"
    assert not source.loader.retry(), "not before its time"
    with pytest.raises(EmbeddingUnavailable, match="no memory left"):
        source.loader.get()
    source.now += RETRY_SECONDS
    assert source.loader.retry()
    assert not source.loader.retry(), "it is open"
    assert (source.loader.get(), source.opened) == (MODEL, 2)


def test_a_retry_that_fails_waits_again(source: Source) -> None:
    source.go_on.set()
    source.error = ModelError("model x", "it is damaged")
    assert not source.loader.retry(), "nobody asked for it yet"
    with pytest.raises(ModelError):
        source.loader.get()
    source.now += RETRY_SECONDS
    assert not source.loader.retry()
    assert not source.loader.retry()
    assert source.opened == 2
