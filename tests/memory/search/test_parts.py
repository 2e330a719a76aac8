"""The parts of a search that need no vault."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from magray_memory.index.term_statistics import idf
from magray_memory.search.bm25 import affordable_terms, leading_terms
from magray_memory.search.file_roles import roles_of
from magray_memory.search.fusion import fuse, lexical_scores, lexical_share, semantic_scores
from magray_memory.search.hits import steps
from magray_memory.search.language_gate import gate, languages
from magray_memory.search.query_terms import QueryType, query_terms
from magray_memory.search.snippet import MAX_LINES, MAX_WIDTH, best_row, snippet
from magray_memory.search.weights import POSTINGS


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("how are routes registered", "en"),
        ("как обновляется токен", "ru"),
        ("як працює пошук і чому", "uk"),
        ("数据库备份", "zh"),
        ("データベースの保存", "ja"),
        ("πώς λειτουργεί", "el"),
        ("wie wird die Datenbank gesichert", "de"),
        ("getUserByID", "en"),
        ("la requête", "en"),
    ],
)
def test_the_language_of_a_query(text: str, language: str) -> None:
    assert languages(text).most_common(1)[0][0] == language


def test_the_gate_lets_covered_languages_pass() -> None:
    known = {"en", "ru"}.__contains__
    assert gate("how does it work", known).weight == 1
    assert gate("как работает retry_policy", known).weight == 1
    assert gate("3.14 + 2", known).weight == 1
    assert gate("数据库备份", known).weight == 0
    mixed = gate("configure the database backup 备份", known)
    assert 0.5 < mixed.weight < 1
    assert mixed.language == "Chinese"


def test_question_words_are_no_terms_unless_there_are_no_others() -> None:
    assert query_terms("how does the retry work").tokens == ("retri", "work")
    assert query_terms("to be or not to be").tokens
    assert query_terms("Как работает поиск?").tokens == query_terms("работает поиск").tokens


@pytest.mark.parametrize(
    ("text", "type_"),
    [
        ("createStore", QueryType.NAME),
        ("session", QueryType.NAME),
        ("app.run()", QueryType.NAME),
        ("how does createStore work", QueryType.MIXED),
        ("store creation", QueryType.WORDS),
    ],
)
def test_the_type_of_a_query(text: str, type_: QueryType) -> None:
    assert query_terms(text).type is type_


def test_common_terms_are_left_out_first() -> None:
    chosen = affordable_terms({"the": POSTINGS, "rare": 3, "some": 500, "never": 0})
    assert chosen == ["rare", "some"]
    assert affordable_terms({"the": 10 * POSTINGS}) == ["the"]


def test_rare_terms_lead_until_enough_passages_hold_them() -> None:
    terms = ["rare", "some", "often", "common"]
    counts = {"rare": 3, "some": 500, "often": 2000, "common": 9000}
    assert leading_terms(counts, terms, enough=100, most=1000) == 2
    assert leading_terms(counts, terms, enough=1000, most=1000) == 3
    assert leading_terms(counts, terms, enough=100, most=100_000) == 4
    assert leading_terms(counts, terms[3:], enough=100, most=1000) == 1


def test_words_without_evidence_lose_their_weight() -> None:
    assert lexical_share(0.5, coverage=0.9, enough=0.6) == 0.5
    assert lexical_share(0.5, coverage=0.06, enough=0.6) == pytest.approx(0.05)


def test_scores_of_a_vault_that_covers_less_are_lower() -> None:
    good = lexical_scores({1: 8.0, 2: 4.0}, coverage=0.8, best_coverage=0.8)
    poor = lexical_scores({1: 90.0}, coverage=0.2, best_coverage=0.8)
    assert good == {1: 1.0, 2: 0.5}
    assert poor == {1: pytest.approx(0.25)}


def test_fusion_keeps_every_candidate() -> None:
    found = fuse({(0, 1): 1.0}, semantic_scores({(0, 1): 0.8, (0, 2): 0.9}), 0.25)
    assert (found[0, 1].lexical, found[0, 1].semantic) == (0.25, 0.0)
    assert (found[0, 2].lexical, found[0, 2].semantic) == (0.0, 0.75)


@given(st.lists(st.floats(-1, 1), max_size=12))
def test_rounded_steps_sum_to_the_score(changes: list[float]) -> None:
    total, shown = steps([("s", change) for change in changes])
    assert sum(step.change for step in shown) == pytest.approx(total, abs=1e-9)
    assert total == pytest.approx(sum(changes), abs=1e-4)


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_rarity_is_never_negative(frequency: int, passages: int) -> None:
    assert idf(frequency, passages) >= 0


@pytest.mark.parametrize(
    ("path", "roles"),
    [
        ("src/app.py", set()),
        ("tests/test_app.py", {"test"}),
        ("pkg/app_test.go", {"test"}),
        ("src/app.spec.ts", {"test"}),
        ("src/AppTest.java", {"test"}),
        ("src/testing.py", set()),
        ("src/latest.py", set()),
        ("contest/entry.py", set()),
        ("examples/hello.py", {"example"}),
        ("dist/index.d.cts", {"generated"}),
        ("CHANGELOG.md", {"history"}),
        ("ChangeLog", {"history"}),
        ("docs/releases/1.2.txt", {"history"}),
        ("docs/release-notes-4.5.rst", {"history"}),
        ("changelog.d/12.change.md", {"history"}),
        ("src/history.go", set()),
        ("src/releases/index.ts", set()),
        ("notes/news.md", set()),
        ("third_party/zlib/inflate.c", {"vendored"}),
        ("api/service_pb2.py", {"generated"}),
        ("node_modules/x/test/a.js", {"test", "vendored"}),
    ],
)
def test_file_roles(path: str, roles: set[str]) -> None:
    assert roles_of(path) == roles


def test_a_snippet_shows_the_lines_that_were_asked_for() -> None:
    text = "\n".join(
        ["import os", "", *[f"    x{i} = {i}" for i in range(20)], "    retry = backoff(1)", "    pass"]
    )
    weights = {"retri": 2.0, "backoff": 3.0}
    assert best_row(text, weights) == 22
    found = snippet(text, weights, row=22)
    assert found.text == "retry = backoff(1)\npass"


def test_of_equal_windows_the_one_that_begins_with_most_is_shown() -> None:
    text = "retry = 1\nother = 2\nlimit = retry_limit(retry)\npass\n"
    assert best_row(text, {"retri": 1.0, "limit": 1.0}) == 2
    assert best_row("retry\n\nretry\n", {"retri": 1.0}) == 0


def test_a_long_line_is_cut_around_the_word() -> None:
    found = snippet("a " * 5_000 + "needle " + "b " * 5_000, {"needl": 1.0}, row=0)
    assert "needle" in found.text
    assert len(found.text) <= MAX_WIDTH + 2


@given(st.text(max_size=300))
def test_any_text_has_a_short_snippet(text: str) -> None:
    assert snippet(text, {"a": 1.0}, row=best_row(text, {"a": 1.0}) or 0).text.count("\n") < MAX_LINES
