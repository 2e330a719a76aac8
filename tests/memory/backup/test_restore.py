"""Restore: what comes back, what is kept, and what is never half done."""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING

import pytest

from magray_memory import atomic_file
from magray_memory.archive import restore as restoring
from magray_memory.errors import ArchiveError, Interrupted, StorageError, UsageError
from magray_memory.memory import Memory
from magray_memory.records.draft import Draft
from magray_memory.search.query import SearchQuery
from magray_memory.storage import schema, table_swap
from magray_memory.storage.record_lists import RecordFilter

from .conftest import state

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def texts(memory: Memory) -> set[str]:
    """Of all records, which may be more than a page."""
    page = memory.records.list(RecordFilter(), 1_000)
    found = {record.stored.text for record in page.records}
    while page.next is not None:
        page = memory.records.list(RecordFilter(), 1_000, page.next)
        found |= {record.stored.text for record in page.records}
    return found


def found(memory: Memory, words: str) -> list[str]:
    answer = memory.search.query(SearchQuery(words, mode="lexical"))
    return [hit.id for hit in answer.hits if f"{words} " in f"{hit.snippet} "]


def sound(memory: Memory) -> bool:
    return not memory.health.doctor().findings


def test_what_was_changed_since_is_as_it_was(memory: Memory) -> None:
    memory.home.config.write_text("[search]\nk = 7\n")
    before = state(memory)
    archive = memory.archive.backup().backup.path
    memory.records.edit("n5", text="damaged by a script")
    memory.records.forget(["n6", "n7"])
    memory.records.remember(Draft(text="written after the backup"))
    memory.home.config.write_text("[search]\nk = 3\n")
    done = memory.archive.restore(str(archive))
    assert state(memory) == before
    assert memory.home.config.read_text() == "[search]\nk = 7\n"
    assert (done.plan.added, done.plan.changed, done.plan.removed) == (0, 3, 1)
    assert found(memory, "subject4") == ["n5"]
    assert found(memory, "script") == []
    assert sound(memory)


def test_a_machine_that_slept_meanwhile_loses_nothing_that_is_at_work(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic_file, "STALE_SECONDS", -1.0)
    before = state(memory)
    memory.archive.backup()
    memory.archive.drill()
    memory.records.remember(Draft(text="written after the backup"))
    assert memory.archive.restore("latest").safety is not None
    assert state(memory) == before


def test_what_was_before_a_restore_can_be_restored(memory: Memory) -> None:
    archive = memory.archive.backup().backup.path
    memory.records.remember(Draft(text="written after the backup"))
    before = state(memory)
    done = memory.archive.restore(str(archive))
    assert "written after the backup" not in texts(memory)
    assert done.safety is not None
    memory.archive.restore(str(done.safety))
    assert state(memory) == before


def test_a_dry_run_changes_nothing(memory: Memory) -> None:
    memory.archive.backup()
    memory.records.forget(["n9"])
    before, files = state(memory), sorted(memory.archive.folder.iterdir())
    done = memory.archive.restore("latest", dry_run=True)
    assert done.plan.changed == 1
    assert (state(memory), sorted(memory.archive.folder.iterdir())) == (before, files)


def test_nothing_happens_where_it_is_not_confirmed(memory: Memory) -> None:
    memory.archive.backup()
    memory.records.forget(["n9"])
    before = state(memory)
    with pytest.raises(Interrupted):
        memory.archive.restore("latest", confirm=lambda plan: plan.changed == 0)
    assert state(memory) == before


def test_a_new_home_gets_everything(memory: Memory, open_home: Callable[[str], Memory]) -> None:
    archive = memory.archive.backup().backup.path
    other = open_home("other")
    done = other.archive.restore(str(archive))
    assert done.safety is None
    assert state(other) == state(memory)
    assert found(other, "subject7") == ["n8"]
    assert sound(other)


def test_a_damaged_notebook_is_replaced_and_a_copy_of_it_stays(memory: Memory) -> None:
    before = state(memory)
    memory.archive.backup()
    memory.close()
    memory.home.notebook.write_bytes(b"garbage" * 5_000)
    with pytest.raises(ArchiveError, match="damaged"):
        memory.archive.restore("latest", merge=True)
    done = memory.archive.restore("latest")
    assert state(memory) == before
    assert done.safety is not None and done.safety.read_bytes() == b"garbage" * 5_000


def test_records_that_were_altered_on_the_disk_come_back(memory: Memory) -> None:
    before = state(memory)
    memory.archive.backup()
    with sqlite3.connect(memory.home.notebook) as connection:
        connection.execute("UPDATE document SET text = 'altered' WHERE id = 5")
    done = memory.archive.restore("latest")
    assert state(memory) == before
    assert done.safety is not None and ".damaged-" in done.safety.name


def test_ids_are_never_used_again(memory: Memory) -> None:
    memory.archive.backup()
    later = memory.records.remember(Draft(text="written after the backup")).record.id
    memory.archive.restore("latest")
    assert memory.records.remember(Draft(text="written after the restore")).record.id != later


def test_a_purged_record_stays_away(memory: Memory) -> None:
    archive = str(memory.archive.backup().backup.path)
    kept = str(memory.archive.folder / "kept.zip")
    (memory.archive.folder / "kept.zip").write_bytes((memory.archive.folder / archive).read_bytes())
    memory.records.purge(["n5"])
    done = memory.archive.restore(kept)
    assert done.plan.purged == 1
    assert not any("subject4 " in text for text in texts(memory))
    assert memory.archive.restore(kept, merge=True).plan.purged == 1
    assert not any("subject4 " in text for text in texts(memory))
    assert found(memory, "subject4") == []


@pytest.mark.parametrize("merge", [False, True])
def test_a_purged_record_that_was_imported_again_comes_back(
    memory: Memory, tmp_path: Path, merge: bool
) -> None:
    export = tmp_path / "export.json"
    memory.exchange.export(export)
    before = texts(memory)
    memory.records.purge(["n5"])
    memory.exchange.import_(export)
    assert texts(memory) == before
    memory.archive.backup()
    memory.records.forget(["n6"])
    done = memory.archive.restore("latest", merge=merge)
    assert done.plan.purged == 0
    assert any("subject4 " in text for text in texts(memory))
    assert sound(memory)


def test_a_merge_adds_what_is_missing_and_keeps_what_is_here(
    memory: Memory, open_home: Callable[[str], Memory]
) -> None:
    archive = str(memory.archive.backup().backup.path)
    other = open_home("other")
    other.records.remember(Draft(text="only here", title="Mine"))
    other.records.remember(Draft(text="note 7 is about subject7 #tag1 see [[n1]]"))
    done = other.archive.restore(archive, merge=True)
    assert (done.plan.added, done.plan.removed, done.conflicts) == (19, 0, [])
    assert texts(other) == texts(memory) | {"only here"}
    assert found(other, "subject12") and found(other, "only here")
    assert sound(other)
    before = state(other)
    again = other.archive.restore(archive, merge=True)
    assert (again.plan.added, again.plan.changed) == (0, 0)
    assert state(other) == before


def test_a_merge_keeps_the_newer_text_and_the_other_as_history(
    memory: Memory, open_home: Callable[[str], Memory]
) -> None:
    first = str(memory.archive.backup().backup.path)
    other = open_home("other")
    other.archive.restore(first)
    other.records.edit("n5", text="changed there")
    memory.records.edit("n6", text="changed here")
    memory.records.edit("n7", text="changed here first")
    other.records.edit("n7", text="changed there later")
    second = str(other.archive.backup().backup.path)
    done = memory.archive.restore(second, merge=True)
    assert {"changed there", "changed here", "changed there later"} <= texts(memory)
    history = [former.text for former in memory.records.show("n7").history]
    assert history[0] == "changed here first"
    assert len(done.conflicts) == 1 and done.conflicts[0].startswith("n7 ")
    assert found(memory, "later") == ["n7"]
    assert sound(memory)


def test_a_record_with_the_same_key_is_the_same_record(
    memory: Memory, open_home: Callable[[str], Memory]
) -> None:
    other = open_home("other")
    other.records.remember(Draft(text="port 1", key="port"))
    memory.records.remember(Draft(text="port 2", key="port"))
    memory.archive.restore(str(other.archive.backup().backup.path), merge=True)
    assert [text for text in texts(memory) if text.startswith("port")] == ["port 2"]


def test_a_backup_of_an_older_schema_restores_and_a_newer_one_is_refused(
    memory: Memory, open_home: Callable[[str], Memory], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(memory)
    archive = str(memory.archive.backup().backup.path)
    later = (*schema.MIGRATIONS, _a_later_table)
    with monkeypatch.context() as patch:
        patch.setattr(schema, "MIGRATIONS", later)
        patch.setattr(schema, "LATEST", len(later))
        new = open_home("new")
        new.archive.restore(archive)
        assert state(new) == before
        newer = str(new.archive.backup().backup.path)
    with pytest.raises(ArchiveError, match="later version"):
        memory.archive.restore(newer)
    assert state(memory) == before


def _a_later_table(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE later (a)")


def test_settings_follow_when_it_was_killed_after_the_records(
    memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.home.config.write_text("[search]\nk = 7\n")
    memory.archive.backup()
    memory.home.config.write_text("[search]\nk = 3\n")
    memory.records.forget(["n9"])
    done = False

    def killed(*_: object) -> None:
        nonlocal done
        if done:
            raise KeyboardInterrupt
        done = True  # the first call looks for what others left

    with monkeypatch.context() as patch:
        patch.setattr(restoring.restore_journal, "complete", killed)
        with pytest.raises(KeyboardInterrupt):
            memory.archive.restore("latest")
    assert memory.home.pending_restore.exists()
    again = Memory.open(home=memory.home.path, outside=True)
    assert again.settings.search.k == 7
    assert not memory.home.pending_restore.exists()
    assert "note 8 is about subject8 #tag2 see [[n1]]" in texts(again)


def test_settings_stay_when_it_was_killed_before_the_records(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.home.config.write_text("[search]\nk = 7\n")
    memory.archive.backup()
    memory.home.config.write_text("[search]\nk = 3\n")

    def killed(*_: object) -> bool:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(table_swap, "exchange", killed)
        with pytest.raises(KeyboardInterrupt):
            memory.archive.restore("latest")
    assert Memory.open(home=memory.home.path, outside=True).settings.search.k == 3
    assert not memory.home.pending_restore.exists()


def test_no_acknowledged_record_is_lost_between_backup_and_swap(memory: Memory) -> None:
    archive = str(memory.archive.backup().backup.path)
    acknowledged: list[str] = []
    stop = threading.Event()

    def write() -> None:
        with Memory.open(home=memory.home.path, outside=True) as writer:
            while not stop.is_set():
                text = f"written meanwhile {len(acknowledged)}"
                writer.records.remember(Draft(text=text))
                acknowledged.append(text)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        done = memory.archive.restore(archive)
    finally:
        stop.set()
        thread.join()
    here = texts(memory)
    assert done.safety is not None
    memory.archive.restore(str(done.safety))
    before = texts(memory)
    assert set(acknowledged) <= here | before
    assert sound(memory)


def test_one_restore_at_a_time(memory: Memory) -> None:
    memory.archive.backup()

    def confirm(_: object) -> bool:
        with pytest.raises((ArchiveError, StorageError)):
            memory.archive.restore("latest")
        return True

    memory.archive.restore("latest", confirm=confirm)


def test_what_is_no_backup_is_refused(memory: Memory, tmp_path: Path) -> None:
    before = state(memory)
    for name in ("nowhere.zip", "../x", ""):
        with pytest.raises(UsageError, match="no such file"):
            memory.archive.restore(name)
    with pytest.raises(ArchiveError, match="no backup"):
        memory.archive.restore("latest")
    stranger = tmp_path / "stranger.tar.gz"
    stranger.write_bytes(b"\x1f\x8b garbage")
    with pytest.raises(ArchiveError, match="no backup of magray"):
        memory.archive.restore(str(stranger))
    assert state(memory) == before
