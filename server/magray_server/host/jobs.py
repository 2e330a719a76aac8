"""Jobs and reports of the indexers of folders, and how many of them may embed at once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from magray_memory.indexing.events import Done, Event

AT_ONCE = 2
"""So many folders are embedded at the same time: each takes a model's memory and all cores."""


class State(StrEnum):
    """What the indexer of a folder is doing."""

    STARTING = "starting"
    INDEXING = "indexing"
    READY = "ready"
    READING = "reading"
    """Another process indexes the folder."""
    BY_WORDS = "by_words"
    """Like ready; the person stopped the embedding."""
    IDLE = "idle"
    """Nothing is watched: it is indexed on request alone."""
    MISSING = "missing"
    """The folder is not there."""
    FAILED = "failed"
    """The indexer ended, or lives and cannot go on: a full disk, a database that someone locks."""


class Outcome(StrEnum):
    """How a run of the child ended."""

    DONE = "done"
    LOCKED = "locked"
    STOPPED = "stopped"
    REPLACED = "replaced"
    """Another run takes its place."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Job:
    """One run: over these relative paths (None: the whole folder), with these flags of `magray index`."""

    paths: tuple[str, ...] | None = None
    flags: tuple[str, ...] = ()


@dataclass(slots=True)
class Report:
    """What is known of a folder's indexer, for health and the status notification."""

    state: State = State.STARTING
    message: str | None = None
    pid: int | None = None
    restarts: int = 0
    trouble: str | None = None
    """Why the indexer that lives cannot go on, until a run of it is done."""
    last: Event | None = None
    """The last event of the child."""
    done: Done | None = None
    """The result of the last run that ended by itself."""


class EmbeddingSlots:
    """Room for a few of the indexers at a time to embed a whole folder."""

    def __init__(self, number: int = AT_ONCE) -> None:
        self._free = number

    def acquire(self) -> bool:
        """Whether there was a free slot; who acquired it releases it."""
        if self._free <= 0:
            return False
        self._free -= 1
        return True

    def release(self) -> None:
        """Give a slot back."""
        self._free += 1
