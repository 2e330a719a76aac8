"""When maintenance runs by itself: a day after the last run, after something was stored, while idle."""

from __future__ import annotations

import os

import pytest

from magray_memory.maintenance.schedule import (
    HOUR_SECONDS,
    IDLE_SECONDS,
    INTERVAL_SECONDS,
    STAMP,
    Schedule,
    begin_hourly,
    is_due,
)

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("last_run", "last_write", "idle", "due"),
    [
        (0.0, NOW, IDLE_SECONDS, True),
        (0.0, 0.0, IDLE_SECONDS, False),
        (0.0, NOW, IDLE_SECONDS - 1, False),
        (NOW - INTERVAL_SECONDS, NOW - 5, IDLE_SECONDS, True),
        (NOW - INTERVAL_SECONDS + 1, NOW - 5, IDLE_SECONDS, False),
        (NOW - 2 * INTERVAL_SECONDS, NOW - 3 * INTERVAL_SECONDS, IDLE_SECONDS, False),
    ],
)
def test_it_is_due_once_a_day_after_a_write_while_idle(last_run, last_write, idle, due) -> None:
    assert is_due(now=NOW, last_run=last_run, last_write=last_write, idle=idle) is due


def test_every_process_of_a_home_follows_one_schedule(tmp_path) -> None:
    time = [NOW]
    schedule = Schedule(tmp_path, lambda: time[0])
    assert not schedule.due(IDLE_SECONDS), "nothing is stored"
    vault = tmp_path / "workspaces" / "a.db"
    vault.parent.mkdir()
    vault.touch()
    os.utime(vault, (NOW - 60, NOW - 60))
    assert not schedule.due(0.0), "somebody is at work"
    assert schedule.due(IDLE_SECONDS)
    schedule.record()
    assert (tmp_path / STAMP).stat().st_mtime == NOW
    time[0] += INTERVAL_SECONDS
    other = Schedule(tmp_path, lambda: time[0])
    assert not other.due(IDLE_SECONDS), "nothing was stored since"
    os.utime(vault, (NOW + 60, NOW + 60))
    assert other.due(IDLE_SECONDS)
    time[0] -= 1
    assert not other.due(IDLE_SECONDS), "not twice a day"


def test_a_home_that_cannot_be_written_stops_nothing(tmp_path) -> None:
    Schedule(tmp_path / "missing", lambda: NOW).record()
    assert not (tmp_path / "missing").exists()


def test_the_layers_are_due_once_an_hour_in_one_process(tmp_path) -> None:
    time = [NOW]
    assert not begin_hourly(tmp_path, lambda: time[0]), "there is no notebook"
    (tmp_path / "notebook.db").touch()
    assert begin_hourly(tmp_path, lambda: time[0])
    assert not begin_hourly(tmp_path, lambda: time[0]), "another process has them"
    time[0] += HOUR_SECONDS
    assert begin_hourly(tmp_path, lambda: time[0])
    time[0] -= 5 * HOUR_SECONDS
    assert begin_hourly(tmp_path, lambda: time[0]), "the clock was ahead"
    assert not begin_hourly(tmp_path / "missing", lambda: time[0])
