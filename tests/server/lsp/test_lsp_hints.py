"""Hints name what an editor can do, never a command that only a shell has, unless they say so."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

import magray_memory
from magray_memory.errors import StorageError
from magray_server.lsp.errors import response_error
from magray_server.lsp.hints import in_editor


@pytest.mark.parametrize(
    ("shell", "editor"),
    [
        ("magray index", "the command magray.server.index"),
        ("x is damaged: run `magray index`", "x is damaged: run the command magray.server.index"),
        ("run `magray --workspace /home/me/notes index`", "run the command magray.server.index in notes"),
        ("magray index --force", "`magray index --force` in a terminal"),
        ("magray doctor --fix", "`magray doctor --fix` in a terminal"),
        ("magray doctor --fix, or magray index",
         "`magray doctor --fix` in a terminal, or the command magray.server.index"),
        ("magray status --deep", "`magray status --deep` in a terminal"),
        ("magray config set embedding.device cpu", "`magray config set embedding.device cpu` in a terminal"),
        ("magray --workspace FOLDER …", "open its folder in the editor"),
        ("free some space; `magray optimize` may help",
         "free some space; the command magray.server.optimize may help"),
        ("magray has an internal error", "magray has an internal error"),
        ("close other programs", "close other programs"),
    ],
)  # fmt: skip
def test_a_command_of_the_shell_becomes_one_of_the_editor(shell: str, editor: str) -> None:
    assert in_editor(shell) == editor


def texts() -> set[str]:
    """Every text of the engine that names a command."""
    found: set[str] = set()
    for file in Path(magray_memory.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return {text for text in found if re.search(r"magray (--workspace|index|doctor|status)", text)}


def test_no_command_of_the_engine_is_left_as_it_is() -> None:
    for text in texts():
        if "\n" not in text:  # others are docstrings
            shown = re.sub(r"`magray [^`]*` in a terminal", "", in_editor(text))
            assert not re.search(r"magray (--workspace \S+ )?(index|doctor|status|optimize)\b", shown), text


def test_errors_carry_the_hint_of_an_editor() -> None:
    error = response_error(StorageError("it failed", "a reason", "magray index"))
    assert error.message == "It failed: a reason (try: the command magray.server.index)"
    assert isinstance(error.data, dict) and error.data["hint"] == "the command magray.server.index"


def test_a_file_elsewhere_is_told_what_to_open(shared) -> None:
    error = shared.error("magray/related", {"path": "/tmp/nowhere/else.py"})
    assert "open its folder in the editor" in error["message"]
    assert "--workspace" not in str(error)
    told: Any = shared.request("magray/health")
    assert "`magray index`" not in str(told)
