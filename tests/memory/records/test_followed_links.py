"""Links in records go on meaning a note that moves, whoever moves it, and a heading that is renamed."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest

from magray_memory.errors import RecordChanged
from magray_memory.memory import Memory
from magray_memory.records.followed_links import follow_moves, heading_change
from magray_memory.records.room import Records
from magray_memory.search.note_links import Note
from magray_memory.search.notes import Notes
from magray_memory.values import Draft

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOTES = {
    "plan.md": "# Большой план\n\n## Part one\n\nText.\n\n### Below\n\nMore.\n\n## Part two\n\nOther.\n",
    "deep/other.md": "# Other\n\nWords of it.\n",
    "deep/same.md": "# Same\n\nThe first of two.\n",
    "far/same.md": "# Same\n\nThe second of two.\n",
    "Заметка.md": "# Заметка\n\nСлова.\n",
    "old name.md": "# Spaces\n\nA name with a space.\n",
}


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Memory]:
    root = tmp_path / "notes"
    for name, text in NOTES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    with Memory.open(root, home=tmp_path / "home", environ={}) as memory:
        memory.index.run(lexical=True)
        yield memory


def _keep(memory: Memory, text: str) -> str:
    return memory.records.remember(Draft(text=text)).record.id


def _move(memory: Memory, old: str, new: str) -> None:
    (memory.root / new).parent.mkdir(parents=True, exist_ok=True)
    (memory.root / old).rename(memory.root / new)


def _text(memory: Memory, id_: str) -> str:
    return memory.records.get(id_).stored.text


@pytest.mark.parametrize(
    ("old", "new", "before", "after"),
    [
        ("plan.md", "next.md", "[[plan]] [[Plan#Part|x]] `[[plan]]`", "[[next]] [[next#Part|x]] `[[plan]]`"),
        ("plan.md", "next.md", "[[Большой план]] [[plan.md]]", "[[Большой план]] [[next.md]]"),
        ("plan.md", "sub/a b.md", "See [[/plan]].\n\n[[plan]]\n", "See [[/a b]].\n\n[[a b]]\n"),
        ("deep", "deeper", "[[deep/other]] [[other]]", "[[deeper/other]] [[other]]"),
        ("deep/other.md", "other.md", "[[deep/other]] [[other]]", "[[other]] [[other]]"),
        ("far/same.md", "far/new.md", "[[far/same]] [[same]]", "[[far/new]] [[same]]"),
        ("Заметка.md", "Запись.md", "[[заметка]] 😀 [[" + unicodedata.normalize("NFD", "Йод") + "]]", None),
        ("old name.md", "new name.md", "[[old%20name]] [[Old Name]]", "[[new%20name]] [[new name]]"),
        ("plan.md", "next.md", "[x](plan.md) [[./plan]] [[plane]]", "[x](plan.md) [[./plan]] [[plane]]"),
    ],
)  # fmt: skip
def test_an_index_run_that_finds_a_note_elsewhere_has_records_follow(
    memory: Memory, old: str, new: str, before: str, after: str | None
) -> None:
    after = before.replace("[[заметка]]", "[[Запись]]") if after is None else after
    kept, other = _keep(memory, before), _keep(memory, "Nothing of it.")
    _move(memory, old, new)
    memory.index.run(lexical=True)
    assert _text(memory, kept) == after
    history = memory.records.show(kept).history
    assert [state.text for state in history] == ([before] if before != after else [])
    assert not memory.records.show(other).history
    memory.index.run(lexical=True)
    assert len(memory.records.show(kept).history) == len(history), "once"


def test_what_an_editor_tells_counts_before_the_index_knows(memory: Memory) -> None:
    kept, trashed = _keep(memory, "[[plan]]"), _keep(memory, "[[plan#Part two]]")
    memory.records.forget([trashed])
    _move(memory, "plan.md", "next.md")
    pairs = [(memory.root / "plan.md", memory.root / "next.md")]
    assert follow_moves(memory.records, memory.search, pairs) == [kept]
    assert _text(memory, kept) == "[[next]]"
    memory.index.run(lexical=True)
    assert follow_moves(memory.records, memory.search, pairs) == []
    assert memory.records.show(trashed).record.stored.text == "[[plan#Part two]]"


def test_an_edit_at_the_same_time_is_not_overwritten(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = _keep(memory, "[[plan]]")
    edit, times = Records.edit, [0]

    def late(records: Records, id_: str, **given: str | None) -> object:
        times[0] += 1
        if times[0] == 1:
            edit(records, id_, text="Another program says [[plan]].")
        return edit(records, id_, **given)

    monkeypatch.setattr(Records, "edit", late)
    _move(memory, "plan.md", "next.md")
    memory.index.run(lexical=True)
    assert _text(memory, kept) == "Another program says [[next]]."

    def never(*_: object, **__: object) -> object:
        raise RecordChanged("changed", "again", "", "1")

    monkeypatch.setattr(Records, "edit", never)
    _move(memory, "next.md", "last.md")
    assert memory.index.run(lexical=True).files == len(NOTES), "an index run does not fail by it"


def test_without_records_nothing_is_opened(memory: Memory) -> None:
    _move(memory, "plan.md", "next.md")
    memory.index.run(lexical=True)
    assert not (memory.home.path / "notebook.db").exists()


@pytest.mark.parametrize(
    ("line", "name", "before", "after"),
    [
        (3, "A part", "[[plan#Part one]] [[plan#part-one|x]]", "[[plan#A part]] [[plan#a-part|x]]"),
        (3, "A [b] #c", "[[plan#Part%20one#Below]] [[plan]]", "[[plan#A%20b%20c#Below]] [[plan]]"),
        (7, "Выше", "[[plan#Part one#Below]] [[plan#below]]", "[[plan#Part one#Выше]] [[plan#Выше]]"),
        (1, "Малый", "[[Большой план#Part two|x]] [[plan]]", "[[Малый#Part two|x]] [[plan]]"),
        (11, "Last", "[[plan#Part one]] [[other#Part two]]", "[[plan#Part one]] [[other#Part two]]"),
    ],
)  # fmt: skip
def test_a_renamed_heading_is_followed(memory: Memory, line: int, name: str, before: str, after: str) -> None:
    kept = _keep(memory, before)
    notes = Notes(memory._context, memory.search)
    renamed = notes.heading(Note(memory.root, "plan.md", None), line, name, NOTES["plan.md"])
    assert renamed is not None
    change = heading_change(memory.records, memory.search, renamed)
    assert change is not None
    assert change.apply(memory.records) == ([kept] if before != after else [])
    assert _text(memory, kept) == after
