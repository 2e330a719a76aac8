"""The sealed index: right answers while the vault goes on changing, the exact engine where it cannot help."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from magray_memory.config import VectorSettings
from magray_memory.index import annoy, snapshot
from magray_memory.index.vector_store import VectorStore
from magray_memory.storage import change_log, vectors
from magray_memory.storage.documents import NewDocument, NewPassage, put_file, remove_files
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.vault import Vault, snapshot_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

DIM, SEALED = 16, VectorSettings(engine="annoy")


class _NoWords:
    def add(self, rows: object) -> None:
        list(rows)  # type: ignore[call-overload]

    remove = add


def _unit(count: int, seed: int) -> NDArray[np.float32]:
    rows = np.random.default_rng(seed).standard_normal((count, DIM)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def _fill(vault: Vault, path: str, count: int, seed: int) -> int:
    passages = [NewPassage(i, i, "", "code", f"{path} {seed} {i}", os.urandom(16)) for i in range(count)]
    with vault.write():
        put = put_file(vault, NewDocument(path, "code", None, None, (1, 1, 0, 0), b"h"), passages, _NoWords())
        vectors.put_vectors(vault, "key", put.added, _unit(count, seed))
    return put.document_id


def _best(vault: Vault, query: NDArray[np.float32], k: int) -> set[int]:
    ids, rows = next(vectors.iter_vectors(vault, "key", 100_000))
    return set(ids[np.argsort(-(rows @ query))[:k]].tolist())


def _recall(vault: Vault, store: VectorStore) -> float:
    shares: list[float] = []
    for query in _unit(20, 99):
        found, scores = store.search(query, 10)
        assert len(set(found.tolist())) == 10 and np.all(np.diff(scores) <= 0)
        shares.append(len(_best(vault, query, 10) & set(found.tolist())) / 10)
    return float(np.mean(shares))


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.open(tmp_path / "x.db", kind=VaultKind.WORKSPACE, write=True) as vault:
        _fill(vault, "a.py", 8_000, 1)
        store = VectorStore(vault, "key", SEALED)
        assert store.save_snapshot() and store.seal() and store.sealed_at() == change_log.max_seq(vault)
        yield vault


def test_a_sealed_index_answers_and_takes_part_in_changes(vault: Vault) -> None:
    store = VectorStore(vault, "key", SEALED)
    assert _recall(vault, store) > 0.97
    assert store.engine == "annoy"
    gone = _fill(vault, "b.py", 300, 2)
    assert _recall(vault, store) > 0.97
    with vault.write():
        remove_files(vault, [gone], _NoWords())
    assert _recall(vault, store) > 0.97
    assert (store.engine, store.count, store.problem) == ("annoy", 8_000, None)
    store.close()


def test_filters_narrow_and_wide_get_all_they_can(vault: Vault) -> None:
    store = VectorStore(vault, "key", SEALED)
    for share in (1.0, 0.7, 0.1, 0.001):
        allowed = np.arange(1, 1 + int(8_000 * share), dtype=np.int64)
        found, _ = store.search(_unit(1, 5)[0], 20, allowed)
        assert len(found) == min(20, len(allowed))
        assert set(found.tolist()) <= set(allowed.tolist())
    assert len(store.search(_unit(1, 5)[0], 8_000)[0]) == 8_000
    store.close()


@pytest.mark.parametrize("ending", [".ann", ".ids"])
@pytest.mark.parametrize("harm", ["flip", "cut", "gone"])
def test_a_damaged_file_never_reaches_the_native_loader(vault: Vault, ending: str, harm: str) -> None:
    path = next(p for p in snapshot_files(vault.path) if p.name.endswith(ending))
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 1
    path.unlink()
    if harm != "gone":
        path.write_bytes(data if harm == "flip" else data[: len(data) // 2])
    store = VectorStore(vault, "key", SEALED)
    assert _recall(vault, store) == 1.0
    assert store.engine == "exact" and store.problem


def test_two_files_of_different_moments_are_not_used(vault: Vault) -> None:
    _fill(vault, "b.py", 10, 3)
    header = snapshot.find(vault.path, "key", annoy.ORDINALS, vault.id)
    assert header is not None
    store = VectorStore(vault, "key", SEALED)
    assert store.seal()
    snapshot.save(vault.path, header, lambda draft: draft.write_bytes(bytes(8)) and 1)
    fresh = VectorStore(vault, "key", SEALED)
    assert _recall(vault, fresh) == 1.0
    assert (fresh.engine, fresh.sealed_at()) == ("exact", None)


def test_without_the_library_search_is_exact_and_says_so(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = annoy.import_module

    def refuse(name: str, *rest: Any) -> Any:
        if name == "annoy":
            raise ImportError("built for another processor")
        return real(name, *rest)

    monkeypatch.setattr(annoy, "import_module", refuse)
    store = VectorStore(vault, "key", SEALED)
    assert _recall(vault, store) == 1.0
    assert store.engine == "exact" and "annoy cannot be loaded" in (store.problem or "")
    assert not store.seal()


def test_a_forest_without_its_rows_is_let_go(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []
    close = annoy.Forest.close
    monkeypatch.setattr(annoy.Forest, "close", lambda forest: (closed.append(True), close(forest))[1])
    for file in vault.path.parent.glob("*.exact*"):
        file.unlink()
    store = VectorStore(vault, "key", SEALED)
    assert _recall(vault, store) == 1.0 and store.engine == "exact"
    assert closed == [True]
    store.close()
