"""Records about a place: found by the file that they cite, as it is now, by a name and by a link."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from magray_memory.records.citation import Source
from magray_memory.records.draft import Draft
from magray_memory.storage import citations
from magray_memory.storage.record_lists import RecordFilter, linking_to, select, superseded_by
from magray_memory.storage.vault import Vault, VaultKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from magray_memory.memory import Memory
    from magray_memory.records.record import Record
    from magray_memory.records.room import Records

PATH = "src/pay.py"


def cited(records: Records, workspace: Path, text: str, lines: str) -> Record:
    return records.remember(Draft(text=text, source=Source.parse(f"{workspace}/{PATH}:{lines}"))).record


def places(
    records: Records, root: Path, path: str, text: str | None = None
) -> list[tuple[str, str, int, int]]:
    text = (root / path).read_text("utf-8") if text is None else text
    found = [(r.id, r.citation) for r in records.citing(root, path, text)]
    return [(id_, c.state, c.start_line, c.end_line) for id_, c in found if c is not None]


def test_records_of_a_file_come_in_the_order_of_their_lines(records: Records, workspace: Path) -> None:
    late = cited(records, workspace, "Late.", "5-6")
    early = cited(records, workspace, "Early.", "1-2")
    assert places(records, workspace, PATH) == [
        (early.id, "verified", 1, 2),
        (late.id, "verified", 5, 6),
    ]
    assert places(records, workspace, "src/other.py", "x = 1\n") == []


def test_the_text_of_an_editor_counts_and_not_the_disk(records: Records, workspace: Path) -> None:
    kept = cited(records, workspace, "About it.", "4-6")
    text = (workspace / PATH).read_text("utf-8")
    assert places(records, workspace, PATH, "\n\n" + text) == [(kept.id, "moved", 6, 8)]
    assert places(records, workspace, PATH, text.replace("\n", "\r\n")) == [(kept.id, "verified", 4, 6)]
    assert places(records, workspace, PATH, text.upper()) == [(kept.id, "changed", 4, 6)]


def test_lines_that_moved_to_another_file_are_of_that_file(
    records: Records, workspace: Path, memory: Memory
) -> None:
    kept = cited(records, workspace, "About it.", "4-6")
    text = (workspace / PATH).read_text("utf-8")
    (workspace / PATH).unlink()
    (workspace / "lib").mkdir()
    (workspace / "lib" / "pay.py").write_text("# moved\n" + text, "utf-8")
    memory.index.run(lexical=True)
    assert places(records, workspace, "lib/pay.py") == [(kept.id, "moved", 5, 7)]
    (workspace / "lib" / "money.py").write_text(text, "utf-8")
    (workspace / "lib" / "pay.py").unlink()
    memory.index.run(lexical=True)
    assert places(records, workspace, "lib/money.py") == [(kept.id, "moved", 4, 6)]


def test_a_folder_inside_the_workspace_knows_the_same_records(records: Records, workspace: Path) -> None:
    kept = cited(records, workspace, "About it.", "4-6")
    assert places(records, workspace / "src", "pay.py") == [(kept.id, "verified", 4, 6)]


def test_what_is_in_the_trash_is_about_nothing(records: Records, workspace: Path) -> None:
    kept = cited(records, workspace, "[[pay.py]]: retry_failed is slow.", "4-6")
    assert records.naming("retry_failed") and records.linking(PATH)
    records.forget([kept.id])
    assert not places(records, workspace, PATH)
    assert not records.naming("retry_failed")
    assert not records.linking(PATH)
    assert records.named(kept.id) is None


def test_a_name_stands_as_a_word(records: Records) -> None:
    kept = records.remember(Draft(text="`retry_failed` waits a second.")).record
    records.remember(Draft(text="retry_failed_twice is another, and retry alone, and failed."))
    assert [r.id for r in records.naming("retry_failed")] == [kept.id]
    assert records.naming("charge_card") == []
    newer = records.remember(Draft(text="retry_failed waits two seconds.", supersedes=kept.id)).record
    assert [r.id for r in records.naming("retry_failed")] == [newer.id]
    assert [r.id for r in records.naming("RETRY_FAILED")] == [newer.id]
    name = records.remember(Draft(text="Метод `ПроверитьПодпись` медленный.")).record
    assert [r.id for r in records.naming("ПроверитьПодпись")] == [name.id]


@pytest.mark.parametrize(
    "link", ["src/pay.py", "pay.py", "PAY.py", "pay", "src/pay", "pay.py#L10", "src/pay.py|the payments"]
)
def test_a_link_names_a_file(records: Records, link: str) -> None:
    kept = records.remember(Draft(text=f"See [[{link}]].")).record
    assert [r.id for r in records.linking(PATH)] == [kept.id]
    assert records.linking("src/repay.py") == []


def test_a_link_names_a_record(records: Records) -> None:
    kept = records.remember(Draft(text="It runs at noon.", title="Deploy time", key="deploy")).record
    for link in (kept.id, kept.id.upper(), "deploy", "Deploy time", "deploy TIME#part", "deploy|at noon"):
        found = records.named(link)
        assert found is not None and found.id == kept.id, link
    for link in ("n999", "noon", "", "#part", "n99999999999999999999"):
        assert records.named(link) is None, link


@pytest.mark.parametrize(
    "change",
    [
        lambda records, id_: records.remember(Draft(text="Another.")),
        lambda records, id_: records.edit(id_, text="New."),
        lambda records, id_: records.tag(id_, ["new"]),
        lambda records, id_: records.tag(id_, [], ["old"]),
        lambda records, id_: records.pin(id_),
        lambda records, id_: records.forget([id_]),
    ],
)
def test_every_change_is_another_revision(records: Records, change: Callable[[Records, str], object]) -> None:
    id_ = records.remember(Draft(text="It runs at noon.", tags=("old",))).record.id
    before = records.revision()
    records.show(id_)
    assert records.revision() == before, "a use changes nothing"
    change(records, id_)
    assert records.revision() > before


def test_no_notebook_is_made_by_asking(records: Records, workspace: Path, memory: Memory) -> None:
    assert places(records, workspace, PATH) == []
    assert not records.naming("x")
    assert not records.linking("x")
    assert records.named("x") is None
    assert records.revision() == 0
    records.embed_newest()
    assert not memory.home.notebook.exists()


def test_questions_are_answered_from_indexes(records: Records, workspace: Path, memory: Memory) -> None:
    cited(records, workspace, "About it.", "4-6")
    asked: list[str] = []
    with Vault.open(memory.home.notebook, kind=VaultKind.NOTEBOOK) as vault, vault.read() as connection:
        connection.set_trace_callback(asked.append)
        citations.citing_files(vault, "pay.py", b"x")
        citations.titled(vault, "x")
        linking_to(vault, ["pay.py"])
        select(vault, RecordFilter(), 10)
        select(vault, RecordFilter(trashed=True), 10, (5.0, 3))
        superseded_by(vault, 1)
        connection.set_trace_callback(None)
        plans = [connection.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall() for sql in asked]
    steps = [row[3] for plan in plans for row in plan]
    assert steps
    assert not [step for step in steps if step.startswith(("SCAN document", "SCAN citation", "SCAN link"))]
    assert not [step for step in steps if "(path=?)" in step], "no record has a path: that is all of them"
    for index in ("record_updated", "record_trash_time", "record_replaced"):
        assert [step for step in steps if f"t1 USING INDEX {index}" in step], index
