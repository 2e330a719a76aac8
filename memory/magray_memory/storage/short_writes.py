"""Short writes: a long change as many small transactions, between which whoever waits for its turn gets it.

SQLite lets writers in without an order: one that finds the vault locked looks again after 1, 3, 8, 18 …
milliseconds. Where a transaction takes some milliseconds, and the pause after it as long, each of them comes
in at one of its first looks.
"""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

from magray_memory.storage.sqlite_errors import translated

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from magray_memory.storage.vault import Vault

_SECONDS = 0.006
"""What one transaction may take, about."""
_LEAST_PAUSE = 0.008
_MOST_GROWTH = 2.0
_LOG_PAGES = 400
"""Pages of the log from which on it is taken into the database, so that no other writer has to."""


class ShortWrites:
    """How much each of the transactions does, by what the last one took. `size` is in units of the caller."""

    def __init__(self, size: int, *, least: int = 1, most: int = 5_000) -> None:
        self.size = size
        self._least, self._most = least, most

    @contextlib.contextmanager
    def turn(self, did: int | None = None) -> Generator[Callable[[], None]]:
        """Around one transaction; call what is yielded once it has begun. `did`: how much it does, where that
        is less than `size`.
        """
        size, began = did or self.size, time.monotonic()

        def begun() -> None:
            nonlocal began
            began = time.monotonic()

        yield begun
        took = time.monotonic() - began
        fitting = size * min(_MOST_GROWTH, _SECONDS / max(took, 1e-6))
        if size >= self.size or fitting < self.size:
            self.size = max(self._least, min(self._most, int(fitting)))
        time.sleep(max(_LEAST_PAUSE, took))


@contextlib.contextmanager
def many_writes(vault: Vault) -> Generator[None]:
    """Transactions that wait for no disk: what is committed inside survives a power failure once a later
    commit does. The log stays short.
    """
    with translated(vault.path):
        connection = vault.db.raw()
        synchronous, pages = (
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("synchronous", "wal_autocheckpoint")
        )
        connection.execute(f"PRAGMA synchronous = {min(1, synchronous)}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
    try:
        yield
    finally:
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {pages}")
