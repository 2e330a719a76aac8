"""Confidence: what answers is told from what does not, between questions and in every mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from magray_memory.memory import Memory
from magray_memory.records.draft import Draft
from magray_memory.search import confidence
from magray_memory.search.confidence import Features
from magray_memory.search.query import MODES, Mode, parse
from magray_memory.search.weights import CONFIDENCE, CONFIDENCE_OTHER_MODEL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = {
    "pay.py": "def retry_payment(order):\n    '''Try a declined card payment again after a pause.'''\n",
    "mail.py": "def send_receipt(order):\n    '''Send the customer a receipt by mail.'''\n",
    "store.py": "def open_database(path):\n    '''Open the SQLite file, creating it when it is missing.'''\n",
    "notes/deploy.md": "# Deploy\n\nThe wheel is built and uploaded on Tuesday, then the team is told.\n",
    "notes/ключи.md": "# Ключи\n\nПодпись письма проверяется открытым ключом отправителя.\n",
}
ANSWERED = {
    "retry a declined card payment": "pay.py",
    "how is the receipt sent to the customer": "mail.py",
    "open the SQLite database file": "store.py",
    "как проверяется подпись письма": "notes/ключи.md",
}
UNANSWERED = (
    "zzqx frobnicate blorp",
    "how long to boil an egg",
    "сколько варить гречку",
    "cheap flights to Lisbon",
)


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Memory]:
    """A small project of code and notes, with a record."""
    folder = tmp_path_factory.mktemp("confidence")
    for name, text in FILES.items():
        path = folder / "ws" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    with Memory.open(folder / "ws", home=folder / "home") as opened:
        opened.records.remember(Draft(text="The backup of the accounting runs at four in the morning."))
        opened.index.run()
        yield opened


def _best(memory: Memory, question: str, mode: Mode = "hybrid") -> float:
    hits = memory.search.query(parse(question, mode=mode)).hits
    return max((hit.confidence for hit in hits), default=0.0)


@pytest.mark.parametrize("mode", MODES)
def test_what_answers_is_surer_than_what_does_not(memory: Memory, mode: Mode) -> None:
    answered = [_best(memory, question, mode) for question in ANSWERED]
    unanswered = [_best(memory, question, mode) for question in UNANSWERED]
    assert min(answered) > max(unanswered), (answered, unanswered)
    assert max(unanswered) < 0.3


def test_the_answer_is_the_surest_and_the_number_asked_for_changes_nothing(memory: Memory) -> None:
    for question, path in ANSWERED.items():
        hits = memory.search.query(parse(question)).hits
        (alone,) = memory.search.query(parse(question, k=1)).hits
        assert (alone.path, alone.confidence) == (path, hits[0].confidence)
        assert all(0 <= hit.confidence <= 1 for hit in hits)


def test_records_and_related_places_have_it_too(memory: Memory, tmp_path: Path) -> None:
    found = memory.recall.query(parse("when does the accounting backup run")).hits[0]
    assert found.id == "n1" and found.confidence > 0.5
    alike = memory.search.related(memory.root / "pay.py").hits
    assert alike and all(0 <= hit.confidence <= 1 for hit in alike)


def test_a_model_with_other_cosines_is_not_measured_by_those_of_the_default_one() -> None:
    answer = Features(0.45, 0.2, 4.0, 0.5, 1.0, 0.0, 1.0, 0.4, 1.5)
    assert confidence.probability(answer, CONFIDENCE_OTHER_MODEL) > 0.9
    higher = answer._replace(cosine=0.9)
    assert confidence.probability(higher, CONFIDENCE_OTHER_MODEL) == confidence.probability(
        answer, CONFIDENCE_OTHER_MODEL
    )
    assert confidence.probability(higher, CONFIDENCE) > confidence.probability(answer, CONFIDENCE)
