"""A session gives an answer again only while nothing that it was made of has changed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from magray_memory.memory import Memory
from magray_memory.search.query import parse
from magray_memory.session import Session
from magray_memory.storage.home import Home

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

QUERY = parse("how is a failed payment tried again")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / ".git").mkdir(parents=True)
    (root / "retry.py").write_text("def delay(n):\n    '''Wait before a failed payment is retried.'''\n")
    (root / "guide.md").write_text("# Guide\n\nThe database is copied to cold storage every night.\n")
    index(tmp_path, root)
    return root


def index(place: Path, root: Path) -> None:
    with Memory.open(root, home=place / "home") as memory:
        memory.index.run()
    time.sleep(0.06)  # a state younger than the clock of files can tell is not remembered


@pytest.fixture
def session(tmp_path: Path, root: Path) -> Generator[Session]:
    session = Session.start(Home(tmp_path / "home"), [root])
    session.search.warm()
    yield session
    session.close()


def hits(session: Session) -> int:
    return session.search.figures()["answers"]["hits"]


def test_the_same_question_is_answered_from_memory(session: Session) -> None:
    first, second = session.search.query(QUERY), session.search.query(QUERY)
    assert first.degraded is None, first
    assert hits(session) == 1
    assert second.hits == first.hits
    assert session.search.query(parse("how is a failed payment tried again", k=3)) is not None
    assert hits(session) == 1
    figures = session.search.figures()
    assert figures["answers"]["rate"] == pytest.approx(1 / 3, abs=0.01)
    assert figures["questions"]["hits"] == 1
    assert figures["pressure"]["level"] == "ease"


def new_file(session: Session, root: Path) -> None:
    (root / "more.md").write_text("# Payments\n\nA failed payment is tried again after a minute.\n")
    index(root.parent, root)


def changed_file(session: Session, root: Path) -> None:
    (root / "retry.py").write_text("def changed():\n    pass\n")


def open_buffer(session: Session, root: Path) -> None:
    session.overlays.of(root).put("retry.py", "def other():\n    '''A failed payment is tried again.'''\n")


def fewer_folders(session: Session, root: Path) -> None:
    session.use([])


@pytest.mark.parametrize("change", [new_file, changed_file, open_buffer, fewer_folders])
def test_whatever_changes_an_answer_makes_it_anew(
    session: Session, root: Path, change: Callable[[Session, Path], None]
) -> None:
    before = session.search.query(QUERY)
    change(session, root)
    after = session.search.query(QUERY)
    assert hits(session) == 0
    assert after.hits != before.hits


def test_vectors_of_an_open_buffer_count(session: Session, root: Path) -> None:
    open_buffer(session, root)
    session.search.query(QUERY)
    session.overlays.of(root).embed(session.models.embedder())
    session.search.query(QUERY)
    assert hits(session) == 0


def test_an_answer_that_is_less_than_whole_is_not_kept(session: Session, root: Path) -> None:
    question = parse("支付失败后重试")
    if session.search.query(question).degraded is None:
        pytest.skip("the model covers this language")
    session.search.query(question)
    assert hits(session) == 0
