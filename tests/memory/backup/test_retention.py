"""Retention of backups: which of them stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from magray_memory.archive.backup_folder import Backup
from magray_memory.archive.retention import find_expired
from magray_memory.config import BackupSettings

NOW = datetime(2026, 3, 3, 12, tzinfo=UTC)


def backup(age: timedelta, *, safety: bool = False, problem: str = "") -> Backup:
    return Backup(Path(f"{age.total_seconds():.0f}.zip"), NOW - age, 10, False, safety, None, problem)


def stay(backups: list[Backup], settings: BackupSettings | None = None) -> list[Backup]:
    backups = sorted(backups, key=lambda one: one.created_at)
    expired = find_expired(backups, settings or BackupSettings(), NOW, lambda one: not one.problem)
    return [one for one in backups if one not in expired]


def test_of_two_years_of_days_a_week_of_days_some_weeks_and_months_stay() -> None:
    kept = stay([backup(timedelta(days=day)) for day in range(730)])
    assert 18 <= len(kept) <= 23
    ages = [(NOW - one.created_at).days for one in kept]
    assert set(range(7)) <= set(ages)
    assert max(ages) > 300


def test_a_notebook_that_nobody_changes_keeps_what_it_has() -> None:
    old = [backup(timedelta(days=400 + day)) for day in range(3)]
    assert stay(old) == sorted(old, key=lambda one: one.created_at)


def test_all_of_the_last_two_days_stay() -> None:
    recent = [backup(timedelta(minutes=minute)) for minute in range(0, 2_800, 10)]
    assert len(stay(recent)) == len(recent)


def test_a_damaged_backup_pushes_out_no_good_one() -> None:
    good = [backup(timedelta(days=10, hours=hour)) for hour in (1, 2)]
    bad = [backup(timedelta(days=10), problem="it is cut short")]
    days_later = [backup(timedelta(days=day), problem="it is cut short") for day in range(3, 10)]
    kept = stay(good + bad + days_later)
    assert good[0] in kept
    assert good[1] not in kept


def test_safety_backups_stay_for_a_month_and_stand_for_no_day() -> None:
    safety = [backup(timedelta(days=day), safety=True) for day in (3, 29, 31)]
    assert [(NOW - one.created_at).days for one in stay(safety)] == [29, 3]


@given(
    st.lists(st.integers(0, 3_000_000), unique=True, max_size=80),
    st.integers(1, 9),
    st.integers(0, 5),
    st.integers(0, 5),
)
def test_the_newest_stays_and_pruning_twice_changes_nothing(
    minutes: list[int], days: int, weeks: int, months: int
) -> None:
    settings = BackupSettings(keep_daily=days, keep_weekly=weeks, keep_monthly=months)
    kept = stay([backup(timedelta(minutes=minute)) for minute in minutes], settings)
    assert stay(kept, settings) == kept
    if minutes:
        assert backup(timedelta(minutes=min(minutes))) in kept
