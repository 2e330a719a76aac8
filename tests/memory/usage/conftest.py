"""A memory at a small workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from magray_memory.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def memory(tmp_path: Path, home: Path) -> Iterator[Memory]:
    root = tmp_path / "shop"
    root.mkdir()
    (root / "pay.py").write_text("def retry_payment():\n    return 3\n", "utf-8")
    with Memory.open(root, home=home, environ={}) as memory:
        memory.index.run(lexical=True)
        yield memory
