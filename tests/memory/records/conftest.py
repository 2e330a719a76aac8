"""A memory at a small workspace, under a clock that the test holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from magray_memory.context import Context
from magray_memory.memory import Memory
from magray_memory.records.room import Records

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass
class Clock:
    """Seconds that pass when the test says so."""

    now: float = 1_780_000_000.0

    def __call__(self) -> float:
        return self.now

    def tick(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "shop"
    (root / "src").mkdir(parents=True)
    (root / "src" / "pay.py").write_text(
        "import time\n\n\ndef retry(times):\n    for _ in range(times):\n        time.sleep(1)\n", "utf-8"
    )
    return root


@pytest.fixture
def records(tmp_path: Path, workspace: Path, clock: Clock) -> Iterator[Records]:
    context = Context.open(workspace, home=tmp_path / "home", environ={})
    room = Records(context, clock)
    yield room
    room.close()
    context.close()


@pytest.fixture
def memory(tmp_path: Path, workspace: Path) -> Iterator[Memory]:
    """The same home and workspace, as any other program sees them."""
    with Memory.open(workspace, home=tmp_path / "home", environ={}) as memory:
        yield memory
