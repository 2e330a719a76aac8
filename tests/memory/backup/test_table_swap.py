"""Table swap: a restored notebook lies beside the live one, and changes places with it."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import pytest

from magray_memory.archive import restore as restoring
from magray_memory.errors import Interrupted, StorageError
from magray_memory.progress import Progress, Report
from magray_memory.records.draft import Draft
from magray_memory.search.query import SearchQuery
from magray_memory.storage import table_swap
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.vault import Vault

from .conftest import state

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from magray_memory.memory import Memory


def findings(memory: Memory) -> list[str]:
    return [finding.message for finding in memory.health.doctor().findings]


def texts(memory: Memory) -> set[str]:
    return {str(one[0]) for one in state(memory).values()}


def beside(notebook: Path) -> list[str]:
    with sqlite3.connect(notebook) as connection:
        rows = connection.execute("SELECT name FROM sqlite_master WHERE name LIKE 'swap%'")
        return [row[0] for row in rows]


def once_at(step: str, act: Callable[[], object]) -> Progress:
    done = False

    def report(told: Report) -> None:
        nonlocal done
        if told.step == step and not done:
            done = True
            act()

    return Progress(report)


def killed(*_: object) -> bool:
    raise KeyboardInterrupt


def nothing(*_: object) -> bool:
    return False


def test_nothing_stays_beside_and_the_file_has_no_free_pages(memory: Memory) -> None:
    archive = str(memory.archive.backup().backup.path)
    memory.records.edit("n5", text="changed since")
    before = memory.home.notebook.stat().st_size
    memory.archive.restore(archive)
    assert beside(memory.home.notebook) == []
    with sqlite3.connect(memory.home.notebook) as connection:
        assert connection.execute("PRAGMA freelist_count").fetchone() == (0,)
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert memory.home.notebook.stat().st_size <= 1.2 * before
    assert findings(memory) == []


def test_definitions_are_as_in_a_new_notebook(memory: Memory, open_home: Callable[[str], Memory]) -> None:
    def definitions(notebook: Path) -> list[tuple[object, ...]]:
        with sqlite3.connect(notebook) as connection:
            return connection.execute(
                "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"
            ).fetchall()

    memory.archive.restore(str(memory.archive.backup().backup.path))
    other = open_home("other")
    other.records.remember(Draft(text="a text"))
    assert definitions(memory.home.notebook) == definitions(other.home.notebook)


def test_who_reads_keeps_the_old_state_and_sees_the_new_one_next(memory: Memory) -> None:
    archive = str(memory.archive.backup().backup.path)
    memory.records.remember(Draft(text="written zebra since"))

    def ask(vault: Vault) -> tuple[int, int]:
        with vault.read() as connection:
            found = connection.execute("SELECT count(*) FROM passage_fts WHERE passage_fts MATCH 'zebra'")
            counted = connection.execute("SELECT count(*) FROM document")
            return found.fetchone()[0], counted.fetchone()[0]

    with Vault.open(memory.home.notebook, kind=VaultKind.NOTEBOOK) as reader:
        with reader.read() as connection:
            assert ask(reader) == (1, 21)
            memory.archive.restore(archive)
            assert ask(reader) == (1, 21)
            rows = connection.execute("SELECT rowid FROM passage_fts WHERE passage_fts MATCH 'subject4'")
            assert len(rows.fetchall()) == 1
        assert ask(reader) == (0, 20)
    assert memory.search.query(SearchQuery("subject4", mode="lexical")).hits[0].id == "n5"


def test_what_is_deleted_or_purged_while_it_is_copied_touches_nothing_beside(memory: Memory) -> None:
    archive = str(memory.archive.backup().backup.path)
    wanted = state(memory)

    def forget() -> None:
        with sqlite3.connect(memory.home.notebook) as connection:
            connection.execute("PRAGMA foreign_keys = on")
            connection.execute("DELETE FROM document WHERE id BETWEEN 5 AND 9")

    memory.archive.restore(archive, progress=once_at("copying the records", forget))
    assert state(memory) == wanted
    assert findings(memory) == []


def test_a_purge_meanwhile_ends_the_restore_and_the_record_stays_away(memory: Memory) -> None:
    archive = str(memory.archive.backup().backup.path)

    def purge() -> None:
        with sqlite3.connect(memory.home.notebook) as connection:
            (uid,) = connection.execute("SELECT uid FROM document WHERE id = 5").fetchone()
            connection.execute("INSERT INTO purged VALUES (?, 1, 1, NULL)", (uid,))

    with pytest.raises(StorageError, match="purged meanwhile"):
        memory.archive.restore(archive, progress=once_at("copying the records beside", purge))
    assert beside(memory.home.notebook) == []
    memory.archive.restore(archive)
    assert not any("subject4 " in text for text in texts(memory))


def test_stopped_while_it_is_copied_nothing_has_changed(memory: Memory) -> None:
    archive = str(memory.archive.backup().backup.path)
    memory.records.remember(Draft(text="written since"))
    before = state(memory)
    reached = False

    def report(told: Report) -> None:
        nonlocal reached
        reached = told.step == "copying the records beside" and told.done > 0

    with pytest.raises(Interrupted):
        memory.archive.restore(archive, progress=Progress(report, lambda: reached))
    assert state(memory) == before
    assert beside(memory.home.notebook) == []
    assert findings(memory) == []


@pytest.mark.parametrize("place", ["_copy", "exchange"])
def test_killed_before_the_exchange_the_next_backup_removes_what_lies_beside(
    place: str, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = str(memory.archive.backup().backup.path)
    memory.records.remember(Draft(text="written since"))
    before = state(memory)
    with monkeypatch.context() as patch:
        patch.setattr(table_swap, place, killed)
        patch.setattr(table_swap, "remove", nothing)
        with pytest.raises(KeyboardInterrupt):
            memory.archive.restore(archive)
    assert beside(memory.home.notebook)
    assert state(memory) == before
    assert findings(memory) == []
    memory.archive.backup()
    assert beside(memory.home.notebook) == []
    memory.archive.restore(archive)
    assert "written since" not in texts(memory)


@pytest.mark.parametrize("next_one", ["backup", "restore", "clean"])
def test_killed_after_the_exchange_what_was_written_last_is_saved_by_the_next_one(
    next_one: str, memory: Memory, open_home: Callable[[str], Memory], monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = str(memory.archive.backup().backup.path)
    wanted = state(memory)

    def write() -> None:
        with open_home("home") as writer:
            writer.records.remember(Draft(text="written in the last moment"))

    with monkeypatch.context() as patch:
        patch.setattr(restoring.Restorer, "_save_former", killed)
        with pytest.raises(KeyboardInterrupt):
            memory.archive.restore(archive, progress=once_at("putting it in place", write))
    assert state(memory) == wanted
    assert findings(memory) == []
    if next_one == "backup":
        memory.archive.backup()
    elif next_one == "clean":
        assert "restore" in {step.what for step in memory.maintenance.clean().steps}
        assert "restore" not in {step.what for step in memory.maintenance.clean().steps}
    else:
        memory.archive.restore(archive)
    assert beside(memory.home.notebook) == []
    saved = [backup for backup in memory.archive.list() if backup.safety]
    with open_home("saved") as other:
        found: set[str] = set()
        for backup in saved:
            other.archive.restore(str(backup.path))
            found |= texts(other)
    assert "written in the last moment" in found
    assert state(memory) == wanted


@pytest.mark.parametrize("tables", [1, 2, 9])
def test_killed_while_the_former_state_is_removed_the_next_backup_removes_the_rest(
    tables: int, memory: Memory
) -> None:
    archive = str(memory.archive.backup().backup.path)
    wanted = state(memory)
    memory.records.remember(Draft(text="written since"))

    def kill(told: Report) -> None:
        if told.step == "removing the former state" and told.done >= tables:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        memory.archive.restore(archive, progress=Progress(kill))
    assert beside(memory.home.notebook)
    saved = [backup.path for backup in memory.archive.list() if backup.safety]
    memory.archive.backup()
    assert beside(memory.home.notebook) == []
    assert [backup.path for backup in memory.archive.list() if backup.safety] == saved
    assert state(memory) == wanted
    assert findings(memory) == []


def test_what_is_written_before_the_exchange_is_in_the_one_safety_backup(
    memory: Memory, open_home: Callable[[str], Memory]
) -> None:
    archive = str(memory.archive.backup().backup.path)

    def write() -> None:
        with open_home("home") as writer:
            writer.records.remember(Draft(text="written in the last moment"))

    done = memory.archive.restore(archive, progress=once_at("putting it in place", write))
    assert [backup.path for backup in memory.archive.list() if backup.safety] == [done.safety]
    memory.archive.restore(str(done.safety))
    assert "written in the last moment" in texts(memory)


def test_a_purge_takes_the_record_out_of_what_a_killed_restore_has_left(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = str(memory.archive.backup().backup.path)
    with monkeypatch.context() as patch:
        patch.setattr(restoring.Restorer, "_save_former", killed)
        patch.setattr(table_swap, "remove", killed)
        with pytest.raises(KeyboardInterrupt):
            memory.archive.restore(archive)
    assert b"subject4" in memory.home.notebook.read_bytes()
    assert memory.records.purge(["n5"]).whole
    for path in (memory.home.notebook, memory.home.notebook.with_name("notebook.db-wal")):
        assert not path.exists() or b"subject4 " not in path.read_bytes()


def test_where_sqlite_lets_no_table_be_exchanged_the_pages_are_replaced(
    memory: Memory, open_home: Callable[[str], Memory], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(table_swap, "possible", nothing)
    archive = str(memory.archive.backup().backup.path)
    wanted = state(memory)

    def write() -> None:
        with open_home("home") as writer:
            writer.records.remember(Draft(text="written in the last moment"))

    done = memory.archive.restore(archive, progress=once_at("putting it in place", write))
    assert state(memory) == wanted
    assert findings(memory) == []
    memory.archive.restore(str(done.safety))
    assert "written in the last moment" in texts(memory)


def test_the_log_may_be_cut_meanwhile(memory: Memory) -> None:
    archive = str(memory.archive.backup().backup.path)
    wanted = state(memory)
    memory.records.edit("n5", text="changed since")

    def cut(told: Report) -> None:
        if told.step in ("copying the records beside", "putting it in place", "removing the former state"):
            with sqlite3.connect(memory.home.notebook) as connection:
                assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)

    memory.archive.restore(archive, progress=Progress(cut))
    assert state(memory) == wanted
    assert beside(memory.home.notebook) == []
    assert findings(memory) == []
