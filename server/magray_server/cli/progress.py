"""Progress bar of `magray index` on a terminal: phase, share, rate, remaining time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from magray_memory.indexing.events import LexicalReady, Warned
from magray_memory.indexing.events import Progress as ProgressEvent
from magray_server.cli import render
from magray_server.safe_text import safe

if TYPE_CHECKING:
    from magray_memory.indexing.events import Event
    from magray_server.cli.shell import Shell

_PHASES = {"scan": "looking", "lexical": "reading", "semantic": "embedding"}


class Progress:
    """Turns events of the indexer into one bar per phase on stderr. Use as a context manager."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._bars = Bars(
            TextColumn("{task.description:<9}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
            transient=True,
            expand=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._bars.stop()

    def on_event(self, event: Event) -> None:
        """Show an event of the indexer."""
        if isinstance(event, ProgressEvent):
            self._advance(event)
        elif isinstance(event, LexicalReady):
            self._say(f"searchable by words after {render.seconds(event.seconds)}")
        elif isinstance(event, Warned):
            self._say(f"warning: {event.message}")

    def _advance(self, event: ProgressEvent) -> None:
        if event.phase not in self._tasks:
            self._tasks[event.phase] = self._bars.add_task(_PHASES[event.phase], total=None, rate="")
        rate = f"{event.rate:,.0f}/s" if event.rate else ""
        self._bars.update(self._tasks[event.phase], completed=event.done, total=event.total, rate=rate)

    def _say(self, text: str) -> None:
        if not self._shell.quiet:
            self._bars.console.print(safe(text), markup=False, highlight=False)
