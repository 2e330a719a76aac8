"""Records that an earlier version left without passages: the doctor finds them, and they are found again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from magray_memory.index.lexical import LexicalIndex
from magray_memory.memory import Memory
from magray_memory.records.draft import Draft
from magray_memory.search.query import parse
from magray_memory.storage import records
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.vault import Vault

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "Tr0ub4" + "dor3x"


def test_the_doctor_finds_them_and_makes_their_passages(tmp_path: Path) -> None:
    (tmp_path / "ws").mkdir()
    plain = {"redaction.enabled": False}
    with Memory.open(tmp_path / "ws", home=tmp_path / "home", overrides=plain) as memory:
        lost = memory.records.remember(Draft(text=f"Refunds wait.\n\nsshpass -p {SECRET} ssh host")).record
        memory.records.remember(Draft(text="Payments are retried."))
        forgotten = memory.records.remember(Draft(text="Refunds of old.")).record
        memory.records.forget([forgotten.id])
        path = memory.home.notebook
    with Vault.open(path, kind=VaultKind.NOTEBOOK, write=True) as vault:
        records.replace_passages(vault, {lost.stored.id: ()}, LexicalIndex(vault))
    with Memory.open(tmp_path / "ws", home=tmp_path / "home") as memory:
        (found,) = [f for f in memory.health.doctor().findings if f.check == "records"]
        assert "1 of the records" in found.message and found.hint == "magray doctor --fix"
        assert "records" in {f.check for f in memory.health.doctor(fix=True).repaired}
        hits = memory.search.query(parse("refunds", mode="lexical", within="notebook")).hits
        assert [hit.id for hit in hits] == [lost.id]
        assert SECRET.lower() not in str(hits).lower()
        assert [f for f in memory.health.doctor().findings if f.check == "records"] == []
