"""`as_of` answers with what was there on a day, as it stood then."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from magray_memory.errors import QueryError
from magray_memory.indexing.notebook import embed_notebook
from magray_memory.indexing.room import Indexing
from magray_memory.records.draft import Draft
from magray_memory.records.layers import Layers
from magray_memory.values import read_moment

if TYPE_CHECKING:
    from .conftest import Bench

MARCH = datetime(2026, 3, 4)
"""The end of 3 March."""


@pytest.fixture
def lived(bench: Bench) -> Bench:
    """n1 is edited, n2 trashed, n3 replaced by n4, n5 is new; all of it after 3 March, or before it."""
    bench.at(2026, 2, 1)
    bench.keep("The port of the server is 8080.", tags=("ops",))
    bench.keep("The port of the printer is 631.")
    bench.keep("The port of the database is 5432.")
    bench.at(2026, 2, 10)
    bench.records.edit("n1", text="The port of the server is 8443.")
    bench.at(2026, 3, 10)
    bench.records.edit("n1", text="The port of the server is 9000.")
    bench.records.tag("n1", add=["late"])
    bench.keep("The port of the database is 6000 now.", supersedes="n3")
    bench.keep("The port of the cache is 6379.")
    bench.records.forget(["n2"])
    bench.at(2026, 5, 20)
    return bench


def _texts(bench: Bench, as_of: datetime | None, mode: str = "lexical") -> dict[str, str]:
    return {hit.id: hit.snippet for hit in bench.ask("port of the", as_of, mode=mode).hits}


@pytest.mark.parametrize("mode", ["lexical", "hybrid", "semantic"])
def test_records_are_as_they_were(lived: Bench, mode: str) -> None:
    assert _texts(lived, MARCH, mode) == {
        "n1": "The port of the server is 8443.",
        "n2": "The port of the printer is 631.",
        "n3": "The port of the database is 5432.",
    }
    assert _texts(lived, datetime(2026, 2, 5), mode)["n1"] == "The port of the server is 8080."
    assert _texts(lived, datetime(2026, 1, 1), mode) == {}
    now = _texts(lived, None, mode)
    assert (now["n1"], "n2" in now) == ("The port of the server is 9000.", False)


def test_what_was_written_later_replaces_nothing_yet(lived: Bench) -> None:
    then = {hit.id: hit for hit in lived.ask("port of the database", MARCH).hits}
    assert then["n3"].superseded_by is None
    assert then["n1"].tags == ["ops"]
    later = {hit.id: hit for hit in lived.ask("port of the database", datetime(2026, 3, 11)).hits}
    assert later["n3"].superseded_by == "n4"
    assert next(iter(later)) == "n4"
    lived.records.edit("n3", text="Nothing about it.")
    assert _texts(lived, MARCH)["n3"] == "The port of the database is 5432."
    later = {hit.id: hit for hit in lived.ask("port of the database", datetime(2026, 3, 11)).hits}
    assert later["n3"].superseded_by == "n4", "its former state was replaced too"


def test_an_answer_of_then_says_so_and_changes_nothing(lived: Bench) -> None:
    before = [lived.records.get(id_).as_json() for id_ in ("n1", "n3", "n4", "n5")]
    answer = lived.ask("port", MARCH, mode="hybrid")
    assert answer.degraded is None
    assert not answer.unmatched
    assert datetime.fromisoformat(str(answer.as_of)).timestamp() == MARCH.timestamp()
    assert [lived.records.get(id_).as_json() for id_ in ("n1", "n3", "n4", "n5")] == before


def test_filters_hold_for_former_states_too(lived: Bench) -> None:
    assert lived.found("port", MARCH, tags=("ops",)) == ["n1"]
    assert lived.found("port", MARCH, tags=("late",)) == []
    assert lived.found("port", MARCH, since="2026-02-05") == ["n1"]
    assert lived.found("port", MARCH, within="workspace") == []


@pytest.mark.parametrize("mode", ["lexical", "hybrid"])
def test_a_record_is_filed_as_it_was(bench: Bench, mode: str) -> None:
    bench.at(2026, 2, 1)
    bench.keep("The kettle is in the kitchen.", tags=("home", "old/place"), importance=0.9, kind="fact")
    bench.keep("The kettle is from a friend.", pinned=True)
    bench.at(2026, 3, 10)
    layers = Layers(bench.context, bench.records, bench.clock)
    layers.promote(["n1"], "assets")
    bench.records.tag("n1", add=["late"], remove=["old/place"])
    bench.records.pin("n1")
    bench.records.pin("n2", pinned=False)
    bench.records.remember(Draft(text="The kettle is in the kitchen.", importance=0.1))
    bench.at(2026, 3, 20)
    bench.records.tag("n1", add=["later"])
    layers.promote(["n1"], "insights")
    bench.records.edit("n1", kind="note", title="Kettle")
    bench.at(2026, 5, 20)

    def then(as_of: datetime | None) -> tuple[Any, ...]:
        hits = {hit.id: hit for hit in bench.ask("kettle", as_of, mode=mode, explain=True).hits}
        one, two = hits["n1"], hits["n2"]
        important = {step.step: step.change for step in one.explain or ()}.get("importance", 0) > 0
        return one.layer, one.tags, one.pinned, two.pinned, one.kind, one.title, important

    assert then(MARCH) == ("interact", ["home", "old/place"], False, True, "fact", None, True)
    assert then(datetime(2026, 3, 15)) == ("assets", ["home", "late"], True, False, "fact", None, False)
    assert then(None)[:3] == ("insights", ["home", "late", "later"], True)
    assert then(None)[4:6] == ("note", "Kettle")
    for as_of, options, expected in (
        (MARCH, {"layers": ("interact",)}, ["n1", "n2"]),
        (MARCH, {"layers": ("assets", "insights")}, []),
        (datetime(2026, 3, 15), {"layers": ("assets",)}, ["n1"]),
        (datetime(2026, 3, 15), {"layers": ("interact",)}, ["n2"]),
        (MARCH, {"tags": ("late",)}, []),
        (MARCH, {"tags": ("old",)}, ["n1"]),
        (datetime(2026, 3, 15), {"tags": ("late",)}, ["n1"]),
        (datetime(2026, 3, 15), {"tags": ("old",)}, []),
        (datetime(2026, 3, 15), {"kinds": ("fact",), "layers": ("assets",)}, ["n1"]),
    ):
        assert sorted(bench.found("kettle", as_of, mode=mode, **options)) == expected, (as_of, options)


def test_the_trash_is_as_it_was(bench: Bench) -> None:
    bench.at(2026, 2, 1)
    for text in ("The boiler is old.", "The boiler is loud.", "The boiler is red."):
        bench.keep(text)
    bench.at(2026, 3, 1)
    bench.records.forget(["n1", "n2"])
    bench.at(2026, 3, 10)
    bench.records.restore("n1")
    bench.keep("The boiler is loud.")  # the text brings the record back
    bench.at(2026, 3, 20)
    bench.records.forget(["n1"])
    bench.records.edit("n2", text="The boiler is silent.")
    bench.records.purge(["n3"])
    bench.at(2026, 5, 20)
    assert sorted(bench.found("boiler", datetime(2026, 2, 20))) == ["n1", "n2"]
    assert sorted(bench.found("boiler", MARCH)) == []
    assert sorted(bench.found("boiler", datetime(2026, 3, 15))) == ["n1", "n2"]
    assert sorted(bench.found("boiler", datetime(2026, 4, 1))) == ["n2"]
    bench.records.restore("n1")
    assert sorted(bench.found("boiler", datetime(2026, 4, 1))) == ["n2"]
    assert sorted(bench.found("boiler")) == ["n1", "n2"]


def test_a_replacement_counts_from_when_it_was_told(bench: Bench) -> None:
    bench.at(2026, 2, 1)
    bench.keep("The train leaves at nine.")
    bench.keep("The train leaves at ten.")
    bench.at(2026, 3, 10)
    bench.keep("The train leaves at ten.", supersedes="n1")  # a text that was there before
    bench.at(2026, 5, 20)

    def replaced(as_of: datetime | None) -> object:
        return {hit.id: hit.superseded_by for hit in bench.ask("train", as_of).hits}["n1"]

    assert [replaced(as_of) for as_of in (MARCH, datetime(2026, 3, 11), None)] == [None, "n2", "n2"]


def test_what_the_schedule_moved_is_found_by_meaning_too(bench: Bench) -> None:
    bench.at(2026, 2, 1)
    for number in range(80):
        bench.keep(f"Entry {number} is about nothing.")
    bench.keep("Refunds go to the card that was charged.")
    embed_notebook(bench.context)
    bench.at(2026, 3, 10)
    Layers(bench.context, bench.records, bench.clock).promote([f"n{n}" for n in range(1, 82)], "assets")
    bench.at(2026, 5, 20)
    hit = bench.hit("how do customers get money back", MARCH, mode="semantic", layers=("interact",))
    assert (hit.id, hit.layer) == ("n81", "interact")


def test_times_in_the_question_count_from_then(lived: Bench) -> None:
    assert lived.found("port three weeks ago", MARCH)[0] == "n1"
    assert lived.ask("port last month", MARCH).time


def test_a_file_that_changed_since_is_left_out(lived: Bench) -> None:
    old, new = (lived.context.root / name for name in ("old.md", "new.md"))
    for file in (old, new):
        file.write_text("The port of the proxy is 3128.\n", "utf-8")
    os.utime(old, (MARCH.timestamp() - 999, MARCH.timestamp() - 999))
    Indexing(lived.context).run()
    paths = {hit.path for hit in lived.ask("port of the proxy", MARCH).hits if hit.path}
    assert paths == {"old.md"}


def test_many_changed_records_are_searched_for_the_words(bench: Bench) -> None:
    bench.at(2026, 1, 1)
    for number in range(300):
        bench.keep(f"Entry {number}: nothing of it matters.")
    bench.keep("The walrus sleeps.")
    bench.at(2026, 4, 1)
    for number in range(301):
        bench.records.edit(f"n{number + 1}", text=f"Another text {number}.")
    hit = bench.hit("walrus", MARCH)
    assert (hit.id, hit.snippet) == ("n301", "The walrus sleeps.")


def test_a_day_may_be_said_in_words() -> None:
    now = datetime(2026, 5, 20, 15, 30).astimezone()

    def local(text: str) -> datetime:
        return read_moment(text, "--as-of", now).astimezone().replace(tzinfo=None)

    assert local("2026-03-03") == MARCH
    assert local("yesterday") == datetime(2026, 5, 20)
    assert local("в прошлом месяце") == datetime(2026, 5, 1)
    assert local("2w") == datetime(2026, 5, 6, 15, 30)
    assert local("2026-03-03T10:00") == datetime(2026, 3, 3, 10, 1)
    assert local("2999-01-01") == datetime(2026, 5, 20, 15, 30), "never in the future"
    for wrong in ("", "soon", "2026-13-45", "the release"):
        with pytest.raises(QueryError, match="no day or time"):
            read_moment(wrong, "--as-of", now)


def test_before_an_event_is_before_what_tells_of_it(bench: Bench) -> None:
    bench.at(2026, 3, 1)
    before = bench.keep("Caching: entries live for an hour.")
    bench.at(2026, 3, 10)
    bench.keep("# Released version 2.0\n\nTo everybody.")
    bench.keep("# Релиз 2.0\n\nДля всех.")
    bench.at(2026, 3, 20)
    after = bench.keep("Caching: entries live for a day.")
    bench.at(2026, 5, 20)
    assert bench.found("caching before the release")[:2] == [before, after]
    assert bench.found("caching after the release")[:2] == [after, before]
    assert bench.found("caching до релиза")[0] == before
    answer = bench.ask("caching before the zombie apocalypse")
    assert not answer.time
    assert len(answer.hits) == 2


def test_a_release_noted_in_one_language_is_asked_for_in_another(bench: Bench) -> None:
    bench.at(2026, 3, 1)
    before = bench.keep("Caching: entries live for an hour.")
    bench.at(2026, 3, 10)
    bench.keep("To everybody.", title="v2 release")
    bench.at(2026, 3, 20)
    between = bench.keep("Caching: entries live for a day.")
    bench.at(2026, 4, 10)
    bench.keep("Для всех.", title="Выпуск v3")
    bench.at(2026, 4, 20)
    after = bench.keep("Caching: entries live for a week.")
    bench.at(2026, 5, 20)
    assert bench.found("caching до релиза v2")[0] == before
    assert bench.found("caching перед релизом v3")[2] == after
    assert bench.found("caching after the v3 release")[0] == after
    assert between in bench.found("caching before the v3 release")[:2]


def test_a_tag_of_git_is_an_event(bench: Bench) -> None:
    from magray_memory.records.git_tags import tag_times

    tags = bench.context.root / ".git" / "refs" / "tags"
    tags.mkdir(parents=True)
    (tags / "v1.2").write_text("0" * 40 + "\n", "utf-8")
    moment = datetime(2026, 3, 10).timestamp()
    os.utime(tags / "v1.2", (moment, moment))
    assert tag_times(bench.context.root) == {"v1.2": moment}
    bench.at(2026, 3, 1)
    before = bench.keep("Caching: entries live for an hour.")
    bench.at(2026, 3, 20)
    after = bench.keep("Caching: entries live for a day.")
    bench.now += timedelta(days=30)
    assert bench.found("caching before v1.2")[0] == before
    assert bench.found("caching after the release")[0] == after
    assert bench.found("caching before the release")[0] == before
