"""SIGKILL at random moments of all that writes: what was committed is there, the rest is done next time."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from magray_memory.health.doctor import check_vault
from magray_memory.storage import schema
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.salvage import unfinished
from magray_memory.storage.vault import Vault

if TYPE_CHECKING:
    import random

    from .conftest import Box

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")

_BUSY = """
import os, sys, random
from pathlib import Path
import numpy as np
from magray_memory.config import Settings, VectorSettings
from magray_memory.storage.home import Home
from magray_memory.storage.vault import Vault, VaultKind
from magray_memory.storage import vectors
home, path = Home(Path(sys.argv[1])), Path(sys.argv[2])
"""
_SNAPSHOTS = """
from magray_memory.index.vector_store import VectorStore
with Vault.open(path, kind=VaultKind.WORKSPACE, write=True) as vault:
    print("go", flush=True)
    while True:
        with vault.read() as connection:
            ids = [row[0] for row in connection.execute("SELECT id FROM passage ORDER BY random() LIMIT 50")]
        rows = np.random.default_rng().standard_normal((len(ids), 32)).astype(np.float32)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        vectors.put_vectors(vault, "key", ids, rows)
        store = VectorStore(vault, "key", VectorSettings(engine=random.choice(["hnsw", "exact"])))
        store.save_snapshot(force=True)
        store.seal()
"""
_OPTIMIZE = """
from magray_memory.maintenance import optimize
optimize._MANY_SEGMENTS, optimize._LEAST_FREE, optimize._PAGES, optimize._FREE_SHARE = 2, 1, 3, 10**9
print("go", flush=True)
with Vault.open(path, kind=VaultKind.WORKSPACE, write=True) as vault:
    while True:
        optimize.Optimizer(home, Settings()).run()
        from magray_memory.index.lexical import LexicalIndex
        with vault.write() as connection:
            rows = "SELECT id || random(), text, 0, 0 FROM passage"
            connection.execute(f"INSERT INTO skipped(path, reason, size, mtime_ns) {rows}")
            connection.execute("DELETE FROM skipped")
        LexicalIndex(vault).rebuild()
"""
_MIGRATE = """
from magray_memory.storage import schema
def second(connection):
    connection.execute("ALTER TABLE document ADD COLUMN extra TEXT")
    for number in range(30_000):
        connection.execute("UPDATE passage SET symbol = ?", (str(number),))
    connection.execute("UPDATE passage SET symbol = 'new'")
schema.MIGRATIONS = (*schema.MIGRATIONS, second)
schema.LATEST += 1
print("go", flush=True)
Vault.open(path, kind=VaultKind.WORKSPACE, write=True).close()
"""
_CREATE = """
print("go", flush=True)
for number in range(1000):
    Vault.open(path.with_name(f"{number:016x}.db"), kind=VaultKind.WORKSPACE, write=True).close()
"""
_SALVAGE = """
from magray_memory.health.doctor import Doctor
print("go", flush=True)
Doctor(home, None, print).repair()
"""


def _killed(box: Box, code: str, seconds: float) -> bool:
    process = subprocess.Popen(
        [sys.executable, "-c", _BUSY + code, str(box.home.path), str(box.vault_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    box.started.append(process)
    assert process.stdout is not None
    assert process.stdout.readline() == b"go\n", process.communicate()
    return box.kill_later(process, seconds)


def test_killed_indexers_go_on_and_end_like_a_clean_index(box: Box, rng: random.Random) -> None:
    box.populate(150, rng)
    killed = 0
    for _ in range(12):
        process = box.start("index", "--lexical", "--events")
        assert process.stdout is not None and b'"start"' in process.stdout.readline()
        killed += box.kill_later(process, rng.uniform(0.0, 0.35))
        box.change(rng)
    print(f"{killed} of 12 killed at work")
    box.index()
    box.assert_sound()


def test_killed_while_snapshots_are_written(box: Box, rng: random.Random) -> None:
    box.populate(120, rng)
    box.index()
    for _ in range(5):
        assert _killed(box, _SNAPSHOTS, rng.uniform(0.02, 0.4))
        found = check_vault(box.vault_path, VaultKind.WORKSPACE)
        assert [f.message for f in found if f.is_error or "damaged" in f.message] == []
    box.assert_sound()


def test_killed_while_optimizing(box: Box, rng: random.Random) -> None:
    box.populate(120, rng)
    box.index()
    for _ in range(5):
        assert _killed(box, _OPTIMIZE, rng.uniform(0.02, 0.5))
    box.assert_sound()


def test_killed_while_migrating_the_vault_is_of_one_version(box: Box, rng: random.Random) -> None:
    box.populate(40, rng)
    box.index()
    before = box.vault_path.read_bytes()
    migrated = 0
    for _ in range(5):
        for suffix in ("", "-wal", "-shm"):
            box.vault_path.with_name(box.vault_path.name + suffix).unlink(missing_ok=True)
        box.vault_path.write_bytes(before)
        _killed(box, _MIGRATE, rng.uniform(0.0, 0.3))
        with closing(sqlite3.connect(box.vault_path)) as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0] - schema.LATEST
            columns = {row[1] for row in connection.execute("PRAGMA table_info(document)")}
            symbols = connection.execute("SELECT DISTINCT symbol FROM passage").fetchall()
        assert (version, "extra" in columns, symbols == [("new",)]) in ((0, False, False), (1, True, True))
        migrated += version
        if version == 0:
            box.assert_sound()
    print(f"{5 - migrated} of 5 killed before the migration was committed")


def test_killed_while_making_vaults_none_is_half_made(box: Box, rng: random.Random) -> None:
    for _ in range(4):
        assert _killed(box, _CREATE, rng.uniform(0.0, 0.1))
        for path in box.home.workspaces.glob("*.db"):
            with Vault.open(path, kind=VaultKind.WORKSPACE, write=True) as vault:
                assert vault.counts() == (0, 0)


def test_a_killed_salvage_loses_nothing(box: Box, rng: random.Random) -> None:
    texts = {f"k{n}": f"the record number {n} " + box.words(rng, 40) for n in range(300)}
    box.remember(texts)
    data = bytearray(box.home.notebook.read_bytes())
    middle = data.index(b"the record number 150 ")
    data[middle : middle + 9_000] = rng.randbytes(9_000)
    box.home.notebook.write_bytes(data)
    for _ in range(6):
        _killed(box, _SALVAGE, rng.uniform(0.1, 0.9))
        assert box.home.notebook.exists() or unfinished(box.home.notebook)
    done = box("doctor", "--fix", "--json", cwd=box.base)
    assert done.code in (0, 3), done
    saved = box.records()
    lost = len(texts) - len(saved)
    print(f"{lost} of {len(texts)} records lost to 9,000 overwritten bytes")
    # The cell in which the overwriting began still reads as a record.
    assert len(saved.items() - texts.items()) <= 1
    assert lost < len(texts) / 4
    assert list(box.home.path.glob("notebook.db.damaged-*"))
    assert box("doctor", cwd=box.base).code == 0
