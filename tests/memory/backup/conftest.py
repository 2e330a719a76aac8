"""Homes with records, for the tests of backups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from magray_memory.memory import Memory
from magray_memory.records.draft import Draft
from magray_memory.storage.record_lists import RecordFilter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def open_home(tmp_path: Path) -> Callable[[str], Memory]:
    """Opens a home of a name; nothing is embedded in the background."""

    def opened(name: str) -> Memory:
        settings = {"records.embed_at_once": False, "layers.automatic": False}
        return Memory.open(home=tmp_path / name, outside=True, overrides=settings)

    return opened


@pytest.fixture
def memory(open_home: Callable[[str], Memory]) -> Memory:
    """Twenty records, of which one was edited, one lies in the trash, one is pinned."""
    memory = open_home("home")
    for number in range(20):
        text = f"note {number} is about subject{number} #tag{number % 3} see [[n1]]"
        memory.records.remember(Draft(text=text, title=f"Note {number}"))
    memory.records.edit("n2", text="a changed text")
    memory.records.forget(["n3"])
    memory.records.pin("n4")
    return memory


def state(memory: Memory) -> dict[str, tuple[object, ...]]:
    """All that a person can see of the records, by their identity."""
    shown: dict[str, tuple[object, ...]] = {}
    for trashed in (False, True):
        for record in memory.records.list(RecordFilter(trashed=trashed), 1_000).records:
            details = memory.records.show(record.id, note_use=False)
            one = record.stored
            history = tuple((former.text, former.title, former.tags) for former in details.history)
            shown[one.uid] = (
                *(one.text, one.title, one.kind, one.layer, one.tags, one.project, one.key, one.pinned),
                *(one.created_at, one.updated_at, one.trashed_at is None, history),
            )
    return shown
