"""Long runs of the shell: a line of progress on a terminal, and an end at a safe point on Ctrl-C."""

from __future__ import annotations

import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from magray_memory.progress import Progress
from magray_server import interrupts
from magray_server.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import FrameType

    from magray_memory.progress import Report
    from magray_server.cli.shell import Shell


@contextmanager
def long_run(shell: Shell) -> Generator[Progress]:
    """What an operation is given that takes time: shown on a terminal alone, or with `--verbose`."""
    stop = threading.Event()
    with stoppable(stop.set), _shown(shell) as on_report:
        yield Progress(on_report, stop.is_set)


@contextmanager
def stoppable(stop: Callable[[], object]) -> Generator[list[int]]:
    """The first Ctrl-C (or a polite kill) stops the work between two steps, the second at once.

    A signal that this process was started to ignore stays ignored. Yields the signals that came.
    """
    received: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        if received:
            interrupts.interrupt(number, frame)
        received.append(number)
        interrupts.note(number)
        stop()

    heard = [n for n in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(n) is not signal.SIG_IGN]
    before = {number: signal.signal(number, ask) for number in heard}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _shown(shell: Shell) -> Generator[Callable[[Report], None]]:
    if shell.verbose:
        yield notes(shell)
    elif shell.quiet or not sys.stderr.isatty():
        yield lambda _: None
    else:
        with _bar() as on_report:
            yield on_report


def notes(shell: Shell) -> Callable[[Report], None]:
    """Notes each step once."""
    said = ""

    def on_report(report: Report) -> None:
        nonlocal said
        if report.step and report.step != said:
            said = report.step
            shell.note(said)

    return on_report


@contextmanager
def _bar() -> Generator[Callable[[Report], None]]:
    from rich.console import Console
    from rich.filesize import decimal
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TextColumn("{task.fields[far]}"),
        TimeRemainingColumn(compact=True),
    )

    def figure(count: int, unit: str) -> str:
        return decimal(count) if unit == "bytes" else f"{count:,}"

    bars = Bars(*columns, console=Console(stderr=True), transient=True)
    task = bars.add_task("", total=None, far="")

    def on_report(report: Report) -> None:
        if not report.step:
            bars.stop()
            return
        bars.start()  # not before: until then something may be asked for
        known = report.total is not None or report.done
        parts = [figure(part, report.unit) for part in (report.done, report.total) if part is not None]
        bars.update(
            task,
            description=safe(report.step),
            completed=report.done,
            total=report.total,
            far="/".join(parts) if known else "",
        )

    try:
        yield on_report
    finally:
        bars.stop()
