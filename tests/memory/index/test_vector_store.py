"""The store finds what is in the vault now: from a snapshot, without one, with a damaged one, beside other
writers.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from magray_memory.config import VectorSettings
from magray_memory.index import planner, snapshot
from magray_memory.index.vector_store import VectorStore
from magray_memory.storage import change_log, vectors
from magray_memory.storage.documents import NewDocument, NewPassage, put_file, remove_files
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.vault import Vault, quarantine, snapshot_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

DIM = 16
AUTO, HNSW = VectorSettings(), VectorSettings(engine="hnsw")


class _NoWords:
    def add(self, rows: object) -> None:
        list(rows)  # type: ignore[call-overload]

    def remove(self, rows: object) -> None:
        list(rows)  # type: ignore[call-overload]


def _unit(count: int, seed: int) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).standard_normal((count, DIM)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _open(folder: Path, *, write: bool = True) -> Vault:
    return Vault.open(folder / "x.db", kind=VaultKind.WORKSPACE, write=write)


def _fill(vault: Vault, path: str, count: int, seed: int, key: str = "key") -> int:
    passages = [NewPassage(i, i, "", "code", f"{path} {seed} {i}", os.urandom(16)) for i in range(count)]
    with vault.write():
        put = put_file(vault, NewDocument(path, "code", None, None, (1, 1, 0, 0), b"h"), passages, _NoWords())
        vectors.put_vectors(vault, key, put.added, _unit(count, seed))
    return put.document_id


def _brute(vault: Vault, query: NDArray[np.float32], k: int, key: str = "key") -> list[int]:
    found: list[tuple[float, int]] = []
    for ids, rows in vectors.iter_vectors(vault, key):
        found += [(-float(row @ query), int(i)) for i, row in zip(ids, rows, strict=True)]
    return [i for _, i in sorted(found)[:k]]


def _check(store: VectorStore) -> None:
    for seed in (1, 2):
        query = _unit(1, seed)[0]
        assert store.search(query, 7)[0].tolist() == _brute(store.vault, query, 7, store.key)
    assert store.count == vectors.count_vectors(store.vault, store.key)


_STEPS = st.lists(
    st.tuples(st.sampled_from(["put", "remove", "embed again", "save", "save and trim", "other key", "drop"]),
              st.integers(0, 3), st.integers(1, 9)),
    max_size=14,
)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(_STEPS, st.sampled_from([AUTO, HNSW]))
def test_after_any_changes_every_store_finds_what_brute_force_finds(
    steps: list[tuple[str, int, int]], chosen: VectorSettings
) -> None:
    with (
        tempfile.TemporaryDirectory() as folder,
        _open(Path(folder)) as vault,
        _open(Path(folder), write=False) as other,
    ):
        lived = VectorStore(other, "key", chosen, long_lived=True)
        for number, (what, which, count) in enumerate(steps):
            if what == "put":
                _fill(vault, f"file {which}", count, number)
            elif what == "remove":
                with vault.write() as connection:
                    ids = connection.execute(
                        "SELECT id FROM document WHERE path = ?", (f"file {which}",)
                    ).fetchall()
                    remove_files(vault, [i for (i,) in ids], _NoWords())
            elif what == "embed again":
                with vault.read() as connection:
                    ids = [i for (i,) in connection.execute("SELECT id FROM passage LIMIT ?", (count,))]
                if ids:
                    vectors.put_vectors(vault, "key", ids, _unit(len(ids), number))
            elif what == "other key":
                _fill(vault, f"file {which}", count, number, key="other")
            elif what == "drop":
                vectors.drop_vectors(vault, "key")
            else:
                VectorStore(vault, "key", chosen).save_snapshot(force=True)
                if what == "save and trim":
                    change_log.trim_changes(vault, count)
            if number % 2:
                _check(lived)
        _check(lived)
        _check(VectorStore(other, "key", chosen))
        _check(VectorStore(other, "other", AUTO))
        assert lived.problem is None
        lived.close()


def test_a_snapshot_is_written_when_it_is_worth_it(tmp_path: Path) -> None:
    with _open(tmp_path) as vault:
        store = VectorStore(vault, "key", AUTO)
        assert not store.save_snapshot(force=True) and store.engine == "none"
        _fill(vault, "a", 50, 1)
        assert store.save_snapshot()
        assert not store.save_snapshot()
        _fill(vault, "b", 20, 2)
        assert not store.save_snapshot()
        _fill(vault, "c", 600, 3)
        assert store.save_snapshot()
        assert len([p for p in snapshot_files(vault.path) if p.suffix == ".exact"]) == 1
        assert not list(tmp_path.glob("*.tmp"))
        _check(VectorStore(vault, "key", AUTO))


def _truncate(path: Path) -> None:
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[: len(data) // 2])


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.unlink()
    path.write_bytes(data)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("chosen", [AUTO, HNSW], ids=["exact", "hnsw"])
@pytest.mark.parametrize("suffix", [".snapshot", ".exact", ".hnsw"])
@pytest.mark.parametrize("harm", [Path.unlink, _truncate, _flip, _folder])
def test_a_damaged_snapshot_costs_time_and_no_answer(
    tmp_path: Path, suffix: str, harm: Callable[[Path], None], chosen: VectorSettings
) -> None:
    with _open(tmp_path) as vault:
        _fill(vault, "a", 300, 1)
        VectorStore(vault, "key", chosen).save_snapshot(force=True)
        harmed = [path for path in snapshot_files(vault.path) if path.suffix == suffix]
        for path in harmed:
            harm(path)
        store = VectorStore(vault, "key", chosen, long_lived=True)
        _check(store)
        silent = not harmed or (harm is Path.unlink and suffix == ".snapshot")
        assert (store.problem is None) == silent, store.problem
        if harm is not _folder:
            assert VectorStore(vault, "key", chosen).save_snapshot() == bool(harmed)
            again = VectorStore(vault, "key", chosen, long_lived=True)
            _check(again)
            assert again.problem is None and again.engine == ("exact" if chosen is AUTO else "hnsw")


def test_a_snapshot_of_an_earlier_vault_is_not_taken(tmp_path: Path) -> None:
    with _open(tmp_path) as vault:
        _fill(vault, "a", 30, 1)
        VectorStore(vault, "key", AUTO).save_snapshot()
        kept = {p.name: p.read_bytes() for p in snapshot_files(vault.path)}
        lived = VectorStore(vault, "key", AUTO, long_lived=True)
        _check(lived)
        quarantine(vault.path)
        with _open(tmp_path) as fresh:
            _fill(fresh, "a", 40, 2)
            for name, data in kept.items():
                (tmp_path / name).write_bytes(data)
            _check(VectorStore(fresh, "key", AUTO))
            _check(lived)


def test_a_copied_snapshot_is_verified_once_and_remembered(tmp_path: Path) -> None:
    with _open(tmp_path) as vault:
        _fill(vault, "a", 30, 1)
        VectorStore(vault, "key", AUTO).save_snapshot()
        (payload,) = (p for p in snapshot_files(vault.path) if p.suffix == ".exact")
        os.utime(payload, ns=(1, 1))
        before = snapshot.find(vault.path, "key", "exact", vault.id)
        with _open(tmp_path, write=False) as reader:
            _check(VectorStore(reader, "key", AUTO))
        assert snapshot.find(vault.path, "key", "exact", vault.id) == before
        _check(VectorStore(vault, "key", AUTO))
        after = snapshot.find(vault.path, "key", "exact", vault.id)
        assert before is not None and after is not None
        assert after.stat[1] == 1 != before.stat[1] and after.checksum == before.checksum


def test_without_hnswlib_the_exact_engine_answers_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _open(tmp_path) as vault:
        _fill(vault, "a", 60, 1)
        VectorStore(vault, "key", HNSW).save_snapshot(force=True)
        monkeypatch.setitem(sys.modules, "hnswlib", None)
        store = VectorStore(vault, "key", HNSW)
        _check(store)
        assert store.engine == "exact" and "hnswlib" in (store.problem or "")
        assert store.save_snapshot(force=True)


def test_a_reader_sees_what_another_process_commits(tmp_path: Path) -> None:
    code = """
        import sys; from pathlib import Path
        sys.path.insert(0, sys.argv[2])
        from test_vector_store import _fill, _open
        with _open(Path(sys.argv[1])) as vault:
            for i in range(20):
                _fill(vault, f"file {i % 7}", 5 + i, 100 + i)
            print("done")
    """
    _open(tmp_path).close()
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path), str(Path(__file__).parent)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    with _open(tmp_path, write=False) as vault:
        store = VectorStore(vault, "key", AUTO, long_lived=True)
        while process.poll() is None:
            with vault.read():
                _check(store)
        assert process.stdout is not None and process.stdout.read() == "done\n"
        process.stdout.close()
        _check(store)
        assert store.count == sum(5 + i for i in range(13, 20)) and store.problem is None


@pytest.mark.skipif(not hasattr(os, "setuid") or os.getuid() != 0, reason="drops from root to nobody")
def test_a_read_only_home_is_searched_from_its_snapshot(tmp_path: Path) -> None:
    with _open(tmp_path) as vault:
        _fill(vault, "a", 300, 1)
        VectorStore(vault, "key", AUTO).save_snapshot()
        want = _brute(vault, _unit(1, 5)[0], 5)
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(0o755)
    for file in tmp_path.iterdir():
        file.chmod(0o644)
    code = """
        import os, sys; from pathlib import Path
        sys.path.insert(0, sys.argv[2])
        from test_vector_store import AUTO, VectorStore, _open, _unit
        os.setgroups([]); os.setgid(65534); os.setuid(65534)
        with _open(Path(sys.argv[1]), write=False) as vault:
            store = VectorStore(vault, "key", AUTO)
            print(store.search(_unit(1, 5)[0], 5)[0].tolist(), store.problem)
    """
    command = [sys.executable, "-c", textwrap.dedent(code), str(tmp_path), str(Path(__file__).parent)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == f"{want} None", done.stderr


def test_where_a_graph_would_take_too_much_memory_sketches_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "EXACT_UP_TO", 1000)
    small, large = VectorSettings(graph_mb=1), VectorSettings(graph_mb=2)
    with _open(tmp_path) as vault:
        _fill(vault, "a.py", 4000, 1)
        assert VectorStore(vault, "key", small).save_snapshot()
        assert not [file for file in snapshot_files(vault.path) if file.name.endswith(".hnsw")]
        for settings in (small, large):  # the graph that fits is still to be built
            store = VectorStore(vault, "key", settings, long_lived=True)
            _check(store)
            assert store.engine == "sketch"
            store.close()
        assert VectorStore(vault, "key", large).save_snapshot()
        store = VectorStore(vault, "key", large, long_lived=True)
        _check(store)
        assert store.engine == "hnsw"
        store.close()
        assert not VectorStore(vault, "key", small).save_snapshot()


def test_sketches_of_another_snapshot_are_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planner, "EXACT_UP_TO", 100)
    with _open(tmp_path) as vault:
        _fill(vault, "a.py", 200, 1)
        assert VectorStore(vault, "key", AUTO).save_snapshot()
        old = next(file for file in snapshot_files(vault.path) if file.name.endswith("sketch.snapshot"))
        header = old.read_bytes()
        _fill(vault, "b.py", 300, 2)
        monkeypatch.setattr(planner, "EXACT_UP_TO", 1000)
        assert VectorStore(vault, "key", AUTO).save_snapshot(force=True)
        assert old.read_bytes() == header
        monkeypatch.setattr(planner, "EXACT_UP_TO", 100)
        store = VectorStore(vault, "key", AUTO)
        _check(store)
        assert (store.engine, store.problem) == ("exact", None)
        assert VectorStore(vault, "key", AUTO).save_snapshot()
        store.close()
        _check(store)
        assert (store.engine, store.problem) == ("sketch", None)
