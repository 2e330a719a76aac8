"""Short forms of what `scripts/prove_archive.py` proves of backups and restores."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import archive_faults as faults
import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("work", ["backup", "restore", "merge", "drill"])
def test_killed_at_any_moment_one_whole_state_is_there(work: str, tmp_path: Path) -> None:
    done = faults.kills(work, tmp_path, 3)
    assert (done.runs, done.faults) == (3, [])


def test_a_damaged_or_forged_archive_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    found = faults.damaged_archives(tmp_path, cuts=8, flips=20)
    assert [fault for campaign in found.values() for fault in campaign.faults] == []


@pytest.mark.skipif(sys.platform == "win32", reason="files have no size limit there")
@pytest.mark.parametrize("work", ["backup", "restore"])
def test_without_room_it_says_so_and_one_whole_state_is_there(work: str, tmp_path: Path) -> None:
    done = faults.full_disk(work, tmp_path, 4)
    assert done.faults == []
    assert done.cut_off


def test_a_backup_under_eight_writers_is_a_prefix_of_what_they_were_told(tmp_path: Path) -> None:
    done, _ = faults.eight_writers(tmp_path, 1)
    assert done.faults == []
