"""A repair that is killed, or run from elsewhere, never forgets a workspace."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from magray_memory.storage.root_file import root_file

if TYPE_CHECKING:
    import random
    from pathlib import Path

    from .conftest import Box


def _truncate(box: Box) -> None:
    with closing(sqlite3.connect(box.vault_path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    data = box.vault_path.read_bytes()
    box.vault_path.write_bytes(data[:100])


def _errors(box: Box) -> tuple[int, str]:
    found = box("doctor", "--json")
    return found.code, " ".join(finding["message"] for finding in found.json["findings"])


def test_killed_at_any_moment(box: Box, rng: random.Random) -> None:
    box.populate(40, rng)
    assert box("index", "--lexical").code == 0
    _truncate(box)
    kills = 0
    for _ in range(3):
        process = box.start("doctor", "--fix")
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if not box.vault_path.exists() or box.vault_path.stat().st_size > 100:
                break
            time.sleep(0.002)
        kills += box.kill_later(process, rng.random() * 0.5)
        code, said = _errors(box)
        assert code == 0 or str(box.root) in said or str(box.vault_path) in said, said
        _truncate(box) if box.vault_path.exists() else None
    print(f"{kills} kills")
    fixed = box("doctor", "--fix")
    assert fixed.code == 0, fixed
    box.assert_sound()


def test_killed_between_quarantine_and_index(
    box: Box, rng: random.Random, monkeypatch: pytest.MonkeyPatch
) -> None:
    from magray_memory.health.doctor import Doctor

    box.populate(10, rng)
    assert box("index", "--lexical").code == 0
    _truncate(box)

    def killed(root: Path, lexical: bool) -> object:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Doctor(box.home, None, killed).repair()
    assert not box.vault_path.exists()
    code, said = _errors(box)
    assert code == 1 and f"The vault of {box.root} is gone" in said
    assert box("doctor", "--fix").code == 0
    box.assert_sound()
    with closing(sqlite3.connect(box.vault_path)) as connection:  # by words alone, as before
        assert connection.execute("SELECT count(*) FROM vector").fetchone() == (0,)


def test_run_from_another_folder_it_knows_the_workspace(box: Box, rng: random.Random) -> None:
    box.populate(10, rng)
    assert box("index", "--lexical").code == 0
    _truncate(box)
    fixed = box("doctor", "--fix", cwd="/")
    assert fixed.code == 0, fixed
    box.assert_sound()


def test_where_nothing_says_which_folder_it_was_the_loss_is_told(box: Box, rng: random.Random) -> None:
    box.populate(10, rng)
    assert box("index", "--lexical").code == 0
    root_file(box.vault_path).unlink()
    _truncate(box)
    fixed = box("doctor", "--fix", "--json", cwd="/")
    assert fixed.code == 3 and "which folder it was of" in fixed.json["lost"][0], fixed


def test_a_vault_that_is_dropped_leaves_no_mark(box: Box, rng: random.Random) -> None:
    box.populate(3, rng)
    assert box("index", "--lexical").code == 0
    assert box("vault", "drop", str(box.root)).code == 0
    assert not root_file(box.vault_path).exists()
    assert _errors(box)[0] == 0
