"""`magray stats` as a person and as a program reads it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import msgspec

from magray_server.operations.usage_shapes import Stats

if TYPE_CHECKING:
    from .conftest import Magray


def test_stats_tell_what_is_stored_asked_and_found(magray: Magray) -> None:
    magray("remember", "Payments are retried three times.", "--tag", "billing")
    magray("remember", "Порт сервера 8080", "--project", "демо")
    magray("search", "--mode", "lexical", "порт")
    magray("recall", "--mode", "lexical", "nowhereatall")
    magray("show", "n1")
    said = magray("stats").out
    lines = (
        "2 records, 0 pinned",
        "billing 1",
        "демо 1",
        "2 questions, 1 without an answer",
        "1  nowhereatall",
    )
    assert [line for line in lines if line not in said] == []
    stats = msgspec.json.decode(magray("stats", "--json").out, type=Stats)
    assert stats.searches.total == 2 and stats.opened.records[0].id == "n1"
    assert [query.query for query in stats.searches.without_answer] == ["nowhereatall"]
    assert magray("stats", "--since", "whenever").code == 2
    assert (
        "Порт сервера" in said and json.loads(magray("stats", "-n", "1", "--json").out)["searches"]["queries"]
    )


def test_an_empty_home_has_nothing_to_count(magray: Magray) -> None:
    said = magray("stats")
    assert said.code == 0 and "0 records" in said.out and "0 questions" in said.out


def test_switching_it_off_erases_what_was_kept(magray: Magray) -> None:
    magray("remember", "Payments are retried three times.")
    magray("search", "--mode", "lexical", "payments")
    assert json.loads(magray("stats", "--json").out)["searches"]["total"] == 1
    magray("config", "set", "usage.enabled", "false")
    magray("search", "--mode", "lexical", "payments")
    magray("config", "set", "usage.enabled", "true")
    assert json.loads(magray("stats", "--json").out)["searches"]["total"] == 0


def test_each_line_of_a_batch_is_a_question(magray: Magray, tmp_path) -> None:
    magray("remember", "Payments are retried three times.")
    (tmp_path / "batch").write_text('{"text":"payments"}\n{"text":"retried"}\n')
    magray("search", "--mode", "lexical", "--batch", str(tmp_path / "batch"))
    assert json.loads(magray("stats", "--json").out)["searches"]["total"] == 2
