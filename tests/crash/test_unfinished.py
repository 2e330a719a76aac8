"""A first index that did not come to its end says so, wherever its files are asked for, and how far it is."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from magray_memory.errors import Interrupted, StorageError
from magray_memory.indexing.file_store import FileStore
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.lock import IndexerLock
from magray_memory.storage.unfinished import expected_files
from magray_memory.storage.vault import Vault

if TYPE_CHECKING:
    import random

    from magray_memory.indexing.parse import Outcome

    from .conftest import Box

FILES = 300


def _stop_after_some(box: Box) -> None:
    calls = itertools.count()
    with pytest.raises(Interrupted):
        box.index(should_stop=lambda: next(calls) > 240)


def _told(box: Box, *, busy: bool = False) -> None:
    asked = box("search", "nothing-of-that-name", "--mode", "lexical", "--json")
    status = box("status", "--json").json
    (part,) = (c for c in status["components"] if c["name"] == "lexical_index")
    found = box("doctor", "--json")
    findings = " ".join(finding["message"] for finding in found.json["findings"])
    assert asked.code == 0 and "of about 300 files" in asked.json["degraded"], asked
    assert "of about 300 files" in part["summary"] and part["detail"]["expected_files"] == FILES
    if busy:
        assert "is being indexed" in asked.json["degraded"] and part["severity"] == "info"
        assert "not finished" not in findings
    else:
        assert "was not finished" in asked.json["degraded"] and "magray index" in asked.json["degraded"]
        assert (part["severity"], part["hint"]) == ("warning", "magray index")
        assert found.code == 1 and "was not finished" in findings and "of about 300 files" in findings


def _whole(box: Box) -> None:
    asked = box("search", "alpha", "--mode", "lexical", "--json")
    assert asked.json["degraded"] is None and asked.json["hits"]
    assert box("doctor").code == 0
    box.assert_sound()


@pytest.mark.parametrize("remedy", [("index", "--lexical"), ("doctor", "--fix")])
def test_a_first_index_that_was_stopped(box: Box, rng: random.Random, remedy: tuple[str, ...]) -> None:
    box.populate(FILES, rng)
    _stop_after_some(box)
    _told(box)
    assert box(*remedy).code == 0
    _whole(box)


def test_while_it_is_under_way(box: Box, rng: random.Random) -> None:
    box.populate(FILES, rng)
    _stop_after_some(box)
    with IndexerLock(box.vault_path).acquire():
        _told(box, busy=True)


def test_a_disk_that_is_full(box: Box, rng: random.Random, monkeypatch: pytest.MonkeyPatch) -> None:
    box.populate(FILES, rng)
    add, calls = FileStore.add, itertools.count()

    def full(store: FileStore, outcome: Outcome) -> None:
        add(store, outcome)
        if next(calls) == FILES // 2:
            store.flush()
            raise StorageError("the vault cannot be used", "the disk is full")

    monkeypatch.setattr(FileStore, "add", full)
    with pytest.raises(StorageError):
        box.index()
    _told(box)


def test_killed_before_it_knew_how_many(box: Box) -> None:
    with pytest.raises(Interrupted):
        box.index(should_stop=lambda: True)
    asked = box("search", "anything", "--mode", "lexical", "--json")
    assert "was not finished: 0 files so far" in asked.json["degraded"]


def test_many_new_files_that_a_later_run_did_not_reach(box: Box, rng: random.Random) -> None:
    box.populate(20, rng)
    box.index()
    box.populate(FILES, rng)
    _stop_after_some(box)
    _told(box)


def test_a_part_that_was_asked_for_is_finished_unless_all_of_it_was_begun(
    box: Box, rng: random.Random
) -> None:
    box.populate(FILES, rng)

    def expected() -> int | None:
        with Vault.open(box.vault_path, kind=VaultKind.WORKSPACE, root=box.root, write=True) as vault:
            return expected_files(vault)

    box.index(paths=[box.root / "d1"])
    assert expected() is None
    _stop_after_some(box)
    box.index(paths=[box.root / "d2"])
    assert expected() == FILES
