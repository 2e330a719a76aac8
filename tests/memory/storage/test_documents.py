"""Files become documents and passages; what did not change keeps its id, its words and its vector."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np
import pytest

from magray_memory.errors import StorageError
from magray_memory.storage import change_log, documents, pending, skipped_files, vectors
from magray_memory.storage.documents import NewDocument, NewPassage
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from magray_memory.storage.fts import LexicalRow


class _Words:
    """What the lexical index was told, checked against what it holds."""

    def __init__(self) -> None:
        self.rows: dict[int, LexicalRow] = {}

    def add(self, rows: object) -> None:
        for row in list(rows):  # type: ignore[call-overload]
            assert row.passage_id not in self.rows
            self.rows[row.passage_id] = row

    def remove(self, rows: object) -> None:
        for row in list(rows):  # type: ignore[call-overload]
            assert self.rows.pop(row.passage_id)[:4] == row[:4]


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.open(tmp_path / "x.db", kind=VaultKind.WORKSPACE, write=True) as vault:
        yield vault


def _document(path: str, **more: object) -> NewDocument:
    return NewDocument(path, "code", "python", None, (10, 5, 4, 3), b"hash", **more)  # type: ignore[arg-type]


def _passages(*texts: str) -> list[NewPassage]:
    return [
        NewPassage(i, i, "symbol", "code", text, blake2b(text.encode(), digest_size=16).digest())
        for i, text in enumerate(texts, 1)
    ]


def _pending(vault: Vault) -> list[int]:
    """What has no vector, which the counters and a look at every passage agree on."""
    with vault.read() as connection:
        ids = pending.pending_ids(connection, "key", 10)
        assert pending.count_pending(connection, "key") == pending.scan_pending(connection, "key") == len(ids)
        assert sorted(id_ for (id_,) in pending.pending_by_priority(connection, "key")) == ids
    return ids


def test_passages_that_stay_equal_keep_id_and_vector(vault: Vault) -> None:
    words = _Words()
    first = documents.put_file(vault, _document("a.py"), _passages("one", "two", "two", "three"), words)
    vectors.put_vectors(vault, "key", first.added, np.eye(4, 8, dtype=np.float32))
    one, two, again, three = first.added
    second = documents.put_file(vault, _document("a.py"), _passages("new", "three", "two", "one"), words)
    assert second.document_id == first.document_id
    assert (second.unchanged, second.removed) == ((three, two, one), (again,))
    assert second.added[0] > max(first.added)
    with vault.read() as connection:
        lines = connection.execute("SELECT id, ordinal, start_line FROM passage ORDER BY ordinal").fetchall()
    assert lines == [(second.added[0], 0, 1), (three, 1, 2), (two, 2, 3), (one, 3, 4)]
    assert set(words.rows) == {one, two, three, *second.added}
    assert _pending(vault) == list(second.added)
    assert vault.counts() == (1, 4)
    changes = [(passage, op) for _, passage, _, op in change_log.changes_after(vault, 4) or []]
    assert changes == [(again, "remove")]


def test_ids_of_passages_are_never_used_again(vault: Vault) -> None:
    words = _Words()
    first = documents.put_file(vault, _document("a.py"), _passages("one"), words)
    documents.remove_files(vault, [first.document_id], words)
    assert not words.rows and vault.counts() == (0, 0) and documents.files(vault) == {}
    second = documents.put_file(vault, _document("a.py"), _passages("one"), words)
    assert second.added[0] > first.added[0] and second.document_id > first.document_id


def test_a_rename_keeps_everything_but_the_path(vault: Vault) -> None:
    words = _Words()
    old = documents.put_file(vault, _document("old.py"), _passages("one", "two"), words)
    documents.put_file(vault, _document("new.py"), _passages("in the way"), words)
    vectors.put_vectors(vault, "key", old.added, np.eye(2, 8, dtype=np.float32))
    assert documents.rename_file(vault, "old.py", "new.py", words) == old.document_id
    assert list(documents.files(vault)) == ["new.py"]
    assert {row.path for row in words.rows.values()} == {"new.py"} and set(words.rows) == set(old.added)
    assert vectors.count_vectors(vault, "key") == 2
    assert documents.rename_file(vault, "nothing.py", "x.py", words) is None


def test_tags_and_links_are_those_of_the_last_time(vault: Vault) -> None:
    documents.put_file(vault, _document("a", tags=("x", "y"), links=("n", "m", "n")), [], _Words())
    documents.put_file(vault, _document("a", tags=("y", "z"), links=("m",)), [], _Words())
    with vault.read() as connection:
        tags = connection.execute(
            "SELECT name FROM tag JOIN document_tag ON tag_id = id ORDER BY name"
        ).fetchall()
        assert tags == [("y",), ("z",)]
        assert connection.execute("SELECT target FROM link").fetchall() == [("m",)]


def test_a_touched_file_and_a_skipped_file_are_remembered(vault: Vault) -> None:
    put = documents.put_file(vault, _document("a"), [], _Words())
    assert documents.files(vault)["a"].stamp == (10, 5, 4, 3)
    documents.touch_file(vault, put.document_id, (11, 6, 7, 8))
    state = documents.files(vault)["a"]
    assert (state.stamp, state.hash) == ((11, 6, 7, 8), b"hash")
    skipped_files.skip(
        vault, skipped_files.SkippedFile("big", None, "unreadable", "no right", (10**9, 1, 1, 1))
    )
    larger = skipped_files.SkippedFile("big", None, "too_large", "1,000.0 MB", (10**9, 2, 2, 2))
    skipped_files.skip(vault, larger)
    assert skipped_files.skipped(vault)["big"] == larger
    skipped_files.unskip(vault, ["big", "never there"])
    assert skipped_files.skipped(vault) == {}


def test_vectors_come_back_as_unit_rows_in_order(vault: Vault) -> None:
    put = documents.put_file(vault, _document("a"), _passages(*"abcdef"), _Words())
    matrix = np.random.default_rng(1).standard_normal((6, 32)).astype(np.float32)
    matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    assert vectors.put_vectors(vault, "key", put.added, matrix) == 6
    assert vectors.put_vectors(vault, "key", [10**6], matrix[:1]) == 0  # gone meanwhile
    batches = list(vectors.iter_vectors(vault, "key", batch=4))
    assert [len(ids) for ids, _ in batches] == [4, 2]
    stored = np.concatenate([rows for _, rows in batches])
    assert np.allclose(stored, matrix, atol=2e-3)
    assert np.allclose(np.linalg.norm(stored, axis=1), 1.0, atol=1e-6)
    ids, some = vectors.get_vectors(vault, "key", [put.added[3], 10**6, put.added[1]])
    assert ids.tolist() == [put.added[1], put.added[3]] and np.array_equal(some, stored[[1, 3]])
    with pytest.raises(StorageError, match="dimensions"):
        vectors.put_vectors(vault, "key", put.added, np.eye(6, 8, dtype=np.float32))
    assert vectors.drop_vectors(vault, "key") == 6 and _pending(vault) == list(put.added)


def test_equal_texts_share_a_vector_within_the_vault(vault: Vault) -> None:
    first = documents.put_file(vault, _document("a"), _passages("same", "other"), _Words())
    vectors.put_vectors(vault, "key", first.added, np.eye(2, 8, dtype=np.float32))
    second = documents.put_file(vault, _document("b"), _passages("same", "new"), _Words())
    assert vectors.reuse_within(vault, "key", second.added) == 1
    assert _pending(vault) == [second.added[1]]
    (wanted,) = vectors.pending_passages(vault, _pending(vault))
    assert (wanted.path, wanted.text, wanted.language) == ("b", "new", "python")


def test_a_vector_that_was_damaged_in_place_is_found_by_nothing(vault: Vault) -> None:
    put = documents.put_file(vault, _document("a"), _passages("x", "y"), _Words())
    vectors.put_encoded(vault, "key", 4, {put.added[0]: b"\xff" * 8, put.added[1]: b"\x00\x3c" + b"\x00" * 6})
    ((_, rows),) = vectors.iter_vectors(vault, "key")
    assert rows.tolist() == [[0, 0, 0, 0], [1, 0, 0, 0]]
