"""What the editors know of the server: the types that are made for them, and whose command is whose."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

from magray_memory.values import Home
from magray_server.lsp import commands
from magray_server.lsp.server import MagrayServer

ROOT = Path(__file__).parents[2]
EDITORS = ROOT / "editors"


def test_the_types_of_the_editors_are_what_the_operations_say() -> None:
    made = subprocess.run([sys.executable, ROOT / "scripts" / "build_editor_types.py", "--check"], timeout=60)
    assert made.returncode == 0


def of_vscode() -> set[str]:
    extension = EDITORS / "vscode"
    manifest = json.loads((extension / "package.json").read_text(encoding="utf-8"))
    found = {command["command"] for command in manifest["contributes"]["commands"]}
    for file in (extension / "src").rglob("*.ts"):
        found.update(
            re.findall(r"""registerCommand\(\s*["'](magray\.[\w.]+)""", file.read_text(encoding="utf-8"))
        )
    return found


def of_neovim() -> set[str]:
    config = EDITORS / "neovim" / "lsp" / "magray.lua"
    return set(re.findall(r"\['(magray\.[\w.]+)'\]", config.read_text(encoding="utf-8")))


def test_no_command_is_the_server_s_and_an_editor_s(tmp_path: Path) -> None:
    server = set(MagrayServer(Home(tmp_path)).protocol.fm.commands)
    assert len(server) > 10 and all(id_.startswith("magray.server.") for id_ in server)
    for own in (of_vscode(), of_neovim()):
        assert all(id_.startswith("magray.") for id_ in own)
        assert not own & server, own & server
        assert not any(id_.startswith("magray.server.") for id_ in own)


def test_neovim_handles_every_command_that_the_server_leaves_to_editors() -> None:
    left = {commands.OWN_RELATED, commands.OWN_SHOW_RECORDS, commands.OWN_REMEMBER}
    assert of_neovim() == left
