"""A vault opens, reads, writes, migrates and says in one sentence what is wrong with it."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ended import end

from magray_memory.errors import StorageError, VaultDamaged, VaultTooNew
from magray_memory.storage import change_log, schema
from magray_memory.storage.database import Connection
from magray_memory.storage.durability import Durability, VaultKind
from magray_memory.storage.home import Home
from magray_memory.storage.vault import Vault, quarantine
from magray_memory.storage.vault_info import list_vaults

if TYPE_CHECKING:
    from collections.abc import Iterator

WORKSPACE = VaultKind.WORKSPACE


def _open(path: Path, *, write: bool = True) -> Vault:
    return Vault.open(path, kind=WORKSPACE, root=path.parent, write=write)


def _python(code: str, *args: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, args)], stdout=subprocess.PIPE, text=True
    )


@pytest.fixture
def common() -> Iterator[Path]:
    """A folder that every user may enter. Those of pytest are closed, and closed again by each session."""
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder)
        made.chmod(0o755)
        yield made


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a vault ё #1?%20" / "x.db"


@pytest.mark.skipif(os.name == "nt", reason="there such a path names a share")
def test_a_path_may_begin_with_two_slashes(path: Path) -> None:
    with _open(Path(f"/{path}")) as vault:
        vault.set_meta("x", "1")
    with _open(path, write=False) as vault:
        assert vault.meta("x") == "1"


def test_reading_makes_nothing(path: Path) -> None:
    assert Vault.find(path, kind=WORKSPACE) is None
    with pytest.raises(StorageError, match="there is no vault"):
        _open(path, write=False)
    assert not path.parent.exists()


def test_a_reader_leaves_the_folder_as_it_was(path: Path) -> None:
    _open(path).close()
    before = {p.name: p.read_bytes() for p in path.parent.iterdir()}
    with _open(path, write=False) as vault:
        assert vault.counts() == (0, 0)
        with pytest.raises(StorageError, match="reading only"), vault.write():
            pass
        with pytest.raises(StorageError), vault.read() as connection:
            connection.execute("DELETE FROM meta")
    assert {p.name: p.read_bytes() for p in path.parent.iterdir()} == before


def test_the_file_is_private_and_in_wal_mode(path: Path) -> None:
    with _open(path) as vault:
        assert vault.db.raw().execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert vault.db.raw().execute("PRAGMA foreign_keys").fetchone() == (1,)
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0


def test_durability_chooses_synchronous_and_the_notebook_is_never_off(tmp_path: Path) -> None:
    for mode in Durability:
        for kind in VaultKind:
            path = tmp_path / f"{mode}-{kind}.db"
            with Vault.open(path, kind=kind, durability=mode, write=True) as vault:
                (level,) = vault.db.raw().execute("PRAGMA synchronous").fetchone()
                (full,) = vault.db.raw().execute("PRAGMA fullfsync").fetchone()
            assert level == ["OFF", "NORMAL", "FULL", "EXTRA"].index(mode.synchronous(kind))
            assert kind is VaultKind.WORKSPACE or level > 0
            assert full == (mode is Durability.HIGH_RELIABILITY)


def test_a_read_is_one_state_whatever_is_committed_meanwhile(path: Path) -> None:
    with _open(path) as writer, _open(path, write=False) as reader:
        writer.set_meta("x", "old")
        with reader.read():
            assert reader.meta("x") == "old"
            writer.set_meta("x", "new")
            assert reader.meta("x") == "old"
        assert reader.meta("x") == "new"


def test_a_write_that_fails_leaves_nothing(path: Path) -> None:
    with _open(path) as vault:
        with pytest.raises(ZeroDivisionError), vault.write():
            vault.set_meta("x", "1")
            raise ZeroDivisionError
        assert vault.meta("x") is None
        with pytest.raises(RuntimeError, match="cannot become a write"), vault.read(), vault.write():
            pass


def test_rows_that_contradict_one_another_are_damage_of_a_vault_that_can_be_made_again(path: Path) -> None:
    """As after a power failure in a mode that never syncs."""
    twice = "INSERT INTO tag(name) VALUES ('a'), ('a')"
    with _open(path) as vault, pytest.raises(VaultDamaged, match="contradict"), vault.write() as connection:
        connection.execute(twice)
    notebook = path.with_name("notebook.db")
    with (
        Vault.open(notebook, kind=VaultKind.NOTEBOOK, write=True) as vault,
        pytest.raises(sqlite3.IntegrityError),
        vault.write() as connection,
    ):
        connection.execute(twice)


def test_a_part_that_fails_leaves_the_rest_of_the_write(path: Path) -> None:
    with _open(path) as vault:
        with vault.write():
            vault.set_meta("a", "1")
            with pytest.raises(ZeroDivisionError), vault.part():
                vault.set_meta("a", "2")
                vault.set_meta("b", "2")
                raise ZeroDivisionError
            with vault.part():
                vault.set_meta("c", "3")
        assert [vault.meta(key) for key in "abc"] == ["1", None, "3"]


def test_threads_write_one_after_the_other(path: Path) -> None:
    with _open(path) as vault:
        vault.set_meta("n", "0")

        def count() -> None:
            for _ in range(20):
                with vault.write():
                    vault.set_meta("n", str(int(vault.meta("n") or 0) + 1))

        threads = [threading.Thread(target=count) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert vault.meta("n") == "80"


def test_processes_that_make_the_same_vault_at_once_share_it(path: Path) -> None:
    code = """
        import sys; from pathlib import Path
        from magray_memory.storage.vault import Vault, VaultKind
        with Vault.open(Path(sys.argv[1]), kind=VaultKind.WORKSPACE, write=True) as vault:
            for i in range(10):
                with vault.write():
                    vault.set_meta("n", str(int(vault.meta("n", "0")) + 1))
            print(vault.id)
    """
    running = [_python(code, path) for _ in range(3)]
    ids = {process.communicate(timeout=60)[0].strip() for process in running}
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(ids) == 1
    with _open(path, write=False) as vault:
        assert vault.meta("n") == "30"


def test_a_killed_writer_loses_nothing_committed(path: Path) -> None:
    code = """
        import sys; from pathlib import Path
        from magray_memory.storage.vault import Vault, VaultKind
        vault = Vault.open(Path(sys.argv[1]), kind=VaultKind.WORKSPACE, write=True)
        for i in range(10**9):
            vault.set_meta("n", str(i)); print(i, flush=True)
    """
    process = _python(code, path)
    assert process.stdout is not None
    said = [process.stdout.readline() for _ in range(50)][-1]
    process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
    rest = process.stdout.read().split("\n")
    end([process])
    last = int(([said.strip()] + [line for line in rest[:-1] if line])[-1])
    with _open(path) as vault:
        assert int(vault.meta("n") or -1) >= last


@pytest.mark.parametrize(
    "harm",
    [
        lambda p: p.write_bytes(b""),
        lambda p: p.write_bytes(b"no database at all" * 1000),
        lambda p: p.write_bytes(p.read_bytes()[:100]),
        lambda p: (p.unlink(), p.mkdir()),
        lambda p: (p.unlink(), sqlite3.connect(p).execute("CREATE TABLE other (x)").connection.close()),
    ],
    ids=["empty", "text", "truncated", "folder", "another program's"],
)
def test_a_damaged_vault_is_told_and_can_be_quarantined(path: Path, harm: object) -> None:
    _open(path).close()
    harm(path)  # type: ignore[operator]
    for write in (False, True):
        with pytest.raises(VaultDamaged) as told:
            _open(path, write=write)
        assert "\n" not in str(told.value) and str(path) in str(told.value)
    aside = quarantine(path)
    assert aside is not None and aside.exists() and ".damaged-" in aside.name and not path.exists()
    with _open(path) as vault:
        assert vault.counts() == (0, 0)


def test_damage_inside_is_found_when_it_is_read(path: Path) -> None:
    with _open(path) as vault, vault.write() as connection:
        connection.executemany(
            "INSERT INTO skipped(path, reason, size, mtime_ns) VALUES (?, ?, 1, 1)",
            [(f"file {i}", "x" * 200) for i in range(2000)],
        )
    data = bytearray(path.read_bytes())
    for at in range(8192 * 30, len(data), 512):
        data[at : at + 64] = os.urandom(64)
    path.write_bytes(data)
    with pytest.raises(VaultDamaged), _open(path, write=False) as vault, vault.read() as connection:
        connection.execute("SELECT * FROM skipped").fetchall()
        connection.execute("SELECT * FROM passage_vocab").fetchall()
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_quarantine_takes_log_and_snapshots_along_and_nothing_else(path: Path) -> None:
    _open(path).close()
    names = ["x.db-wal", "x.1234.exact.snapshot", "x.1234.7-ab.exact", "x.db.lock", "xy.db", "y.1234.hnsw"]
    for name in names:
        path.with_name(name).write_bytes(b"1")
    first, second = quarantine(path), quarantine(path)
    assert first is not None and second is None
    left = {p.name for p in path.parent.iterdir() if ".damaged-" not in p.name}
    assert left == {"x.db.lock", "xy.db", "y.1234.hnsw", ".creating", "x.root"}
    assert path.with_name(first.name + "-wal").read_bytes() == b"1"


def test_a_log_without_its_database_does_not_end_up_in_the_next(path: Path) -> None:
    vault = _open(path)
    vault.set_meta("x", "old")
    wal = path.with_name(path.name + "-wal").read_bytes()
    vault.close()
    path.unlink()
    path.with_name(path.name + "-wal").write_bytes(wal)
    with _open(path) as fresh:
        assert fresh.meta("x") is None
        assert fresh.db.raw().execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_vault_of_a_later_version_is_left_alone(path: Path) -> None:
    with _open(path) as vault:
        vault.db.raw().execute(f"PRAGMA user_version = {schema.LATEST + 1}")
    before = path.read_bytes()
    for write in (False, True):
        with pytest.raises(VaultTooNew, match="later version"):
            _open(path, write=write)
    assert path.read_bytes() == before


def test_the_sentences_of_skipped_files_become_reasons(path: Path) -> None:
    with sqlite3.connect(":memory:", isolation_level=None) as connection:
        schema.MIGRATIONS[0](connection)
        sentences = [
            "left out: binary",
            "it cannot be read: Permission denied",
            "it has 5,000 bytes, the limit is 1,000 bytes",
            "it cannot be decoded: no encoding fits",
            "it cannot be parsed: ValueError: it has no end",
            "it took longer than 12 s to parse",
            "the parser crashed on it",
            "what nobody ever wrote",
        ]
        rows = [(str(number), sentence, number, 1) for number, sentence in enumerate(sentences)]
        connection.executemany("INSERT INTO skipped VALUES (?, ?, ?, ?)", rows)
        schema.MIGRATIONS[1](connection)
        assert connection.execute(
            "SELECT path, rule, reason, detail, size, mtime_ns FROM skipped ORDER BY path"
        ).fetchall() == [
            ("0", "binary", "", "", 0, 1),
            ("1", None, "unreadable", "Permission denied", 1, 1),
            ("2", None, "too_large", "5,000 bytes, the limit is 1,000 bytes", 2, 1),
            ("3", None, "undecodable", "no encoding fits", 3, 1),
            ("4", None, "unparsable", "ValueError: it has no end", 4, 1),
            ("5", None, "parse_timeout", "12", 5, 1),
            ("6", None, "parser_crash", "", 6, 1),
        ]


def test_a_vault_that_was_made_again_elsewhere_is_followed(path: Path) -> None:
    with _open(path) as writer, _open(path, write=False) as reader:
        writer.set_meta("x", "old")
        assert reader.meta("x") == "old"
        first = reader.id
        writer.close()
        quarantine(path)
        with pytest.raises(StorageError, match="gone"):
            reader.meta("x")
        _open(path).close()
        assert reader.meta("x") is None and reader.id != first


def test_changes_are_trimmed_and_that_is_told(path: Path) -> None:
    with _open(path) as vault:
        with vault.write() as connection:
            connection.executemany(
                "INSERT INTO change(passage_id, op) VALUES (?, 'add')", [(i,) for i in range(1, 101)]
            )
        assert change_log.max_seq(vault) == 100
        assert change_log.trim_changes(vault, 30) == 70
        assert change_log.changes_after(vault, 69) is None
        assert [change[0] for change in change_log.changes_after(vault, 70) or []] == list(range(71, 101))
        assert change_log.trim_changes(vault, 0) == 30
        assert (change_log.max_seq(vault), change_log.changes_after(vault, 100)) == (100, [])


@pytest.mark.skipif(not hasattr(os, "setuid") or os.getuid() != 0, reason="drops from root to nobody")
def test_a_read_only_home_is_read_by_another_user(common: Path) -> None:
    path = common / "a vault ё #1?%20" / "x.db"
    vault = _open(path)
    vault.set_meta("x", "closed")
    vault.close()
    path.parent.chmod(0o755)
    for file in path.parent.iterdir():
        file.chmod(0o644)
    code = """
        import os, sys; from pathlib import Path
        from magray_memory.storage.vault import Vault, VaultKind
        path = Path(sys.argv[1])
        from magray_memory.errors import StorageError
        os.setgroups([]); os.setgid(65534); os.setuid(65534)
        assert not os.access(path.parent, os.W_OK)
        with Vault.open(path, kind=VaultKind.WORKSPACE) as vault:
            print(vault.meta("x"), vault.unseen_changes)
        try:
            with Vault.open(path, kind=VaultKind.WORKSPACE, write=True) as vault:
                vault.set_meta("x", "no")
        except StorageError as error:
            print(type(error).__name__)
    """
    assert _python(code, path).communicate(timeout=60)[0].split() == ["closed", "False", "StorageError"]
    vault = _open(path)
    vault.set_meta("x", "in the log")
    for file in path.parent.iterdir():
        file.chmod(0o644)
    seen = _python(code, path).communicate(timeout=60)[0].splitlines()[0]
    # With the writer's shared memory readable, even what only the log holds is seen; else it is told.
    assert seen in ("in the log False", "closed True")
    path.with_name(path.name + "-shm").chmod(0o600)
    assert _python(code, path).communicate(timeout=60)[0].splitlines()[0] == "closed True"
    vault.close()


def test_a_vault_that_cannot_be_read_names_its_folder(tmp_path: Path) -> None:
    home, root = Home(tmp_path / "home").ensure(), tmp_path / "project"
    path = home.vault_path(root)
    Vault.open(path, kind=VaultKind.WORKSPACE, root=root, write=True).close()
    os.truncate(path, 5_000)
    (info,) = list_vaults(home)
    assert info.problem and info.root == root


@pytest.mark.parametrize("writes", [False, True])
def test_a_vault_that_another_thread_closes_is_used_to_the_end_of_the_transaction(
    path: Path, *, writes: bool
) -> None:
    with _open(path) as vault:
        closing = threading.Thread(target=vault.close)
        with vault.write() if writes else vault.read() as connection:
            begun = vault.db.raw()
            closing.start()
            while not begun.closed:
                pass
            assert vault.meta("kind") == WORKSPACE.value
            if writes:
                vault.set_meta("x", "written")
            assert connection.execute("SELECT count(*) FROM meta").fetchone()[0]
        closing.join()
        assert vault.meta("x") == ("written" if writes else None)


def test_what_interrupts_the_beginning_of_a_transaction_leaves_none(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _open(path) as vault:
        connection, execute = vault.db.raw(), Connection.execute

        def interrupted(self: Connection, sql: str, *values: Any) -> sqlite3.Cursor:
            done = execute(self, sql, *values)
            if sql.startswith("BEGIN"):
                raise KeyboardInterrupt
            return done

        with monkeypatch.context() as patched:
            patched.setattr(Connection, "execute", interrupted)
            with pytest.raises(KeyboardInterrupt), vault.write():
                pass
        assert not connection.in_transaction
        vault.set_meta("x", "1")
        assert vault.meta("x") == "1"
