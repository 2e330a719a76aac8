"""Merge: records join in small transactions, beside others that write, and cut off between them."""

from __future__ import annotations

import itertools
import sqlite3
from typing import TYPE_CHECKING

import pytest

from magray_memory.errors import Interrupted
from magray_memory.progress import Progress, Report
from magray_memory.records.draft import Draft
from magray_memory.storage import notebook_merge
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.short_writes import ShortWrites
from magray_memory.storage.vault import Vault

from .conftest import state

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from magray_memory.memory import Memory

STEP = "merging the records"


@pytest.fixture(autouse=True)
def three_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    def few(vault: Vault, size: int, *, most: int) -> ShortWrites:
        return ShortWrites(vault, min(3, size), most=min(3, most))

    monkeypatch.setattr(notebook_merge, "ShortWrites", few)


def findings(memory: Memory) -> list[str]:
    return [finding.message for finding in memory.health.doctor().findings]


def after(count: int, act: Callable[[], None]) -> Progress:
    """Acts once when so many records have joined."""
    done = False

    def report(told: Report) -> None:
        nonlocal done
        if told.step == STEP and told.done >= count and not done:
            done = True
            act()

    return Progress(report)


def stop(count: int) -> Progress:
    reached = False

    def report(told: Report) -> None:
        nonlocal reached
        reached = reached or (told.step == STEP and told.done >= count)

    return Progress(report, lambda: reached)


def test_one_that_was_cut_off_has_joined_whole_records_and_the_next_one_joins_the_others(
    memory: Memory, open_home: Callable[[str], Memory]
) -> None:
    archive = str(memory.archive.backup().backup.path)
    whole, other = open_home("whole"), open_home("other")
    for home in (whole, other):
        home.records.remember(Draft(text="only here", title="Mine"))
    whole.archive.restore(archive, merge=True)
    wanted = {uid: one for uid, one in state(whole).items() if one[0] != "only here"}
    for count in (3, 5):
        with pytest.raises(Interrupted):
            other.archive.restore(archive, merge=True, progress=stop(count))
        joined = {uid: one for uid, one in state(other).items() if one[0] != "only here"}
        assert 0 < len(joined) < len(wanted)
        assert joined.items() <= wanted.items()
        assert findings(other) == []
    other.archive.restore(archive, merge=True)
    assert wanted.items() <= state(other).items()
    assert len(state(other)) == len(wanted) + 1
    assert findings(other) == []


def test_what_others_write_meanwhile_is_kept_and_matched(
    memory: Memory, open_home: Callable[[str], Memory]
) -> None:
    memory.records.remember(Draft(text="the port is 1", key="port"))
    archive = str(memory.archive.backup().backup.path)
    other = open_home("other")
    other.records.remember(Draft(text="only here"))

    def write() -> None:
        with open_home("other") as writer:
            writer.records.remember(Draft(text="the port is 2", key="port"))
            writer.records.remember(Draft(text="written meanwhile " * 200))

    other.archive.restore(archive, merge=True, progress=after(6, write))
    texts = [str(one[0]) for one in state(other).values()]
    assert [text for text in texts if text.startswith("the port")] == ["the port is 2"]
    assert any(text.startswith("written meanwhile") for text in texts)
    assert len(texts) == 22 + 1
    assert findings(other) == []


def test_what_replaces_a_record_does_so_here_too(
    memory: Memory, open_home: Callable[[str], Memory], tmp_path: Path
) -> None:
    chain = [memory.records.remember(Draft(text=f"state {number} of the plan")).record for number in range(9)]
    with sqlite3.connect(memory.home.notebook) as connection:
        for former, by in itertools.pairwise(chain):
            connection.execute(
                "UPDATE document SET superseded_by = ? WHERE id = ?", (by.stored.id, former.stored.id)
            )
        # In a circle, which keys make possible.
        connection.execute("UPDATE document SET superseded_by = 20 WHERE id = 19")
        connection.execute("UPDATE document SET superseded_by = 19 WHERE id = 20")
    archive = str(memory.archive.backup().backup.path)
    other = open_home("other")
    for number in range(30):
        other.records.remember(Draft(text=f"another record {number}"))
    with pytest.raises(Interrupted):
        other.archive.restore(archive, merge=True, progress=stop(6))
    other.archive.restore(archive, merge=True)

    def replaced(notebook: Path) -> set[tuple[str, str]]:
        with sqlite3.connect(notebook) as connection:
            return set(
                connection.execute(
                    "SELECT a.uid, b.uid FROM document a JOIN document b ON b.id = a.superseded_by"
                )
            )

    assert len(replaced(memory.home.notebook)) == 10
    assert replaced(other.home.notebook) == replaced(memory.home.notebook)
    assert findings(other) == []


def test_two_records_of_the_archive_with_one_text_both_join_however_often_it_is_merged(
    memory: Memory, open_home: Callable[[str], Memory]
) -> None:
    memory.records.edit("n5", text="the same text")
    memory.records.edit("n15", text="the same text")
    archive = str(memory.archive.backup().backup.path)
    other = open_home("other")
    other.records.remember(Draft(text="only here"))
    with pytest.raises(Interrupted):
        other.archive.restore(archive, merge=True, progress=stop(6))
    for _ in range(2):
        other.archive.restore(archive, merge=True)
        assert [one[0] for one in state(other).values()].count("the same text") == 2


def test_looking_for_the_same_records_takes_steps_by_their_number(open_home: Callable[[str], Memory]) -> None:
    """No index of the wrong column is used, which would compare each record with each."""

    def steps(number: int) -> int:
        home = open_home(f"of{number}")
        home.records.remember_all([Draft(text=f"record {n} of {number}") for n in range(number)])
        path, count = home.home.notebook, 0

        def tick() -> int:
            nonlocal count
            count += 1
            return 0

        with (
            Vault.open(path, kind=VaultKind.NOTEBOOK) as vault,
            Vault.open(path, kind=VaultKind.NOTEBOOK) as archived,
        ):
            vault.db.raw().set_progress_handler(tick, 100)
            notebook_merge.plan(vault, archived)
        return count

    assert steps(800) < 6 * steps(200)


def test_the_log_may_be_cut_meanwhile(memory: Memory, open_home: Callable[[str], Memory]) -> None:
    archive = str(memory.archive.backup().backup.path)
    other = open_home("other")
    other.records.remember(Draft(text="only here"))

    def cut(told: Report) -> None:
        if told.step == STEP:
            with sqlite3.connect(other.home.notebook) as connection:
                assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)

    done = other.archive.restore(archive, merge=True, progress=Progress(cut))
    assert done.plan.added == 20
    assert len(state(other)) == 21
    assert findings(other) == []
