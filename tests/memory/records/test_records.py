"""Records are kept once, found by words at once, changed without a loss, and leave through the trash."""

from __future__ import annotations

import itertools
import random
import threading
from typing import TYPE_CHECKING

import pytest

from magray_memory.errors import QueryError, RecordChanged, RecordError, RecordNotFound
from magray_memory.records import duplicates
from magray_memory.records.draft import MAX_TAGS, MAX_TEXT, Draft, content_of
from magray_memory.records.record import Remembered
from magray_memory.records.store import Prepared, RecordStore
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.record_lists import RecordFilter
from magray_memory.storage.vault import Vault
from magray_memory.values import parse

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.memory import Memory
    from magray_memory.records.room import Records

    from .conftest import Clock

TEXT = "Payments are retried three times, a minute apart. #billing/retry"


def _found(memory: Memory, words: str, **options: object) -> list[str]:
    answer = memory.search.query(parse(words, mode="lexical", within="notebook", **options))  # type: ignore[arg-type]
    assert answer.degraded is None
    return [hit.id for hit in answer.hits]


def test_a_record_is_found_as_soon_as_it_is_kept(records: Records, memory: Memory) -> None:
    kept = records.remember(Draft(text=TEXT, title="Retries", kind="decision", tags=("ops",)))
    assert kept.outcome == "created"
    stored = kept.record.stored
    assert (stored.title, stored.kind, stored.layer, stored.project) == (
        "Retries",
        "decision",
        "interact",
        "shop",
    )
    assert stored.tags == ("billing/retry", "ops")
    assert _found(memory, "payments retried") == [kept.record.id]
    assert _found(memory, "payments", tags=("billing",)) == [kept.record.id]
    (hit,) = memory.search.query(parse("retries", mode="lexical")).hits
    assert (hit.vault, hit.path, hit.kind, hit.layer, hit.title) == (
        "notebook",
        None,
        "decision",
        "interact",
        "Retries",
    )


def test_the_same_text_is_not_kept_twice(records: Records) -> None:
    first = records.remember(Draft(text=TEXT))
    again = records.remember(Draft(text=TEXT + "  \r\n", tags=("ops",), pinned=True, layer="assets"))
    assert (again.outcome, again.record.id) == ("duplicate", first.record.id)
    assert again.record.stored.text == first.record.stored.text
    assert "ops" in again.record.stored.tags
    assert again.record.stored.pinned
    assert again.record.stored.layer == "assets"
    other = records.remember(Draft(text=TEXT, project="another"))
    assert other.outcome == "created", "a project has its own"
    assert len(records.list(RecordFilter()).records) == 2


def test_a_key_makes_a_repeat_an_update(records: Records, memory: Memory, clock: Clock) -> None:
    first = records.remember(Draft(text="The deploy runs at noon.", key="deploy", tags=("ops",)))
    clock.tick(60)
    same = records.remember(Draft(text="The deploy runs at noon.", key="deploy"))
    assert (same.outcome, same.record.id) == ("unchanged", first.record.id)
    clock.tick(60)
    second = records.remember(Draft(text="The deploy runs at midnight.", key="deploy"))
    assert (second.outcome, second.record.id) == ("updated", first.record.id)
    assert second.record.stored.tags == ("ops",)
    assert second.record.stored.created_at == first.record.stored.created_at
    assert [state.text for state in records.show(first.record.id).history] == ["The deploy runs at noon."]
    assert _found(memory, "midnight") == [first.record.id]
    assert _found(memory, "noon") == []


@pytest.mark.parametrize("text", ["", " \n\t\n"])
def test_an_edit_to_nothing_leaves_the_record_and_says_what_would_remove_it(
    records: Records, text: str
) -> None:
    kept = records.remember(Draft(text="one")).record.id
    with pytest.raises(RecordError) as refused:
        records.edit(kept, text=text)
    assert (refused.value.why, refused.value.hint) == ("the new text is empty", f"magray forget {kept}")
    assert records.get(kept).stored.text == "one"


def test_an_edit_keeps_what_was_there(records: Records, memory: Memory, clock: Clock) -> None:
    kept = records.remember(Draft(text="# Ports\nThe server listens on 8080. #net", tags=("mine",))).record
    clock.tick(10)
    edited = records.edit(kept.id, text="# Sockets\nThe server listens on a socket.")
    assert edited.stored.title == "Sockets", "a title of the text goes with the text"
    assert edited.stored.tags == ("mine",), "and so do its tags"
    clock.tick(10)
    titled = records.edit(kept.id, title="Where it listens", kind="fact")
    again = records.edit(kept.id, text="It listens on a pipe.")
    assert (titled.stored.title, again.stored.title) == ("Where it listens",) * 2
    history = records.show(kept.id).history
    assert [state.title for state in history] == ["Where it listens", "Sockets", "Ports"]
    assert history[-1].tags == ("mine", "net")
    assert all(later.from_at == earlier.until_at for later, earlier in itertools.pairwise(history))
    assert records.edit(kept.id, kind="fact").stored.updated_at == again.stored.updated_at, "nothing changed"
    assert _found(memory, "pipe") == [kept.id]


def test_two_writers_never_overwrite_each_other_unseen(records: Records) -> None:
    kept = records.remember(Draft(text="one")).record
    version = kept.as_json()["version"]
    records.edit(kept.id, text="two", version=version)
    with pytest.raises(RecordChanged, match="nothing was written"):
        records.edit(kept.id, text="three", version=version)
    assert records.get(kept.id).stored.text == "two"


def test_what_is_forgotten_can_be_restored(records: Records, memory: Memory) -> None:
    kept = records.remember(Draft(text=TEXT, title="Retries", key="retry")).record
    records.forget([kept.id])
    assert _found(memory, "payments") == []
    assert records.list(RecordFilter()).records == []
    assert [record.id for record in records.list(RecordFilter(trashed=True)).records] == [kept.id]
    with pytest.raises(RecordNotFound, match=f"magray trash restore {kept.id}"):
        records.edit(kept.id, text="other")
    assert records.restore(kept.id).stored == kept.stored
    assert _found(memory, "payments") == [kept.id]
    assert records.restore(kept.id).stored == kept.stored, "once more changes nothing"
    records.forget([kept.id])
    back = records.remember(Draft(text=TEXT, key="retry"))
    assert (back.outcome, back.record.id) == ("restored", kept.id)
    assert _found(memory, "payments") == [kept.id]
    records.forget([kept.id])
    other = records.remember(Draft(text="Refunds are never repeated.", key="retry"))
    assert (other.outcome, other.record.id) == ("restored", kept.id)
    assert _found(memory, "refunds") == [kept.id], "with another text too"
    assert _found(memory, "payments") == []
    records.forget([kept.id])
    titled = records.remember(Draft(text="Refunds are never repeated.", title="Money"))
    assert (titled.outcome, titled.record.id) == ("restored", kept.id)
    assert _found(memory, "refunds") == [kept.id], "with another title too"


def test_forgetting_several_is_all_or_nothing(records: Records) -> None:
    kept = records.remember(Draft(text="one")).record
    with pytest.raises(RecordNotFound, match="no record has the id n99"):
        records.forget([kept.id, "n99"])
    assert len(records.list(RecordFilter()).records) == 1


@pytest.mark.parametrize("given", ["w1234567.3", "n0", "", "-1", "n99999999999999999999", "../n1", "n1;"])
def test_an_id_that_is_none_is_refused(records: Records, given: str) -> None:
    records.remember(Draft(text="one"))
    with pytest.raises((QueryError, RecordNotFound)):
        records.get(given)


def test_tags_and_pins(records: Records) -> None:
    kept = records.remember(Draft(text="one", tags=("a", "b"))).record
    assert records.tag(kept.id, ["#C/d"], ["a", "never-there"]).stored.tags == ("b", "c/d")
    assert records.pin(kept.id).stored.pinned
    assert not records.pin(kept.id, pinned=False).stored.pinned
    with pytest.raises(RecordError, match="is no tag"):
        records.tag(kept.id, ["two words"])
    with pytest.raises(RecordError, match="too many"):
        records.tag(kept.id, [f"t{number}" for number in range(MAX_TAGS)])


@pytest.mark.parametrize(
    ("draft", "why"),
    [
        (Draft(text=" \n\t"), "the text is empty"),
        (Draft(text="x" * (MAX_TEXT + 1)), "1,000,001 characters"),
        (Draft(text="x", title="t" * 301), "the title is too long"),
        (Draft(text="x", kind="code"), "files have it"),
        (Draft(text="x", kind="two words"), "is no kind"),
        (Draft(text="x", layer="hot"), "is no layer"),
        (Draft(text="x", tags=tuple(f"t{n}" for n in range(10_000))), "10,000 tags are too many"),
        (Draft(text="x", importance=1.5), "out of range"),
        (Draft(text="x", created_at=9e12), "out of range"),
        (Draft(text="x", key="k" * 300), "the key is too long"),
        (Draft(text="x", supersedes="n404"), "no record has the id n404"),
    ],
)
def test_what_no_record_can_have_is_refused_and_nothing_is_stored(
    records: Records, draft: Draft, why: str
) -> None:
    with pytest.raises((RecordError, RecordNotFound), match=why):
        records.remember(draft)
    assert records.list(RecordFilter()).records == []


@pytest.mark.parametrize(
    "text", ["nul \0 here", "half \ud800 pair", "\ufeffmark", "a\r\nb\rc", "😀 emoji\u202e", "x" * MAX_TEXT]
)
def test_any_text_is_kept(records: Records, memory: Memory, text: str) -> None:
    kept = records.remember(Draft(text=text)).record
    stored = records.get(kept.id).stored.text
    assert "\0" not in stored
    assert "\r" not in stored
    stored.encode()
    assert len(stored) >= len(text) - text.count("\r\n")
    records.forget([kept.id])
    assert _found(memory, "here OR x") == []


def test_a_title_is_one_line(records: Records) -> None:
    assert records.remember(Draft(text="x", title=" a\n\n b\t")).record.stored.title == "a b"
    assert records.remember(Draft(text="y", title="\n\n")).record.stored.title is None


def test_a_list_is_read_page_by_page(records: Records, clock: Clock) -> None:
    for number in range(7):
        records.remember(Draft(text=f"note {number}", tags=("odd",) if number % 2 else ()))
        if number % 3 == 0:
            clock.tick(1)  # several have the same time
    seen: list[str] = []
    page = records.list(RecordFilter(), 3)
    while True:
        seen += [record.stored.text for record in page.records]
        if page.next is None:
            break
        page = records.list(RecordFilter(), 3, page.next)
    assert seen == [f"note {number}" for number in (6, 5, 4, 3, 2, 1, 0)]
    assert len(records.list(RecordFilter(tags=("odd",))).records) == 3
    with pytest.raises(QueryError, match="no position"):
        records.list(RecordFilter(), 3, "tomorrow")


def test_one_replaces_another(records: Records) -> None:
    old = records.remember(Draft(text="We use tabs.")).record
    new = records.remember(Draft(text="We use spaces now.", supersedes=old.id)).record
    assert records.get(old.id).as_json()["superseded_by"] == new.id
    assert records.show(new.id).supersedes == [old.id]


def test_links_are_followed_back(records: Records) -> None:
    target = records.remember(Draft(text="The plan.", title="Plan of May")).record
    by_title = records.remember(Draft(text="See [[Plan of May]] first.")).record
    by_id = records.remember(Draft(text=f"See [[{target.id}]].")).record
    assert {record.id for record in records.show(target.id).linked_from} == {by_title.id, by_id.id}


def test_a_near_duplicate_is_kept_and_reported(records: Records) -> None:
    first = records.remember(
        Draft(text="The payment worker retries a failed payment three times a day.")
    ).record
    near = records.remember(Draft(text="The payment worker retries a failed payment five times a day."))
    assert near.outcome == "created"
    assert [item["id"] for item in near.as_json()["near"]] == [first.id]
    far = records.remember(Draft(text="The search worker rebuilds its index once a day."))
    assert far.near == []


def test_a_near_duplicate_is_found_where_all_words_are_common(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Few entries of the lexical index may be read, and each word stands in many records."""
    monkeypatch.setattr(duplicates, "_POSTINGS", 50)
    words = ["payment", "worker", "retries", "server", "port", "index", "queue", "failed", "daily", "lock"]
    chance = random.Random(3)
    drafts = [Draft(text=" ".join(chance.sample(words, 6)) + f" note {number}") for number in range(120)]
    records.remember_all(drafts)
    text = "payment worker retries server port index queue failed daily lock note 500"
    kept = records.remember(Draft(text=text)).record
    near = records.remember(Draft(text=f"{text} again"))
    assert [item["id"] for item in near.as_json()["near"]][:1] == [kept.id]


def test_a_use_is_counted_by_show_alone(records: Records, clock: Clock) -> None:
    kept = records.remember(Draft(text="one")).record
    clock.tick(5)
    records.show(kept.id)
    assert records.get(kept.id).stored.access_count == 0, "it is written after the answer"
    records.show(kept.id, note_use=False)
    records.uses.write()
    stored = records.get(kept.id).stored
    assert (stored.access_count, stored.last_access_at) == (1, clock.now)


def test_threads_and_programs_remember_together(records: Records, memory: Memory) -> None:
    def work(room: Records, name: str) -> None:
        for number in range(10):
            room.remember(Draft(text=f"{name} number {number}", key=f"{name}-{number}"))

    threads = [
        threading.Thread(target=work, args=(room, f"writer{at}"))
        for at, room in enumerate([records, records, memory.records, memory.records])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = records.list(RecordFilter(), 1_000).records
    assert len({record.id for record in found}) == 40
    assert len(_found(memory, "number", k=100)) == 40


def test_many_are_kept_in_one_transaction(records: Records) -> None:
    records.remember(Draft(text="the first"))
    statements: list[str] = []
    connection = records._writing().db.raw()
    connection.set_trace_callback(statements.append)
    drafts = [Draft(text=f"sentence {number}", key=f"k{number}") for number in range(20)]
    drafts[3:3] = [Draft(text=""), Draft(text="x", supersedes="n99"), Draft(text="sentence 1", key="k1")]
    done = records.remember_all(drafts)
    connection.set_trace_callback(None)
    assert statements.count("BEGIN IMMEDIATE") == 1
    assert [type(one) for one in done[3:5]] == [RecordError, RecordNotFound]
    outcomes = [one.outcome for one in done if isinstance(one, Remembered)]
    assert outcomes == ["created"] * 3 + ["unchanged"] + ["created"] * 17
    assert len(records.list(RecordFilter()).records) == 21


def test_remembering_looks_at_no_record_but_by_its_index(memory: Memory) -> None:
    """However many there are: SQLite takes the index of paths for `path IS NULL`, which every record is."""
    drafts = [Draft(text=text, project="shop", key=key) for text, key in ((TEXT, None), ("other", "k"))]
    asked: list[str] = []
    with Vault.open(memory.home.ensure().notebook, kind=VaultKind.NOTEBOOK, write=True) as vault:
        store = RecordStore(vault)
        connection = vault.db.raw()
        connection.set_trace_callback(asked.append)
        for _ in range(2):
            store.remember([Prepared(draft, content_of(draft)) for draft in drafts])
        connection.set_trace_callback(None)
        selects = [sql for sql in asked if sql.lstrip().startswith("SELECT")]
        steps = [row[3] for sql in selects for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}")]
    assert any("record_hash" in step for step in steps)
    # That index holds no record but those whose checksum is to be computed.
    steps = [step for step in steps if not step.endswith("USING INDEX record_unsealed")]
    assert not [step for step in steps if "SCAN document" in step or "(path=?)" in step]


def test_what_a_disk_has_no_room_for_stops_no_other(records: Records, memory: Memory) -> None:
    records.remember(Draft(text="the first"))
    connection = records._writing().db.raw()
    pages: int = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages + 8}")
    large = "word " * 50_000
    done = records.remember_all(Draft(text=text) for text in ("second", large, "third"))
    assert [getattr(one, "code", "") for one in done] == ["", "storage", ""]
    assert _found(memory, "second") == ["n2"]
    assert len(records.list(RecordFilter()).records) == 3
    refused = records.remember_all(Draft(text=large + str(number)) for number in range(5))
    assert [getattr(one, "code", "") for one in refused] == ["storage"] * 5
    assert len(records.list(RecordFilter()).records) == 3


def test_without_a_notebook_nothing_is_made(records: Records, tmp_path: Path) -> None:
    assert records.list(RecordFilter()).records == []
    with pytest.raises(RecordNotFound, match="nothing was remembered yet"):
        records.get("n1")
    with pytest.raises(RecordNotFound, match="nothing was remembered yet"):
        records.forget(["n1"])
    assert not (tmp_path / "home" / "notebook.db").exists()
