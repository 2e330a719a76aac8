"""Durability: how hard a vault works to preserve the last seconds at a power failure.

A mode chooses SQLite's `synchronous`, how many passages go into one commit and how long a commit may wait.
Nothing else. In every mode a killed process loses no committed data: what was committed is in the operating
system's hands. Vaults are in WAL mode, where `synchronous` means the following when the *machine* stops:

| mode               | workspace vault (derived)                  | notebook (truth)                        |
|--------------------|--------------------------------------------|-----------------------------------------|
| `high-performance` | OFF: the file may be torn; then all of it  | NORMAL: sound, but the commits since    |
|                    | is indexed again                           | the last checkpoint may be gone         |
| `balanced`         | NORMAL: sound; the last commits may be     | FULL: nothing committed is lost         |
|                    | gone, those files are indexed again        |                                         |
| `high-reliability` | FULL: nothing committed is lost            | EXTRA: the same, and the folder synced  |

In `high-reliability` a sync reaches through the disk's cache on macOS too. OFF is never used for the
notebook: there a torn file would be a loss that nothing can rebuild.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class VaultKind(StrEnum):
    """What a vault holds, and so whether it can be rebuilt."""

    WORKSPACE = "workspace"
    NOTEBOOK = "notebook"

    @property
    def derived(self) -> bool:
        """True where everything in the vault can be made again from files on disk."""
        return self is VaultKind.WORKSPACE


class _Mode(NamedTuple):
    workspace: str
    notebook: str
    batch: int
    interval: float


class Durability(StrEnum):
    """The three modes; the value is the word in the settings."""

    HIGH_PERFORMANCE = "high-performance"
    BALANCED = "balanced"
    HIGH_RELIABILITY = "high-reliability"

    def synchronous(self, kind: VaultKind) -> str:
        """The word for SQLite's `PRAGMA synchronous`."""
        mode = _MODES[self]
        return mode.notebook if kind is VaultKind.NOTEBOOK else mode.workspace

    @property
    def full_sync(self) -> bool:
        """Whether a sync is to reach through the disk's own cache on macOS, where it otherwise does not."""
        return self is Durability.HIGH_RELIABILITY

    @property
    def batch(self) -> int:
        """Passages in one commit of the indexer, at most about this many."""
        return _MODES[self].batch

    @property
    def interval(self) -> float:
        """Seconds after which the indexer commits what it has, full batch or not."""
        return _MODES[self].interval


_MODES = {
    Durability.HIGH_PERFORMANCE: _Mode("OFF", "NORMAL", batch=8192, interval=4.0),
    Durability.BALANCED: _Mode("NORMAL", "FULL", batch=4096, interval=2.0),
    Durability.HIGH_RELIABILITY: _Mode("FULL", "EXTRA", batch=1024, interval=0.5),
}
