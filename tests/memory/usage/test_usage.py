"""What is asked is kept for figures, bounded and on this machine alone; or nothing of it is."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from magray_memory.memory import Memory
from magray_memory.records.draft import Draft
from magray_memory.search.query import SearchQuery
from magray_memory.session import Session
from magray_memory.storage import usage_log
from magray_memory.storage.home import Home
from magray_memory.storage.usage_log import Asked

if TYPE_CHECKING:
    from pathlib import Path

DAY = 86_400.0
SECRET = "ghp_" + "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY1zA2"


def ask(memory: Memory, text: str) -> None:
    memory.usage.note("search", memory.search.query(SearchQuery(text, raw=text, mode="lexical")))
    memory.usage.write()


def asked(query: str, at: float = 1.0, found: tuple[str, ...] = ()) -> Asked:
    return Asked(at, "search", query, len(found), 1.0, found)


def kept(home: Path) -> list[str]:
    return [one.query for one in usage_log.questions(home / "usage.db", 0.0)]


def test_what_was_asked_and_found_is_counted(memory: Memory) -> None:
    memory.records.remember(
        Draft(text="# Retries\n\nPayments are retried.", tags=("billing",), kind="decision")
    )
    memory.records.remember(Draft(text="Порт сервера 8080", project="демо"))
    for text in ("retried payments", "порт", "Порт ", "unknownword"):
        ask(memory, text)
    memory.records.show("n1")
    memory.records.uses.write()
    stats = memory.usage.stats()
    assert (stats.records.total, stats.records.by_tag) == (2, {"billing": 1})
    assert stats.records.by_kind["decision"] == 1
    assert stats.records.by_project["демо"] == 1
    assert (stats.searches.total, stats.searches.unanswered) == (4, 1)
    assert (stats.searches.queries[0].query, stats.searches.queries[0].count) == ("Порт", 2)
    assert [query.query for query in stats.searches.without_answer] == ["unknownword"]
    found = {item.id or item.name: item.count for item in stats.searches.found}
    assert found["n2"] == 2 and found["n1"] == 1 and found["pay.py"] == 1
    assert [(item.id, item.name, item.count) for item in stats.opened.records] == [("n1", "Retries", 1)]
    (week,) = stats.weeks
    assert (week.records, week.total, week.searches) == (2, 2, 4)
    assert stats.sizes.total == sum(
        file.stat().st_size for file in memory.home.path.rglob("*") if file.is_file()
    )


def test_a_first_hit_that_hardly_answers_is_no_answer(home: Path, memory: Memory) -> None:
    rated = [("far from it", 0.19), ("an answer", 0.2), ("sure", 0.97), ("of an older program", None)]
    log = [Asked(1.0, "search", query, 3, 1.0, ("n1",), sure) for query, sure in rated]
    usage_log.add(home / "usage.db", [*log, asked("nothing")], 100_000)
    searches = memory.usage.stats().searches
    assert searches.unanswered == 2
    assert {query.query for query in searches.without_answer} == {"far from it", "nothing"}


def test_questions_that_the_memory_cannot_answer_are_without_an_answer(memory: Memory) -> None:
    for text in ("The port of the server is 8080.", "Payments are retried three times a day."):
        memory.records.remember(Draft(text=text))
    memory.index.run()
    for text in ("server port", "how tall is the highest mountain of Peru"):
        memory.usage.note("search", memory.search.query(SearchQuery(text, raw=text)))
    missed = memory.usage.stats().searches.without_answer
    assert [query.query for query in missed] == ["how tall is the highest mountain of Peru"]


def test_a_log_of_an_older_program_stays_readable_and_is_gone_on_with(home: Path, memory: Memory) -> None:
    home.mkdir(exist_ok=True)
    with closing(sqlite3.connect(home / "usage.db")) as log:
        log.executescript(
            "CREATE TABLE asked (id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, what TEXT NOT NULL,"
            " query TEXT NOT NULL, hits INTEGER NOT NULL, took_ms REAL NOT NULL, found TEXT NOT NULL);"
            "INSERT INTO asked VALUES (1, 1.0, 'search', 'old', 2, 3.0, '[\"n1\"]'); PRAGMA user_version = 1"
        )
    assert usage_log.questions(home / "usage.db", 0.0) == [Asked(1.0, "search", "old", 2, 3.0, ("n1",))]
    new = Asked(2.0, "search", "new", 2, 3.0, ("n1",), 0.5)
    usage_log.add(home / "usage.db", [new], 100_000)
    assert usage_log.questions(home / "usage.db", 0.0)[1] == new
    assert kept(home) == ["old", "new"]
    with closing(sqlite3.connect(home / "usage.db")) as log:  # as an older program writes
        log.execute(
            "INSERT INTO asked(at, what, query, hits, took_ms, found)"
            " VALUES (3, 'search', 'more', 0, 1, '[]')"
        )
        log.commit()
    assert kept(home) == ["old", "new", "more"]


def test_since_leaves_out_what_was_before(memory: Memory, home: Path) -> None:
    usage_log.add(home / "usage.db", [asked("old", 100 * DAY), asked("new", 200 * DAY)], 100_000)
    assert memory.usage.stats(150 * DAY).searches.total == 1
    assert [week.searches for week in memory.usage.stats(150 * DAY).weeks] == [1]
    assert memory.usage.stats(since=None).searches.total == 2


def test_what_is_never_used_is_named(memory: Memory) -> None:
    old = memory.records.remember(Draft(text="From long ago.", created_at=1_600_000_000.0))
    memory.records.remember(Draft(text="Of today."))
    unused = memory.usage.stats(unused_days=30).unused
    assert (unused.total, [item.id for item in unused.records]) == (1, [f"n{old.record.id[1:]}"])


def test_switched_off_nothing_is_kept_and_what_was_kept_is_erased(memory: Memory, home: Path) -> None:
    ask(memory, "payments")
    assert kept(home) == ["payments"]
    with Memory.open(memory.root, home=home, overrides={"usage.enabled": False}, environ={}) as off:
        ask(off, "anything")
        assert not list(home.glob("usage.db*"))
        stats = off.usage.stats()
        assert not stats.searches.enabled and stats.searches.total == 0
    assert not list(home.glob("usage.db*"))


def test_a_workspace_may_not_switch_it_off_nor_on(memory: Memory, home: Path) -> None:
    (memory.root / ".magray.toml").write_text("[usage]\nenabled = false\n", "utf-8")
    with Memory.open(memory.root, home=home, environ={}) as again:
        assert again.settings.usage.enabled and again.loaded_settings.warnings


@pytest.mark.parametrize("first", [True, False])
def test_a_question_that_waits_while_its_record_is_purged_is_not_kept(
    memory: Memory, home: Path, first: bool
) -> None:
    if not first:
        ask(memory, "another")
    kept_record = memory.records.remember(Draft(text="The quokka knows it.")).record
    with Memory.open(memory.root, home=home, environ={}) as other:
        found = other.search.query(SearchQuery("quokka", raw="quokka", mode="lexical"))
        assert found.hits
        other.usage.note("search", found)
        memory.records.purge([kept_record.id])
        other.usage.write()
        assert kept(home) == ([] if first else ["another"])
        assert b"quokka" not in (home / "usage.db").read_bytes()
        ask(other, "a later one")
    assert kept(home)[-1:] == ["a later one"]


def test_secrets_and_long_questions_are_not_kept_whole(memory: Memory, home: Path) -> None:
    ask(memory, f"why is {SECRET} refused")
    ask(memory, "x" * 5_000)
    assert "redacted" in kept(home)[0]
    assert SECRET.encode() not in (home / "usage.db").read_bytes()
    assert max(map(len, kept(home))) <= usage_log.MAX_QUERY


def test_what_is_typed_letter_by_letter_is_one_question(home: Path) -> None:
    home.mkdir()
    log = home / "usage.db"
    usage_log.add(log, [asked("ret", 1.0), asked("retry", 1.2)], 10)
    usage_log.add(log, [asked("retry pay", 2.0)], 10)
    usage_log.add(log, [asked("retry pay", 3.0), asked("retry payment", 60.0)], 10)
    assert kept(home) == ["retry pay", "retry pay", "retry payment"]


def test_it_is_bounded_by_age_and_by_count(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    monkeypatch.setattr(usage_log, "_TRIM_EVERY", 1)
    usage_log.add(home / "usage.db", [asked(f"q{n}", n * DAY) for n in range(10)], 4)
    assert kept(home) == ["q5", "q6", "q7", "q8", "q9"]
    monkeypatch.setattr(usage_log, "KEPT_QUERIES", 3)
    usage_log.add(home / "usage.db", [asked("last", 9 * DAY)], 4)
    assert kept(home) == ["q8", "q9", "last"]


@pytest.mark.parametrize("damage", [b"no database at all", b""])
def test_a_damaged_log_is_begun_again(memory: Memory, home: Path, damage: bytes) -> None:
    (home / "usage.db").write_bytes(damage)
    ask(memory, "first")
    ask(memory, "second")
    assert "second" in kept(home)


def test_a_locked_log_delays_nobody_and_loses_an_entry(memory: Memory, home: Path) -> None:
    ask(memory, "before")
    with closing(sqlite3.connect(home / "usage.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        ask(memory, "meanwhile")
        other.execute("ROLLBACK")
    ask(memory, "after")
    assert kept(home) == ["before", "after"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_home_is_searched_without_a_log(memory: Memory, home: Path) -> None:
    memory.close()
    home.chmod(0o500)
    try:
        ask(memory, "payments")
    finally:
        home.chmod(0o700)
    assert not (home / "usage.db").exists()


def test_a_search_makes_no_home(tmp_path: Path) -> None:
    with Memory.open(tmp_path, home=tmp_path / "none", environ={}) as memory:
        ask(memory, "payments")
    assert not (tmp_path / "none").exists()


def test_what_is_purged_stands_in_no_question(memory: Memory, home: Path) -> None:
    memory.records.remember(Draft(text="# Quokka\n\nThe Пустельга knows where the zanzibar chest is."))
    memory.records.remember(Draft(text="Payments are retried."))
    for text in (
        "quokka",
        "ПУСТЕЛЬГА  knows",
        "it says: the пустельга knows where the zanzibar chest is.",
        "retried",
    ):
        ask(memory, text)
    memory.records.purge(["n1"])
    assert kept(home) == ["retried"]
    data = (home / "usage.db").read_bytes().lower()
    assert b"quokka" not in data and "Пустельга".encode() not in data


def test_a_long_lived_program_writes_by_itself(memory: Memory, home: Path) -> None:
    from magray_memory import deferred_writes

    written = threading.Event()
    add, usage_log_add = usage_log.add, usage_log.add

    def noted(*arguments: object) -> None:
        add(*arguments)  # type: ignore[arg-type]
        written.set()

    deferred_writes.WAIT_SECONDS, before = 0.05, deferred_writes.WAIT_SECONDS
    usage_log.add = noted
    try:
        with Session.start(Home(home), [memory.root]) as session:
            query = SearchQuery("payments", raw="payments", mode="lexical")
            session.usage.note("search", session.search.query(query))
            assert written.wait(30)
    finally:
        usage_log.add = usage_log_add
        deferred_writes.WAIT_SECONDS = before
    assert kept(home) == ["payments"]


def test_eight_programs_at_once(home: Path) -> None:
    home.mkdir()
    program = (
        "import sys; from pathlib import Path; from magray_memory.storage.usage_log import Asked, add\n"
        "for n in range(50):\n"
        "    asked = Asked(1.0, 'search', f'{sys.argv[2]} {n} end', 0, 1.0, ())\n"
        "    add(Path(sys.argv[1]), [asked], 1_000_000)"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", program, str(home / "usage.db"), str(number)])
        for number in range(8)
    ]
    assert [child.wait(120) for child in children] == [0] * 8
    with closing(sqlite3.connect(home / "usage.db")) as connection:
        assert connection.execute("PRAGMA quick_check").fetchone()[0] == "ok"
    assert kept(home)
