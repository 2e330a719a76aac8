"""The home is open to its owner alone, whichever part of it is made first."""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

import pytest

from magray_memory import config_file
from magray_memory.memory import Memory
from magray_memory.storage.home import Home
from magray_memory.values import Draft, parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="rights of POSIX")


def settings(home: Path, root: Path) -> None:
    config_file.set_value(home / "config.toml", "search", "k", 5)


def logs(home: Path, root: Path) -> None:
    Home(home).make_logs()


def vaults(home: Path, root: Path) -> None:
    Home(home).ensure()


@pytest.mark.parametrize("make", [settings, logs, vaults])
def test_every_folder_that_is_made_is_private(tmp_path: Path, make: Callable[[Path, Path], None]) -> None:
    home, root = tmp_path / "data" / "home", tmp_path / "ws"
    root.mkdir()
    before = os.umask(0o022)
    try:
        make(home, root)
    finally:
        os.umask(before)
    for folder in (home.parent, home, *(entry for entry in home.rglob("*") if entry.is_dir())):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder


def test_a_home_that_is_open_to_others_is_told(tmp_path: Path) -> None:
    (tmp_path / "ws").mkdir()
    home = Home(tmp_path / "home").ensure().path

    def summary() -> str:
        with Memory.open(tmp_path / "ws", home=home, environ={}) as memory:
            return next(part.summary for part in memory.health.status().components if part.name == "storage")

    assert "other people" not in summary()
    home.chmod(0o755)
    assert "other people of this machine can read" in summary()


def test_every_file_is_private_in_a_home_that_others_can_enter(tmp_path: Path) -> None:
    """What an earlier version wrote is narrowed by whoever writes to it; a project's settings are left."""
    home, root = tmp_path / "home", tmp_path / "ws"
    home.mkdir(mode=0o755)
    (root / ".git").mkdir(parents=True)
    (root / "a.py").write_text("def charge(card):\n    return card\n")
    before = os.umask(0o022)
    try:
        _use(home, root)
        wide = [path for path in home.rglob("*") if path.is_file()]
        assert _open_to_others(wide) == []
        for path in wide:
            path.chmod(0o644)
        (root / "b.py").write_text("def refund(card):\n    return card\n")
        _use(home, root)
        config_file.set_value(root / ".magray.toml", "search", "k", 5, follow_links=False)
    finally:
        os.umask(before)
    names = {path.name for path in _open_to_others(wide)}
    assert not names & {"notebook.db", "vectors.db", "config.toml", f"{Home(home).vault_path(root).name}"}
    assert stat.S_IMODE((root / ".magray.toml").stat().st_mode) == 0o644


def _use(home: Path, root: Path) -> None:
    config_file.set_value(home / "config.toml", "search", "k", 5)
    with Memory.open(root, home=home, environ={}) as memory:
        memory.records.remember(Draft(text=f"sentence {len(list(root.iterdir()))}"))
        memory.index.run()
        memory.search.query(parse("charge"))
        memory.maintenance.optimize()


def _open_to_others(files: list[Path]) -> list[Path]:
    return [path for path in files if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077]
