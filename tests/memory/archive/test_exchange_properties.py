"""Whatever a record holds comes back: through JSON byte for byte, through Markdown as far as a note goes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from magray_memory.archive.exported_links import linked_files, with_files, without_files
from magray_memory.archive.file_names import MAX_BYTES, FileNames, folded
from magray_memory.archive.note_file import content_of_record, read_note, written
from magray_memory.archive.yaml_fields import quoted, read_fields
from magray_memory.errors import MagrayError
from magray_memory.memory import Memory
from magray_memory.storage.record_states import RecordState
from magray_memory.storage.record_types import StoredRecord
from magray_memory.values import Draft, Record, RecordFilter

YAML_LIKE = (
    "yes", "No", "on", "~", "null", "2026-03-03", "12:30:00", "0x1F", "1_000", "1e3", ".inf", "-", "---",
    "...", "- a", "a: b", "a #b", "#x", "*a", "&a", "!t", "@a", "`a", "%a", "{a}", "[a]", "'a'", '"a"', "|",
    ">", "? a", "=",
)  # fmt: skip
WINDOWS = ("CON", "nul.txt", "COM1", "a:b", "a?", "dot.", " x ", "a/b", "A\\B", "aux", "LPT9.md")
ALIKE = ("Note", "note", "NOTE", "no\u0301te", "nóte", "straße", "STRASSE", "İ", "i̇")

words = st.one_of(st.sampled_from(YAML_LIKE + WINDOWS + ALIKE), st.text(max_size=30))
lines = st.sampled_from(["---", "# Title", "#tag", "[[Link]]", "```", "", "\t", "  "])
bodies = st.one_of(
    st.text(min_size=1, max_size=300), st.lists(words | lines, min_size=1, max_size=8).map("\n".join)
)
tags = st.one_of(
    st.sampled_from(["2026", "true", "null", "a/b", "1e3", "яблоко", "off"]),
    st.from_regex(r"\A[a-zа-я0-9][a-zа-я0-9_/-]{0,20}\Z"),
)


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    return Draft(
        text=draw(bodies),
        title=draw(st.none() | words),
        kind=draw(st.sampled_from(["note", "fact", "decision", "null", "yes"])),
        layer=draw(st.sampled_from(["interact", "insights", "assets"])),
        tags=tuple(draw(st.lists(tags, max_size=4))),
        project=draw(st.none() | words),
        session=draw(st.none() | words),
        importance=draw(st.floats(0, 1)),
        pinned=draw(st.booleans()),
        created_at=draw(st.none() | st.floats(1, 1.7e9)),
    )


def remembered(memory: Memory, wanted: list[Draft]) -> None:
    for draft in wanted:
        try:
            memory.records.remember(draft)
        except MagrayError:
            continue  # what no record can be


def opened(home: Path) -> Memory:
    return Memory.open(home=home, environ={"MAGRAY_RECORDS__EMBED_AT_ONCE": "false"}, outside=True)


slow = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@slow
@given(wanted=st.lists(drafts(), min_size=1, max_size=4), edits=st.lists(bodies, max_size=2))
def test_json_has_the_same_bytes_after_a_round_trip(wanted: list[Draft], edits: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with opened(place / "one") as one, opened(place / "two") as two:
            remembered(one, wanted)
            for text in edits:
                try:
                    one.records.edit("n1", text=text)
                except MagrayError:
                    continue
            one.exchange.export(place / "one.json", trash=True)
            report = two.exchange.import_(place / "one.json")
            two.exchange.export(place / "two.json", trash=True)
            assert report.skipped == []
            assert (place / "one.json").read_bytes() == (place / "two.json").read_bytes()


@slow
@given(wanted=st.lists(drafts(), min_size=1, max_size=4))
def test_notes_give_the_same_records_and_the_same_notes(wanted: list[Draft]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        with opened(place / "one") as one, opened(place / "two") as two:
            remembered(one, wanted)
            found = one.records.list(RecordFilter(), 1000).records
            if not found:
                return
            one.exchange.export(place / "notes", format="markdown")
            again = one.exchange.import_(place / "notes", format="markdown")
            assert (again.unchanged, again.taken, again.conflicts) == (len(found), 0, [])
            report = two.exchange.import_(place / "notes", format="markdown")
            assert (report.created, report.skipped) == (len(found), [])
            assert {_facts(one) for one in found} == {
                _facts(other) for other in two.records.list(RecordFilter(), 1000).records
            }
            two.exchange.export(place / "again", format="markdown")
            for path in (place / "notes").iterdir():
                assert path.read_bytes() == (place / "again" / path.name).read_bytes()


def _facts(record: Record) -> tuple[Any, ...]:
    stored = record.stored
    return (
        stored.uid,
        stored.text,
        stored.title,
        stored.kind,
        stored.layer,
        stored.tags,
        stored.project,
        stored.session,
        stored.importance,
        stored.pinned,
        round(stored.created_at, 6),
    )


@given(st.text(), st.lists(st.text(), max_size=3))
def test_a_quoted_text_reads_as_itself_to_every_reader(text: str, items: list[str]) -> None:
    import yaml

    listed = "".join(f"\n  - {quoted(item)}" for item in items)
    source = f"a: {quoted(text)}\nb: {listed}\n"
    fields = read_fields(source)
    assert fields is not None
    expected = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert (fields["a"].text or "") == expected or "\ufffd" in expected
    assert list(fields["b"].items or ()) == items
    assert yaml.safe_load(source)["a"] == (fields["a"].text or "")


@given(st.lists(words, min_size=1, max_size=12))
def test_names_are_different_on_every_system(titles: list[str]) -> None:
    names = FileNames()
    found = [names.name(title, title, f"n{number}") for number, title in enumerate(titles, 1)]
    assert len({folded(name) for name in found}) == len(titles)
    for name in found:
        assert len(name.encode()) <= MAX_BYTES
        assert not set('<>:"/\\|?*#^[]\0\n') & set(name)
        assert name.endswith(".md")
        stem = name.removesuffix(".md")
        assert stem == stem.strip(" ")
        assert stem
        assert not stem.startswith(".")
        assert not stem.endswith(".")
        assert stem.partition(".")[0].lower() not in {"con", "prn", "aux", "nul", "com1", "lpt9"}


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=200),
    words,
    words,
)
def test_a_note_reads_as_the_record_that_it_was_written_of(text: str, title: str, name: str) -> None:
    clean = " ".join(title.replace("\0", "").encode("utf-8", "ignore").decode().split()) or None
    record = StoredRecord(
        id=7, uid="u" * 32, text=text or "x", title=clean, kind="note", layer="assets", tags=("a", "1"),
        project=None, session=None, key=None, created_at=1.5, updated_at=2.5, layer_at=1.5,
        last_access_at=None, access_count=0, importance=0.5, pinned=False,
        trashed_at=None, superseded_by=None, citation=None,
    )  # fmt: skip
    note = read_note(written(RecordState(record), named="x").decode())
    assert note is not None
    assert not note.edited
    assert note.is_of(record)
    assert note.content.text == record.text
    assert note.content.title == content_of_record(record).title


@given(
    st.lists(
        st.sampled_from(
            [
                "[[n1]]",
                "[[N2]]",
                "[[One|n1]]",
                "[[a b|n2]]",
                "![[n1#x]]",
                "[[one]]",
                "[[",
                "]]",
                "|",
                "n1",
                "\n",
                " ",
                "```",
                "x",
            ]
        ),
        max_size=12,
    ),
    st.sets(st.sampled_from(["n1", "N2", "one", "n9"])),
)
def test_links_to_records_come_back_as_they_were(parts: list[str], links: set[str]) -> None:
    text = "".join(parts)
    files = linked_files([("One, the first", ["n1", "one"]), ("a b", ["n2", None])])
    linked, aliases = with_files(text, links, files)
    assert without_files(linked, aliases) == text


@pytest.mark.parametrize(
    "text", ["a: [", "- a", "a: b\n- c", "&a [*a]", "? [x]\n: y\nmagray_uid: z", "\x00", ":"]
)
def test_odd_yaml_never_raises(text: str) -> None:
    read_fields(text)
    read_note(f"---\nmagray_title: x\n{text}\n---\nbody")
