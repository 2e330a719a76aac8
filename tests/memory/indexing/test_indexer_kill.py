"""The indexer killed at any moment: the next run does the rest, and the index equals one made in peace."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

_CODE = """
import sys
from pathlib import Path
from magray_memory.config import Settings
from magray_memory.storage.home import Home
from magray_memory.storage.vault import Vault, VaultKind
from magray_memory.indexing.indexer import Indexer
root, home = Path(sys.argv[1]), Home(Path(sys.argv[2]))
settings = Settings()
factory = None
if sys.argv[3] == "model":
    from magray_memory.models.embedder import Embedder
    from magray_memory.models.model import resolve_model
    factory = lambda: Embedder.open(resolve_model("", home.models), threads=1)
with Vault.open(home.vault_path(root), kind=VaultKind.WORKSPACE, root=root, write=True) as vault:
    print("open", flush=True)
    Indexer(vault, home, settings, factory).run()
"""


def command(ws: Any, mode: str) -> list[str]:
    return [sys.executable, "-c", _CODE, str(ws.root), str(ws.home.path), mode]


def populate(root: Path, count: int, rng: random.Random) -> None:
    words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"]
    for number in range(count):
        folder = root / f"d{number % 7}"
        folder.mkdir(parents=True, exist_ok=True)
        body = " ".join(rng.choices(words, k=rng.randint(5, 400)))
        (folder / f"f{number}.py").write_text(f"def f{number}():\n    return '''{body}'''\n")


def change(root: Path, rng: random.Random) -> None:
    """A storm: edits, renames, deletions, new files."""
    files = sorted(root.rglob("*.py"))
    for file in rng.sample(files, min(len(files), 30)):
        what = rng.random()
        if what < 0.4:
            file.write_text(file.read_text() + f"\nextra = {rng.random()}\n")
        elif what < 0.7:
            file.rename(file.with_name(f"r{rng.randrange(10**9)}.py"))
        elif what < 0.85:
            file.unlink()
        else:
            (root / f"n{rng.randrange(10**9)}.py").write_text(f"new = {rng.random()}\n")


def clean_copy(ws: Any, tmp_path: Path) -> list[tuple[Any, ...]]:
    """The contents of an index of the same files made from nothing."""
    from magray_memory.config import Settings
    from magray_memory.indexing.indexer import Indexer
    from magray_memory.storage.home import Home
    from magray_memory.storage.vault import Vault, VaultKind

    home = Home(tmp_path / f"clean{random.randrange(10**9)}").ensure()
    path = home.vault_path(ws.root)
    with Vault.open(path, kind=VaultKind.WORKSPACE, root=ws.root, write=True) as vault:
        Indexer(vault, home, Settings()).run(lexical=True)
        kept, ws.vault = ws.vault, vault
        try:
            return ws.contents()
        finally:
            ws.vault = kept


def lexical_rows_match(ws: Any) -> bool:
    """Whether the lexical table has just the rows of the passages, and finds each by its symbol."""
    with ws.vault.write() as connection:
        connection.execute("INSERT INTO passage_fts(passage_fts) VALUES ('integrity-check')")
    with ws.vault.read() as connection:
        rows = {
            row[0]
            for row in connection.execute("SELECT rowid FROM passage_fts WHERE passage_fts MATCH 'path:py'")
        }
        return rows == {row[0] for row in connection.execute("SELECT id FROM passage")}


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_killed_anywhere_it_goes_on_and_ends_like_a_clean_index(ws: Any, tmp_path: Path) -> None:
    rng = random.Random(7)
    populate(ws.root, 250, rng)
    for _ in range(6):
        with subprocess.Popen(command(ws, "words"), stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(rng.uniform(0.0, 0.6))
            process.send_signal(signal.SIGKILL)
        change(ws.root, rng)
    ws.index(lexical=True)
    assert ws.contents() == clean_copy(ws, tmp_path)
    assert lexical_rows_match(ws)


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_killed_while_embedding_it_makes_only_the_missing_vectors(ws: Any, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    populate(ws.root, 120, random.Random(3))
    made = 0
    for seconds in (0.9, 1.2):
        with subprocess.Popen(command(ws, "model"), stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(seconds)
            process.send_signal(signal.SIGKILL)
        now = count(ws, "vector")
        assert now >= made
        made = now
    subprocess.run(command(ws, "model"), check=True, stdout=subprocess.DEVNULL, timeout=120)
    assert count(ws, "vector") == count(ws, "passage") == len({row[11] for row in ws.contents()})


def count(ws: Any, table: str) -> int:
    with ws.vault.read() as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
