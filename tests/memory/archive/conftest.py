"""Memories at homes of their own, outside of any workspace."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Protocol

import pytest

from magray_memory.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Homes(Protocol):
    def __call__(self, name: str = "home") -> Memory: ...


@pytest.fixture
def homes(tmp_path: Path) -> Iterator[Homes]:
    """Opens the memory of a home by its name; each is made by its first record."""
    with ExitStack() as stack:
        opened: dict[str, Memory] = {}

        def open_home(name: str = "home") -> Memory:
            if name not in opened:
                environ = {"MAGRAY_RECORDS__EMBED_AT_ONCE": "false"}
                memory = Memory.open(home=tmp_path / "homes" / name, environ=environ, outside=True)
                opened[name] = stack.enter_context(memory)
            return opened[name]

        yield open_home


@pytest.fixture
def memory(homes: Homes) -> Memory:
    return homes()
