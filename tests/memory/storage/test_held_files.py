"""What is read of a database beside SQLite leaves the locks that this process has on it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from magray_memory.errors import RecordError
from magray_memory.memory import Memory
from magray_memory.records.citation import Source
from magray_memory.records.draft import Draft
from magray_memory.storage import held_files
from magray_memory.storage.damaged_vault import stated_root
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.vault import Vault
from magray_memory.storage.vault_files import was_cut

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="each descriptor has locks of its own there")

_ASK = """
import fcntl, sys
with open(sys.argv[1], "r+b") as file:
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 512, 0x40000000)
    except OSError:
        print("in use")
"""
"""Locks the bytes that every connection has locked while it is open."""


def _in_use(path: Path) -> bool:
    asked = subprocess.run([sys.executable, "-c", _ASK, str(path)], stdout=subprocess.PIPE, check=True)
    return asked.stdout.strip() == b"in use"


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    """A vault that was read, so that its connection stays open."""
    path = tmp_path / "v.db"
    with Vault.open(path, kind=VaultKind.NOTEBOOK, write=True) as opened:
        opened.set_meta("a", "b")
        yield opened


def _first_bytes(path: Path) -> bytes:
    return held_files.read(path, 100)


@pytest.mark.parametrize("look", [was_cut, stated_root, _first_bytes])
def test_a_look_at_a_database_keeps_its_locks(vault: Vault, look: Callable[[Path], object]) -> None:
    assert _in_use(vault.path)
    look(vault.path)
    assert _in_use(vault.path)


def test_a_database_that_is_in_use_looks_whole_and_a_shorter_one_cut(vault: Vault, tmp_path: Path) -> None:
    assert not was_cut(vault.path)
    assert not was_cut(tmp_path / "none.db")
    shorter = tmp_path / "shorter.db"
    shorter.write_bytes(vault.path.read_bytes()[:8192])
    assert was_cut(shorter)
    (tmp_path / "empty.db").touch()
    assert was_cut(tmp_path / "empty.db")


def test_a_file_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_bytes(b"first")
    assert held_files.read(path, 9) == b"first"
    other.write_bytes(b"second")
    other.replace(path)
    assert held_files.read(path, 9) == b"second"
    path.unlink()
    assert held_files.read(path, 9) == b""


def test_no_record_cites_a_file_of_the_home(tmp_path: Path) -> None:
    (tmp_path / "ws").mkdir()
    with Memory.open(tmp_path / "ws", home=tmp_path / "ws" / "home") as memory:
        memory.records.remember(Draft(text="one"))
        with pytest.raises(RecordError, match="a file of magray itself"):
            memory.records.remember(Draft(text="two", source=Source(memory.root / "home" / "notebook.db")))
