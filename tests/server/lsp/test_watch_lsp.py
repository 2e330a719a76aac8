"""The watching child of the server: nothing of the workspace runs in it, and it needs nobody to tell it."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from magray_memory.storage.home import Home

if TYPE_CHECKING:
    from pathlib import Path

TRAP = 'from pathlib import Path\nPath(__file__).with_name("sprung").touch()\nraise SystemExit(1)\n'


@pytest.fixture
def forked() -> bool:
    return False


@pytest.fixture
def seeds() -> tuple[str, ...]:
    return ("probes.json",)


def test_modules_of_the_workspace_are_read_and_never_imported(connect, tmp_path: Path) -> None:
    root = tmp_path / "trap"
    root.mkdir()
    for name in ("json", "logging", "numpy", "click", "magray_memory", "sitecustomize", "marshal"):
        (root / f"{name}.py").write_text(TRAP)
    (root / "zebra.py").write_text("def count_zebras():\n    return 1\n")
    client = connect()
    client.start(root)
    client.ready()
    hits = client.request("magray/search", {"query": "count zebras"})["hits"]
    assert hits[0]["path"] == "zebra.py"
    assert not (root / "sprung").exists()


def test_a_change_that_no_client_tells_of_is_found(connect, project: Path, processes) -> None:
    _, _, eventually = processes
    client = connect()
    client.start(project)
    client.ready()
    (project / "fresh.py").write_text("def transfer_of_giraffes():\n    return 1\n")

    def found() -> bool:
        hits = client.request("magray/search", {"query": "transfer_of_giraffes", "mode": "lexical"})["hits"]
        return [hit["path"] for hit in hits][:1] == ["fresh.py"]

    assert eventually(found, 20.0)


def test_the_server_and_the_shell_store_the_same_vectors(connect, tmp_path: Path, processes) -> None:
    """Indexed at once by a command, and file by file, in another order, by the server."""
    _, _, eventually = processes
    texts = {
        "long.md": "# Long\n\n" + "Every night the vault is copied to cold storage and verified. " * 30,
        "short.md": "# S\n\nKey.\n",
        "сеть.md": "# Сеть\n\nПри ошибке сети запрос повторяется три раза.\n",
        "retry.py": "def next_delay(attempt):\n    return min(60.0, 2.0 ** attempt)\n",
    }
    served, at_once = tmp_path / "served", tmp_path / "at_once"
    for root in (served, at_once):
        root.mkdir()
    for path, text in texts.items():
        (at_once / path).write_text(text)
    client = connect()
    client.start(served)
    client.ready()
    shell = [sys.executable, "-m", "magray_server.cli.main", "--home", str(tmp_path / "home"), "--workspace"]
    for number, (path, text) in enumerate(reversed(texts.items())):
        (served / path).write_text(text)
        assert eventually(lambda wanted=number + 1: len(vectors(tmp_path / "home", served)) == wanted, 30.0)
    (tmp_path / "home" / "vectors.db").unlink()
    subprocess.run([*shell, str(at_once), "index", "--quiet"], check=True, timeout=120)
    assert vectors(tmp_path / "home", served) == vectors(tmp_path / "home", at_once)


def vectors(home: Path, root: Path) -> set[tuple[bytes, bytes]]:
    """The texts of a vault, each with its vector."""
    path = Home(home).vault_path(root)
    if not path.exists():
        return set()
    with contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            "SELECT text_hash, data FROM passage JOIN vector ON passage_id = passage.id"
        ).fetchall()
    return set(rows)
