"""A search, from the line of text to the hits: real vaults, real model."""

from __future__ import annotations

import math
import os
import sqlite3
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from magray_memory.errors import EmbeddingUnavailable, QueryError, WorkspaceError
from magray_memory.search.query import SearchQuery, parse
from magray_memory.search.searcher import Searcher
from magray_memory.storage.vault import Vault

if TYPE_CHECKING:
    from pathlib import Path

    from magray_memory.models.embedder import Embedder

    from .conftest import Bench

NO_MODEL = "model nowhere: it is not installed"


def no_model(key: str | None) -> Embedder:
    raise EmbeddingUnavailable("model nowhere", "it is not installed", "magray[cpu]")


@pytest.mark.parametrize("mode", ["hybrid", "lexical", "semantic"])
def test_finds_code_by_what_it_does(shared: Bench, mode: str) -> None:
    answer = shared.search("exponential delay between attempts", mode=mode)
    assert answer.hits[0].path == "src/retry.py"
    assert (answer.mode, answer.requested_mode, answer.degraded) == (mode, mode, None)
    assert answer.device == (None if mode == "lexical" else "cpu")


def test_finds_english_by_a_russian_question_and_the_other_way(shared: Bench) -> None:
    assert shared.paths("сколько граммов молоть для кофе")[0] == "notes/coffee.md"
    assert shared.paths("how often is the database saved")[0] == "notes/резервные-копии.md"


def test_russian_words_are_found_in_any_form(shared: Bench) -> None:
    assert shared.paths("удаление резервной копии", mode="lexical")[0] == "notes/резервные-копии.md"


def test_a_hit_says_where_it_is(shared: Bench) -> None:
    hit = shared.search("signed cookie for a user").hits[0]
    assert (hit.rank, hit.vault, hit.root) == (1, "workspace", str(shared.root))
    assert hit.uri == (shared.root / "src/session.py").as_uri()
    assert hit.id.startswith("w")
    assert hit.start_line <= 5 <= hit.end_line
    assert (hit.kind, hit.language, hit.layer, hit.freshness) == ("code", "python", "assets", "fresh")
    assert "signed cookie" in hit.snippet


def test_the_json_is_the_contract(shared: Bench) -> None:
    answer = msgspec.to_builtins(shared.search("smoke tests", k=1))
    assert list(answer) == [
        "query", "mode", "requested_mode", "device", "degraded", "took_ms", "pending", "hits",
    ]  # fmt: skip
    assert list(answer["hits"][0]) == [
        "rank", "score", "vault", "root", "id", "passage", "path", "uri", "start_line", "end_line", "symbol",
        "kind", "language", "layer", "tags", "title", "key", "snippet", "snippet_line",
        "freshness", "confidence",
    ]  # fmt: skip
    assert answer["hits"][0]["tags"] == ["ops", "release"]


def test_one_hit_for_each_file(shared: Bench) -> None:
    paths = shared.paths("retry attempts backoff session deploy")
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize("mode", ["hybrid", "lexical", "semantic"])
def test_the_steps_sum_to_the_score(shared: Bench, mode: str) -> None:
    hits = shared.search("RetryPolicy backoff", mode=mode, explain=True).hits
    assert hits
    for hit in hits:
        assert isinstance(hit.explain, list)
        assert math.isclose(sum(step.change for step in hit.explain), hit.score, abs_tol=1e-9)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_a_name_finds_its_definition_before_its_tests(shared: Bench) -> None:
    assert shared.paths("call_with_retry")[0] == "src/retry.py"
    steps = shared.search("RetryPolicy", explain=True).hits[0].explain
    assert isinstance(steps, list)
    assert "definition" in {step.step for step in steps}


def test_tests_come_first_when_they_are_asked_for(shared: Bench) -> None:
    assert shared.paths("test that call_with_retry gives up")[0] == "tests/test_retry.py"


def test_a_word_about_tests_in_the_midst_of_a_question_does_not_ask_for_them(shared: Bench) -> None:
    explained = shared.search("call_with_retry is under test while waiting", explain=True).hits
    asked = shared.search("call_with_retry test", explain=True).hits
    lowered = [step for hit in explained for step in hit.explain or [] if step.step == "test"]
    assert lowered
    assert not [step for hit in asked for step in hit.explain or [] if step.step == "test"]


def test_a_changelog_comes_after_the_code_unless_it_is_asked_for(bench: Bench) -> None:
    text = "# 1.1\n\nThe moon calendar counts leap seconds.\n"
    bench.put("CHANGELOG.md", text)
    bench.put("guide.md", text)
    assert bench.paths("moon calendar leap seconds")[:2] == ["guide.md", "CHANGELOG.md"]
    assert bench.paths("changelog of the moon calendar")[0] == "CHANGELOG.md"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("retry lang:go", {"src/retry.go"}),
        ("retry lang:py path:src/", {"src/retry.py", "src/session.py"}),
        ("retry path:*.go path:tests/", {"src/retry.go", "tests/test_retry.py"}),
        ("night machines tag:ops", {"notes/deploy.md", "notes/резервные-копии.md"}),
        ("night machines tag:ops tag:release", {"notes/deploy.md"}),
        ("retry kind:doc until:2021-01-01", {"notes/coffee.md"}),
        ("retry layer:interact", set()),
        ("retry since:2099-01-01", set()),
        ("retry path:nowhere/", set()),
    ],
)
@pytest.mark.parametrize("mode", ["hybrid", "semantic"])
def test_filters(shared: Bench, text: str, expected: set[str], mode: str) -> None:
    assert set(shared.paths(text, mode=mode)) == expected


def test_a_filter_asked_again_sees_what_changed_meanwhile(bench: Bench) -> None:
    searcher = Searcher([bench.opened()], lambda key: bench.embedder)

    def paths() -> set[str | None]:
        return {hit.path for hit in searcher.search(parse("backoff delay lang:python")).hits}

    assert paths() == paths() == {"src/retry.py"}
    bench.put("src/other.py", "def backoff(delay):\n    return delay\n")
    assert paths() == {"src/retry.py", "src/other.py"}
    (bench.root / "src/retry.py").unlink()
    with (
        Vault.open(bench.vault.path, kind=bench.vault.kind, write=True) as other,
        other.write() as connection,
    ):
        connection.execute("UPDATE document SET language = 'go' WHERE path = 'src/retry.py'")
    assert paths() == {"src/other.py"}
    searcher.close()


def test_lexical_search_keeps_to_the_filters(shared: Bench) -> None:
    assert shared.paths("retry lang:go", mode="lexical") == ["src/retry.go"]


def test_a_phrase_in_quotes_wins(bench: Bench) -> None:
    bench.put("notes/a.md", "# A\n\nThe red door is old. The blue house is new and big and red.\n")
    bench.put("notes/b.md", "# B\n\nHouse, red and blue, door, house. Red house red house blue.\n")
    assert bench.paths('"blue house is new"')[0] == "notes/a.md"


@pytest.mark.parametrize(
    "text", ["", "   ", "?!…", '"', '""', "()", "***", "🙂", "-", "AND", "OR NOT", "path:src/"]
)
def test_a_query_without_a_word_is_no_error(shared: Bench, text: str) -> None:
    answer = shared.search(text)
    assert answer.degraded is None
    if text not in ("AND", "OR NOT"):
        assert answer.hits == []


def test_no_hits_wanted(shared: Bench) -> None:
    assert shared.search("retry", k=0).hits == []


@pytest.mark.parametrize(
    "text",
    [
        'retry" OR "',
        "NEAR(retry backoff)",
        "retry*",
        "symbol:retry",
        "^retry",
        "{retry}",
        "retry - session",
        "a;DROP",
    ],
)
@pytest.mark.parametrize("mode", ["lexical", "hybrid"])
def test_operators_of_the_index_are_only_text(shared: Bench, text: str, mode: str) -> None:
    assert shared.search(text, mode=mode).degraded is None


def test_a_huge_query_is_answered(shared: Bench) -> None:
    assert (shared.paths("exponential backoff delay " * 4_000)[0] or "").startswith("src/retry.")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=80))
def test_any_text_is_answered(shared: Bench, text: str) -> None:
    try:
        query = parse(text, mode="hybrid")
    except QueryError:
        return
    searcher = Searcher([shared.opened()], lambda key: shared.embedder)
    answer = searcher.search(query)
    searcher.close()
    assert len(answer.hits) <= query.k
    assert [hit.rank for hit in answer.hits] == list(range(1, len(answer.hits) + 1))
    assert msgspec.json.decode(msgspec.json.encode(answer))["mode"] in ("hybrid", "semantic", "lexical")


def test_a_language_that_the_model_does_not_know_is_searched_by_words(bench: Bench) -> None:
    bench.put("notes/zh.md", "# 部署\n\n每天晚上备份数据库，副本保存一个月。\n")
    answer = bench.search("备份数据库")
    assert answer.hits[0].path == "notes/zh.md"
    assert answer.mode == "lexical"
    assert answer.degraded is not None
    assert "Chinese" in answer.degraded


def test_a_changed_file_is_stale_and_a_missing_one_is_not_shown(bench: Bench) -> None:
    file = bench.root / "notes/deploy.md"
    assert bench.search("load balancer").hits[0].freshness == "fresh"
    os.utime(file, (1_700_000_000, 1_700_000_000))
    assert bench.search("load balancer").hits[0].freshness == "stale"
    file.unlink()
    assert "notes/deploy.md" not in bench.paths("load balancer")
    assert "notes/deploy.md" not in bench.paths("load balancer", since="1d")
    bench.root.rename(bench.root.with_name("away"))
    assert bench.search("load balancer").hits[0].freshness == "stale"


def test_what_is_not_embedded_yet_is_found_by_words_and_pending(bench: Bench) -> None:
    bench.put("notes/new.md", "# Espresso\n\nThe portafilter must be warm.\n", embed=False)
    answer = bench.search("portafilter")
    assert (answer.hits[0].path, answer.hits[0].freshness) == ("notes/new.md", "pending")
    assert answer.pending == 1


def test_neighbours_become_one_hit(bench: Bench) -> None:
    part = "\n".join(
        f"The turbine number {i} spins in the northern hall of the power station." for i in range(30)
    )
    bench.put("notes/power.md", f"# Power\n\n{part}\n")
    hits = bench.search("turbine in the northern hall of the power station").hits
    passages = bench.vault.counts()[1]
    assert passages > 3
    assert [hit.path for hit in hits].count("notes/power.md") == 1
    assert hits[0].end_line - hits[0].start_line > 20


def test_without_a_model_words_answer_and_it_is_said(shared: Bench) -> None:
    searcher = Searcher([shared.opened()], no_model)
    for mode in ("hybrid", "semantic"):
        answer = searcher.search(parse("exponential delay", mode=mode))
        assert answer.hits[0].path == "src/retry.py"
        assert (answer.mode, answer.requested_mode, answer.device) == ("lexical", mode, None)
        assert answer.degraded is not None
        assert NO_MODEL in answer.degraded
    assert searcher.search(parse("exponential", mode="lexical")).degraded is None


def test_nothing_embedded_yet_is_said(tmp_path: Path, bench: Bench) -> None:
    with bench.vault.write() as connection:
        connection.execute("DELETE FROM vector")
    answer = bench.search("exponential delay")
    assert answer.hits[0].path == "src/retry.py"
    assert answer.mode == "lexical"
    assert answer.degraded is not None
    assert answer.pending == bench.vault.counts()[1]


def test_a_broken_lexical_index_leaves_meaning(bench: Bench) -> None:
    with bench.vault.write() as connection:
        connection.execute("DROP TABLE passage_vocab")
        connection.execute("DROP TABLE passage_fts")
    answer = bench.search("exponential delay between attempts")
    assert answer.hits[0].path == "src/retry.py"
    assert answer.mode == "semantic"
    assert answer.degraded is not None
    assert "lexical index" in answer.degraded


def test_a_damaged_vault_is_left_out_and_said(bench: Bench, shared: Bench) -> None:
    whole = bench.opened()
    bench.vault.close()
    size = bench.vault.path.stat().st_size
    with bench.vault.path.open("r+b") as file:
        file.seek(8192)
        file.write(os.urandom(size - 8192))
    searcher = Searcher([shared.opened(), whole], lambda key: shared.embedder)
    answer = searcher.search(SearchQuery("exponential delay"))
    assert answer.hits[0].path == "src/retry.py"
    assert answer.degraded is not None
    assert "left out" in answer.degraded


def test_a_vault_that_is_gone_is_left_out(bench: Bench) -> None:
    bench.vault.close()
    bench.vault.path.unlink()
    answer = bench.search("exponential delay")
    assert answer.hits == []
    assert answer.degraded is not None


def test_notebook_and_workspace_answer_together(shared: Bench, notebook: Bench) -> None:
    notebook.remember("The smoke tests need the staging key from the vault.", key="staging")
    notebook.remember("Grandmother's soup: beetroot, cabbage, dill.")
    searcher = Searcher([shared.opened(), notebook.opened()], lambda key: shared.embedder)
    hits = searcher.search(parse("which key do the smoke tests need")).hits
    record = next(hit for hit in hits if hit.vault == "notebook")
    assert record.rank <= 2
    assert (record.path, record.uri, record.root, record.key) == (None, None, None, "staging")
    assert record.id == "n1"
    assert {hit.vault for hit in searcher.search(parse("smoke", within="notebook")).hits} == {"notebook"}
    assert {hit.vault for hit in searcher.search(parse("smoke", within="workspace")).hits} == {"workspace"}
    # A note about something else does not win because it is the best of its vault.
    assert searcher.search(parse("exponential delay between attempts")).hits[0].path == "src/retry.py"


def test_a_search_sees_one_moment_of_a_vault_that_is_written(bench: Bench) -> None:
    bench.search("warm up")
    other = sqlite3.connect(bench.vault.path)
    other.execute("BEGIN IMMEDIATE")
    assert bench.search("exponential delay").hits
    other.rollback()
    other.close()


def test_related_places(shared: Bench) -> None:
    searcher = Searcher([shared.opened()], no_model)
    answer = searcher.related(shared.root, "src/retry.py", 8)
    assert answer.query == "src/retry.py:8"
    assert answer.mode == "semantic"
    assert "tests/test_retry.py" in [hit.path for hit in answer.hits][:3]
    whole = searcher.related(shared.root, "src/retry.py")
    assert "src/retry.py" not in [hit.path for hit in whole.hits]
    assert whole.degraded is None


def test_related_without_vectors_goes_by_words(bench: Bench) -> None:
    bench.put("src/copy.py", (bench.root / "src/retry.py").read_text(encoding="utf-8"))
    with bench.vault.write() as connection:
        connection.execute("DELETE FROM vector")
    searcher = Searcher([bench.opened()], no_model)
    answer = searcher.related(bench.root, "src/retry.py")
    assert answer.hits[0].path == "src/copy.py"
    assert answer.mode == "lexical"
    assert answer.degraded is not None


def test_related_of_what_is_not_there(shared: Bench, tmp_path: Path) -> None:
    searcher = Searcher([shared.opened()], no_model)
    with pytest.raises(WorkspaceError):
        searcher.related(shared.root, "src/nothing.py")
    with pytest.raises(QueryError):
        searcher.related(shared.root, "src/retry.py", 0)
    assert searcher.related(tmp_path, "a.py").hits == []
