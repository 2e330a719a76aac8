"""Worker threads of requests: the event loop only starts the work, waits for it, and has it stop."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from magray_memory.errors import Interrupted

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Stop:
    """Says whether the work should end; any thread may look."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """The work should end."""
        self._event.set()

    def __call__(self) -> bool:
        """Whether the work should end."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise Interrupted when the client no longer wants the answer."""
        if self._event.is_set():
            raise Interrupted("stopped", "the client cancelled the request")


class Workers:
    """A few threads. Cancelling the coroutine that waits sets the work's `Stop`."""

    def __init__(self, threads: int, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix=name)

    async def run(self, work: Callable[[Stop], T]) -> T:
        """What `work` returns or raises, without blocking the loop."""
        stop = Stop()

        def begin() -> T:
            stop.check()
            return work(stop)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, begin)
        except asyncio.CancelledError:
            stop.set()
            raise

    async def run_to_safe_point(self, work: Callable[[Stop], T]) -> T:
        """As `run`, but work that is cancelled is waited for: it ends where it may, or as a whole."""
        stop = Stop()
        running = asyncio.get_running_loop().run_in_executor(self._pool, work, stop)
        while True:
            try:
                return await asyncio.shield(running)
            except asyncio.CancelledError:
                stop.set()
