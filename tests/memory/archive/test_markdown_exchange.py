"""Markdown: notes that open anywhere, edits that come back, and nothing lost where both sides changed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from fake_secrets import issued

from magray_memory.archive.file_names import MAX_BYTES, FileNames, folded, stem_of
from magray_memory.archive.yaml_fields import read_fields
from magray_memory.errors import Interrupted, UsageError
from magray_memory.progress import Progress
from magray_memory.text.front_matter import front_matter
from magray_memory.values import Draft, RecordFilter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from magray_memory.memory import Memory

    from .conftest import Homes


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def exported(memory: Memory, folder: Path) -> Path:
    memory.exchange.export(folder, format="markdown")
    return folder


def test_a_note_has_front_matter_that_every_reader_takes_for_text(memory: Memory, tmp_path: Path) -> None:
    memory.records.remember(
        Draft(
            text="are retried [[Ports]] #billing",
            title='2026-03-03: "yes" # no',
            tags=("2024", "true", "a/b"),
            key="null",
            project="on",
            session="1e3",
        )
    )
    folder = exported(memory, tmp_path / "notes")
    (path,) = folder.iterdir()
    assert path.name == "2026-03-03 yes no.md"
    front = path.read_text("utf-8").partition("---\n")[2].partition("\n---\n")[0]
    fields = read_fields(front)
    assert fields is not None
    assert fields["title"].text == '2026-03-03: "yes" # no'
    assert fields["tags"].items == ("2024", "a/b", "billing", "true")
    assert fields["aliases"].items == ('2026-03-03: "yes" # no', "n1", "null")
    import yaml

    loaded = yaml.safe_load(front)
    assert all(isinstance(value, (str, list)) for value in loaded.values())
    assert loaded["project"] == "on"
    matter = front_matter(path.read_text("utf-8"))
    assert (matter.title, matter.tags) == ('2026-03-03: "yes" # no', ("2024", "a/b", "billing", "true"))


def test_edits_of_everything_come_back_and_the_former_text_is_kept(memory: Memory, tmp_path: Path) -> None:
    memory.records.remember(Draft(text="# Old\n\ntext #gone", tags=("stay", "go"), kind="note"))
    folder = exported(memory, tmp_path / "notes")
    path = folder / "Old.md"
    edit(path, "# Old\n\ntext #gone", "# New\n\ntext #fresh\n\n")
    edit(path, '  - "go"\n', "  - added\n")
    edit(path, 'kind: "note"', "kind: decision\npinned: true\nimportance: 0.9\nproject: shop")
    edit(path, 'layer: "interact"', "layer: assets")
    report = memory.exchange.import_(folder)
    assert (report.updated, report.skipped) == (1, [])
    details = memory.records.show("n1")
    stored = details.record.stored
    assert (stored.title, stored.text) == ("New", "# New\n\ntext #fresh\n\n")
    assert (stored.kind, stored.layer, stored.project) == ("decision", "assets", "shop")
    assert (stored.pinned, stored.importance) == (True, 0.9)
    assert stored.tags == ("added", "fresh", "stay")
    assert [state.text for state in details.history] == ["# Old\n\ntext #gone"]
    assert memory.exchange.import_(folder).unchanged == 1
    again = memory.exchange.export(folder)
    assert (again.written, again.kept) == (1, ())
    assert path.exists(), "a record keeps its file"


def test_an_edit_is_not_written_over_before_it_is_imported(memory: Memory, tmp_path: Path) -> None:
    memory.records.remember(Draft(text="one"))
    memory.records.remember(Draft(text="two"))
    folder = exported(memory, tmp_path / "notes")
    edit(folder / "one.md", "one\n", "my edit\n")
    memory.records.edit("n2", text="two, changed here")
    done = memory.exchange.export(folder)
    assert (done.written, done.kept) == (1, (str(folder / "one.md"),))
    assert "my edit" in (folder / "one.md").read_text("utf-8")
    assert "changed here" in (folder / "two.md").read_text("utf-8")
    done = memory.exchange.export(folder, force=True)
    assert (done.written, done.kept) == (1, ())
    assert "my edit" not in (folder / "one.md").read_text("utf-8")


def test_changed_in_both_places_both_are_kept_once(memory: Memory, tmp_path: Path) -> None:
    memory.records.remember(Draft(text="one", tags=("x",)))
    folder = exported(memory, tmp_path / "notes")
    edit(folder / "one.md", "one\n", "there\n")
    memory.records.edit("n1", text="here")
    (conflict,) = memory.exchange.import_(folder).conflicts
    assert (conflict.path, conflict.record, conflict.copy) == ("one.md", "n1", "n2")
    assert memory.records.get("n1").stored.text == "here"
    copy = memory.records.get("n2").stored
    assert (copy.text, copy.tags) == ("there", ("conflict", "x"))
    again = memory.exchange.import_(folder)
    assert (again.conflicts, again.created, again.unchanged) == ([], 0, 1)


def test_an_imported_edit_that_was_changed_here_later_is_no_conflict(memory: Memory, tmp_path: Path) -> None:
    memory.records.remember(Draft(text="one"))
    folder = exported(memory, tmp_path / "notes")
    edit(folder / "one.md", "one\n", "two\n")
    memory.exchange.import_(folder)
    memory.records.edit("n1", text="three")
    assert memory.exchange.import_(folder).unchanged == 1
    assert memory.records.get("n1").stored.text == "three"


@pytest.mark.parametrize(
    "harmless",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: text.rstrip("\n"),
        lambda text: text + "\n\n",
        lambda text: text.replace('"', ""),
        lambda text: text.replace('tags:\n  - "b"\n  - "x"', "tags: [x, b]"),
        lambda text: text.replace("---\nkind", "---\ncssclasses: wide\nkind").replace("updated:", "seen:"),
    ],
)
def test_what_editors_do_to_a_file_is_no_edit(
    memory: Memory, tmp_path: Path, harmless: Callable[[str], str]
) -> None:
    memory.records.remember(Draft(text="# Title\n\none\n", tags=("x", "b")))
    folder = exported(memory, tmp_path / "notes")
    path = folder / "Title.md"
    path.write_bytes(harmless(path.read_text("utf-8")).encode())
    report = memory.exchange.import_(folder)
    assert (report.unchanged, report.updated, report.conflicts) == (1, 0, [])


def test_a_note_that_was_added_becomes_a_record_and_one_that_was_deleted_deletes_none(
    memory: Memory, tmp_path: Path
) -> None:
    memory.records.remember(Draft(text="one"))
    folder = exported(memory, tmp_path / "notes")
    (folder / "one.md").unlink()
    (folder / "sub").mkdir()
    (folder / "sub" / "mine.md").write_text("# Mine\n\nadded in Obsidian #tag", "utf-8")
    report = memory.exchange.import_(folder, format="markdown")
    assert report.created == 1
    assert memory.records.get("n1").stored.text == "one"
    assert memory.records.get("n2").stored.tags == ("tag",)
    assert memory.exchange.export(folder).written == 2
    assert (folder / "one.md").exists()
    assert (folder / "Mine.md").exists()


def test_a_note_that_was_moved_is_still_that_of_its_record(memory: Memory, tmp_path: Path) -> None:
    memory.records.remember(Draft(text="one"))
    folder = exported(memory, tmp_path / "notes")
    (folder / "sub").mkdir()
    (folder / "one.md").rename(folder / "sub" / "renamed.md")
    memory.records.edit("n1", text="two")
    assert memory.exchange.export(folder).written == 1
    assert [path.name for path in folder.rglob("*.md")] == ["renamed.md"]
    edit(folder / "sub" / "renamed.md", "two\n", "three\n")
    assert memory.exchange.import_(folder).updated == 1


def test_links_between_records_lead_to_their_files_and_come_back(memory: Memory, tmp_path: Path) -> None:
    memory.records.remember(Draft(text="# Ports: all of them\n\nSee [[n2]].", key="ports"))
    own = "Of [[N1]], [[ports]], [[Ports: all of them]], ![[n1#Part]], [[n2]], [[n99]], [[x|n3]], [[n3]]."
    memory.records.remember(Draft(text=f"Second.\n\n{own}\n\n```\n[[n1]] in code\n```"))
    memory.records.remember(Draft(text="Third."))
    texts = {record.id: record.stored.text for record in memory.records.list(RecordFilter(), 9).records}
    folder = exported(memory, tmp_path / "notes")
    first, second = "Ports all of them", "Second"
    assert "See [[Second|n2]]." in (folder / f"{first}.md").read_text("utf-8")
    body = (folder / "Second.md").read_text("utf-8").rpartition("---\n")[2]
    for link in ("N1", "ports", "Ports: all of them"):
        assert f"[[{first}|{link}]]" in body
    assert f"![[{first}#Part|n1#Part]]" in body
    assert f"[[{second}|n2]], [[n99]], [[x|n3]], [[n3]]." in body
    assert memory.exchange.import_(folder).unchanged == 3
    report = memory.exchange.export(folder)
    assert (report.unchanged, report.kept) == (3, ())
    # As Obsidian does when a file is renamed and moved: the links follow it.
    (folder / "net").mkdir()
    (folder / f"{first}.md").rename(folder / "net" / "Doors.md")
    edit(folder / "Second.md", f"[[{first}|", "[[net/Doors|")
    edit(folder / "Second.md", f"![[{first}#", "![[Doors#")
    assert memory.exchange.import_(folder).unchanged == 3
    edit(folder / "Second.md", "Second.", "Second, edited.")
    report = memory.exchange.import_(folder)
    assert (report.updated, report.created, report.unchanged) == (1, 0, 2)
    now = {record.id: record.stored.text for record in memory.records.list(RecordFilter(), 9).records}
    assert now == {**texts, "n2": texts["n2"].replace("Second.", "Second, edited.")}
    assert memory.exchange.export(folder).kept == ()
    assert "[[Doors|N1]]" in (folder / "Second.md").read_text("utf-8")


def test_a_vault_that_was_edited_renamed_and_moved_edits_the_same_records(
    memory: Memory, tmp_path: Path
) -> None:
    for name in ("One", "Two", "Three"):
        memory.records.remember(Draft(text=f"# {name}\n\nsays something."))
    folder = exported(memory, tmp_path / "notes")
    (folder / "deep" / "er").mkdir(parents=True)
    (folder / "One.md").rename(folder / "deep" / "er" / "Eins.md")
    (folder / "Two.md").rename(folder / "One.md")
    edit(folder / "deep" / "er" / "Eins.md", "something", "something else")
    edit(folder / "One.md", "something", "a second thing")
    moved = folder.rename(tmp_path / "Vault Ω")
    report = memory.exchange.import_(moved)
    assert (report.updated, report.unchanged, report.created, report.conflicts) == (2, 1, 0, [])
    assert memory.exchange.import_(moved).unchanged == 3
    texts = [record.stored.text for record in memory.records.list(RecordFilter(), 9).records]
    assert sorted(texts) == [
        "# One\n\nsays something else.",
        "# Three\n\nsays something.",
        "# Two\n\nsays a second thing.",
    ]
    report = memory.exchange.export(moved)
    assert (report.kept, len(list(moved.rglob("*.md")))) == ((), 3)


def test_files_of_others_are_left_alone(memory: Memory, tmp_path: Path) -> None:
    folder = tmp_path / "vault"
    folder.mkdir()
    (folder / "One.md").write_text("mine", "utf-8")
    memory.records.remember(Draft(text="one"))
    memory.exchange.export(folder)
    assert (folder / "One.md").read_text("utf-8") == "mine"
    assert (folder / "one (n1).md").exists()
    with pytest.raises(UsageError, match="is a file"):
        memory.exchange.export(folder / "One.md", format="markdown")


def test_a_folder_comes_into_an_empty_home_with_what_notes_hold(homes: Homes, tmp_path: Path) -> None:
    one, two = homes("one"), homes("two")
    one.records.remember(Draft(text="# A\n\ntext", tags=("x",), pinned=True, created_at=1_700_000_000.5))
    one.records.remember(Draft(text="newer", key="k", importance=0.25, supersedes="n1", title="Replaced: by"))
    folder = exported(one, tmp_path / "notes")
    assert two.exchange.import_(folder).created == 2
    for before, after in zip(
        one.records.list(RecordFilter()).records, two.records.list(RecordFilter()).records, strict=True
    ):
        left, right = (one.as_json() for one in (before, after))
        assert {**left, "updated": 0, "version": 0} == {**right, "updated": 0, "version": 0}
    exported(two, tmp_path / "again")
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes()


def test_front_matter_that_cannot_be_read_costs_its_note_and_nothing_is_lost(
    memory: Memory, tmp_path: Path
) -> None:
    memory.records.remember(Draft(text="one"))
    memory.records.remember(Draft(text="two"))
    folder = exported(memory, tmp_path / "notes")
    edit(folder / "one.md", "aliases:", "aliases: [")
    report = memory.exchange.import_(folder)
    assert [item.path for item in report.skipped] == ["one.md"]
    assert "YAML" in report.skipped[0].reason
    assert report.unchanged == 1
    assert memory.exchange.export(folder).records == 2


def test_secrets_in_an_edited_note_are_taken_out_and_counted_once(memory: Memory, tmp_path: Path) -> None:
    secret = issued()["github personal"]
    memory.records.remember(Draft(text="one"))
    folder = exported(memory, tmp_path / "notes")
    edit(folder / "one.md", "\none\n", f"\nthe token {secret}\n")
    assert sum(memory.exchange.import_(folder).redacted.values()) == 1
    assert secret not in memory.records.get("n1").stored.text
    again = memory.exchange.import_(folder)
    assert (again.unchanged, again.redacted) == (1, {})


def test_a_stopped_export_is_finished_by_the_next(memory: Memory, tmp_path: Path) -> None:
    for number in range(450):
        memory.records.remember(Draft(text=f"number {number}"))
    asked = iter([False, False, True])
    with pytest.raises(Interrupted):
        memory.exchange.export(
            tmp_path / "notes", format="markdown", progress=Progress(should_stop=lambda: next(asked))
        )
    done = memory.exchange.export(tmp_path / "notes")
    assert (done.written, done.unchanged) == (50, 400)


@pytest.mark.parametrize(
    ("title", "stem"),
    [
        ("CON", "CON_"),
        ("con.txt", "con_.txt"),
        ("LPT¹", "LPT¹_"),
        ("Console", "Console"),
        ('a/b\\c:d*e?f"g<h>i|j', "a b c d e f g h i j"),
        ("ends with dots...", "ends with dots"),
        (" .hidden ", "hidden"),
        ("tab\tand\nline\x00\x1b", "tab and line"),
        ("[[link]] #tag ^block", "link tag block"),
        ("e\u0301", "é"),
        ("\u202egnp.exe", "gnp.exe"),
        ("👩\u200d💻 work", "👩\u200d💻 work"),
        ("...", ""),
        ("", ""),
    ],
)
def test_a_title_becomes_a_name_that_every_system_takes(title: str, stem: str) -> None:
    assert stem_of(title) == stem


def test_names_differ_in_more_than_case_and_fit_every_file_system() -> None:
    names = FileNames(["Taken.md"])
    found = [
        names.name("taken", "", "n1"),
        names.name("TAKEN", "", "n2"),
        names.name("Straße", "", "n3"),
        names.name("STRASSE", "", "n4"),
        names.name("é", "", "n5"),
        names.name("E\u0301", "", "n6"),
        names.name(None, "```\n# Заголовок", "n7"),
        names.name(None, "---\ntitle: x\n---\n\n> A quote", "n8"),
        names.name(None, "***", "n9"),
        names.name("я" * 200, "", "n10"),
        names.name("я" * 300, "", "n11"),
        names.name("taken (n13)", "", "n12"),
        names.name("taken", "", "n13"),
    ]
    assert found[:9] == [
        "taken (n1).md",
        "TAKEN (n2).md",
        "Straße.md",
        "STRASSE (n4).md",
        "é.md",
        "É (n6).md",
        "Заголовок.md",
        "A quote.md",
        "n9.md",
    ]
    assert found[12] == "taken (n13-2).md"
    assert len({folded(name) for name in found}) == len(found)
    assert all(len(name.encode()) <= MAX_BYTES for name in found)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a folder that cannot be written")
def test_a_folder_that_cannot_be_written_is_named(memory: Memory, tmp_path: Path) -> None:
    from magray_memory.errors import StorageError

    memory.records.remember(Draft(text="one"))
    (tmp_path / "notes").mkdir(mode=0o500)
    with pytest.raises(StorageError, match="cannot be written"):
        memory.exchange.export(tmp_path / "notes")
