"""A memory whose rooms share a clock that the test holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from seeds import know_machine

from magray_memory.context import Context
from magray_memory.records.draft import Draft
from magray_memory.records.recall import Recall
from magray_memory.records.room import Records
from magray_memory.search.room import Search
from magray_memory.values import parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from magray_memory.search.hits import Hit, SearchAnswer


@dataclass
class Bench:
    """Records and questions to them, as of `now`: a local time."""

    context: Context
    now: datetime = datetime(2026, 5, 20, 15, 30)

    def __post_init__(self) -> None:
        self.records = Records(self.context, self.clock)
        self.search = Search(self.context, self.records.sources.check)
        self.recall = Recall(self.context, self.search, self.records, self.clock)

    def clock(self) -> float:
        return self.now.timestamp()

    def at(self, *moment: int) -> None:
        """Now it is this local time."""
        self.now = datetime(*moment)  # type: ignore[arg-type, misc]

    def keep(self, text: str, **fields: Any) -> str:
        """Remember a text; returns its id."""
        return self.records.remember(Draft(text=text, **fields)).record.id

    def ask(self, question: str, as_of: datetime | None = None, **options: Any) -> SearchAnswer:
        """The answer to a question, by words unless `mode` says otherwise."""
        query = parse(question, **{"mode": "lexical", **options})
        return self.recall.query(query, None if as_of is None else as_of.timestamp())

    def found(self, question: str, as_of: datetime | None = None, **options: Any) -> list[str]:
        """The records that a question finds, the best first."""
        return [hit.id for hit in self.ask(question, as_of, **options).hits if hit.vault == "notebook"]

    def hit(self, question: str, as_of: datetime | None = None, **options: Any) -> Hit:
        """The best hit."""
        return self.ask(question, as_of, **options).hits[0]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    root = tmp_path / "shop"
    (root / "src").mkdir(parents=True)
    (root / "src" / "pay.py").write_text(
        "import time\n\n\ndef retry_payment(times):\n    for _ in range(times):\n        time.sleep(1)\n",
        "utf-8",
    )
    context = Context.open(root, home=know_machine(tmp_path / "home"), environ={})
    bench = Bench(context)
    yield bench
    bench.search.close()
    bench.records.close()
    context.close()
