"""Optimizing makes a home smaller and loses nothing; a trial run changes nothing."""

from __future__ import annotations

import errno
import os
import sqlite3
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from magray_memory.config import Settings, VectorSettings
from magray_memory.errors import Interrupted
from magray_memory.index import planner
from magray_memory.index.lexical import LexicalIndex
from magray_memory.index.vector_store import VectorStore
from magray_memory.maintenance.optimize import Optimizer
from magray_memory.memory import Memory
from magray_memory.progress import Progress
from magray_memory.session import Session
from magray_memory.storage import vault_info, vectors
from magray_memory.storage.documents import NewDocument, NewPassage, put_file, remove_files
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.home import Home
from magray_memory.storage.lock import IndexerLock
from magray_memory.storage.vault import Vault
from magray_memory.storage.vault_files import snapshot_files
from magray_memory.storage.vault_info import list_vaults

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.maintenance.result import Optimized


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home whose one vault has been through much: many small commits, most of it removed again."""
    (tmp_path / "ws").mkdir()
    home = Home(tmp_path / "home").ensure()
    with _vault(home, tmp_path / "ws") as vault:
        index = LexicalIndex(vault)
        ids: list[int] = []
        for number in range(40):
            lines = [f"alpha beta word{number} {'filler ' * 80} {i}" for i in range(60)]
            passages = [NewPassage(i, i, "", "code", text, os.urandom(16)) for i, text in enumerate(lines)]
            document = NewDocument(f"{number}.py", "code", None, None, (1, 1, 0, 0), b"h")
            put = put_file(vault, document, passages, index)
            rows = np.random.default_rng(number).standard_normal((60, 32)).astype(np.float32)
            vectors.put_vectors(vault, "key", put.added, rows / np.linalg.norm(rows, axis=1, keepdims=True))
            ids.append(put.document_id)
        with vault.write():
            remove_files(vault, ids[5:], index)
        vault.set_meta("last_indexed_at", str(time.time()))
    return home


def _vault(home: Home, root: Path) -> Vault:
    return Vault.open(home.vault_path(root), kind=VaultKind.WORKSPACE, root=root, write=True)


def _run(home: Home, **options: Any) -> Optimized:
    return Optimizer(home, Settings(vectors=VectorSettings()), **options).run()


def test_it_gives_space_back_and_loses_nothing(home: Home, tmp_path: Path) -> None:
    tried = _run(home, dry_run=True)
    assert {step.what for step in tried.steps} >= {"vacuum", "statistics"}
    before = list_vaults(home)[0].bytes
    done = _run(home)
    assert done.problems == [] and done.bytes > 0
    assert list_vaults(home)[0].bytes < before
    with _vault(home, tmp_path / "ws") as vault, vault.read() as connection:
        assert vault.counts() == (5, 300)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        found = connection.execute("SELECT count(*) FROM passage_fts WHERE passage_fts MATCH 'alpha'")
        assert found.fetchone() == (300,)
    assert [step.what for step in _run(home).steps] == []


def test_a_large_vault_gets_sketches_for_commands(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner, "EXACT_UP_TO", 100)
    assert "seal" not in {step.what for step in _run(home).steps}
    with _vault(home, tmp_path / "ws") as vault:
        store = VectorStore(vault, "key", VectorSettings())
        store.refresh()
        assert (store.engine, store.count, store.problem) == ("sketch", 300, None)


def test_whoever_wants_annoy_gets_a_sealed_index_for_commands(home: Home, tmp_path: Path) -> None:
    settings = VectorSettings(engine="annoy")
    done = Optimizer(home, Settings(vectors=settings)).run()
    assert "seal" in {step.what for step in done.steps}
    with _vault(home, tmp_path / "ws") as vault:
        store = VectorStore(vault, "key", settings)
        store.refresh()
        assert (store.engine, store.count, store.problem) == ("annoy", 300, None)
        store.close()
    again = Optimizer(home, Settings(vectors=settings)).run()
    assert "seal" not in {step.what for step in again.steps}


def test_a_vault_that_is_watched_and_at_rest_is_sealed_too(home: Home) -> None:
    settings = Settings(vectors=VectorSettings(engine="annoy"))
    (info,) = list_vaults(home)
    with IndexerLock(info.path, watching=True).acquire():
        os.utime(info.path)
        assert "seal" not in {step.what for step in Optimizer(home, settings).run().steps}, "it is at work"
        for file in home.workspaces.glob(f"{info.path.name}*"):
            os.utime(file, (time.time() - 60, time.time() - 60))
        assert "seal" in {step.what for step in Optimizer(home, settings).run().steps}


def test_a_folder_that_is_gone_for_long_takes_its_vault_along(home: Home, tmp_path: Path) -> None:
    (tmp_path / "ws").rmdir()
    assert "drop" not in {step.what for step in _run(home).steps}
    with _vault(home, tmp_path / "ws") as vault:
        vault.set_meta("last_indexed_at", str(time.time() - 40 * 86_400))
    assert "drop" in {step.what for step in _run(home, dry_run=True).steps}
    assert len(list_vaults(home)) == 1
    _run(home)
    assert list_vaults(home) == []
    assert [path.name for path in home.workspaces.iterdir()] == [".creating"]


def test_a_graph_that_no_search_loads_goes_after_a_week(home: Home) -> None:
    """The settings were for annoy once; `auto` takes the exact index of so few passages."""
    settings = Settings(vectors=VectorSettings(engine="annoy"))
    Optimizer(home, settings).run()
    assert _snapshots(home) == {"exact", "ann", "ids"}
    _run(home)
    assert _snapshots(home) == {"exact", "ann", "ids"}, "an editor may have settings of its own"
    for path in home.workspaces.glob("*.snapshot"):
        os.utime(path, (time.time() - 8 * 86_400, time.time() - 8 * 86_400))
    Optimizer(home, settings).run()
    assert _snapshots(home) == {"exact", "ann", "ids"}
    assert "remove" in {step.what for step in _run(home, dry_run=True).steps}
    assert _snapshots(home) == {"exact", "ann", "ids"}
    assert sum(step.bytes for step in _run(home).steps if step.what == "remove") > 0
    assert _snapshots(home) == {"exact"}
    assert len(list(home.workspaces.glob("*.snapshot"))) == 1


def test_it_stops_when_asked(home: Home) -> None:
    optimizer = Optimizer(home, Settings(), progress=Progress(should_stop=lambda: True))
    with pytest.raises(Interrupted):
        optimizer.run()


def test_it_builds_what_the_next_search_loads(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A graph that the profile has no memory for is built neither by optimize nor by repair."""
    monkeypatch.setattr(planner, "EXACT_UP_TO", 100)
    monkeypatch.setattr(planner, "_LINKS_BYTES", 1_000_000)  # 300 MB, where this profile allows 64
    profile = {"resources.profile": "minimal"}
    with Memory.open(tmp_path / "ws", home=home.path, overrides=profile) as memory:
        memory.maintenance.optimize()
    assert _snapshots(home) == {"exact", "sketch"}
    with Session.start(home, [tmp_path / "ws"], profile) as session:
        (vault, *_) = session.search.open().vaults
        store = vault.vectors("key")
        store.refresh()
        assert (store.engine, store.count, store.problem) == ("sketch", 300, None)
    next(home.workspaces.glob("*.sketch")).write_bytes(b"damaged")
    with Memory.open(tmp_path / "ws", home=home.path, overrides=profile) as memory:
        assert any(finding.check == "snapshots" for finding in memory.health.doctor(fix=True).repaired)
    assert "hnsw" not in _snapshots(home)


def _snapshots(home: Home) -> set[str]:
    (vault,) = home.workspaces.glob("*.db")
    return {file.suffix[1:] for file in snapshot_files(vault)} - {"snapshot"}


@pytest.mark.parametrize("kind", [OSError, sqlite3.OperationalError])
@pytest.mark.parametrize(
    "place",
    [
        "fts_maintenance.merge", "space.vacuum", "space.take_statistics", "space.checkpoint",
        "VectorCache.spare", "leftovers", "drop_vaults",
    ],
)  # fmt: skip
def test_a_step_that_meets_an_error_of_the_disk_says_so_and_the_others_go_on(
    home: Home, monkeypatch: pytest.MonkeyPatch, place: str, kind: type[Exception]
) -> None:
    from magray_memory.maintenance import clean, optimize
    from magray_memory.storage import vector_cache

    error = OSError(5, "Input/output error") if kind is OSError else kind("disk I/O error")
    if isinstance(error, sqlite3.Error):
        error.sqlite_errorcode = 10

    def fail(*_: object, **__: object) -> Any:
        raise error

    with vector_cache.VectorCache(home.vectors, 10**6) as cache:
        cache.put_many("key", {b"h": b"v"})
    if place == "drop_vaults":
        monkeypatch.setattr(clean, "_is_gone_for_good", lambda info: True)
    owner, _, name = place.rpartition(".")
    holder: Any = clean if name in ("leftovers", "drop_vaults") else optimize
    if owner:
        holder = vector_cache.VectorCache if owner == "VectorCache" else getattr(optimize, owner)
    monkeypatch.setattr(holder, name, fail)
    problems = Optimizer(home, Settings()).run().problems
    assert problems, place
    assert all("error" in step.problem.lower() and "\n" not in step.problem for step in problems)


def test_a_vault_that_cannot_be_opened_is_one_step_that_says_so(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = vault_info.Vault.find

    def refuse(path: Path, **options: Any) -> Vault | None:
        if path.name == "0123456789abcdef.db":
            raise OSError(errno.EIO, "Input/output error")
        return real(path, **options)

    (home.workspaces / "0123456789abcdef.db").write_bytes(b"")
    monkeypatch.setattr(vault_info.Vault, "find", refuse)
    steps = Optimizer(home, Settings()).run().steps
    assert [step.problem for step in steps if step.what == "open"] == ["Input/output error"]
    assert len(list_vaults(home)) == 2
