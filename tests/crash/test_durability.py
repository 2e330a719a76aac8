"""What was acknowledged is there, once: after kills, power cuts and failing writes. Short forms of
`scripts/prove_durability.py`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import durability
import full_disk
import pytest
from disk import NotHere, shim
from proof_table import Tally, place

from .conftest import SEED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACTIONS = (
    "first", "remember", "batch", "edit", "upsert", "forget", "restore", "purge", "empty", "tag", "pin",
    "rise", "promote", "clean",
)  # fmt: skip


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    try:
        return shim(tmp_path_factory.mktemp("disk"))
    except NotHere as reason:
        pytest.skip(str(reason))


@pytest.fixture
def base() -> Iterator[Path]:
    print(f"MAGRAY_CRASH_SEED={SEED}")
    with place() as folder:
        yield folder


def _nothing_lost(tally: Tally, least: int = 1) -> None:
    print(tally.row())
    assert tally.told() == []
    assert tally.points >= least


@pytest.mark.parametrize("mode", ["high-performance", "balanced", "high-reliability"])
def test_power_cuts_lose_no_record(base: Path, library: Path, mode: str) -> None:
    _nothing_lost(durability.power_cuts(base, library, mode, 12, SEED, share=0.2), 20)


def test_a_notebook_that_is_not_synced_is_seen_to_lose_records(base: Path, library: Path) -> None:
    """The proof itself: without the syncs of `balanced`, the cuts find losses."""
    tally = durability.power_cuts(base, library, "high-performance", 12, SEED, share=0.2, lossy=False)
    assert tally.faults


@pytest.mark.parametrize("mode", ["high-performance", "balanced", "high-reliability"])
def test_after_power_cuts_an_index_run_makes_the_index_whole(base: Path, library: Path, mode: str) -> None:
    _nothing_lost(durability.index_cuts(base, library, mode, 2, SEED, share=0.15))


def test_killed_writers_leave_every_record_once(base: Path, library: Path) -> None:
    _nothing_lost(durability.kills(base, 2, SEED, library=library), 2)


def test_killed_commands_leave_what_they_printed(base: Path, library: Path) -> None:
    _nothing_lost(durability.shell_kills(base, 4, SEED, library=library), 5)


def test_a_killed_migration_leaves_one_version_or_the_other(base: Path, library: Path) -> None:
    _nothing_lost(durability.migration_kills(base, 4, SEED, library), 5)


def test_processes_that_remember_at_once_lose_nothing(base: Path) -> None:
    _nothing_lost(durability.crowd(base, 4, 60))


@pytest.mark.parametrize("error", ["ENOSPC", "EIO", "EROFS"])
def test_a_write_that_fails_leaves_the_old_state(base: Path, library: Path, error: str) -> None:
    lasting = error != "EIO"
    _nothing_lost(durability.write_faults(base, library, error, ACTIONS, step=17, lasting=lasting), 20)


def test_a_command_whose_writes_fail_says_so_in_one_sentence(base: Path, library: Path) -> None:
    _nothing_lost(durability.shell_faults(base, library, "ENOSPC", step=40), 8)


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits of POSIX")
def test_commands_under_a_limit_of_a_files_size_leave_the_old_state(base: Path) -> None:
    _nothing_lost(full_disk.under_limits(base), len(full_disk.COMMANDS))


def test_commands_on_a_full_disk_leave_the_old_state(base: Path) -> None:
    tally = full_disk.on_full_disks(base)
    if not tally.runs:
        pytest.skip("no file system can be mounted here")
    _nothing_lost(tally, len(full_disk.COMMANDS))
