"""JSON: what is exported and imported is the same record, with all that belongs to it."""

from __future__ import annotations

import io
import json
import os
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from fake_secrets import issued

from magray_memory.archive.exported_record import Export, schema
from magray_memory.archive.json_stream import JsonItems, NotJson, TextPieces
from magray_memory.errors import Interrupted, RecordError, UsageError
from magray_memory.progress import Progress
from magray_memory.text.redaction import MARK
from magray_memory.values import Draft, RecordFilter, Source

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.memory import Memory

    from .conftest import Homes


def filled(memory: Memory, folder: Path) -> dict[str, str]:
    """Records of every kind; their ids by a word."""
    (folder / "notes").mkdir()
    cited = folder / "notes" / "pay.py"
    cited.write_text("def retry():\n    pass\n", "utf-8")
    with type(memory).open(folder / "notes", home=memory.home.path, environ={}) as at_notes:
        source = Source(cited, (1, 2))
        at_notes.records.remember(Draft(text="Retrying waits.", source=source))
    keep = memory.records.remember
    ids = {
        "first": keep(Draft(text="# Payments\n\nare retried [[Ports]] #billing", tags=("x/y",))).record.id,
        "keyed": keep(
            Draft(
                text="порт 8080",
                title="Порты: «главный»",
                key="ports",
                kind="decision",
                layer="insights",
                project="shop",
                session="monday",
                importance=0.1,
                pinned=True,
                created_at=1_700_000_000.123457,
            )
        ).record.id,
        "gone": keep(Draft(text="forgotten 🙈")).record.id,
    }
    memory.records.edit(ids["keyed"], text="порт 9090\n\n\n", kind="fact")
    memory.records.edit(ids["keyed"], text="порт 9191")
    memory.records.tag(ids["first"], remove=["billing"])  # it still stands in the text
    ids["newer"] = keep(Draft(text="never retried", supersedes=ids["first"])).record.id
    memory.records.forget([ids["gone"]])
    memory.records.show(ids["newer"])
    memory.records.uses.write()
    return ids


def test_what_is_exported_and_imported_is_exported_with_the_same_bytes(homes: Homes, tmp_path: Path) -> None:
    filled(homes("one"), tmp_path)
    homes("one").exchange.export(tmp_path / "one.json", trash=True)
    report = homes("two").exchange.import_(tmp_path / "one.json")
    homes("two").exchange.export(tmp_path / "two.json", trash=True)
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    assert (report.created, report.renumbered, report.skipped) == (5, 0, [])


def test_an_imported_record_has_its_history_uses_source_and_place_in_the_trash(
    homes: Homes, tmp_path: Path
) -> None:
    ids = filled(homes("one"), tmp_path)
    homes("one").exchange.export(tmp_path / "one.json", trash=True)
    homes("two").exchange.import_(tmp_path / "one.json")
    for name in ids:
        before, after = (homes(home).records.show(ids[name], note_use=False) for home in ("one", "two"))
        for detail in (before, after):  # what is not promised to the seventh digit
            detail.as_json()
        assert json.dumps(before.as_json()) == json.dumps(after.as_json())
    assert homes("two").records.get(ids["first"]).stored.tags == ("x/y",)
    assert homes("two").records.get("n1").citation is not None


def test_an_imported_record_is_found_by_words_and_one_in_the_trash_is_not(
    homes: Homes, tmp_path: Path
) -> None:
    from magray_memory.values import SearchQuery

    filled(homes("one"), tmp_path)
    homes("one").exchange.export(tmp_path / "one.json", trash=True)
    homes("two").exchange.import_(tmp_path / "one.json")

    def titles(question: str) -> list[str]:
        hits = homes("two").search.query(SearchQuery(question, mode="lexical")).hits
        return [hit.snippet for hit in hits]

    assert "порт 9191" in titles("порт")[0]
    assert titles("forgotten") == []
    homes("two").records.restore("n4")
    assert titles("forgotten")


def test_the_file_fits_the_documented_types_and_their_schema(homes: Homes, tmp_path: Path) -> None:
    filled(homes("one"), tmp_path)
    homes("one").exchange.export(tmp_path / "one.json", trash=True)
    data = (tmp_path / "one.json").read_bytes()
    export = msgspec.json.decode(data, type=Export)
    assert export.count == len(export.records) == 5
    assert {"format", "version", "records", "count"} <= json.loads(data).keys()
    assert "ExportedRecord" in schema()["$defs"]


def test_a_repeat_changes_nothing(homes: Homes, tmp_path: Path) -> None:
    filled(homes("one"), tmp_path)
    homes("one").exchange.export(tmp_path / "one.json", trash=True)
    homes("two").exchange.import_(tmp_path / "one.json")
    before = homes("two").records.revision()
    report = homes("two").exchange.import_(tmp_path / "one.json")
    assert (report.created, report.updated, report.unchanged) == (0, 0, 5)
    assert homes("two").records.revision() == before


def test_a_dry_run_makes_no_notebook_and_changes_none(homes: Homes, tmp_path: Path) -> None:
    filled(homes("one"), tmp_path)
    homes("one").exchange.export(tmp_path / "one.json")
    report = homes("two").exchange.import_(tmp_path / "one.json", dry_run=True)
    assert report.created == 4
    assert not homes("two").home.notebook.exists()
    homes("two").records.remember(Draft(text="mine"))
    report = homes("two").exchange.import_(tmp_path / "one.json", dry_run=True)
    assert report.created == 4
    assert [record.stored.text for record in homes("two").records.list(RecordFilter()).records] == ["mine"]


def test_a_filter_and_the_trash_decide_what_leaves(homes: Homes, tmp_path: Path) -> None:
    filled(homes("one"), tmp_path)
    stream = io.BytesIO()
    assert homes("one").exchange.export_to(stream, RecordFilter(tags=("x",))) == 1
    (record,) = json.loads(stream.getvalue())["records"]
    assert record["title"] == "Payments"
    assert "superseded_by" not in record, "what replaces it is not in the file"
    assert homes("one").exchange.export(tmp_path / "all.json").records == 4


def test_a_later_state_updates_and_an_earlier_one_does_not(homes: Homes, tmp_path: Path) -> None:
    one, two = homes("one"), homes("two")
    id_ = one.records.remember(Draft(text="first")).record.id
    one.exchange.export(tmp_path / "early.json")
    two.exchange.import_(tmp_path / "early.json")
    one.records.edit(id_, text="second")
    one.exchange.export(tmp_path / "late.json")
    report = two.exchange.import_(tmp_path / "late.json")
    assert report.updated == 1
    details = two.records.show(id_)
    assert details.record.stored.text == "second"
    assert [state.text for state in details.history] == ["first"]
    assert two.exchange.import_(tmp_path / "early.json").unchanged == 1
    assert two.records.get(id_).stored.text == "second"


def test_two_states_that_know_nothing_of_each_other_are_both_kept_once(homes: Homes, tmp_path: Path) -> None:
    one, two = homes("one"), homes("two")
    id_ = one.records.remember(Draft(text="first", key="name")).record.id
    one.exchange.export(tmp_path / "early.json")
    two.exchange.import_(tmp_path / "early.json")
    one.records.edit(id_, text="there")
    two.records.edit(id_, text="here")
    one.exchange.export(tmp_path / "late.json")
    report = two.exchange.import_(tmp_path / "late.json")
    (conflict,) = report.conflicts
    assert two.records.get(conflict.record).stored.text == "here"
    copy = two.records.get(conflict.copy).stored
    assert (copy.text, copy.tags) == ("there", ("conflict",))
    again = two.exchange.import_(tmp_path / "late.json")
    assert (again.conflicts, again.unchanged) == ([], 1)


def test_what_was_forgotten_here_stays_forgotten(homes: Homes, tmp_path: Path) -> None:
    one = homes("one")
    id_ = one.records.remember(Draft(text="first")).record.id
    one.exchange.export(tmp_path / "one.json")
    one.records.forget([id_])
    assert one.exchange.import_(tmp_path / "one.json").left_out == {"in the trash": 1}


def test_the_same_text_from_two_homes_is_there_once_and_twins_of_one_home_stay_two(
    homes: Homes, tmp_path: Path
) -> None:
    one, two, three = homes("one"), homes("two"), homes("three")
    one.records.remember(Draft(text="the same"))
    id_ = one.records.remember(Draft(text="another")).record.id
    one.records.edit(id_, text="the same")
    two.records.remember(Draft(text="the same"))
    one.exchange.export(tmp_path / "one.json")
    assert two.exchange.import_(tmp_path / "one.json").duplicates == 2
    assert three.exchange.import_(tmp_path / "one.json").created == 2


def test_an_id_that_is_taken_becomes_another_and_a_key_that_is_taken_is_told(
    homes: Homes, tmp_path: Path
) -> None:
    one, two = homes("one"), homes("two")
    one.records.remember(Draft(text="there", key="ports"))
    two.records.remember(Draft(text="here", key="ports"))
    one.exchange.export(tmp_path / "one.json")
    report = two.exchange.import_(tmp_path / "one.json")
    assert report.conflicts == [("one.json, record 1", "n1", "n2")]
    assert report.renumbered == 0
    one.records.remember(Draft(text="more"))
    one.exchange.export(tmp_path / "one.json")
    assert two.exchange.import_(tmp_path / "one.json").renumbered == 1


def test_secrets_are_taken_out_on_the_way_in_and_out(homes: Homes, tmp_path: Path) -> None:
    secret = issued()["github personal"]
    one, two = homes("one"), homes("two")
    one.records.remember(Draft(text="the token"))
    one.records.edit("n1", text="the token is gone")
    with closing(sqlite3.connect(one.home.notebook)) as connection, connection:
        # As a version without redaction stored it.
        connection.execute("UPDATE document SET text = ?", (f"the token {secret}",))
        connection.execute("UPDATE revision SET text = ?", (f"former {secret}",))
    one.exchange.export(tmp_path / "one.json")
    text = (tmp_path / "one.json").read_text("utf-8")
    assert secret not in text
    (tmp_path / "bad.json").write_text(MARK.sub(secret, text), "utf-8")
    report = two.exchange.import_(tmp_path / "bad.json")
    assert sum(report.redacted.values()) == 2
    with closing(sqlite3.connect(two.home.notebook)) as connection:
        stored = connection.execute("SELECT text FROM document UNION SELECT text FROM revision").fetchall()
    assert len(stored) == 2
    assert not any(secret in row[0] for row in stored)


def test_what_is_no_record_is_skipped_with_what_is_wrong(homes: Homes, tmp_path: Path) -> None:
    one = homes("one")
    for number in range(3):
        one.records.remember(Draft(text=f"number {number}"))
    one.exchange.export(tmp_path / "one.json")
    export: dict[str, Any] = json.loads((tmp_path / "one.json").read_text("utf-8"))
    export["records"][0]["text"] = 7
    export["records"][1]["created"] = "yesterday"
    (tmp_path / "two.json").write_text(json.dumps(export, indent=2), "utf-8")
    report = homes("two").exchange.import_(tmp_path / "two.json")
    assert report.created == 1
    assert [item.path for item in report.skipped] == ["two.json, record 1", "two.json, record 2"]
    assert "$.text" in report.skipped[0].reason
    assert "yesterday" in report.skipped[1].reason


@pytest.mark.parametrize("share", [0.2, 0.5, 0.95, 0.999])
def test_of_a_file_that_was_cut_off_the_whole_records_are_taken(
    homes: Homes, tmp_path: Path, share: float
) -> None:
    one = homes("one")
    for number in range(20):
        one.records.remember(Draft(text=f"number {number}"))
    one.exchange.export(tmp_path / "one.json")
    data = (tmp_path / "one.json").read_bytes()
    (tmp_path / "cut.json").write_bytes(data[: int(len(data) * share)])
    report = homes("two").exchange.import_(tmp_path / "cut.json", format="json")
    assert report.all_skipped == 1
    assert abs(report.created - 20 * share) <= 2


def test_an_export_of_a_later_version_is_refused(homes: Homes, tmp_path: Path) -> None:
    (tmp_path / "later.json").write_text('{"format":"magray-records","version":2,"records":[{}],"count":1}')
    with pytest.raises(UsageError, match="later version"):
        homes().exchange.import_(tmp_path / "later.json")


def test_an_export_replaces_its_own_file_and_no_other(homes: Homes, tmp_path: Path) -> None:
    one = homes("one")
    one.records.remember(Draft(text="first"))
    path = tmp_path / "one.json"
    one.exchange.export(path)
    one.records.remember(Draft(text="second"))
    assert one.exchange.export(path).records == 2
    path.write_text("mine", "utf-8")
    with pytest.raises(UsageError, match="no export"):
        one.exchange.export(path)
    assert path.read_text("utf-8") == "mine"
    one.exchange.export(path, force=True)
    assert json.loads(path.read_text("utf-8"))["count"] == 2
    with pytest.raises(UsageError, match="is a folder"):
        one.exchange.export(tmp_path, format="json")


def test_an_export_goes_through_a_link_and_never_takes_the_place_of_a_device_or_a_pipe(
    homes: Homes, tmp_path: Path
) -> None:
    one = homes("one")
    one.records.remember(Draft(text="first"))
    (tmp_path / "link.json").symlink_to(tmp_path / "target.json")
    one.exchange.export(tmp_path / "link.json")
    assert (tmp_path / "link.json").is_symlink()
    assert json.loads((tmp_path / "target.json").read_text("utf-8"))["count"] == 1
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        for force in (False, True):
            with pytest.raises(UsageError, match="no regular file"):
                one.exchange.export(tmp_path / "pipe", force=force)
        assert (tmp_path / "pipe").is_fifo()


def test_a_stopped_export_leaves_the_file_and_a_stopped_import_is_finished_by_the_next(
    homes: Homes, tmp_path: Path
) -> None:
    one, two = homes("one"), homes("two")
    for number in range(250):
        one.records.remember(Draft(text=f"number {number}"))
    one.exchange.export(tmp_path / "one.json")
    before = (tmp_path / "one.json").read_bytes()
    one.records.remember(Draft(text="more"))
    with pytest.raises(Interrupted):
        one.exchange.export(tmp_path / "one.json", progress=Progress(should_stop=lambda: True))
    assert (tmp_path / "one.json").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["one.json"]
    asked = iter([False, False, True])
    with pytest.raises(Interrupted):
        two.exchange.import_(tmp_path / "one.json", progress=Progress(should_stop=lambda: next(asked)))
    report = two.exchange.import_(tmp_path / "one.json")
    assert (report.unchanged, report.created) == (200, 50)


def test_tags_and_a_bad_layer_are_checked_before_anything_is_read(homes: Homes, tmp_path: Path) -> None:
    with pytest.raises(RecordError):
        homes().exchange.import_(tmp_path / "none.json", tags=["a b"])
    with pytest.raises(RecordError):
        homes().exchange.import_(tmp_path / "none.json", layer="attic")
    with pytest.raises(UsageError, match="not there"):
        homes().exchange.import_(tmp_path / "none.json")


@pytest.mark.parametrize(
    "text",
    [
        '[{"a":1},2,"x",null,[3]]',
        ' {"n": {"deep": [1]}, "records" : [ {"a":1} , 2, "x", null, [3] ] , "z": 1}\n',
        '{"records":[{"a":1},2,"x",null,[3]]}',
    ],
)
def test_a_document_is_read_item_by_item_however_it_is_written(text: str) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le"):
        reader = JsonItems(TextPieces(io.BytesIO(text.encode(encoding))), ("records",))
        assert list(reader) == [{"a": 1}, 2, "x", None, [3]]


@pytest.mark.parametrize("text", ["", "7", "[1,2", '{"records":[1', '{"records":[1]} x', "[1,,2]", '{"a" 1}'])
def test_what_is_no_document_is_named(text: str) -> None:
    with pytest.raises(NotJson):
        list(JsonItems(TextPieces(io.BytesIO(text.encode())), ("records",)))


def test_a_document_is_read_in_pieces_with_numbers_and_letters_across_them() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(3)

    items = [123456789, "Здравствуй", {"key": [1.5e10, True]}, 42]
    reader = JsonItems(TextPieces(Slow(json.dumps(items, ensure_ascii=False).encode())))
    assert list(reader) == items


def test_bytes_that_are_no_text_are_told_and_cost_their_letters() -> None:
    pieces = TextPieces(io.BytesIO(b'["good","b\xffd","fine"]'))
    assert list(JsonItems(pieces)) == ["good", "b\ufffdd", "fine"]
    assert pieces.broken
