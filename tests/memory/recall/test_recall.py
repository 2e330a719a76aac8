"""Recall brings back what was kept: records and notes before code, with the time that was asked for, the use
that was made of them, and what has replaced them.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest

from magray_memory.indexing.room import Indexing
from magray_memory.search.weights import WEIGHTS

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Bench


def test_records_and_notes_come_before_code(bench: Bench) -> None:
    (bench.context.root / "notes.md").write_text("# Retrying\n\nA payment is retried thrice.\n", "utf-8")
    Indexing(bench.context).run()
    record = bench.keep("The payment gateway asks us to retry a payment three times.")
    bench.keep("Lunch is at noon.")
    kinds = [hit.kind for hit in bench.ask("retry payment").hits]
    assert kinds[:3] in (["note", "doc", "code"], ["doc", "note", "code"])
    assert bench.ask("retry payment").hits[0].id == record or kinds[0] == "doc"


@pytest.mark.parametrize("mode", ["lexical", "hybrid"])
def test_code_that_answers_is_not_buried_below_records_that_do_not(bench: Bench, mode: str) -> None:
    Indexing(bench.context).run()
    for text in ("Lunch is at noon.", "The office is closed on Friday.", "Coffee needs a filter."):
        bench.keep(text)
    assert bench.hit("retry_payment", mode=mode).kind == "code"


def test_a_hit_carries_what_a_record_is(bench: Bench, tmp_path: Path) -> None:
    from magray_memory.records.citation import Source

    source = bench.context.root / "src" / "pay.py"
    first = bench.keep("Payments wait a minute.", session="s1", project="shop")
    second = bench.keep(
        "Payments wait a second.",
        source=Source(source, (4, 5)),
        tags=("billing/retry",),
        kind="decision",
        layer="insights",
        pinned=True,
        supersedes=first,
    )
    hit, old = bench.ask("payments wait").hits
    assert (hit.id, old.id) == (second, first)
    moment = "2026-05-20T"
    assert str(hit.created).startswith(moment)
    assert str(hit.updated).startswith(moment)
    assert (hit.kind, hit.layer, hit.tags, hit.pinned) == ("decision", "insights", ["billing/retry"], True)
    assert (hit.citation, hit.superseded_by) == ("verified", None)
    assert msgspec.to_builtins(hit.source) == {
        "path": "src/pay.py",
        "start_line": 4,
        "end_line": 5,
        "commit": None,
    }
    assert (old.session, old.project, old.superseded_by, old.citation) == ("s1", "shop", second, None)
    source.write_text("# moved\n" + source.read_text("utf-8"), "utf-8")
    moved = bench.hit("payments wait")
    assert (moved.citation, msgspec.to_builtins(moved.moved_to)) == (
        "moved",
        {"path": "src/pay.py", "start_line": 5, "end_line": 6},
    )
    source.unlink()
    assert bench.hit("payments wait").citation == "gone"


@pytest.mark.parametrize(
    ("question", "day"),
    [
        ("deploy last week", datetime(2026, 5, 13)),
        ("деплой на прошлой неделе", datetime(2026, 5, 13)),
        ("what about the deploy in March", datetime(2026, 3, 10)),
        ("деплой в марте", datetime(2026, 3, 10)),
        ("deploy yesterday", datetime(2026, 5, 19)),
        ("деплой позавчера", datetime(2026, 5, 18)),
        ("deploy 2026-01-07", datetime(2026, 1, 7)),
        ("deploy before 2026-02-01", datetime(2026, 1, 7)),
        ("deploy since Monday", datetime(2026, 5, 18)),
    ],
)
def test_a_time_in_the_question_moves_what_is_of_it_up(bench: Bench, question: str, day: datetime) -> None:
    days = (datetime(2026, 5, 20), datetime(2026, 5, 19), datetime(2026, 5, 18), datetime(2026, 5, 13),
            datetime(2026, 4, 2), datetime(2026, 3, 10), datetime(2026, 1, 7))  # fmt: skip
    of_day: dict[datetime, str] = {}
    for number, when in enumerate(days):
        text = f"The deploy, деплой: way {number}."
        of_day[when] = bench.keep(text, created_at=(when + timedelta(hours=9)).timestamp())
    answer = bench.ask(question)
    inside = {of_day[day]} | ({of_day[d] for d in days[:3]} if "Monday" in question else set())
    assert answer.hits[0].id in inside
    assert len(answer.hits) == len(days), "a time narrows, and leaves nothing out"
    assert answer.time


@pytest.mark.parametrize(
    "question", ["may we deploy on Friday", "on Friday", "можно ли деплоить в пятницу", "в пятницу"]
)
def test_a_weekday_is_found_where_it_is_written(bench: Bench, question: str) -> None:
    friday = datetime(2026, 5, 15, 12).timestamp()
    written = bench.keep("We never ship on Friday. В пятницу не выкатываем.", created_at=friday - 40 * 86_400)
    for number in range(5):
        bench.keep(f"Lunch {number} was late, обед опоздал.", created_at=friday)
    assert bench.found(question)[0] == written


def test_a_time_alone_lists_what_is_of_it(bench: Bench) -> None:
    for day in (3, 17, 18, 19):
        bench.keep(f"Done on this day: step {day}.", created_at=datetime(2026, 5, day, 12).timestamp())
    assert bench.found("yesterday")[:1] == ["n4"]
    assert bench.found("что было вчера?")[:1] == ["n4"]


def test_a_question_of_nothing_but_a_time_is_answered_by_the_time(bench: Bench) -> None:
    bench.keep("Decided to drop Redis.", created_at=datetime(2026, 3, 15).timestamp())
    bench.keep("We deploy with Kamal.", created_at=datetime(2026, 5, 12).timestamp())
    bench.keep("Renew the certificate.", created_at=datetime(2026, 5, 1).timestamp())
    for question in ("what happened last week", "что происходило на прошлой неделе?", "last week"):
        assert bench.found(question, mode="hybrid")[0] == "n2"


def test_a_time_does_not_beat_what_is_meant(bench: Bench) -> None:
    old = bench.keep("The port of the staging server is 8443.", created_at=datetime(2025, 1, 1).timestamp())
    for number in range(5):
        bench.keep(f"Lunch {number} was late.", created_at=datetime(2026, 5, 19, 12).timestamp())
    assert bench.found("port of the staging server yesterday")[0] == old


def test_what_is_fresh_important_or_used_never_beats_an_exact_answer(bench: Bench) -> None:
    exact = bench.keep(
        "The staging database password rotates every ninety days.",
        created_at=datetime(2023, 1, 1).timestamp(),
        importance=0.0,
    )
    other = bench.keep("The database of lunches is staging a comeback.", importance=1.0, pinned=True)
    for _ in range(50):
        bench.records.uses.note([2], "shown")
    bench.records.uses.write()
    assert bench.found("staging database password rotates")[:2] == [exact, other]
    w = WEIGHTS
    most = w.record_age + w.record_use + 2 * w.record_importance + w.record_pinned + w.record_session
    assert most + w.recent + w.layer_interact < 0.5 * w.lexical + 0.05


@pytest.mark.parametrize("better", [{"importance": 0.9}, {"pinned": True}, {}])
def test_of_two_that_say_the_same_the_better_one_comes_first(bench: Bench, better: dict[str, object]) -> None:
    bench.keep("The build of the site takes an hour: first.", created_at=bench.clock() - 9e6)
    second = bench.keep(
        "The build of the site takes an hour: third.", created_at=bench.clock() - 9e6, **better
    )
    if not better:
        bench.records.uses.note([int(second[1:])] * 5, "shown")
        bench.records.uses.write()
    assert bench.found("build of the site")[0] == second


def test_what_is_replaced_sinks_below_what_replaces_it(bench: Bench) -> None:
    old = bench.keep("Deploys go to the server alpha, alpha, alpha.", importance=1.0, pinned=True)
    bench.now += timedelta(days=40)
    new = bench.keep("Releases now go to beta.", supersedes=old)
    other = bench.keep("An alpha version of the site.")
    answer = bench.ask("deploys server alpha")
    ids = [hit.id for hit in answer.hits]
    assert ids.index(new) < ids.index(old)
    assert other in ids
    assert next(hit for hit in answer.hits if hit.id == old).superseded_by == new
    newest = bench.keep("All goes to gamma.", supersedes=new)
    ids = bench.found("deploys server alpha")
    assert ids.index(newest) < ids.index(new) < ids.index(old)
    bench.records.forget([newest])
    bench.records.forget([new])
    assert bench.found("deploys server alpha")[0] == old, "what replaced it is in the trash"


def test_records_of_one_session_support_each_other(bench: Bench) -> None:
    texts = ("Where do we host the docs?", "On the old machine.", "Since last year.")
    alone = bench.keep("On the old machine there is a printer.")
    for text in texts:
        bench.now += timedelta(minutes=1)
        bench.keep(text, session="chat-7")
    found = bench.found("host docs")
    assert found[0] == "n2"
    assert "n3" in found, "its neighbour says nothing of hosts or docs"
    assert alone not in found
    assert bench.found("old machine")[0] in ("n3", alone)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Filed.", "project"),
        ("Filed.", "alpha"),
        ("We build it with C++ here.", "C++"),
        ("The service is C# only.", "C#"),
        ("It runs on .NET now.", ".NET"),
        ("Port 8443 is taken.", "8443"),
        ("Ask QA first.", "QA"),
        ("The AI box is in room b.", "AI"),
        ("ИИ решает.", "ИИ"),
        ("我的猫很好。", "猫"),
        ("Run it on k8s.", "k8s"),
        ("Press F5 there.", "f5"),
        ("The answer is 42.", "42"),
        ("Use Go for it.", "go"),
        ("Write R code.", "R"),
    ],
)
def test_short_words_and_parts_of_tags_are_found(bench: Bench, text: str, question: str) -> None:
    wanted = bench.keep(text, tags=("project/alpha",) if text == "Filed." else ())
    for number in range(12):
        bench.keep(f"Another sentence about something else, the {number}th of them.")
    assert bench.found(question)[0] == wanted
    if text != "Filed.":
        (bench.context.root / "note.md").write_text(f"# A note\n\n{text}\n", "utf-8")
        Indexing(bench.context).run()
        assert {hit.vault for hit in bench.ask(question).hits[:2]} == {"notebook", "workspace"}


def test_a_tag_and_words_together_find_what_has_both(bench: Bench) -> None:
    both = bench.keep("The deploy is at noon.", tags=("project/alpha",))
    bench.keep("The deploy is at midnight.", tags=("project/beta",))
    bench.keep("Lunch is at noon.", tags=("project/alpha",))
    assert bench.found("alpha deploy")[0] == both


def test_a_record_is_found_by_meaning_as_soon_as_it_is_kept(bench: Bench) -> None:
    wanted = bench.keep("Customers get their money back within a week.")
    bench.keep("The office plants are watered on Mondays.")
    answer = bench.ask("refund policy", mode="hybrid")
    assert (answer.hits[0].id, answer.mode, answer.pending) == (wanted, "hybrid", 0)
    assert answer.hits[0].freshness == "fresh"
    again = bench.ask("refund policy", mode="semantic")
    assert again.hits[0].id == wanted


def test_a_record_that_is_asked_for_by_name_counts_as_used(bench: Bench) -> None:
    bench.keep("It runs at noon.", key="deploy-time")
    bench.keep("# How\n\nIt is watered at noon.", title="Office plants")
    assert bench.found("plants") == ["n2"], "the words of a title are found below a heading too"
    assert bench.found("deploy-time") == ["n1"], "no text has its key"
    bench.ask("office plants?")
    bench.ask("noon")
    bench.records.uses.write()
    uses = [bench.records.get(id_).stored.access_count for id_ in ("n1", "n2")]
    assert uses == [1, 1], "standing in a list of hits is no use"
