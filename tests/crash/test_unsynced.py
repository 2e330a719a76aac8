"""A vault that is written without syncs, after a stop of the machine: the next run finds what is torn."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest
from durability import complaints
from index_writer import index, write_files

from magray_memory.storage import unsynced
from magray_memory.storage.durability import Durability, VaultKind
from magray_memory.storage.home import Home
from magray_memory.storage.row_checksums import ROWS_DAMAGED
from magray_memory.storage.vault import Vault

if TYPE_CHECKING:
    from pathlib import Path

OLDER = {
    "words": "DELETE FROM passage_fts_docsize",
    "counters": "UPDATE tally SET value = value + 7",
    "ids": "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'passage'",
}
"""What a page says that is older than the others."""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "ws"
    (folder / ".git").mkdir(parents=True)
    write_files(folder, 1)
    return folder


def mark(path: Path, mode: str) -> str | None:
    kind = VaultKind.WORKSPACE
    with Vault.open(path, kind=kind, durability=Durability(mode), write=True) as vault:
        return vault.meta(ROWS_DAMAGED)


@pytest.mark.parametrize("page", OLDER)
def test_the_next_run_after_a_stop_makes_it_whole(
    page: str, home: Home, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index(home, files, "high-performance")
    path = home.vault_path(files)
    with sqlite3.connect(path) as connection:
        connection.execute(OLDER[page])
    connection.close()
    monkeypatch.setattr(unsynced, "boot", lambda: "later")
    index(home, files, "high-performance")
    assert complaints(path) == []


@pytest.mark.parametrize("mode", ["high-performance", "balanced"])
def test_only_a_stop_of_the_machine_makes_it_doubtful(
    mode: str, home: Home, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index(home, files, "high-performance")
    path = home.vault_path(files)
    assert mark(path, mode) is None
    monkeypatch.setattr(unsynced, "boot", lambda: "later")
    assert mark(path, mode) == unsynced.TORN
    index(home, files, mode)
    assert mark(path, mode) is None


def test_what_is_synced_is_never_doubtful(home: Home, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index(home, files, "balanced")
    monkeypatch.setattr(unsynced, "boot", lambda: "later")
    assert mark(home.vault_path(files), "balanced") is None


def test_where_no_run_of_the_machine_is_known_all_is_synced(
    home: Home, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unsynced, "boot", lambda: None)
    path = home.ensure().vault_path(files)
    kind = VaultKind.WORKSPACE
    with Vault.open(path, kind=kind, durability=Durability.HIGH_PERFORMANCE, write=True) as vault:
        assert vault.db.raw().execute("PRAGMA synchronous").fetchone() == (1,)
