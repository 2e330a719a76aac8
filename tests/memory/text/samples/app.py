"""Serve things."""

from __future__ import annotations

import os
from collections.abc import Callable

DEFAULT_TIMEOUT = 30
handlers: dict[str, Callable[[], None]] = {}


# Registers a handler.
@decorate(1)
def register(name: str) -> None:
    """Put it in the table."""
    handlers[name] = lambda: None


class App:
    """An application."""

    debug = False

    def __init__(self, name: str) -> None:
        self.name = name

    @property
    def path(self) -> str:
        return os.fspath(self.name)

    async def run(self) -> None:
        def inner() -> None:
            pass

        inner()

    class Meta:
        ordering = ["name"]


type Pair = tuple[int, int]

if __name__ == "__main__":
    App("x").run()
