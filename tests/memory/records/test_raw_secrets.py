"""Secrets that former rules left in records: the doctor finds them, and takes them out when asked to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from magray_memory.memory import Memory
from magray_memory.records.draft import Draft
from magray_memory.storage.record_lists import RecordFilter

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from magray_memory.health.doctor import Diagnosis

SECRET = "Tr0ub4" + "dor3x"
FORMER = "c0rrect" + "H0rse9"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose records were stored without redaction, as by an older version."""
    (tmp_path / "ws").mkdir()
    with Memory.open(
        tmp_path / "ws", home=tmp_path / "home", overrides={"redaction.enabled": False}
    ) as memory:
        kept = [
            memory.records.remember(Draft(text=f"The key store.\n\nsshpass -p {SECRET} ssh host")).record,
            memory.records.remember(Draft(text=f"password: {FORMER}", title="Shop")).record,
            memory.records.remember(Draft(text="Nothing to hide.")).record,
            memory.records.remember(Draft(text=f"mysql -u root -p{SECRET} shop")).record,
        ]
        memory.records.edit(kept[1].id, text="The shop has a new password.")
        memory.records.forget([kept[3].id])
        memory.index.run()
    return tmp_path / "home"


def _doctor(home: Path, overrides: Mapping[str, object] | None = None, *, repair: bool = False) -> Diagnosis:
    with Memory.open(home.parent / "ws", home=home, overrides=overrides) as memory:
        return memory.health.doctor(fix=repair)


def _holding(home: Path, text: str) -> list[str]:
    return [p.name for p in home.rglob("*") if p.is_file() and text.encode() in p.read_bytes()]


def test_they_are_found_and_nothing_changes_by_looking(home: Path) -> None:
    (found,) = [f for f in _doctor(home).findings if f.check == "secrets"]
    assert "2 records and 1 former texts" in found.message and "3 password" in found.message
    assert SECRET not in found.message and found.hint == "magray doctor --fix"
    assert _holding(home, SECRET)


def test_they_are_taken_out_of_every_byte_and_the_records_stay(home: Path) -> None:
    with Memory.open(home.parent / "ws", home=home) as memory:
        before = {
            record.id: record.stored.updated_at for record in memory.records.list(RecordFilter()).records
        }
    mended = _doctor(home, repair=True)
    assert [f.check for f in mended.findings if f.check == "secrets"] == []
    assert [f.check for f in mended.repaired] == ["secrets"]
    assert not _holding(home, SECRET) and not _holding(home, FORMER)
    with Memory.open(home.parent / "ws", home=home) as memory:
        shown = memory.records.show("n2", note_use=False)
        assert shown.history[0].text == "password: ‹redacted: password›"
        assert memory.records.get("n1").stored.text.endswith("sshpass -p ‹redacted: password› ssh host")
        assert memory.records.restore("n4").stored.text == "mysql -u root -p‹redacted: password› shop"
        assert {
            record.id: record.stored.updated_at for record in memory.records.list(RecordFilter()).records
        }.items() >= before.items()
    assert _doctor(home).errors == 0


def test_who_allows_them_is_not_asked_about_them(home: Path) -> None:
    several: list[dict[str, object]] = [{"redaction.enabled": False}, {"redaction.allow": [SECRET, FORMER]}]
    for settings in several:
        assert [f for f in _doctor(home, settings).findings if f.check == "secrets"] == []
