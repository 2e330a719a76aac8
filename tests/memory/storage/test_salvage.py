"""Salvage knows every table of the schema, and what is truth comes through it."""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from magray_memory.errors import VaultDamaged
from magray_memory.storage import schema
from magray_memory.storage.counters import recount
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.salvage import salvage
from magray_memory.storage.schema import TABLES, TableRole
from magray_memory.storage.vault import Vault

if TYPE_CHECKING:
    from pathlib import Path

_ROWS = """
INSERT INTO document(id, kind, layer, created_at, updated_at, indexed_at, text, key) VALUES
    (1, 'note', 'assets', 1.5, 2.5, 3.5, 'truth', 'a'), (2, 'note', 'assets', 1, 2, 3, 'other', NULL);
INSERT INTO passage(id, document_id, ordinal, start_line, end_line, symbol, kind, text, text_hash)
    VALUES (5, 1, 0, 1, 2, 'symbol', 'doc', 'truth', x'00');
INSERT INTO embedding_key(id, key, dim, created_at) VALUES (3, 'key', 1, 4);
INSERT INTO vector(passage_id, key_id, data) VALUES (5, 3, x'003c');
INSERT INTO tag VALUES (7, 'tag');
INSERT INTO document_tag VALUES (1, 7);
INSERT INTO link VALUES (8, 1, 'other', 2, 5);
INSERT INTO access VALUES (9, 1, 5.5, 'opened', NULL);
INSERT INTO revision VALUES (10, 1, 1.5, 2.5, 'note', NULL, '[]', 'former', NULL);
INSERT INTO citation VALUES (1, '/root', 'a.py', 1, 2, NULL, x'01', x'02', x'03');
INSERT INTO redaction VALUES (1, 'password', 2);
INSERT INTO origin VALUES ('tool:1', 1, X'01', 5.5);
INSERT INTO purged VALUES ('gone', 1.0, 1, NULL);
INSERT INTO former_value VALUES (1, 1, 4.0, 'layer', 'interact')
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A notebook with a row in each table that salvage copies."""
    made = tmp_path / "notebook.db"
    with Vault.open(made, kind=VaultKind.NOTEBOOK, write=True) as vault, vault.write() as connection:
        for statement in _ROWS.split(";"):
            connection.execute(statement)
    return made


def _rows(path: Path, table: str) -> list[tuple[Any, ...]]:
    """All rows of a table, without checksums."""
    with closing(sqlite3.connect(path)) as connection:
        named = connection.execute(f"PRAGMA table_info({table})").fetchall()
        columns = [row[1] for row in named if not row[1].endswith("checksum")]
        return connection.execute(f"SELECT {', '.join(columns)} FROM {table}").fetchall()


def _damage(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.write(bytes(100))


def _complete(draft: Path) -> None:
    with Vault.open(draft, kind=VaultKind.NOTEBOOK, write=True) as vault:
        recount(vault)


def test_every_table_of_a_new_vault_has_a_role(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
    virtual = [name for name, sql in found if sql.startswith("CREATE VIRTUAL")]
    tables = {
        name for name, _ in found if not name.startswith(("sqlite_", *(f"{table}_" for table in virtual)))
    }
    assert tables == set(TABLES), "say in storage/schema.py what salvaging a notebook does about this table"


def test_the_tables_stand_after_those_that_they_refer_to(path: Path) -> None:
    order = list(TABLES)
    with closing(sqlite3.connect(path)) as connection:
        for table in order:
            for reference in connection.execute(f"PRAGMA foreign_key_list({table})"):
                assert order.index(reference[2]) < order.index(table)


def test_each_row_that_can_be_read_comes_through(path: Path) -> None:
    copied = [table for table, role in TABLES.items() if role is not TableRole.DERIVED and table != "meta"]
    before = {table: _rows(path, table) for table in copied}
    assert all(before.values()), "each of these tables needs a row in this test"
    _damage(path)
    done = salvage(path, VaultKind.NOTEBOOK, _complete)
    assert (done.documents, done.lost) == (2, 0)
    assert {table: _rows(path, table) for table in copied} == before


def test_references_to_rows_that_are_lost_are_resolved_as_by_a_deletion(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = off")
        connection.execute("DELETE FROM document WHERE id = 2")
        connection.execute("DELETE FROM tag")
    _damage(path)
    salvage(path, VaultKind.NOTEBOOK, _complete)
    assert _rows(path, "link") == [(8, 1, "other", None, 5)]
    assert _rows(path, "document_tag") == []
    assert len(_rows(path, "vector")) == 1


def test_a_notebook_of_an_earlier_version_is_salvaged_too(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def second(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE document ADD COLUMN extra TEXT DEFAULT 'x'")
        connection.execute("CREATE TABLE later (id INTEGER PRIMARY KEY)")

    documents = _rows(path, "document")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'passage'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    monkeypatch.setattr(schema, "MIGRATIONS", (*schema.MIGRATIONS, second))
    monkeypatch.setattr(schema, "LATEST", schema.LATEST + 1)
    monkeypatch.setattr("magray_memory.storage.salvage._COPIED", ("document", "passage", "later"))
    done = salvage(path, VaultKind.NOTEBOOK, _complete)
    assert done.documents == 2
    assert _rows(path, "document") == [(*row, "x") for row in documents]


@pytest.mark.parametrize("left", [0, 60, 24_576])
def test_what_stands_in_the_log_outlives_the_file(path: Path, tmp_path: Path, left: int) -> None:
    with closing(sqlite3.connect(path)) as writer:  # the last to close it would take the log in
        writer.execute("INSERT INTO meta(key, value) VALUES ('a', 'b')")
        writer.commit()
        for suffix in ("", "-wal"):
            target = tmp_path / "cut" / f"notebook.db{suffix}"
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(path.with_name(path.name + suffix).read_bytes())
    cut = tmp_path / "cut" / "notebook.db"
    with cut.open("r+b") as file:
        file.truncate(left)
    assert salvage(cut, VaultKind.NOTEBOOK, _complete).lost == 0
    assert ("a", "b") in [row[:2] for row in _rows(cut, "meta")]


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is in use cannot be replaced there")
@pytest.mark.parametrize("left", [0, 24_576])
def test_a_notebook_that_was_salvaged_elsewhere_is_followed(path: Path, left: int) -> None:
    with (
        Vault.open(path, kind=VaultKind.NOTEBOOK, write=True) as writer,
        Vault.open(path, kind=VaultKind.NOTEBOOK) as reader,
    ):
        writer.set_meta("a", "b")
        assert reader.meta("a") == "b"
        os.truncate(path, left)
        salvage(path, VaultKind.NOTEBOOK, _complete)
        Vault.open(path, kind=VaultKind.NOTEBOOK).close()
        assert (reader.meta("a"), writer.meta("a")) == ("b", "b")
        writer.set_meta("c", "d")
        assert reader.meta("c") == "d"


@pytest.mark.skipif(sys.platform == "win32", reason="a file that is in use cannot be deleted there")
def test_a_notebook_that_is_damaged_and_has_lost_its_log_is_told_to_be_damaged(path: Path) -> None:
    with Vault.open(path, kind=VaultKind.NOTEBOOK, write=True) as vault:
        vault.set_meta("a", "b")
        path.write_bytes(b"no database at all" * 3000)
        path.with_name(path.name + "-wal").unlink()
        for ask in (lambda: vault.meta("a"), lambda: vault.set_meta("a", "c")):
            with pytest.raises(VaultDamaged):
                ask()
