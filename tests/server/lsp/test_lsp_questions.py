"""`workspace/symbol` with a question: answered by meaning, in an order and with names that pickers keep."""

from __future__ import annotations

import pytest


def subsequence(query: str, name: str) -> bool:
    """Whether a fuzzy picker keeps a name."""
    letters = iter(name.casefold())
    return all(letter in letters for letter in query.casefold() if not letter.isspace())


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("?what happens when a card is declined", "src/payment.py"),
        ("? how is a mail's signature verified", "notes/подписи.md"),
        ("?что делать, если платёж не прошёл", "src/payment.py"),
        ('?open the database lang:x "(', "src/storage.py"),
    ],
)
def test_a_question_is_answered_by_meaning(shared, query: str, path: str) -> None:
    found = shared.request("workspace/symbol", {"query": query})
    assert path in [symbol["containerName"].rpartition(":")[0] for symbol in found[:2]]
    names = [symbol["name"] for symbol in found]
    for name in names:
        assert query.strip() in name and subsequence(query, name)
        assert all(word in name for word in query.split())
    assert sorted(names) == names, "pickers that sort by name keep the order"
    assert all(symbol["location"]["range"]["start"]["line"] >= 0 for symbol in found)


@pytest.mark.parametrize("query", ["?", "  ?", "??", "? ", "?" + "x" * 5_000])
def test_a_question_that_is_none_yet(shared, query: str) -> None:
    assert isinstance(shared.request("workspace/symbol", {"query": query}), list)


def test_names_stay_lexical(shared) -> None:
    found = shared.request("workspace/symbol", {"query": "retry_fail"})
    assert [symbol["name"] for symbol in found] == ["retry_failed_payment"]
