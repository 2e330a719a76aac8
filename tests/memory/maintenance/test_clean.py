"""Cleaning removes files that nothing needs, says so with their bytes, and takes nothing that is truth."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest

from magray_memory.config import BackupSettings, Settings, StorageSettings, UsageSettings
from magray_memory.errors import Interrupted
from magray_memory.maintenance.clean import FileCleaner
from magray_memory.maintenance.schedule import begin_daily
from magray_memory.memory import Memory
from magray_memory.progress import Progress
from magray_memory.records.draft import Draft
from magray_memory.storage import usage_log
from magray_memory.storage.usage_log import Asked
from magray_memory.storage.vector_cache import VectorCache

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.storage.home import Home

DAY = 86_400.0


@pytest.fixture
def memory(tmp_path: Path):
    root = tmp_path / "shop"
    root.mkdir()
    (root / "pay.py").write_text("def retry_payment():\n    return 3\n", "utf-8")
    with Memory.open(root, home=tmp_path / "home", environ={}) as memory:
        memory.index.run(lexical=True)
        for number in range(30):
            memory.records.remember(Draft(text=f"Record number {number} says something of its own."))
        yield memory


def litter(home: Home) -> dict[str, Path]:
    """One of everything that nothing needs any more."""
    home.make_logs()
    home.backups.mkdir(exist_ok=True)
    made = {
        "log": home.logs / "lsp.log.2",
        "draft": home.path / ".notebook.db.1-2.draft",
        "orphan": home.workspaces / f"{'0' * 16}.db-wal",
        "set aside": home.workspaces / f"{'1' * 16}.db.damaged-20240101T000000Z",
    }
    for path in made.values():
        path.write_bytes(b"x" * 1_000)
        then = time.time() - 60 * DAY
        os.utime(path, (then, then))
    with VectorCache(home.vectors, 1 << 30) as cache:
        cache.put_many("key", {os.urandom(16): np.zeros(32, np.float16).tobytes() for _ in range(50)})
        connection = cache._open()
        connection.execute("UPDATE entry SET used = used - 400")
    usage_log.add(home.usage, [Asked(1.0, "search", "of old", 0, 1.0, ())], 1 << 20)
    return made


def cleaner(home: Home, **options: object) -> FileCleaner:
    return FileCleaner(home, Settings(), **options)  # type: ignore[arg-type]


def test_everything_that_nothing_needs_goes_with_its_bytes(memory: Memory) -> None:
    home = memory.home
    made = litter(home)
    would = memory.maintenance.clean(dry_run=True)
    assert all(path.exists() for path in made.values())
    assert {step.what for step in would.steps} == {"log", "remove", "cache", "usage"}
    done = memory.maintenance.clean()
    assert [(step.what, step.place) for step in done.steps] == [(s.what, s.place) for s in would.steps]
    assert not any(path.exists() for path in made.values())
    assert done.whole and done.bytes >= 4_000
    assert usage_log.questions(home.usage, 0.0) == []
    with VectorCache(home.vectors, 1 << 30) as cache:
        assert cache.unused(time.time()) == (0, 0)
    assert memory.maintenance.clean().steps == []
    assert memory.index.run(lexical=True).files == 1


def test_what_is_truth_or_young_stays(memory: Memory) -> None:
    home = memory.home
    home.make_logs()
    kept = [
        home.path / "notebook.db.damaged-20240101T000000Z",
        home.logs / "lsp.log",
        home.path / "config.toml",
        home.path / "a note of mine.txt",
    ]
    for path in kept:
        path.write_bytes(b"")
    os.utime(kept[0], (0, 0))
    assert memory.maintenance.clean().steps == []
    assert all(path.exists() for path in kept)


def test_only_records_leaves_the_files(memory: Memory) -> None:
    made = litter(memory.home)
    assert not memory.maintenance.clean(records_only=True).steps
    assert all(path.exists() for path in made.values())


def test_a_log_of_questions_that_is_off_is_erased(memory: Memory) -> None:
    litter(memory.home)
    settings = Settings(usage=UsageSettings(enabled=False))
    steps = FileCleaner(memory.home, settings).run(memory.home.backups)
    assert "usage" in {step.what for step in steps} and not memory.home.usage.exists()


def test_a_step_that_fails_says_so_and_the_others_go_on(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = litter(memory.home)
    monkeypatch.setattr("magray_memory.archive.retention.prune", _fails)
    monkeypatch.setattr(VectorCache, "unused", _fails)
    steps = cleaner(memory.home).run(memory.home.backups)
    assert {step.what for step in steps if step.problem} == {"backup", "cache"}
    assert not any(path.exists() for path in made.values())


def _fails(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def test_it_stops_between_two_steps(memory: Memory) -> None:
    made = litter(memory.home)
    with pytest.raises(Interrupted):
        cleaner(memory.home, progress=Progress(should_stop=lambda: True)).run(memory.home.backups)
    assert all(path.exists() for path in made.values())


def test_files_are_due_once_a_day(tmp_path: Path) -> None:
    now = time.time()
    assert begin_daily(tmp_path, lambda: now) and not begin_daily(tmp_path, lambda: now + DAY / 2)
    assert begin_daily(tmp_path, lambda: now + DAY + 1)
    assert not begin_daily(tmp_path / "none", lambda: now)


def test_the_vector_cache_keeps_what_was_used_lately(memory: Memory) -> None:
    with VectorCache(memory.home.vectors, 1 << 30) as cache:
        cache.put_many("key", {b"h" * 16: b"v" * 64})
    settings = Settings(storage=StorageSettings(), backup=BackupSettings())
    assert FileCleaner(memory.home, settings).run(memory.home.backups) == []
    with VectorCache(memory.home.vectors, 1 << 30) as cache:
        assert cache.get_many("key", [b"h" * 16])
