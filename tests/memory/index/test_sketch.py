"""Sketches find nearly all of what is nearest, and never what is gone, hidden or not what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from magray_memory.errors import IndexDamaged
from magray_memory.index import sketch
from magray_memory.index.exact import ExactIndex
from magray_memory.index.sketch import Sketch, SketchIndex

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

DIM, COUNT = 96, 20_000


def _unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _rows(count: int, seed: int = 0) -> NDArray[np.float32]:
    """Vectors like those of a model: all of them near each other, and varied in a few directions most."""
    rng = np.random.default_rng(seed)
    scale = np.linspace(1.0, 0.05, DIM, dtype=np.float32) ** 2
    turn, _ = np.linalg.qr(np.random.default_rng(99).standard_normal((DIM, DIM)))
    varied = rng.standard_normal((count, DIM), dtype=np.float32) * scale
    return _unit((varied @ turn.astype(np.float32) + 1.0).astype(np.float32))


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, NDArray[np.float32]]:
    path, rows = tmp_path_factory.mktemp("sketch") / "s", _rows(COUNT)
    assert sketch.write(path, rows.astype(np.float16)) == COUNT
    return path, rows


def _index(stored: tuple[Path, NDArray[np.float32]]) -> SketchIndex:
    path, rows = stored
    ids = np.arange(10, 10 + COUNT, dtype=np.int64)
    return SketchIndex(Sketch.load(path, COUNT, DIM), ExactIndex(ids, rows.astype(np.float16)))


def _share(index: SketchIndex, live: dict[int, NDArray[np.float32]], allowed: object = None) -> float:
    """How many of the ten nearest are found."""
    ids = np.array([i for i in live if allowed is None or i in allowed])  # type: ignore[operator]
    matrix = np.stack([live[i] for i in ids.tolist()])
    found = 0
    for query in _rows(30, seed=5):
        truth = set(ids[np.argsort(-(matrix @ query), kind="stable")[:10]].tolist())
        some = None if allowed is None else np.array(sorted(allowed), np.int64)  # type: ignore[call-overload]
        got, scores = index.search(query, 10, some)
        assert len(set(got.tolist())) == 10 and np.all(np.diff(scores) <= 0)
        assert set(got.tolist()) <= set(ids.tolist())
        found += len(truth.intersection(got.tolist()))
    return found / 300


def test_it_finds_nearly_all_of_the_nearest(
    stored: tuple[Path, NDArray[np.float32]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sketch, "_LEAST", 2000)
    index = _index(stored)
    assert index.count == COUNT and index.growth == 0
    assert len(index._sketch.closest(_rows(1, 7)[0], 2000)) < COUNT // 5
    live = dict(enumerate(stored[1], 10))
    assert _share(index, live) >= 0.95
    assert _share(index, live, set(range(10, COUNT, 2))) >= 0.95
    assert _share(index, live, set(range(10, COUNT, 50))) == pytest.approx(1.0, abs=0.01)


def test_what_comes_and_goes_is_seen(
    stored: tuple[Path, NDArray[np.float32]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sketch, "_LEAST", 2000)
    index = _index(stored)
    live = dict(enumerate(stored[1], 10))
    fresh = _rows(500, seed=3)
    index.add(np.arange(90_000, 90_500), fresh)
    live.update(enumerate(fresh, 90_000))
    index.add(np.arange(100, 200), fresh[:100])
    live.update(enumerate(fresh[:100], 100))
    gone = np.array([*range(1000, 3000), *range(90_100, 90_200)])
    index.remove(gone)
    for passage in gone.tolist():
        del live[passage]
    assert index.count == len(live)
    assert _share(index, live) >= 0.95
    # Where most of the nearest are gone, the others are found all the same.
    query = stored[1][0]
    near = index.search(query, 8000)[0]
    index.remove(near)
    assert len(index.search(query, 10)[0]) == 10
    assert set(index.search(query, 10)[0].tolist()).isdisjoint(near.tolist())


def test_a_file_of_another_size_is_damaged(stored: tuple[Path, NDArray[np.float32]], tmp_path: Path) -> None:
    cut = tmp_path / "cut"
    cut.write_bytes(stored[0].read_bytes()[:-8])
    for path, count in ((cut, COUNT), (stored[0], COUNT - 1), (stored[0], 0)):
        with pytest.raises(IndexDamaged):
            Sketch.load(path, count, DIM)


def test_bits_are_counted_alike_with_and_without_help_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    words = np.random.default_rng(1).integers(0, 2**63, 1000, dtype=np.uint64) * 2 + 1
    expected = [int(word).bit_count() for word in words]
    assert sketch._count_bits(words).tolist() == expected
    monkeypatch.setattr(sketch, "_native_count", None)
    assert sketch._count_bits(words).tolist() == expected
