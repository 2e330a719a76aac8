"""Both engines find what brute force finds, with and without filters, while vectors come and go."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from magray_memory.errors import IndexDamaged, Interrupted
from magray_memory.index.exact import ExactIndex, write
from magray_memory.index.hnsw import Graph, HnswIndex
from magray_memory.index.planner import EXACT_UP_TO, choose

if TYPE_CHECKING:
    from numpy.typing import NDArray

DIM = 24


def _unit(count: int, seed: int = 0) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).standard_normal((count, DIM)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _brute(
    stored: dict[int, NDArray[np.float32]], query: NDArray[np.float32], k: int, allowed: object
) -> list[int]:
    scores = {i: float(v @ query) for i, v in stored.items() if allowed is None or i in allowed}  # type: ignore[operator]
    return sorted(scores, key=lambda i: (-scores[i], i))[:k]


def _engine(name: str, ids: NDArray[np.int64], rows: NDArray[np.float32]) -> ExactIndex | HnswIndex:
    exact = ExactIndex(ids, rows)
    return exact if name == "exact" else HnswIndex(Graph.build(DIM, len(ids), [(ids, rows)]), exact)


@pytest.mark.parametrize("name", ["exact", "hnsw"])
def test_vectors_come_and_go_and_every_search_is_right(name: str) -> None:
    rng = np.random.default_rng(7)
    ids = np.arange(1, 401, dtype=np.int64) * 3
    rows = _unit(400)
    stored = dict(zip(ids.tolist(), rows, strict=True))
    index = _engine(name, ids, rows)
    found = wanted_total = 0
    for step in range(30):
        if step % 3 == 0:
            gone = rng.choice(sorted(stored), 20, replace=False)
            index.remove(np.append(gone, 10**7))
            for i in gone.tolist():
                del stored[i]
        else:
            some = np.unique(rng.integers(1, 2000, 40))
            fresh = _unit(len(some), seed=step + 100)
            index.add(some, fresh)
            stored.update(zip(some.tolist(), fresh, strict=True))
        assert index.count == len(stored)
        for allowed in (None, np.unique(rng.integers(1, 2000, 900)), np.unique(rng.integers(1, 2000, 30))):
            for k in (1, 10, 5000):
                query = _unit(1, seed=1000 + step)[0]
                got, scores = index.search(query, k, allowed)
                want = _brute(stored, query, k, None if allowed is None else set(allowed.tolist()))
                assert len(got) == len(want) == len(set(got.tolist()))
                assert np.all(np.diff(scores) <= 0)
                assert all(
                    abs(float(stored[i] @ query) - s) < 1e-4
                    for i, s in zip(got.tolist(), scores, strict=True)
                )
                found += len(set(got.tolist()) & set(want))
                wanted_total += len(want)
    assert found == wanted_total if name == "exact" else found >= 0.99 * wanted_total


@pytest.mark.parametrize("name", ["exact", "hnsw"])
def test_nothing_is_found_where_nothing_may_be(name: str) -> None:
    ids = np.array([5, 6], dtype=np.int64)
    index = _engine(name, ids, _unit(2))
    query = _unit(1)[0]
    assert len(index.search(query, 0)[0]) == 0
    assert len(index.search(query, 3, np.array([], dtype=np.int64))[0]) == 0
    assert len(index.search(query, 3, np.array([1, 7], dtype=np.int64))[0]) == 0
    assert index.search(query, 3, np.array([1, 6, 9], dtype=np.int64))[0].tolist() == [6]
    index.remove(ids)
    assert index.count == 0 and len(index.search(query, 3)[0]) == 0
    index.add(ids, _unit(2))
    assert sorted(index.search(query, 3)[0].tolist()) == [5, 6]
    with pytest.raises(ValueError, match="dimensions"):
        index.search(_unit(1)[0][:5], 3, np.array([5], dtype=np.int64))


def test_a_mapped_matrix_answers_like_one_in_memory(tmp_path: Path) -> None:
    ids, rows = np.arange(10, 1010, dtype=np.int64), _unit(1000)
    parts = [(ids[a : a + 300], rows[a : a + 300]) for a in range(0, 1000, 300)]
    assert write(tmp_path / "m", DIM, parts) == 1000
    mapped, plain = ExactIndex.load(tmp_path / "m", 1000, DIM), ExactIndex(ids, rows)
    for seed in range(5):
        query = _unit(1, seed=seed)[0]
        assert mapped.search(query, 20)[0].tolist() == plain.search(query, 20)[0].tolist()


def test_a_saved_graph_remembers_what_was_removed(tmp_path: Path) -> None:
    ids, rows = np.arange(1, 501, dtype=np.int64), _unit(500)
    graph = Graph.build(DIM, 500, [(ids, rows)])
    graph.remove(ids[:100])
    assert graph.save(tmp_path / "граф.hnsw") == 400
    again = Graph.load(tmp_path / "граф.hnsw", 400, DIM, graph.removed)
    index = HnswIndex(again, ExactIndex(ids[100:], rows[100:]))
    assert set(index.search(rows[3], 50)[0].tolist()).isdisjoint(range(1, 101))
    index.add(ids[:100], rows[:100])
    assert index.search(rows[3], 1)[0].tolist() == [4] and index.count == 500


def test_a_file_that_is_not_the_graph_it_should_be_is_refused(tmp_path: Path) -> None:
    Graph.build(DIM, 10, [(np.arange(10), _unit(10))]).save(tmp_path / "graph")
    with pytest.raises(IndexDamaged, match="10 vectors"):
        Graph.load(tmp_path / "graph", 11, DIM)
    (tmp_path / "short").write_bytes(b"x" * 40)
    with pytest.raises(IndexDamaged):
        Graph.load(tmp_path / "short", 10, DIM)


@pytest.mark.parametrize("path", ["/no such folder/graph", "/dev/full"])
def test_a_graph_that_cannot_be_written_whole_is_an_error(path: str) -> None:
    if path == "/dev/full" and not Path(path).exists():
        pytest.skip("no /dev/full here")
    graph = Graph.build(DIM, 400, [(np.arange(400), _unit(400))])
    with pytest.raises(OSError, match="not written whole"):
        graph.save(Path(path))


def test_building_a_graph_stops_when_asked() -> None:
    with pytest.raises(Interrupted):
        Graph.build(DIM, 10, [(np.arange(10), _unit(10))], should_stop=lambda: True)


def test_searches_go_on_while_vectors_change() -> None:
    ids, rows = np.arange(1, 2001, dtype=np.int64), _unit(2000)
    index = ExactIndex(ids, rows)
    stop = threading.Event()
    wrong: list[object] = []

    def search() -> None:
        while not stop.is_set():
            found, scores = index.search(rows[0], 10)
            if len(set(found.tolist())) != 10 or not np.all(np.diff(scores) <= 0):
                wrong.append((found, scores))

    threads = [threading.Thread(target=search) for _ in range(2)]
    for thread in threads:
        thread.start()
    for start in range(5000, 9000, 100):
        index.add(np.arange(start, start + 100), _unit(100, seed=start))
        index.remove(np.arange(start, start + 60))
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong and index.count == 2000 + 40 * 40


def test_the_planner_maps_for_one_answer_and_builds_graphs_for_many() -> None:
    assert choose(EXACT_UP_TO, "auto", long_lived=True) == "exact"
    assert choose(EXACT_UP_TO + 1, "auto", long_lived=True) == "hnsw"
    assert choose(EXACT_UP_TO + 1, "auto", long_lived=False) == "sketch"
    assert choose(1, "hnsw", long_lived=False) == "hnsw"
    assert choose(10**6, "exact", long_lived=True) == "exact"


def test_without_hnswlib_sketches_serve_every_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hnswlib", None)
    assert choose(EXACT_UP_TO + 1, "auto", long_lived=True) == "sketch"
    assert choose(EXACT_UP_TO, "auto", long_lived=True) == "exact"


@pytest.mark.parametrize("count", [0, 3, 10, 99])
def test_batches_are_taken_in_whatever_their_count_was_said_to_be(count: int) -> None:
    ids, rows = np.arange(10, dtype=np.int64), _unit(10)
    parts = [(ids[start : start + 2], rows[start : start + 2]) for start in range(0, 10, 2)]
    index = ExactIndex.from_batches(DIM, count, parts)
    assert index.count == 10
    assert [index.search(row, 1)[0].tolist() for row in rows] == [[number] for number in range(10)]


def test_a_graph_that_would_take_too_much_memory_is_not_chosen() -> None:
    assert choose(100_000, "auto", long_lived=True, graph_mb=512) == "hnsw"
    assert choose(1_000_000, "auto", long_lived=True, graph_mb=512) == "sketch"
    assert choose(1_000_000, "auto", long_lived=True, graph_mb=512, dim=32) == "hnsw"
    assert choose(1_000_000, "auto", long_lived=True) == "hnsw"
    assert choose(EXACT_UP_TO, "auto", long_lived=True, graph_mb=1) == "exact"
