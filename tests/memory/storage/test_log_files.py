"""A log that is deleted while a program works costs it nothing that was acknowledged, and holds up nobody."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from magray_memory.errors import StorageError
from magray_memory.storage import log_files
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a file in use cannot be deleted there")


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    with Vault.open(tmp_path / "notebook.db", kind=VaultKind.NOTEBOOK, write=True) as opened:
        opened.set_meta("name", "first")
        yield opened


def _delete_log(vault: Vault) -> None:
    vault.path.with_name(vault.path.name + "-wal").unlink()


def test_what_is_committed_into_a_deleted_log_is_in_the_database_before_it_counts(
    vault: Vault, tmp_path: Path
) -> None:
    with vault.write():
        vault.set_meta("name", "second")
        _delete_log(vault)
    copy = tmp_path / "copy.db"
    shutil.copy(vault.path, copy)
    with sqlite3.connect(copy) as connection:
        assert connection.execute("SELECT value FROM meta WHERE key = 'name'").fetchone() == ("second",)
    connection.close()
    assert vault.meta("name") == "second"


def test_a_reader_of_a_deleted_log_is_waited_for_without_a_lock(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, end, held = threading.Event(), threading.Event(), list[bool]()

    def read() -> None:
        with vault.read() as connection:
            connection.execute("SELECT * FROM meta").fetchall()
            reading.set()
            end.wait(60)
            assert connection.execute("SELECT value FROM meta WHERE key = 'name'").fetchone() == ("first",)

    def pause(_: float) -> None:
        held.append(log_files._guard.locked())
        end.set()
        thread.join(60)

    thread = threading.Thread(target=read)
    thread.start()
    assert reading.wait(60)
    vault.path.with_name(vault.path.name + "-shm").unlink()
    _delete_log(vault)
    monkeypatch.setattr(log_files.time, "sleep", pause)
    assert vault.meta("name") == "first"
    assert held == [False]
    vault.set_meta("name", "third")
    assert vault.meta("name") == "third"


def test_a_log_that_stays_in_use_is_told_in_a_sentence(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "_WAIT_SECONDS", 0.0)
    raised: list[str] = []

    def ask() -> None:
        try:
            vault.meta("name")
        except StorageError as error:
            raised.append(str(error))

    with vault.read() as connection:
        connection.execute("SELECT * FROM meta").fetchall()
        vault.path.with_name(vault.path.name + "-shm").unlink()
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join(60)
        assert connection.execute("SELECT value FROM meta WHERE key = 'name'").fetchone() == ("first",)
    assert len(raised) == 1
    assert "its log was cut or removed while in use" in raised[0]
    assert vault.meta("name") == "first"
