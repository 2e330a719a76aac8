"""A command that is forked does what a started one does: most tests of the shell use the former."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from forked_command import can_fork

if TYPE_CHECKING:
    from .conftest import Magray

pytestmark = pytest.mark.skipif(
    not can_fork({**os.environ, "PYTHONUTF8": "1"}), reason="no process can be forked here"
)


def started(magray: Magray, *arguments: str, **options: Any) -> tuple[int, bytes, bytes]:
    done = subprocess.run(
        [*magray.command, *arguments],
        **{"cwd": magray.cwd, "env": magray.environment(), "capture_output": True, "timeout": 120, **options},
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "line",
    [
        "--version",
        "serch",
        "--help",
        "config show",
        "coverage --json",
        "search --mode lexical retry",
        "why / --json",
    ],
)
def test_it_prints_and_ends_as_if_it_were_started(indexed: Magray, line: str) -> None:
    forked = indexed(*line.split())
    assert (forked.code, forked.out.encode(), forked.err.encode()) == started(indexed, *line.split())


def test_it_has_its_own_folder_environment_and_input(magray: Magray) -> None:
    (magray.cwd / "src" / ".magray.toml").write_text("[search]\nk = 3\n")
    text = "слово " * 50_000 + "\n"
    remembered = magray("--json", "remember", "-", text=text)
    assert remembered.json["record"]["text"].strip() == text.strip()
    shown = magray("config", "get", "search.k", env={"MAGRAY_SEARCH__K": "7"}, cwd=magray.cwd / "docs")
    assert shown.out.strip() == "7"


def test_one_leaves_nothing_to_the_next(magray: Magray) -> None:
    assert magray("config", "set", "search.k", "4").code == 0
    assert magray("config", "get", "search.k").out.strip() == "4"
    assert magray("config", "get", "search.k", "--home", str(magray.home / "no")).out.strip() == "10"
