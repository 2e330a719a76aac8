"""Short forms of what `scripts/prove_archive.py` proves of backups and restores."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import archive_faults as faults
import pytest
from archive_disk_faults import failing_disk
from clean_kills import clean_kills
from disk import NotHere, shim

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("work", ["backup", "restore", "merge", "drill"])
def test_killed_at_any_moment_one_whole_state_is_there(work: str, tmp_path: Path) -> None:
    done = faults.kills(tmp_path, work, 3)
    assert done.faults == []
    assert done.cut_off, "all were quicker than the kills"


@pytest.mark.parametrize("damage", faults.DAMAGES)
def test_a_damaged_or_forged_archive_is_refused_and_changes_nothing(damage: str, tmp_path: Path) -> None:
    assert faults.damaged_archives(tmp_path, damage, 12).faults == []


@pytest.mark.skipif(sys.platform == "win32", reason="files have no size limit there")
@pytest.mark.parametrize("work", ["backup", "restore"])
def test_without_room_it_says_so_and_one_whole_state_is_there(work: str, tmp_path: Path) -> None:
    done = faults.full_disk(tmp_path, work, 4)
    assert done.faults == []
    assert done.cut_off


def test_a_backup_under_eight_writers_is_a_prefix_of_what_they_were_told(tmp_path: Path) -> None:
    assert faults.eight_writers(tmp_path, 1).faults == []


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_killed_clean_takes_nothing_that_is_needed_and_the_next_one_ends_it(tmp_path: Path) -> None:
    try:
        library = shim(tmp_path)
    except NotHere:
        library = None
    done = clean_kills(tmp_path, 3, 1, library)
    assert done.faults == []
    assert done.cut_off, "all were quicker than the kills"


@pytest.mark.parametrize("work", ["restore", "merge"])
def test_a_disk_that_fails_costs_nothing_but_the_run(work: str, tmp_path: Path) -> None:
    try:
        library = shim(tmp_path)
    except NotHere as reason:
        pytest.skip(str(reason))
    done = failing_disk(tmp_path, work, library, "ENOSPC", 2)
    assert done.faults == []
    assert done.cut_off
