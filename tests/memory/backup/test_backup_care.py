"""Care of backups: verified, drilled, made by the day, cleaned of what was purged, and reported by health."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
import zipfile
from typing import TYPE_CHECKING

import pytest

from magray_memory.archive import backup_state
from magray_memory.archive.passphrase import Passphrases
from magray_memory.errors import ArchiveError, PassphraseError, UsageError
from magray_memory.health import disk_space
from magray_memory.health.report import Severity
from magray_memory.maintenance import daily_backup, schedule
from magray_memory.memory import Memory
from magray_memory.records.draft import Draft
from magray_memory.storage.record_lists import RecordFilter

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.health.report import Component


def component(memory: Memory) -> Component:
    return next(part for part in memory.health.status().components if part.name == "backup")


def run_daily(memory: Memory) -> None:
    daily_backup.run(memory._context)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_verify_names_the_damaged_ones(memory: Memory) -> None:
    good, bad = memory.archive.backup().backup.path, memory.archive.backup().backup.path
    memory.archive.backup(encrypt=True, passphrases=Passphrases(variable="pass"))
    flip(bad)
    found = memory.archive.verify()
    assert [one.backup.path for one in found.backups if not one.problem] == [good]
    assert found.damaged and found.unread
    assert not memory.archive.verify([good.name]).damaged
    assert not memory.archive.verify(["latest"], passphrases=Passphrases(variable="pass")).unread


def test_verify_reads_the_others_though_one_is_not_there(memory: Memory) -> None:
    good = memory.archive.backup().backup.path
    found = memory.archive.verify(["nowhere.zip", "latest"])
    assert [bool(one.problem) for one in found.backups] == [True, False]
    assert (found.backups[1].backup.path, found.damaged) == (good, True)
    with pytest.raises(UsageError):
        memory.archive.verify(["nowhere.zip"])


def test_a_drill_restores_asks_and_leaves_nothing(memory: Memory) -> None:
    memory.archive.backup()
    before = sorted(memory.home.path.rglob("*"))
    done = memory.archive.drill()
    assert (done.records, done.asked) == (19, 19)
    assert sorted(memory.home.path.rglob("*")) == before
    assert "drill passed" in component(memory).summary


def test_a_drill_that_fails_is_critical_until_one_passes(memory: Memory) -> None:
    path = memory.archive.backup().backup.path
    whole = path.read_bytes()
    flip(path)
    with pytest.raises(ArchiveError):
        memory.archive.drill(path.name)
    assert component(memory).severity is Severity.CRITICAL
    path.write_bytes(whole)
    memory.archive.drill()
    assert component(memory).severity is Severity.OK


def test_a_drill_without_its_passphrase_is_no_finding(memory: Memory) -> None:
    memory.archive.backup(encrypt=True, passphrases=Passphrases(variable="pass"))
    with pytest.raises(PassphraseError):
        memory.archive.drill()
    assert backup_state.load(memory.home.path).drill is None


def test_the_backup_of_the_day_is_made_when_something_changed(memory: Memory) -> None:
    run_daily(memory)
    assert [backup.manifest and backup.manifest.reason for backup in memory.archive.list()] == ["daily"]
    assert backup_state.load(memory.home.path).drill is not None
    run_daily(memory)
    assert len(memory.archive.list()) == 1
    memory.records.remember(Draft(text="something new"))
    run_daily(memory)
    assert len(memory.archive.list()) == 2
    memory.home.config.write_text("[search]\nk = 7\n")
    run_daily(memory)
    assert len(memory.archive.list()) == 3


def test_a_notebook_that_is_damaged_stays_critical_and_keeps_its_backups(memory: Memory) -> None:
    run_daily(memory)
    memory.records.remember(Draft(text="something new"))
    with sqlite3.connect(memory.home.notebook) as connection:
        connection.execute("UPDATE document SET text = 'altered' WHERE id = 5")
    run_daily(memory)
    assert len(memory.archive.list()) == 1
    assert component(memory).severity is Severity.CRITICAL
    memory.archive.restore("latest")
    assert component(memory).severity is Severity.OK


def test_it_is_due_once_a_day_and_an_hour_after_the_first_look(memory: Memory) -> None:
    home, now = memory.home.path, time.time()
    assert not schedule.begin_daily_backup(home, lambda: now)
    assert not schedule.begin_daily_backup(home, lambda: now + 3_000)
    assert schedule.begin_daily_backup(home, lambda: now + 3_700)
    assert not schedule.begin_daily_backup(home, lambda: now + 80_000)
    assert schedule.begin_daily_backup(home, lambda: now + 90_200)


def test_the_command_of_a_shell_starts_it_where_it_is_due(memory: Memory) -> None:
    stamp = memory.home.path / schedule.BACKUP_STAMP
    assert not memory.maintenance.back_up_in_background()
    os.utime(stamp, (1, 1))
    assert memory.maintenance.back_up_in_background()
    assert not memory.maintenance.back_up_in_background()
    deadline = time.monotonic() + 60
    while backup_state.load(memory.home.path).drill is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(memory.archive.list()) == 1


def test_a_purge_leaves_nothing_in_backups(memory: Memory, tmp_path: Path) -> None:
    plain = memory.archive.backup().backup.path
    sealed = memory.archive.backup(encrypt=True, passphrases=Passphrases(variable="pass")).backup.path
    purged = memory.records.purge(["n5", "n2"])
    assert [place.removed for place in purged.looked if place.what.startswith("backups")] == [1]
    assert [place.path for place in purged.unreached] == [str(sealed)]
    with zipfile.ZipFile(plain) as archive:
        data = archive.read("notebook.db")
    assert b"subject4 " not in data and b"subject1 " not in data and b"changed text" not in data
    assert b"subject5 " in data
    assert not memory.archive.verify([plain.name]).damaged


def test_without_a_backup_health_says_so(memory: Memory) -> None:
    assert component(memory).severity is Severity.INFO
    memory.archive.backup()
    assert component(memory).severity is Severity.OK


def test_status_tells_the_last_backup_its_age_and_whether_it_is_still_there(memory: Memory) -> None:
    assert (component(memory).severity, component(memory).detail["last"]) == (Severity.INFO, None)
    path = memory.archive.backup().backup.path
    known = component(memory)
    assert (known.severity, known.detail["backups"], known.detail["automatic"]) == (Severity.OK, 1, True)
    assert 0 <= known.detail["age"] < 3_600 and known.detail["last"] and known.detail["drilled"] is None
    memory.archive.drill()
    assert component(memory).detail["drilled"]
    path.unlink()
    gone = component(memory)
    assert gone.severity is Severity.WARNING and "is gone, 0 are left" in gone.summary
    path.parent.rename(path.parent.with_name("unmounted"))
    gone = component(memory)
    assert gone.severity is Severity.WARNING and "is not there" in gone.summary


def test_status_counts_the_records_and_says_that_they_cannot_be_read(memory: Memory) -> None:
    def records() -> Component:
        return next(part for part in memory.health.status().components if part.name == "records")

    kept = records().detail["records"]
    first = memory.records.list(RecordFilter(), 1).records[0].id
    memory.records.forget([first])
    found = records()
    assert found.detail["records"] == kept - 1 and found.detail["trashed"] >= 1
    assert found.summary.startswith(f"{kept - 1} records, ")
    memory.close()
    memory.home.notebook.write_bytes(b"no database at all" * 1_000)
    with Memory.open(home=memory.home.path, outside=True) as again:
        (part,) = (part for part in again.health.status().components if part.name == "records")
    assert (part.severity, part.hint) == (Severity.CRITICAL, "magray doctor --fix")


@pytest.mark.parametrize(
    ("free", "severity"), [(10**10, Severity.OK), (10**8, Severity.WARNING), (10**6, Severity.CRITICAL)]
)
def test_status_says_that_the_disk_is_low(
    memory: Memory, monkeypatch: pytest.MonkeyPatch, free: int, severity: Severity
) -> None:
    now = shutil.disk_usage(memory.home.path).free
    assert disk_space.free_bytes(memory.home.path) == pytest.approx(now, rel=0.1)
    monkeypatch.setattr(disk_space, "free_bytes", lambda _: free)
    (part,) = (part for part in memory.health.status().components if part.name == "disk")
    assert (part.severity, part.detail["free"]) == (severity, free)
