"""The doctor sees what SQLite's own checks do not, names it, and mends it when it is asked to, not before."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

from magray_memory.config import Settings, VectorSettings
from magray_memory.health import integrity_index
from magray_memory.health.doctor import Diagnosis, Doctor, check_vault
from magray_memory.health.findings import Finding, Remedy
from magray_memory.health.report import Severity
from magray_memory.index.vector_store import VectorStore
from magray_memory.indexing.indexer import Indexer
from magray_memory.storage import vectors
from magray_memory.storage.damaged_vault import stated_root
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.home import Home
from magray_memory.storage.lock import IndexerLock
from magray_memory.storage.pending import pending_ids
from magray_memory.storage.vault import Vault, snapshot_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass(frozen=True)
class Patient:
    """A home with one small workspace in it, vectors and snapshots included."""

    root: Path
    home: Home

    def fill(self) -> None:
        self.root.mkdir()
        self.home.ensure()
        for number in range(60):
            text = f"def name_{number}():\n    return 'alpha {number} beta'\n"
            (self.root / f"f{number}.py").write_text(text)
        self.index(self.root)
        with self.open() as vault:
            for engine in ("hnsw", "exact"):
                VectorStore(vault, "key", VectorSettings(engine=engine)).save_snapshot(force=True)

    @property
    def path(self) -> Path:
        return self.home.vault_path(self.root)

    def open(self) -> Vault:
        return Vault.open(self.path, kind=VaultKind.WORKSPACE, root=self.root, write=True)

    def index(self, root: Path, lexical: bool = True) -> None:
        with Vault.open(self.path, kind=VaultKind.WORKSPACE, root=root, write=True) as vault:
            Indexer(vault, self.home, Settings()).run(lexical=True)
            with vault.read() as connection:
                ids = pending_ids(connection, "key", 1000)  # what a model would do
            if ids:
                rows = np.random.default_rng(1).standard_normal((len(ids), 32)).astype(np.float32)
                vectors.put_vectors(vault, "key", ids, rows / np.linalg.norm(rows, axis=1, keepdims=True))

    def harm(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    @property
    def doctor(self) -> Doctor:
        return Doctor(self.home, self.root, self.index)


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Patient:
    base = tmp_path_factory.mktemp("healthy")
    made = Patient(base / "ws", Home(base / "home"))
    made.fill()
    return made


@pytest.fixture
def patient(healthy: Patient, tmp_path: Path) -> Patient:
    shutil.copytree(healthy.home.path, tmp_path / "home")
    return Patient(healthy.root, Home(tmp_path / "home"))


def _remedies(findings: list[Finding]) -> set[Remedy]:
    return {finding.remedy for finding in findings}


def _flip_snapshot(patient: Patient, ending: str) -> None:
    path = next(p for p in snapshot_files(patient.path) if p.name.endswith(ending))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _sql(*statements: str) -> Callable[[Patient], object]:
    return lambda patient: patient.harm(*statements)


_EMPTY_BLOCKS = """
UPDATE passage_fts_data SET block = (SELECT block FROM passage_fts_data WHERE id = 10) WHERE id > 10
"""
_GHOST = """
INSERT INTO passage_fts(passage_fts, rowid, symbol, path, body)
SELECT 'delete', id, 'wrong', 'tokens', 'entirely' FROM passage LIMIT 1
"""
_TAKEN = """
INSERT INTO passage_fts(passage_fts, rowid, symbol, path, body)
VALUES ('delete', 1, 'name_0 name 0', 'f0 f 0 py', 'def name_0 name 0 return alpha 0 beta')
"""
_GIVEN = "INSERT INTO passage_fts(rowid, symbol, path, body) VALUES (1, 'x', 'y', 'a b c d e f g h')"
_FOREIGN = "INSERT INTO vector(passage_id, key_id, data) SELECT 9999, key_id, data FROM vector LIMIT 1"
_REUSED = "UPDATE sqlite_sequence SET seq = 3 WHERE name = 'passage'"
_CHANGED = "UPDATE passage SET text = replace(text, 'alpha', 'alphb') WHERE id = 9"
_MOVED = f"UPDATE vector SET data = x'003c{'0000' * 31}' WHERE passage_id % 2 = 0"
_UNSEEN = [f"DROP TRIGGER vector_{what}" for what in ("added", "changed", "removed")]
_ZERO = "UPDATE vector SET data = zeroblob(64) WHERE passage_id = 3"
_NO_LETTER = "UPDATE passage SET {0} = CAST(x'e070' || substr({0}, 3) AS TEXT) WHERE id = 3"
_RENAMED = [
    "PRAGMA writable_schema = 1",
    "UPDATE sqlite_master SET sql = replace(sql, 'language', 'lanfuage') WHERE name = 'document'",
]
_DIGIT = "UPDATE vector SET data = CAST(x'0129' || substr(data, 3) AS BLOB) WHERE passage_id = 3"
_HARMS: dict[str, tuple[Callable[[Patient], object], Remedy]] = {
    "emptied blocks": (_sql(_EMPTY_BLOCKS), Remedy.LEXICAL),
    "a ghost": (_sql(_GHOST), Remedy.LEXICAL),
    "other words": (_sql(_TAKEN, _GIVEN), Remedy.LEXICAL),
    "a missing row": (_sql("DELETE FROM passage_fts_docsize WHERE id = 5"), Remedy.LEXICAL),
    "no lexical table": (_sql("DROP TABLE passage_fts"), Remedy.LEXICAL),
    "a missing trigger": (_sql("DROP TRIGGER vector_added"), Remedy.SCHEMA),
    "a missing index": (_sql("DROP INDEX passage_document"), Remedy.SCHEMA),
    "a missing table": (_sql("DROP TABLE skipped"), Remedy.REBUILD),
    "a wrong counter": (_sql("UPDATE tally SET value = 7 WHERE name = 'passage'"), Remedy.COUNTERS),
    "ids that would come back": (_sql(_REUSED), Remedy.COUNTERS),
    "rows of nothing": (_sql("PRAGMA foreign_keys = 0", "DELETE FROM document WHERE id = 4"), Remedy.REBUILD),
    "a wrong counter of vectors": (_sql("UPDATE embedding_key SET vectors = 7"), Remedy.COUNTERS),
    "no counters": (_sql("DELETE FROM tally"), Remedy.COUNTERS),
    "a missing vector": (_sql("DELETE FROM vector WHERE passage_id IN (3, 5)"), Remedy.EMBED),
    "vectors changed behind the index": (_sql(*_UNSEEN, _MOVED), Remedy.SNAPSHOTS),
    "a vector of no passage": (_sql("PRAGMA foreign_keys = 0", _FOREIGN), Remedy.REBUILD),
    "a changed text": (_sql(_CHANGED), Remedy.REREAD),
    "a kind": (_sql("UPDATE document SET kind = 'coee' WHERE id = 3"), Remedy.REREAD),
    "a time": (_sql("UPDATE document SET mtime_ns = mtime_ns + 1 WHERE id = 3"), Remedy.REREAD),
    "a hash": (_sql("UPDATE document SET hash = x'00' WHERE id = 3"), Remedy.REREAD),
    "a path": (_sql("UPDATE document SET path = 'f3.px' WHERE path = 'f3.py'"), Remedy.REREAD),
    "a line": (_sql("UPDATE passage SET start_line = 2 WHERE id = 3"), Remedy.REREAD),
    "a letter that is none": (_sql(_NO_LETTER.format("text")), Remedy.REREAD),
    "a symbol that is none": (_sql(_NO_LETTER.format("symbol")), Remedy.REREAD),
    "bytes for a text": (_sql("UPDATE passage SET symbol = x'00ff' WHERE id = 3"), Remedy.REREAD),
    "a text for a number": (_sql("UPDATE passage SET end_line = 'two' WHERE id = 3"), Remedy.REREAD),
    "a fact": (_sql("UPDATE meta SET value = 'another' WHERE key = 'vault_id'"), Remedy.REREAD),
    "a table's columns": (_sql(*_RENAMED), Remedy.REBUILD),
    "a digit of a vector": (_sql(_DIGIT), Remedy.VECTORS),
    "a vector of nothing": (_sql(_ZERO), Remedy.VECTORS),
    "a short vector": (_sql("UPDATE vector SET data = x'00' WHERE passage_id = 3"), Remedy.VECTORS),
    "an exact snapshot": (lambda patient: _flip_snapshot(patient, ".exact"), Remedy.SNAPSHOTS),
    "a graph": (lambda patient: _flip_snapshot(patient, ".hnsw"), Remedy.SNAPSHOTS),
    "a header": (lambda patient: _flip_snapshot(patient, "exact.snapshot"), Remedy.SNAPSHOTS),
    "garbage": (lambda patient: patient.path.write_bytes(b"garbage" * 5000), Remedy.REBUILD),
}  # fmt: skip


@pytest.mark.parametrize("harm", _HARMS)
def test_it_is_found_and_repaired(patient: Patient, harm: str) -> None:
    do, remedy = _HARMS[harm]
    do(patient)
    before = patient.path.read_bytes()
    found = patient.doctor.check()
    assert remedy in _remedies(list(found.findings)), found
    assert all(finding.message.endswith(".") for finding in found.findings)
    assert patient.path.read_bytes() == before
    fixed = patient.doctor.repair()
    assert [f.message for f in fixed.findings if f.remedy or f.is_error] == []
    assert remedy in _remedies(list(fixed.repaired))
    with patient.open() as vault, vault.read() as connection:
        assert vault.counts() == (60, 60)
        assert connection.execute(
            "SELECT count(*) FROM passage_fts WHERE passage_fts MATCH 'alpha'"
        ).fetchone() == (60,)


def test_nothing_is_wrong_with_a_healthy_home(patient: Patient) -> None:
    found = patient.doctor.check()
    assert (list(found.findings), found.vaults, found.errors) == ([], 1, 0)


def test_a_snapshot_that_is_missing_or_long_out_of_date_is_told(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integrity_index, "_LEAST_INDEXED", 50)
    with patient.open() as vault:
        assert list(integrity_index.check_snapshots(vault)) == []
        with vault.write() as connection:
            connection.execute("UPDATE vector SET data = data")
        (behind,) = integrity_index.check_snapshots(vault)
        assert (behind.severity, behind.remedy) == (Severity.INFO, Remedy.SNAPSHOTS)
        assert "60 changes behind" in behind.message
        for path in snapshot_files(patient.path):
            path.unlink()
        (none,) = integrity_index.check_snapshots(vault)
        assert (none.severity, none.remedy) == (Severity.INFO, Remedy.SNAPSHOTS)
        assert "There is no index snapshot" in none.message


def test_what_an_indexer_is_still_to_do_is_no_finding(patient: Patient) -> None:
    patient.harm("DELETE FROM vector WHERE passage_id = 3")
    with IndexerLock(patient.path).acquire():
        assert list(patient.doctor.check().findings) == []
    (found,) = patient.doctor.check().findings
    assert "1 of 60 passages" in found.message
    assert found.message.endswith("has no vector.")


def test_the_note_of_an_indexer_that_died_is_removed(patient: Patient) -> None:
    note = patient.path.with_name(f"{patient.path.name}.pid")
    note.write_text("999999\n")
    (found,) = patient.doctor.check().findings
    assert (found.remedy, "no longer running" in found.message) == (Remedy.REMOVE, True)
    patient.doctor.repair()
    assert not note.exists()


def test_an_examination_that_takes_too_long_is_given_up(patient: Patient) -> None:
    found = check_vault(patient.path, VaultKind.WORKSPACE, seconds=0.01)
    assert any("was stopped" in finding.message for finding in found)


@pytest.mark.skipif(os.name == "nt", reason="needs modes of POSIX")
def test_others_may_not_look_into_a_home(patient: Patient) -> None:
    patient.home.path.chmod(0o755)
    assert "Other users can read" in patient.doctor.check().findings[0].message
    assert list(patient.doctor.repair().findings) == []
    assert patient.home.path.stat().st_mode & 0o777 == 0o700


def test_litter_is_named_with_its_age_and_removed(patient: Patient) -> None:
    place = patient.home.workspaces
    old, fresh = place / ".0123456789abcdef.db.7-7.draft", place / ".fedcba9876543210.db.7-7.draft"
    stray = place / "0123456789abcdef.0a0b0c0d.exact.snapshot"
    kept = place / "0123456789abcdef.db.damaged-20260101T000000Z"
    worn = place / "0123456789abcdef.db.damaged-20250101T000000Z"
    mine = place / "a note of mine.txt"
    for path in (old, fresh, stray, kept, worn, mine):
        path.write_bytes(b"x" * 100)
    for path, days in ((old, 1), (worn, 30)):
        then = time.time() - days * 86_400
        os.utime(path, (then, then))
    told = " ".join(finding.message for finding in patient.doctor.check().findings)
    assert all(str(path) in told for path in (old, stray, kept, worn))
    assert "24 hours old" in told and "30 days old" in told
    patient.doctor.repair()
    assert [path.exists() for path in (old, fresh, stray, kept, worn, mine)] == [
        False,
        True,
        False,
        True,
        False,
        True,
    ]


def test_the_folder_of_a_ruined_vault_is_known_from_its_bytes(patient: Patient) -> None:
    with patient.open():
        pass
    data = bytearray(patient.path.read_bytes())
    data[:100] = bytes(100)
    patient.path.write_bytes(data)
    assert stated_root(patient.path) == patient.root


def test_a_notebook_of_which_nothing_is_left_is_kept_and_told(patient: Patient) -> None:
    patient.home.notebook.write_bytes(b"")
    fixed: Diagnosis = patient.doctor.repair()
    assert fixed.errors == 0 and len(fixed.lost) == 1
    kept = list(patient.home.path.glob("notebook.db.damaged-*"))
    assert [path.read_bytes() for path in kept] == [b""]
    assert str(kept[0]) in fixed.lost[0]


def test_a_snapshot_from_when_its_library_was_installed_is_no_fault(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with patient.open() as vault:
        assert any(file.suffix == ".hnsw" for file in snapshot_files(vault.path))
        monkeypatch.setitem(sys.modules, "hnswlib", None)
        with vault.read():
            assert list(integrity_index.check_recall(vault)) == []
