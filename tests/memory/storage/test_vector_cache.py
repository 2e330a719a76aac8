"""The cache of vectors is bounded, and whatever happens to it is a warning."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

import pytest

from magray_memory.storage.vector_cache import VectorCache

if TYPE_CHECKING:
    from pathlib import Path

MB = 1 << 20


def _entries(start: int, count: int) -> dict[bytes, bytes]:
    return {i.to_bytes(16, "big"): os.urandom(768) for i in range(start, start + count)}


def test_what_was_put_comes_back_by_key_and_hash(tmp_path: Path) -> None:
    some = _entries(0, 1200)
    with VectorCache(tmp_path / "vectors.db", 10 * MB) as cache:
        cache.put_many("a", some)
    with VectorCache(tmp_path / "vectors.db", 10 * MB) as cache:
        assert cache.get_many("a", [*some, b"unknown"]) == some
        assert cache.get_many("b", list(some)) == {}
        assert cache.warnings == []


def test_it_stays_within_its_bound_and_forgets_what_was_not_used(tmp_path: Path) -> None:
    path = tmp_path / "vectors.db"
    with VectorCache(path, 4 * MB) as cache:
        old, used = _entries(0, 1000), _entries(10_000, 100)
        cache.put_many("a", old | used)
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE entry SET used = used - 9")
        connection.close()
        assert cache.get_many("a", list(used)) == used
        for start in range(20_000, 26_000, 1000):
            cache.put_many("a", _entries(start, 1000))
            assert cache.size() <= 4 * MB
        assert len(cache.get_many("a", list(old))) == 0
        newest = _entries(30_000, 10)
        cache.put_many("a", newest)
        assert cache.get_many("a", list(newest)) == newest
    assert path.stat().st_size <= 6 * MB


def test_zero_turns_it_off(tmp_path: Path) -> None:
    with VectorCache(tmp_path / "vectors.db", 0) as cache:
        cache.put_many("a", _entries(0, 1))
        assert cache.get_many("a", [bytes(16)]) == {} and not list(tmp_path.iterdir())


@pytest.mark.parametrize("how", ["text", "folder", "truncated", "flipped"])
def test_damage_is_a_warning_and_a_new_beginning(tmp_path: Path, how: str) -> None:
    path = tmp_path / "vectors.db"
    some = _entries(0, 500)
    with VectorCache(path, 10 * MB) as cache:
        cache.put_many("a", some)
    data = bytearray(path.read_bytes())
    path.unlink()
    if how == "folder":
        path.mkdir()
    elif how == "text":
        path.write_bytes(b"nothing like a database" * 500)
    elif how == "truncated":
        path.write_bytes(data[: len(data) // 2])
    else:
        for at in range(4096, len(data), 4096):
            data[at : at + 200] = os.urandom(200)
        path.write_bytes(data)
    with VectorCache(path, 10 * MB) as cache:
        cache.get_many("a", list(some))
        cache.put_many("a", some)
        cache.put_many("a", some)
        assert cache.get_many("a", list(some)) == some
        assert len(cache.warnings) == 1 and "is rebuilt" in cache.warnings[0]


def test_locked_by_another_it_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "vectors.db"
    with VectorCache(path, MB) as cache:
        cache.put_many("a", _entries(0, 1))
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    with VectorCache(path, MB) as cache:
        cache.put_many("a", _entries(1, 1))
        assert "not used this time" in cache.warnings[0]
        assert cache.get_many("a", [bytes(16)]) == {}
    blocker.close()
