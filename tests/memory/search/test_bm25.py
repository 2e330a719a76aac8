"""Words are looked up within bounds, and what is found has the scores that it would have without them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from magray_memory.index.lexical import LexicalIndex
from magray_memory.index.term_statistics import TermStatistics
from magray_memory.search import bm25
from magray_memory.search.bm25 import bm25_best
from magray_memory.search.weights import COLUMN_WEIGHTS
from magray_memory.storage.documents import NewDocument, NewPassage, put_file
from magray_memory.storage.durability import VaultKind
from magray_memory.storage.fts import match_expression
from magray_memory.storage.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

PASSAGES = 600
TERMS = ("rare", "some", "often", "common", "named")


def _text(number: int) -> str:
    """Terms of very different rarity, in passages of different length."""
    held = ["filler"] * (number % 7)
    for term, every in (("rare", 97), ("some", 29), ("often", 5), ("common", 2)):
        if number % every == 0:
            held += [term] * (1 + number % 3)
    return " ".join(held) or "empty"


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Generator[Vault]:
    path: Path = tmp_path_factory.mktemp("words") / "x.db"
    with Vault.open(path, kind=VaultKind.WORKSPACE, write=True) as vault, vault.write():
        for file in range(6):
            numbers = range(file, PASSAGES, 6)
            passages = [
                NewPassage(n + 1, n + 1, "common" if n % 50 == 0 else "", "code", _text(n), os.urandom(16))
                for n in numbers
            ]
            name = "named" if file == 3 else "plain"
            document = NewDocument(f"{name}{file}.py", "code", None, None, (1, 1, 0, 0), b"")
            put_file(vault, document, passages, LexicalIndex(vault))
        yield vault


@pytest.fixture
def tight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds so low that a small vault is beyond them."""
    monkeypatch.setattr(bm25, "SCORED", 40)
    monkeypatch.setattr(bm25, "SCORED_MOST", 200)


def _unbounded(vault: Vault, terms: tuple[str, ...]) -> dict[int, float]:
    """BM25 of every passage with one of the terms."""
    rank = f"bm25({', '.join(map(str, COLUMN_WEIGHTS))})"
    with vault.read() as connection:
        rows = connection.execute(
            "SELECT rowid, -rank FROM passage_fts WHERE passage_fts MATCH ? AND rank MATCH ?",
            (match_expression(terms, " OR "), rank),
        )
        return dict(rows.fetchall())


def _best(
    vault: Vault, terms: tuple[str, ...], limit: int, allowed: list[int] | None = None
) -> list[tuple[int, float]]:
    with vault.read() as connection:
        frequencies = TermStatistics().frequencies(connection, PASSAGES, terms)
        ids = None if allowed is None else np.array(allowed, np.int64)
        return bm25_best(connection, frequencies, PASSAGES, limit, ids)


QUERIES = [("rare",), ("rare", "some"), ("rare", "common"), ("some", "often", "common"), ("often", "common")]
QUERIES += [("common",), ("never",), ("never", "some"), TERMS]


@pytest.mark.parametrize("terms", QUERIES)
def test_within_the_bounds_the_best_are_the_best_of_all(vault: Vault, terms: tuple[str, ...]) -> None:
    every = _unbounded(vault, terms)
    expected = sorted(every.items(), key=lambda found: (-found[1], found[0]))[:20]
    assert _best(vault, terms, 20) == expected


@pytest.mark.parametrize("terms", QUERIES)
@pytest.mark.usefixtures("tight")
def test_beyond_the_bounds_scores_are_what_they_would_be(vault: Vault, terms: tuple[str, ...]) -> None:
    every = _unbounded(vault, terms)
    found = _best(vault, terms, 10)
    assert len(found) == min(10, len(every))
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    assert dict(found) == pytest.approx({passage: every[passage] for passage, _ in found})


@pytest.mark.usefixtures("tight")
def test_common_words_add_to_what_rare_ones_find(vault: Vault) -> None:
    both = dict(_best(vault, ("rare", "often", "common"), 10))
    alone = dict(_best(vault, ("rare",), 10))
    assert set(both) >= set(alone)
    assert any(both[passage] > alone[passage] + 1e-9 for passage in alone)


@pytest.mark.usefixtures("tight")
def test_a_common_word_is_found_where_it_is_a_name(vault: Vault) -> None:
    with vault.read() as connection:
        rows = connection.execute("SELECT id FROM passage WHERE symbol = 'common'").fetchall()
    named = {row[0] for row in rows}
    found = [passage for passage, _ in _best(vault, ("common",), len(named))]
    assert len(named) == 12
    assert set(found) == named


@pytest.mark.parametrize("terms", QUERIES)
@pytest.mark.parametrize("every", [2, 40])
@pytest.mark.usefixtures("tight")
def test_a_filter_is_kept_to_and_leaves_enough(vault: Vault, terms: tuple[str, ...], every: int) -> None:
    allowed = list(range(1, PASSAGES + 1, every))
    possible = {passage: score for passage, score in _unbounded(vault, terms).items() if passage in allowed}
    found = _best(vault, terms, 5, allowed)
    assert len(found) == min(5, len(possible))
    assert dict(found) == pytest.approx({passage: possible[passage] for passage, _ in found})


def test_a_word_that_was_unknown_is_counted_again(vault: Vault) -> None:
    statistics = TermStatistics()
    with vault.read() as connection:
        assert statistics.frequencies(connection, PASSAGES, ["never", "rare"]) == {"never": 0, "rare": 7}
        assert statistics.frequencies(connection, PASSAGES + 5, ["rare"]) == {"rare": 7}
