"""Long changes in short transactions: the log stays short, and space is given back many pages at a time."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from magray_memory.storage import log_files, short_writes, space
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.short_writes import ShortWrites, beside_writers, long_read, many_writes
from magray_memory.storage.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.open(tmp_path / "notebook.db", kind=VaultKind.NOTEBOOK, write=True) as opened:
        with opened.write() as connection:
            connection.execute("CREATE TABLE filler (id INTEGER PRIMARY KEY, bytes BLOB)")
        yield opened


def fill(vault: Vault, rows: int) -> None:
    with vault.write() as connection:
        connection.executemany("INSERT INTO filler(bytes) VALUES (randomblob(?))", [(8_000,)] * rows)


def test_one_call_gives_back_as_many_pages_as_it_is_asked_for(vault: Vault) -> None:
    fill(vault, 300)
    with vault.write() as connection:
        connection.execute("DELETE FROM filler WHERE id <= 200")
    before = space.pages(vault)
    assert before.free >= 200
    assert space.vacuum(vault, 150)
    after = space.pages(vault)
    assert (before.free - after.free, before.total - after.total) == (150, 150)
    assert not space.vacuum(vault, 5_000)
    assert space.pages(vault).free == 0


@pytest.mark.skipif(sys.platform == "win32", reason="the index of a log is not read there")
def test_a_long_log_is_taken_into_the_database_between_two_transactions(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    space.checkpoint(vault)
    assert log_files.waiting_pages(vault.path) == 0
    monkeypatch.setattr(short_writes, "_LOG_PAGES", 50)
    turns, lengths = ShortWrites(vault, 1), list[int]()
    with many_writes(vault):
        for _ in range(12):
            with turns.turn():
                fill(vault, 20)
            lengths.append(log_files.waiting_pages(vault.path))
    assert max(lengths) in range(20, 50), lengths
    assert 0 in lengths


@pytest.mark.skipif(sys.platform == "win32", reason="the index of a log is not read there")
@pytest.mark.parametrize("reading", [long_read, beside_writers])
def test_what_is_written_beside_a_long_read_is_no_later_writers_work(
    vault: Vault, reading: Callable[[Vault], AbstractContextManager[object]]
) -> None:
    space.checkpoint(vault)
    vault.db.raw().execute("PRAGMA wal_autocheckpoint = 0")
    with Vault.open(vault.path, kind=VaultKind.NOTEBOOK) as reader:
        with reading(reader):
            fill(vault, 600)
            assert log_files.waiting_pages(vault.path) >= 600
        assert log_files.waiting_pages(vault.path) == 0
