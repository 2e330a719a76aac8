"""Long runs: operations that take time have a progress bar, one after the other, and end at a safe point."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypeVar

from magray_server.lsp.progress import INTERVAL_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from magray_memory.progress import Progress, Report
    from magray_server.lsp.progress import ProgressBars, Token, WorkDone
    from magray_server.lsp.workers import Workers

T = TypeVar("T")


class LongRuns:
    """One run at a time: several at once would wait for one another's locks. On the event loop."""

    def __init__(self, bars: ProgressBars, workers: Workers) -> None:
        self._bars = bars
        self._workers = workers
        self._lock = asyncio.Lock()

    async def run(self, title: str, token: Token | None, work: Callable[[Progress], T]) -> T:
        """What `work` returns or raises, in a thread. Cancelling the request, or the bar, has it stop: the
        answer comes when it has, and is the whole result where nothing was left to stop.
        """
        from magray_memory.progress import Progress

        task = asyncio.current_task()
        bar = self._bars.open(title, task.cancel if task is not None else None, token)
        shown = _Shown(asyncio.get_running_loop(), bar)
        try:
            async with self._lock:
                return await self._workers.run_to_safe_point(lambda stop: work(Progress(shown, stop)))
        finally:
            bar.end()


class _Shown:
    """Takes the reports of a run in its thread, and gives the bar those that it shows."""

    def __init__(self, loop: asyncio.AbstractEventLoop, bar: WorkDone) -> None:
        self._loop = loop
        self._bar = bar
        self._step = ""
        self._last = 0.0

    def __call__(self, report: Report) -> None:
        now = time.monotonic()
        if report.step == self._step and now - self._last < INTERVAL_SECONDS:
            return
        self._step, self._last = report.step, now
        self._loop.call_soon_threadsafe(self._bar.report, sentence(report), report.percentage)


def sentence(report: Report) -> str:
    """A report in a few words: `Reading notes (300 of 1,200 files)`."""
    step = f"{report.step[:1].upper()}{report.step[1:200]}"
    if not report.done and not report.total:
        return step
    figures = [_figure(part, report.unit) for part in (report.done, report.total) if part is not None]
    unit = "" if report.unit in ("", "bytes") else f" {report.unit}"
    return f"{step} ({' of '.join(figures)}{unit})"


def _figure(count: int, unit: str) -> str:
    return f"{count / 1e6:,.1f} MB" if unit == "bytes" else f"{count:,}"
