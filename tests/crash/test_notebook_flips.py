"""One flipped bit in the notebook, whose rows nothing can make again: the doctor sees it, says which records,
and repairs what is derived from them; a backup is refused.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING

import notebook_flips
import pytest

from magray_memory.storage import schema
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.record_checksums import FILED, USED
from magray_memory.storage.vault import Vault

if TYPE_CHECKING:
    import random
    from collections.abc import Callable
    from pathlib import Path

    from .conftest import Box

NO_BACKGROUND = {"MAGRAY_RECORDS__EMBED_AT_ONCE": "false"}


@pytest.fixture
def notebook(box: Box, rng: random.Random, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(*next(iter(NO_BACKGROUND.items())))
    return notebook_flips.fill(box.base, rng)


def _alter(notebook: Path, *statements: str) -> None:
    """Change rows as damage does: no trigger hears of it."""
    with closing(sqlite3.connect(notebook, isolation_level=None)) as connection:
        triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        connection.execute("BEGIN")
        for name, _ in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            assert connection.execute(statement).rowcount, statement
        for _, sql in triggers:
            connection.execute(sql)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def test_no_flipped_bit_changes_a_record_unseen(notebook: Path, tmp_path: Path, rng: random.Random) -> None:
    assert notebook_flips.findings(notebook) == []
    score = notebook_flips.flips(notebook, tmp_path, rng, 60)
    assert not score.silent and not score.quoted, score


_CHANGES = [
    *(f"UPDATE document SET {name} = 77 WHERE id = 2" for name in (*FILED, *USED)),
    *(
        f"UPDATE document SET {name} = 'x' WHERE id = 2"
        for name in ("text", "title", "kind", "layer", "key", "language", "size", "mtime_ns", "hash")
    ),
    "UPDATE revision SET text = 'forged' WHERE id = 3",
    "UPDATE revision SET tags = '[]' WHERE id = 3",
    "DELETE FROM revision WHERE id = 3",
    "UPDATE revision SET document_id = 2 WHERE id = 1",
    "UPDATE tag SET name = 'other' WHERE id = 1",
    "DELETE FROM document_tag WHERE document_id = 1",
    "UPDATE link SET target = 'elsewhere' WHERE id = (SELECT min(id) FROM link)",
    "UPDATE citation SET end_line = 9",
    "UPDATE citation SET path = 'b.py'",
    "UPDATE origin SET version = 8",
    "UPDATE redaction SET count = 8",
    "UPDATE former_value SET value = 'other' WHERE id = 1",
    "UPDATE access SET at = 8",
    "UPDATE purged SET asked = 8",
    "UPDATE passage SET text = text || 'x' WHERE id = (SELECT max(id) FROM passage)",
    "UPDATE passage SET start_line = 0 WHERE id = (SELECT max(id) FROM passage)",
    "UPDATE meta SET value = 'x' WHERE key = 'created_at'",
]


def test_the_doctor_sees_whatever_is_changed(notebook: Path, tmp_path: Path) -> None:
    data = notebook.read_bytes()
    for number, change in enumerate(_CHANGES):
        copy = tmp_path / f"changed{number}.db"
        copy.write_bytes(data)
        _alter(copy, change)
        assert notebook_flips.findings(copy), change


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE passage SET text = replace(text, 'kumquat', 'kumqvat')",
        "UPDATE passage SET ordinal = 7, symbol = 'x'",
        "UPDATE meta SET value = 'x' WHERE key IN ('created_at', 'vault_id')",
    ],
)
def test_what_is_made_of_records_is_made_again(notebook: Path, box: Box, change: str) -> None:
    before = notebook_flips.rows(notebook)
    _alter(notebook, change)
    assert box("doctor").code == 1
    fixed = box("doctor", "--fix", "--json")
    assert (fixed.code, fixed.json["errors"], fixed.json["lost"]) == (0, 0, []), fixed
    assert box("search", "kumquat", "--in", "notebook", "--mode", "lexical", "--json").json["hits"]
    after = notebook_flips.rows(notebook)
    for table in ("document", "revision", "tag", "link", "citation", "access", "purged"):
        assert after[table] == before[table]


def test_an_altered_record_is_named_and_no_backup_is_made_of_it(notebook: Path, box: Box) -> None:
    assert box("backup").code == 0
    _alter(notebook, "UPDATE revision SET text = 'forged' WHERE document_id = 1")
    found = box("doctor")
    assert found.code == 1 and "(n1)" in found.out and "forged" not in found.out, found
    refused = box("backup")
    assert refused.code == 1 and "not what was stored" in refused.err, refused
    assert box("restore", "latest", "--yes").code == 0
    assert box("doctor").code == 0
    assert box("backup").code == 0


def test_records_of_an_earlier_version_get_their_checksums_with_the_next_writes(
    notebook: Path, box: Box, make_earlier: Callable[[Path], None]
) -> None:
    make_earlier(notebook)
    assert notebook_flips.findings(notebook) == []
    assert box("remember", "one more", env={**box.environment(), **NO_BACKGROUND}).code == 0
    with closing(sqlite3.connect(notebook)) as connection:
        clear = "SELECT count(*) FROM document WHERE record_checksum IS NULL OR use_checksum IS NULL"
        assert connection.execute(clear).fetchone() == (0,)
    assert notebook_flips.findings(notebook) == []


@pytest.fixture
def make_earlier() -> Callable[[Path], None]:
    """Takes a notebook back to the schema before records had checksums."""

    def described(connection: sqlite3.Connection) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
        """Indexes and triggers, and columns."""
        parts = "SELECT type, name FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
        columns = (
            "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'"
        )
        return set(connection.execute(parts)), set(connection.execute(columns))

    def make(path: Path) -> None:
        with (
            closing(sqlite3.connect(":memory:", isolation_level=None)) as earlier,
            closing(sqlite3.connect(path, isolation_level=None)) as connection,
        ):
            for migrate in schema.MIGRATIONS[: schema.RECORD_CHECKSUMS - 1]:
                migrate(earlier)
            now, then = described(connection), described(earlier)
            for kind, name in now[0] - then[0]:
                connection.execute(f"DROP {kind} {name}")
            for table, column in now[1] - then[1]:
                connection.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
            connection.execute(f"PRAGMA user_version = {schema.RECORD_CHECKSUMS - 1}")

    return make


def test_a_writer_leaves_no_checksum_to_compute(notebook: Path) -> None:
    with Vault.open(notebook, kind=VaultKind.NOTEBOOK) as vault, vault.read() as connection:
        for table in ("revision", "access", "purged"):
            sql = f"SELECT count(*) FROM {table} WHERE checksum IS NULL"
            assert connection.execute(sql).fetchone() == (0,)
        steps = connection.execute(
            "EXPLAIN QUERY PLAN SELECT id FROM document WHERE text IS NOT NULL AND (record_checksum IS NULL"
            " OR use_checksum IS NULL) ORDER BY id DESC LIMIT 9"
        ).fetchall()
        assert any("record_unsealed" in step[3] for step in steps), steps


_BRING_UP_TO_DATE = """
import sys
from pathlib import Path
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.vault import Vault
print("begins", flush=True)
with Vault.open(Path(sys.argv[1]), kind=VaultKind.NOTEBOOK, write=True) as vault:
    for number in range(20):
        vault.set_meta("turn", str(number))
"""


def test_killed_while_checksums_are_computed_a_notebook_is_whole(
    notebook: Path, box: Box, rng: random.Random, make_earlier: Callable[[Path], None]
) -> None:
    make_earlier(notebook)
    data = notebook.read_bytes()
    versions = list[int]()
    for run in range(8):
        copy = box.base / f"run{run}" / notebook.name
        copy.parent.mkdir()
        copy.write_bytes(data)
        wanted = notebook_flips.rows(copy)
        command = [sys.executable, "-c", _BRING_UP_TO_DATE, str(copy)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert process.stdout is not None and process.stdout.readline()
        time.sleep(rng.random() ** 3 * 0.15)
        process.kill()
        process.communicate()
        with closing(sqlite3.connect(copy)) as connection:
            versions += connection.execute("PRAGMA user_version").fetchone()
            columns = {row[1] for row in connection.execute("PRAGMA table_info(document)")}
        assert ("use_checksum" in columns) == (versions[-1] >= schema.RECORD_CHECKSUMS)
        changed = notebook_flips.changed_columns(notebook_flips.rows(copy), wanted)
        assert {name.partition(".")[0] for name in changed} <= {"meta"}
        with Vault.open(copy, kind=VaultKind.NOTEBOOK, write=True) as vault:
            vault.set_meta("turn", "last")
        assert notebook_flips.findings(copy) == []
    print(f"killed at the schemas {versions}")
